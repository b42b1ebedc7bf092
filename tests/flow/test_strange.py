"""Whatever a channel may hand over ends as handled or as a dead letter, and never raises."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.messages import (
    Attachment,
    AttachmentKind,
    ChatKind,
    Inbound,
    InboundKind,
    Location,
)
from storage.keyring import Keyring
from tests.databases import NewDatabase
from tests.flow.means import unfinished
from tests.town import Town, built_town

NASTY = (
    "",
    "\0",
    "\ud83d",
    "\u202e倒过来\u202c",
    "\u200b",
    "👨‍👩‍👧‍👦",
    "%s%s%n",
    "'; DROP TABLE orders; --",
    "{number}",
    "灯坏了" * 40_000,
    "-1001234567890",
    "a:b:c",
    "🙏" * 3000,
    "3栋2单元楼道灯不亮了",
    "着火了",
    "转人工",
    "接",
    "退",
    "延-3天",
    "延99999999999999999999天",
    "99月99日休假",
    "催 0609339640",
    "9" * 400,
)
TEXT = st.one_of(
    st.sampled_from(NASTY),
    st.text(alphabet=st.characters(), max_size=60),
    st.tuples(st.sampled_from(NASTY), st.text(max_size=5)).map("".join),
)
NAME = st.one_of(st.sampled_from([text[:200] for text in NASTY]), st.text(max_size=20))
NUMBER = st.one_of(st.integers(), st.sampled_from([-1, 0, 2**63 - 1, 2**63, -(2**63) - 1, 10**30]))
ATTACHMENT = st.builds(
    Attachment,
    kind=st.sampled_from(AttachmentKind),
    reference=NAME,
    media_type=NAME,
    size=st.none() | NUMBER,
    seconds=st.none() | NUMBER,
)
LOCATION = st.builds(
    Location,
    latitude=st.floats(),
    longitude=st.floats(),
)
STRANGE: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(InboundKind),
        "chat": NAME,
        "chat_kind": st.sampled_from(ChatKind),
        "chat_title": NAME,
        "account": NAME,
        "name": NAME,
        "language": NAME,
        "text": TEXT,
        "attachments": st.lists(ATTACHMENT, max_size=3).map(tuple),
        "location": LOCATION,
        "album": NAME,
        "message": NAME,
        "reply_to": NAME,
        "addressed": st.booleans(),
        "press": NAME,
        "start": NAME,
        "migrated_to": NAME,
        "order": NUMBER,
    },
)


async def hears(town: Town, changes: dict[str, Any]) -> None:
    who = "王阿姨" if "account" not in changes else "陌生人"
    inbound: Inbound = replace(town.inbound(who, "3栋2单元楼道灯不亮了"), **changes)
    await town.hears(inbound)
    for _ in range(6):
        if not await unfinished(town):
            break
        await town.pass_time(minutes=1)
    assert await unfinished(town) == 0
    dead = await town.read(lambda tx: tx.inbox.dead_letters())
    assert [letter.error for letter in dead] == []


def try_all(url: str, keyring: Keyring, examples: int) -> None:
    """Many strange messages to one town that goes on living."""
    with asyncio.Runner() as runner:
        building = built_town(url, keyring, strict=False)
        town = runner.run(building.__aenter__())

        @settings(
            max_examples=examples,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(STRANGE)
        def each(changes: dict[str, Any]) -> None:
            runner.run(hears(town, changes))

        try:
            each()
        finally:
            runner.run(building.__aexit__(None, None, None))


def test_on_sqlite(new_database_url: NewDatabase, keyring: Keyring) -> None:
    with new_database_url("sqlite") as url:
        try_all(url, keyring, 300)


def test_on_postgresql(new_database_url: NewDatabase, keyring: Keyring) -> None:
    with new_database_url("postgresql") as url:
        try_all(url, keyring, 60)
