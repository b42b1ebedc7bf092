"""What is past its time goes, class by class; what is not stays, and so does every count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text

from domain import moves
from domain.acts import Act
from domain.orders import FINAL, Status
from domain.retention import TERMS, Kept, Retention
from scheduler.clock import Clock
from scheduler.jobs import JOBS
from scheduler.sealer import Sealer
from storage import retention, retention_report
from storage.inbox import LEASE
from storage.schema import consents, inbox, metadata, order_events, orders, people
from storage.statements import Statement
from storage.transaction import Transaction
from tests.flow.busy import CANARIES, busy_day, leaks
from tests.town import MORNING, Town

LAMP = "3栋2单元楼道灯不亮了"
KEEPING = tuple(job for job in JOBS if job.name in {"forget", "say_farewell"})
SEALED = {"private", "name_sealed", "phone_sealed"}
_ORDERS = Statement(
    select(orders.c.status, orders.c.category, orders.c.building, orders.c.created_at)
)
_EVENTS = Statement(select(order_events.c.order_id, order_events.c.kind, order_events.c.at))
_INBOX = Statement(select(inbox.c.id, inbox.c.private))
_PEOPLE = Statement(select(people.c.id).where(~people.c.erased, people.c.merged_into.is_(None)))
_CONSENTS = Statement(select(func.count()).select_from(consents))
_DANGLING = Statement(text("PRAGMA foreign_key_check"))


async def nights(town: Town, **later: float) -> None:
    """So much later the jobs that end things have run, and nothing else."""
    town.hands[0] += timedelta(**later)
    clock = Clock(town.database, owner="town", after_commit=town.relay.wake, jobs=KEEPING)
    await clock.tick()
    await town.relay.settle()


async def due(town: Town) -> dict[Kept, int]:
    """What is past its time, without the classes of which nothing is."""
    found = [
        await town.read(lambda tx, kept=kept: retention_report.due(tx, kept)) for kept in Kept
    ]
    return {one.kept: one.count for one in found if one.count}


async def statistics(town: Town) -> Any:
    def count(tx: Transaction) -> Any:
        return Counter(map(tuple, tx.session.all(_ORDERS))), Counter(
            map(tuple, tx.session.all(_EVENTS))
        )

    return await town.read(count)


async def opened(town: Town) -> str:
    """Everything sealed that still opens, as one text."""

    def look(tx: Transaction) -> str:
        found = []
        for table in metadata.sorted_tables:
            for column in table.c:
                if "key" not in table.c or column.name not in SEALED:
                    continue
                name = f"{table.name}.{column.name}".encode()
                rows = tx.session.all(Statement(select(table.c.key, column.label("sealed"))))
                found += [tx.vault.open(row.key, name, row.sealed) for row in rows]
        return str(found)

    text_of_all: str = await town.read(look)
    return text_of_all


async def known(town: Town, who: str) -> bool:
    """Whether we know who writes with this account."""
    return await town.read(lambda tx: tx.people.of_account(*town.accounts[who])) is not None


async def end_orders(town: Town, numbers: Iterable[str]) -> None:
    """These are over, the way they would be if everybody gave up."""

    def end(tx: Transaction) -> None:
        for number in numbers:
            order = tx.orders.get(number)
            assert order is not None
            actor = tx.people.actor(order.reporter or 0, tx.now)
            tx.record(
                moves.withdraw(order, Act(actor=actor, at=tx.now, rules=tx.rules, org=tx.org)),
                by=order.reporter,
            )

    await town.database.run(end)


async def dangling(town: Town) -> list[Any]:
    """References to rows that are gone; PostgreSQL does not let them be."""

    def look(tx: Transaction) -> list[Any]:
        return tx.session.all(_DANGLING) if tx.session.dialect == "sqlite" else []

    found: list[Any] = await town.read(look)
    return found


async def test_three_years_later_nothing_past_its_time_is_left(town: Town) -> None:
    await busy_day(town)
    sealer = Sealer(town.database, owner="town")
    await sealer.seal()
    running = [order for order in await town.orders() if order.status not in FINAL]
    await end_orders(town, [order.number for order in running if order.reporter])
    town.hands[0] += timedelta(days=3 * 365 + 1)
    before = await statistics(town)
    assert len(await due(town)) >= 9
    assert len(leaks(await opened(town))) > len(CANARIES)

    await nights(town)  # the silent are told
    await sealer.seal()
    assert any("很久没有" in line for line in await town.heard(CANARIES[0].name))
    await nights(town, days=31)  # and are erased
    await nights(town, days=1)  # and what they agreed to

    assert await due(town) == {}
    assert leaks(await opened(town)) == []
    assert await dangling(town) == []
    assert await statistics(town) == before
    residents = [await known(town, canary.name) for canary in CANARIES]
    assert residents == [False] * len(CANARIES)
    assert {order.text for order in await town.orders() if order.status in FINAL} == {""}
    await sealer.seal()
    assert (await town.read(lambda tx: tx.chain.verify())).broken == ""


async def test_it_ends_in_small_steps_what_one_night_cannot(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AT_ONCE", "IDS_AT_ONCE"):
        monkeypatch.setattr(retention, name, 2)
    monkeypatch.setattr("storage.departing.IDS_AT_ONCE", 2)
    for number in range(3):
        await town.says(f"住户{number}", LAMP, photo=2)
        await town.says(f"住户{number}", "查进度")
    await Sealer(town.database, owner="town").seal()
    town.hands[0] += timedelta(days=1200)

    await nights(town)
    await nights(town, days=31)
    await nights(town, days=1)  # what was agreed to by whoever was erased the day before

    assert await due(town) == {}
    assert await dangling(town) == []


async def test_what_was_agreed_to_is_proven_for_three_years_and_for_whom_we_still_know(
    town: Town,
) -> None:
    for who in ("王阿姨", "李叔"):
        await town.says(who, "你好")
    await town.says("王阿姨", "删除我")
    await town.press("王阿姨", "确定删除")

    await nights(town, days=TERMS[Kept.CONSENTS].days - 1)
    kept = await town.read(lambda tx: tx.session.value(_CONSENTS))
    await town.says("李叔", "你好")
    assert Kept.CONSENTS not in await due(town)
    town.hands[0] += timedelta(days=2)
    assert (await due(town))[Kept.CONSENTS] == 1
    await nights(town)

    assert await town.read(lambda tx: tx.session.value(_CONSENTS)) == kept - 1
    assert await dangling(town) == []


async def test_whoever_says_a_word_after_the_warning_stays(town: Town) -> None:
    await town.says("王阿姨", "你好")
    await town.says("李叔", "你好")
    await nights(town, days=TERMS[Kept.PEOPLE].days - 29)
    assert any("很久没有" in line for line in await town.heard("王阿姨"))
    await nights(town, days=1)
    assert await town.heard("王阿姨") == []  # once
    await town.says("王阿姨", "留着吧")

    await nights(town, days=40)

    assert await known(town, "王阿姨")
    assert not await known(town, "李叔")


async def test_staff_and_whoever_waits_for_an_order_are_not_forgotten(town: Town) -> None:
    await town.says("王阿姨", LAMP)
    before = await town.read(lambda tx: len(tx.session.all(_PEOPLE)))
    assert (await town.orders("王阿姨"))[0].status is not Status.CLOSED

    await nights(town, days=1500)
    await nights(town, days=40)

    assert not any("很久没有" in line for line in await town.heard("小李"))
    assert await known(town, "王阿姨")
    assert (await town.orders("王阿姨"))[0].text
    gone = before - await town.read(lambda tx: len(tx.session.all(_PEOPLE)))
    assert gone <= 3  # the personas of the sample who never said a word


async def test_words_are_emptied_after_a_month_and_a_repeat_is_known_for_a_year(
    town: Town,
) -> None:
    heard = town.inbound("王阿姨", LAMP)
    await town.hears(heard)
    await nights(town, days=TERMS[Kept.INBOX_WORDS].days + 2)

    rows = await town.read(lambda tx: tx.session.all(_INBOX))
    assert [bytes(row.private) for row in rows] == [b""]
    assert not await town.intake.accept(heard)
    await nights(town, days=TERMS[Kept.ROUTING].days)
    assert await town.read(lambda tx: tx.session.all(_INBOX)) == []


async def test_a_day_of_which_something_is_not_handled_yet_keeps_its_key(town: Town) -> None:
    handled, waiting = town.inbound("王阿姨", LAMP), town.inbound("李叔", LAMP)
    await town.hears(handled)
    await town.database.run(lambda tx: tx.inbox.accept(waiting, owner="dead", lease=LEASE))

    await nights(town, days=60)

    (row,) = await town.read(lambda tx: tx.inbox.unfinished(waiting.conversation))
    assert row.inbound.text == LAMP


async def test_every_run_is_noted_in_the_audit(town: Town) -> None:
    await town.says("王阿姨", "你好")
    await nights(town, days=200)

    entries = await town.read(lambda tx: tx.audit.of("retention:outbox_words"))
    assert [row.entry.action for row in entries] == ["retention.ended"]
    assert entries[0].entry.detail["count"] >= 1


def test_an_operator_may_keep_things_shorter_or_longer() -> None:
    chosen = Retention(days={Kept.INBOX_WORDS: 7})
    assert chosen.before(Kept.INBOX_WORDS, MORNING) == MORNING - timedelta(days=7)
    assert chosen.before(Kept.AUDIT, MORNING) == MORNING - timedelta(days=400)
