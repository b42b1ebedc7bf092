"""The phrasebook says what its files say, strictly, and every phrase can be said."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.messages import Choice
from knowledge.phrasebook import MissingValue, Phrasebook, PhraseError, UnknownPhrase

DUE = datetime(2026, 6, 24, 10, 0, tzinfo=UTC)  # 18:00 in Nanjing, a Wednesday


def _book(**phrases: str | dict[str, str]) -> Phrasebook:
    return Phrasebook(
        {
            name.replace("__", "."): {"text": text} if isinstance(text, str) else text
            for name, text in phrases.items()
        }
    )


@pytest.mark.parametrize(
    ("text", "value", "said"),
    [
        ("{x}", "3栋{y}[z]", "3栋{y}[z]"),
        ("{x}", None, ""),
        ("{x:day}", DUE, "6月24日(周三)18:00"),
        ("{x:day}", DUE.isoformat(), "6月24日(周三)18:00"),
        ("{x:promise}", DUE, "6月24日(周三)18:00 前"),
        ("{x:date}", DUE, "6月24日(周三)"),
        ("{x:date}", date(2026, 6, 24), "6月24日(周三)"),
        ("{x:date}", "2026-06-24", "6月24日(周三)"),
        ("{x:clock}", DUE, "18:00"),
        ("{x:span}", timedelta(days=2, hours=3, minutes=4), "2 天 3 小时"),
        ("{x:span}", 90, "1 分钟"),
        ("{x:count}", 1248, "1,248"),
        ("{x:list}", ["3", "7", "12"], "3、7、12"),
        ("{x:quote}", "灯\n不亮 " + "很" * 60, "灯 不亮 " + "很" * 35 + "…"),
    ],
)
def test_a_value_is_shown_in_its_form(text: str, value: Any, said: str) -> None:
    assert _book(one=text).say("one", {"x": value}) == said


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"place": "3栋", "photos": 2}, "3栋，照片 2 张。"),
        ({"place": "3栋", "photos": 0}, "3栋，没有照片。"),
        ({"place": "3栋"}, "3栋，没有照片。"),
    ],
)
def test_brackets_are_said_only_when_their_values_are_there(
    values: dict[str, Any], said: str
) -> None:
    book = _book(one="{place}[，照片 {photos} 张][{!photos}，没有照片]。")

    assert book.say("one", values) == said


def test_a_list_is_said_line_by_line() -> None:
    book = _book(all="已登记：\n{orders:one.line}", one__line="{number} {category}")
    orders = [{"number": "1", "category": "照明"}, {"number": "2", "category": "门禁"}]

    assert book.say("all", {"orders": orders}) == "已登记：\n1 照明\n2 门禁"


def test_a_code_is_said_by_its_own_phrase() -> None:
    book = _book(one="现在{status:word.*}", word__open="待受理")

    assert book.say("one", {"status": "open"}) == "现在待受理"


def test_a_group_and_english_have_their_own_words() -> None:
    text = {"text": "{name}，办好了", "group": "办好了", "en": "{name}, done", "group_en": "Done"}
    book = _book(one=text, plain="好")

    assert book.say("one", {"name": "王"}) == "王，办好了"
    assert book.say("one", {}, group=True) == "办好了"
    assert book.say("one", {"name": "Wang"}, language="en-GB") == "Wang, done"
    assert book.say("one", {}, group=True, language="en") == "Done"
    assert book.say("plain", {}, group=True, language="en") == "好"


def test_a_button_has_its_own_words_or_the_books() -> None:
    book = _book(choice__south_gate="南门")

    assert book.label(Choice(value="south_gate")) == "南门"
    assert book.label(Choice(value="7", label="7栋")) == "7栋"


def test_an_unknown_phrase_raises() -> None:
    with pytest.raises(UnknownPhrase, match="nothing"):
        _book().say("nothing", {})


def test_a_missing_value_raises() -> None:
    with pytest.raises(MissingValue, match="place"):
        _book(one="{place}").say("one", {})


def test_a_value_of_the_wrong_kind_raises() -> None:
    with pytest.raises(PhraseError, match="aware"):
        _book(one="{x:day}").say("one", {"x": DUE.replace(tzinfo=None)})


@pytest.mark.parametrize(
    "text",
    ["{x:noform}", "[{x}", "{x}]", "[a[{x}]]", "{?x}", "{x:no.such}", "{x:none.*}", "{X}", "{x"],
)
def test_a_badly_written_phrase_is_refused(text: str) -> None:
    with pytest.raises(PhraseError):
        _book(one=text)


def test_an_overlay_changes_words(tmp_path: Path) -> None:
    book = Phrasebook.load()
    name = next(name for name in sorted(book.names()) if not book.placeholders(name))
    (tmp_path / "ours.toml").write_text(f'{name} = "我们的说法"\n', encoding="utf-8")

    assert Phrasebook.load([tmp_path]).say(name, {}) == "我们的说法"


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ('no.such.phrase = "好"', "does not exist"),
        ('word.open = "{secret}"', "not given"),
        ("word.open = 3", "neither"),
        ('[word.open]\ntext = "好"\nwhisper = "好"', "unknown variants"),
        ("word.open = ", "not readable"),
    ],
)
def test_a_bad_overlay_is_refused(tmp_path: Path, written: str, reason: str) -> None:
    (tmp_path / "ours.toml").write_text(written, encoding="utf-8")

    with pytest.raises(PhraseError, match=reason):
        Phrasebook.load([tmp_path])


def test_a_phrase_named_twice_is_refused(tmp_path: Path) -> None:
    for file in ("one.toml", "two.toml"):
        (tmp_path / file).write_text('word.open = "好"', encoding="utf-8")

    with pytest.raises(PhraseError, match="second time"):
        Phrasebook.load([tmp_path])


def test_every_phrase_can_be_said() -> None:
    book = Phrasebook.load()

    for name in book.names():
        for group in (False, True):
            for language in ("zh", "en"):
                assert book.say(name, _values(book, name), group=group, language=language)


def test_no_sentence_shows_markup() -> None:
    book = Phrasebook.load()

    for name in book.names():
        # Inside the name of a setting an underscore is read as it stands.
        said = re.sub(r"(?<=[a-z])_(?=[a-z])", "", book.say(name, _values(book, name)))
        assert not set(said) & set("{}[]<>*_`"), name


def _values(book: Phrasebook, name: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    # A mere test of a value, such as {!role}, says nothing of its form: forms come after it.
    for placeholder in sorted(book.placeholders(name), key=lambda each: each.spec):
        values[placeholder.name] = _value(book, placeholder.name, placeholder.spec)
        if placeholder.spec.endswith(".*"):
            one = next(each for each in book.names() if each.startswith(placeholder.spec[:-1]))
            values |= {**_values(book, one), placeholder.name: values[placeholder.name]}
    return values


def _value(book: Phrasebook, name: str, spec: str) -> Any:
    if spec.endswith(".*"):
        prefix = spec[:-1]
        return next(each for each in book.names() if each.startswith(prefix)).removeprefix(prefix)
    if spec in book.names():
        return [_values(book, spec)] * 2
    dummies = {
        "day": DUE,
        "promise": DUE,
        "date": DUE,
        "clock": DUE,
        "span": timedelta(hours=2),
        "count": 3,
        "list": ["3", "7"],
    }
    return dummies.get(spec, "甲")
