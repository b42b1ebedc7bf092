"""Every sentence with the worst that people can write in it: on both channels it stays text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any

import pytest

from bot.channels import telegram_layout, telegram_reading, web_reading
from bot.channels.web_rows import content_of
from domain.messages import Address, Lane, Outbound
from knowledge.phrasebook import Phrasebook
from storage.transaction import Transaction
from tests.rig.telegram_world import World
from tests.town import Town

US = "xiaoqi_bot"
HOSTILE = {
    "html": "</p><script>alert(1)</script><a href=\"tg://user?id=1\" onclick='x'>点</a><@all>",
    "markdown": "*a* _b_ [点我](tg://user?id=1) `c` ||d|| ~e~ ```f```",
    "script": "javascript:alert(1)",
    "everyone": "@everyone @all @here @durov @channel",
    "app": "tg://resolve?domain=x TON://a tonsite://b https://t.me/+x durov.t.me telegram.me/x",
    "command": "/start /deleteme@other_bot\n/card",
    "override": "\u202e\u2067gnp.exe",
    "unseen": "@\u200ball \u200b/\u200bstart t\u200b.me/x \ufeff@all \u00ad/start",
    "long": "灯" * 4096 + "@durov /start tg://x " * 43,
    "addresses": "a@durov.b/start " * 312,
    "braces": "{number} {0} %s [x]",
}
BOOK = Phrasebook.load()
SHAPED: dict[str, Any] = {
    **dict.fromkeys(("day", "promise", "date", "clock"), datetime(2026, 6, 24, 10, tzinfo=UTC)),
    "span": timedelta(hours=2),
    "count": 3,
}


def values_of(name: str, words: str) -> dict[str, Any]:
    """The phrase's values: wherever words may stand, these."""
    values: dict[str, Any] = {}
    for wanted in sorted(BOOK.placeholders(name), key=lambda one: one.spec):
        if wanted.spec.endswith(".*"):
            prefix = wanted.spec[:-1]
            known = next(one for one in sorted(BOOK.names()) if one.startswith(prefix))
            values |= values_of(known, words)
            values[wanted.name] = known.removeprefix(prefix)
        elif "." in wanted.spec:
            values[wanted.name] = [values_of(wanted.spec, words)] * 2
        elif wanted.spec == "list":
            values[wanted.name] = [words] * 2
        else:
            values[wanted.name] = SHAPED.get(wanted.spec, words)
    return values


def sentences(words: str) -> Iterator[str]:
    """Every phrase in all its wordings."""
    for name in sorted(BOOK.names()):
        values = values_of(name, words)
        for group in (False, True):
            for language in ("zh", "en"):
                yield BOOK.say(name, values, group=group, language=language)


def outbound(text: str) -> Outbound:
    address = Address(channel="telegram", chat="11")
    return Outbound(id=1, address=address, lane=Lane.DIALOGUE, text=text)


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
def test_no_phrase_with_hostile_values_becomes_more_than_text(words: str) -> None:
    world = World(username=US)
    world.chat(11)
    for text in set(sentences(words)):
        said = ""
        for step in telegram_layout.steps(outbound(text), username=US):
            message = world.send_message({"chat_id": 11, "text": step.text})
            assert message["entities"] == [], step.text
            said += step.text
        assert blank(said) == blank(text)


async def test_what_the_web_chat_keeps_is_the_text_alone(town: Town) -> None:
    def kept(tx: Transaction) -> list[Any]:
        texts = {text for words in HOSTILE.values() for text in sentences(words)}
        return [text for text in texts if content_of(tx, outbound(text)) != {"text": text}]

    assert await town.read(kept) == []


def test_the_page_writes_text_and_never_markup() -> None:
    """Whatever it shows goes through `make`, which appends strings as text."""
    page = resources.files("bot.channels") / "webchat"
    scripts = [one for one in page.iterdir() if one.name.endswith(".js")]
    markup = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment"
        r"|srcdoc|\beval\(|new Function"
    )

    assert scripts
    assert [one.name for one in scripts if markup.search(one.read_text(encoding="utf-8"))] == []


def test_no_value_turns_round_the_words_after_it() -> None:
    for text in sentences("\u202e\u2067\u202bgnp\u202c.exe"):
        assert open_directions(text) == 0, text


NAMES = (
    "../../etc/passwd",
    "a\0b",
    "\u202egnp.exe",
    "张\u200b三",
    "\u2067x",
    "a\nb\r\tc",
    "\ufeff",
)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_names_and_titles_are_shown_without_tricks(name: str) -> None:
    shown = (
        telegram_reading.shown_name(name, ""),
        telegram_reading.shown_name("", name),
        web_reading.shown_name(name),
    )

    for one in shown:
        assert not {unicodedata.category(char) for char in one} & {"Cc", "Cf", "Zl", "Zp", "Cs"}
        assert len(one) <= telegram_reading.LONGEST_NAME


@pytest.mark.parametrize("name", NAMES, ids=ascii)
async def test_whoever_is_called_so_is_served_like_everybody(town: Town, name: str) -> None:
    """A name is never a path, a key or an end of a text: it is stored, and the report is too."""
    inbound = town.inbound("怪名", "3栋2单元楼道灯不亮了", chat_title=name)
    answers = await town.hears(replace(inbound, name=name))

    (order,) = await town.orders("怪名")
    assert any(order.number in answer for answer in answers)


def open_directions(text: str) -> int:
    """How many embeddings, overrides and isolates are open at the end (UAX #9, BD8 to BD16)."""
    ends: list[str] = []
    for mark in text:
        if mark in "\u202a\u202b\u202d\u202e":
            ends.append("\u202c")
        elif mark in "\u2066\u2067\u2068":
            ends.append("\u2069")
        elif ends and mark == ends[-1]:
            ends.pop()
    return len(ends)


def blank(text: str) -> str:
    """The words without blanks and joiners: a message is trimmed, a part may end with a blank."""
    return re.sub(r"[\s\u2060]+", "", text)
