"""Categories against labelled texts: how many are right, and how many of the surest."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from knowledge.evaluation.lines import BadRow, field_of, json_lines
from knowledge.learning import Guess, Learned, Untaught
from knowledge.learning_prior import Label, Prior

COVERAGE = 0.9
TAXONOMY = ("l1", "l2", "l3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A labelled text."""

    row: int
    text: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures, by name, and every text that was put elsewhere than labelled."""

    figures: Mapping[str, float | int | None]
    misses: tuple[Mapping[str, Any], ...] = ()


class Guesses(Protocol):
    """Whatever puts a text under a label."""

    def guess(self, text: str) -> Guess: ...


@dataclass(slots=True, kw_only=True)
class _Named:
    name: str = ""
    words: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)


def read_texts(text: str) -> tuple[Text, ...]:
    """The labelled texts of a JSON lines file; raises BadRow."""
    found = tuple(_text(row, line) for row, line in json_lines(text))
    if not found:
        raise BadRow(1, "there is no line")
    return found


def _text(row: int, line: Mapping[str, Any]) -> Text:
    label = field_of(row, line, "label", str).strip()
    if not label:
        raise BadRow(row, "'label' is empty")
    return Text(row=row, text=field_of(row, line, "text", str), label=label)


def read_names(text: str) -> tuple[Label, ...]:
    """The labels of a table: the columns of the category table (code, name_zh, typical_words or
    words), or three levels l1, l2, l3 of which the first is the label. Raises BadRow.
    """
    lines = csv.DictReader(text.removeprefix("\ufeff").splitlines(), strict=True)
    try:
        columns = [column.strip() for column in lines.fieldnames or ()]
        rows = [
            (lines.line_num, {name: value or "" for name, value in line.items() if name})
            for line in lines
        ]
    except csv.Error as error:
        raise BadRow(lines.line_num, f"is no CSV: {error}") from None
    if "l1" in columns:
        named = _of_taxonomy(rows)
    elif "code" in columns:
        named = _of_categories(rows)
    else:
        raise BadRow(1, "there is no column 'code' or 'l1'")
    if not named:
        raise BadRow(1, "there is no row")
    return tuple(
        Label(code=code, name=one.name, words=tuple(one.words), below=tuple(one.below))
        for code, one in named.items()
    )


def _of_taxonomy(rows: Sequence[tuple[int, Mapping[str, str]]]) -> dict[str, _Named]:
    named: dict[str, _Named] = {}
    for number, row in rows:
        levels = [row.get(level, "").strip() for level in TAXONOMY]
        if not levels[0]:
            raise BadRow(number, "'l1' is empty")
        one = named.setdefault(levels[0], _Named(name=levels[0]))
        one.words += _listed(row)
        one.below += [level for level in levels[1:] if level and level not in one.below]
    return named


def _of_categories(rows: Sequence[tuple[int, Mapping[str, str]]]) -> dict[str, _Named]:
    named: dict[str, _Named] = {}
    for number, row in rows:
        code = row.get("code", "").strip()
        if not code:
            raise BadRow(number, "'code' is empty")
        if code in named:
            raise BadRow(number, f"{code} is named a second time")
        named[code] = _Named(name=row.get("name_zh", "").strip(), words=list(_listed(row)))
    return named


def _listed(row: Mapping[str, str]) -> Iterator[str]:
    given = row.get("typical_words") or row.get("words") or ""
    return (word.strip() for word in given.replace("；", ";").split(";") if word.strip())


def among(labels: Sequence[Label], *texts: Sequence[Text]) -> tuple[Label, ...]:
    """The labels that occur in these texts; one without a name is called as it is written."""
    named = {label.code: label for label in labels}
    wanted = sorted({text.label for some in texts for text in some})
    return tuple(named.get(code, Label(code=code, name=code)) for code in wanted)


def taught(
    labels: Sequence[Label],
    train: Sequence[Text],
    step: Callable[[int], None] = lambda done: None,
) -> Guesses:
    """A model of these labels, with what the examples add."""
    prior = Prior(labels)
    if not train:
        return Untaught(prior)
    from knowledge.learning_fit import Examples, fit

    examples = Examples(
        texts=tuple(one.text for one in train), codes=tuple(one.label for one in train)
    )
    return Learned(fit(examples, prior, step=step), prior)


def evaluate(
    model: Guesses,
    texts: Sequence[Text],
    clock: Callable[[], float],
    step: Callable[[int], None] = lambda done: None,
) -> Figures:
    """Puts every text under a label and compares; `clock` returns seconds, `step` is told how many
    are done.
    """
    guesses: list[Guess] = []
    milliseconds: list[float] = []
    for done, text in enumerate(texts, start=1):
        begun = clock()
        guesses.append(model.guess(text.text))
        milliseconds.append((clock() - begun) * 1000)
        step(done)
    surest = sorted(range(len(texts)), key=lambda place: -guesses[place].confidence)
    answered = surest[: max(round(len(texts) * COVERAGE), 1)]
    right = [guess.code == text.label for guess, text in zip(guesses, texts, strict=True)]
    figures = {
        "texts": len(texts),
        "labels": len({text.label for text in texts}),
        "macro_f1": _macro_f1(texts, guesses),
        "accuracy": _mean(right),
        "accuracy_at_90_coverage": _mean([right[place] for place in answered]),
        "calibration_error": _calibration_error(guesses, right),
        "p50_ms": round(sorted(milliseconds)[len(milliseconds) // 2], 3),
    }
    misses = tuple(
        {
            "row": text.row,
            "label": text.label,
            "guess": guess.code,
            "confidence": round(guess.confidence, 3),
            "text": text.text,
        }
        for text, guess in zip(texts, guesses, strict=True)
        if text.label != guess.code
    )
    return Figures(figures=figures, misses=misses)


def _macro_f1(texts: Sequence[Text], guesses: Sequence[Guess]) -> float:
    """The mean F1 of the labels that occur."""
    pairs = [(text.label, guess.code) for text, guess in zip(texts, guesses, strict=True)]
    scores = []
    for label in sorted({wanted for wanted, _ in pairs}):
        hits = sum(wanted == got == label for wanted, got in pairs)
        said = sum(wanted == label for wanted, _ in pairs) + sum(got == label for _, got in pairs)
        scores.append(2 * hits / said)
    return round(sum(scores) / len(scores), 4)


def _mean(right: Sequence[bool]) -> float:
    return round(sum(right) / len(right), 4)


def _calibration_error(guesses: Sequence[Guess], right: Sequence[bool]) -> float:
    """How far confidence is from being right, on average over tenths of confidence."""
    tenths: dict[int, list[tuple[float, bool]]] = {}
    for guess, is_right in zip(guesses, right, strict=True):
        tenths.setdefault(min(int(guess.confidence * 10), 9), []).append(
            (guess.confidence, is_right)
        )
    error = sum(
        abs(sum(confidence for confidence, _ in some) - sum(is_right for _, is_right in some))
        for some in tenths.values()
    )
    return round(error / len(guesses), 4)
