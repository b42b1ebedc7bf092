"""Commands that measure, on labelled files, what the reader and the knowledge base understand."""

from __future__ import annotations

import csv
import json
import resource
import time
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from bot.commands.base import FAILED, application, errors, stop
from bot.progress import progress
from domain.rules import Category
from knowledge.evaluation import categories as categories_
from knowledge.evaluation import hotspots as hotspots_
from knowledge.evaluation import places as places_
from knowledge.evaluation import policies as policies_
from knowledge.evaluation import readings as readings_
from knowledge.evaluation.lines import BadRow
from knowledge.intents import Intents
from knowledge.learning_prior import labels_of
from knowledge.places import PlaceBook
from knowledge.reader import Reader
from knowledge.tables import read_categories

T = TypeVar("T")

evaluate = typer.Typer(
    name="evaluate", help="Measure understanding on labelled files.", no_args_is_help=True
)
application.add_typer(evaluate)


@evaluate.command()
def readings(
    file: Annotated[Path, typer.Argument(help="labelled messages, JSON lines")],
    places: Annotated[
        Path | None, typer.Option(help="estates and nicknames, CSV or JSON lines")
    ] = None,
    misses: Annotated[
        Path | None, typer.Option(help="where to write what was read otherwise, JSON lines")
    ] = None,
) -> None:
    """Read labelled messages and print how many were understood, as JSON."""
    messages = parsed(file, readings_.read_labelled)
    known = parsed(places, readings_.read_places) if places else ()
    reader = Reader(shipped_categories(), PlaceBook(known), Intents.load())
    with progress(errors, "evaluate readings", len(messages)) as step:
        found = readings_.evaluate(reader, messages, time.perf_counter, step)
    if misses:
        written(misses, "".join(f"{as_json(miss)}\n" for miss in found.misses))
    show(found.figures)


@evaluate.command()
def policies(
    entries: Annotated[Path, typer.Option(help="answers, JSON lines {id, question, …}")],
    queries: Annotated[Path, typer.Option(help="questions, JSON lines {text, answer_id}")],
    misses: Annotated[
        Path | None, typer.Option(help="where to write what was answered otherwise, JSON lines")
    ] = None,
) -> None:
    """Ask labelled questions and print how many were answered rightly, as JSON."""
    known = parsed(entries, policies_.read_entries)
    asked = parsed(queries, policies_.read_queries)
    with progress(errors, "evaluate policies", len(asked)) as step:
        found = policies_.evaluate(known, asked, time.perf_counter, step)
    if misses:
        written(misses, "".join(f"{as_json(miss)}\n" for miss in found.misses))
    show(found.figures)


@evaluate.command()
def categories(
    test: Annotated[Path, typer.Option(help="labelled texts to put, JSON lines {text, label}")],
    train: Annotated[
        Path | None, typer.Option(help="labelled texts to learn from, JSON lines")
    ] = None,
    names: Annotated[
        Path | None, typer.Option(help="what the labels are called, CSV: code… or l1,l2,l3")
    ] = None,
    misses: Annotated[
        Path | None, typer.Option(help="where to write what was put elsewhere, JSON lines")
    ] = None,
    open_: Annotated[
        bool, typer.Option("--open", help="guess among all names, also those in neither file")
    ] = False,
) -> None:
    """Put texts under labels, by names and typical words and what --train adds; print how many
    were right, as JSON.
    """
    texts = parsed(test, categories_.read_texts)
    examples = parsed(train, categories_.read_texts) if train else ()
    called = parsed(names, categories_.read_names) if names else labels_of(shipped_categories())
    labels = called if open_ else categories_.among(called, texts, examples)
    begun = time.perf_counter()
    with progress(errors, "evaluate categories: learning") as step:
        model = categories_.taught(labels, examples, step)
    fit_seconds = time.perf_counter() - begun
    with progress(errors, "evaluate categories", len(texts)) as step:
        found = categories_.evaluate(model, texts, time.perf_counter, step)
    if misses:
        written(misses, "".join(f"{as_json(miss)}\n" for miss in found.misses))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    show({**found.figures, "fit_s": round(fit_seconds, 2), "peak_mb": round(peak, 1)})


@evaluate.command()
def places(
    file: Annotated[Path, typer.Argument(help="addresses, JSON lines {tokens, tags}")],
) -> None:
    """Take labelled addresses apart and print how many parts were right, as JSON."""
    addresses = parsed(file, places_.read_labelled)
    with progress(errors, "evaluate places", len(addresses)) as step:
        found = places_.evaluate(addresses, time.perf_counter, step)
    show(found)


@evaluate.command()
def hotspots(
    messages: Annotated[Path, typer.Option(help="messages, JSON lines {id, text[, place]}")],
    gold: Annotated[Path, typer.Option(help="what is one thing, JSON lines {issue, ids}")],
) -> None:
    """Gather messages about one thing and print how well they fit labelled issues, as JSON."""
    told = parsed(messages, hotspots_.read_messages)
    issues = parsed(gold, hotspots_.read_issues)
    show(hotspots_.evaluate(told, issues, time.perf_counter))


def parsed(file: Path, parse: Callable[[str], T]) -> T:
    """What a file says; one that is wrong ends the command with `file:row: reason`."""
    try:
        return parse(file.read_text(encoding="utf-8"))
    except BadRow as bad:
        stop(f"{file}:{bad.row}: {bad.reason}", FAILED)
    except OSError as unreadable:
        stop(f"{file}: {unreadable.strerror or 'cannot be read'}", FAILED)
    except UnicodeDecodeError:
        stop(f"{file}: is no UTF-8 text", FAILED)


def written(file: Path, text: str) -> None:
    """Writes a file; one that cannot be written ends the command."""
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as unwritable:
        stop(f"{file}: {unwritable.strerror or 'cannot be written'}", FAILED)


def shipped_categories() -> dict[str, Category]:
    """The category table that comes with the service."""
    table = resources.files("knowledge") / "categories.csv"
    with table.open(encoding="utf-8") as lines:
        return read_categories(csv.DictReader(lines))


def show(figures: Mapping[str, Any]) -> None:
    """Prints the figures as JSON, the only thing on standard output."""
    typer.echo(json.dumps(figures, ensure_ascii=False, indent=2))


def as_json(value: Any) -> str:
    """One line of JSON."""
    return json.dumps(value, ensure_ascii=False)
