"""Broadcasts under way: gives everybody of an audience a row, feeds the outbox in portions, and
writes down what became of each.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from functools import partial

import structlog

from domain import broadcast_telling as telling
from domain.broadcasts import Action, Broadcast, BroadcastState, Delivery
from domain.changes import Change, Notice
from domain.conversations import QUESTION_LIFE, Question
from domain.messages import Address, Button, Choice, Lane, Outbound
from storage.bell import Topic, woken
from storage.database import Database, Unavailable
from storage.recipients import RecipientRow
from storage.transaction import Transaction

logger = structlog.get_logger()

PORTION = 1_000  # rows planned in one transaction
WINDOW = 300  # messages of one broadcast in the outbox, which never holds the whole of it
SETTLED = 500  # results written down in one transaction
DIGESTS = 20
PAUSE = 0.25  # seconds between two looks at what is being sent
REST = 2.0  # when nothing is
TOO_DOUBTFUL = 10  # unknown in a row: the platform is out of order, and every one is a gap
LONGEST_DIGEST = 3_000  # characters
ANSWERS = ("will_come", "will_not_come", "needs_help")


class Broadcaster:
    """Plans and sends for as long as it runs; any number of machines may have one."""

    def __init__(self, database: Database, *, after_commit: Callable[[], None]) -> None:
        self._database = database
        self._after_commit = after_commit
        self._something_new = asyncio.Event()

    def heard(self, topics: frozenset[str]) -> None:
        """Something was written, perhaps by another process."""
        if not topics.isdisjoint({Topic.BROADCASTS, Topic.ALL}):
            self._something_new.set()

    async def run(self) -> None:
        """Works until cancelled; what goes wrong is logged, and the next look tries again."""
        while True:
            busy = False
            try:
                busy = await self.once()
            except Unavailable as trouble:
                logger.warning("database unavailable", why=str(trouble))
            except Exception as failure:
                logger.error("broadcast stumbled", exc_info=failure)
            if busy:
                await asyncio.sleep(PAUSE)
            else:
                await woken(self._something_new, self._database.between_looks(REST))

    async def once(self) -> bool:
        """One look at everything under way; whether there was anything to do."""
        moved = False
        under_way, digests = await self._database.read(_look)
        for number in under_way:
            while await self._database.run(partial(plan, number)):
                moved = True
            moved |= await self._database.run(partial(step, number))
            self._after_commit()
        if digests:
            moved |= await self._database.run(send_digests)
            self._after_commit()
        return moved


def _look(tx: Transaction) -> tuple[tuple[int, ...], bool]:
    return tx.broadcasts.under_way(), bool(tx.recipients.held_chats(1))


def plan(number: int, tx: Transaction) -> bool:
    """Gives the next of the audience their rows; False when everybody has one."""
    broadcast = tx.broadcasts.lock(number)
    if broadcast is None or broadcast.is_planned:
        return False
    broadcast = tx.broadcasts.plan_some(broadcast, PORTION)
    tx.broadcasts.save(broadcast)
    if broadcast.is_planned and broadcast.state is BroadcastState.DRAFT:
        _tell(tx, tx.broadcasts.preview(broadcast))
    return not broadcast.is_planned


def step(number: int, tx: Transaction) -> bool:
    """One step with a broadcast that is all planned; whether anything moved."""
    broadcast = tx.broadcasts.lock(number)
    if broadcast is None or not broadcast.is_planned:
        return False
    if broadcast.state is BroadcastState.SCHEDULED and _is_due(tx, broadcast):
        broadcast = _begun(tx, broadcast)
    if broadcast.state is BroadcastState.SENDING:
        return _send_some(tx, broadcast)
    return False


def _is_due(tx: Transaction, broadcast: Broadcast) -> bool:
    return broadcast.starts_at is not None and broadcast.starts_at <= tx.now


def _begun(tx: Transaction, broadcast: Broadcast) -> Broadcast:
    """It begins, when it is no time of rest, with those who have joined the audience since."""
    if not _may_go_now(tx, broadcast):
        return _until_morning(tx, broadcast)
    rules = tx.rules.limits.broadcasts
    if broadcast.action is Action.NOTICE and tx.now - broadcast.planned_at > rules.stale_after:
        broadcast = replace(broadcast, plan="", planned_at=tx.now)
        tx.broadcasts.save(broadcast)
        return broadcast
    broadcast = broadcast.moved_to(BroadcastState.SENDING)
    if broadcast.told != "begun":
        broadcast = replace(broadcast, told="begun")
        _tell(tx, telling.told(broadcast, "notice.begun"))
    tx.broadcasts.save(broadcast)
    return broadcast


def _may_go_now(tx: Transaction, broadcast: Broadcast) -> bool:
    return broadcast.overrides or tx.rules.limits.broadcasts.may_send_at(tx.now, tx.rules.zone)


def _until_morning(tx: Transaction, broadcast: Broadcast) -> Broadcast:
    opens = tx.rules.limits.broadcasts.opens_after(tx.now, tx.rules.zone).astimezone(UTC)
    broadcast = replace(broadcast, starts_at=opens)
    tx.broadcasts.save(broadcast)
    _tell(tx, telling.told(broadcast, "notice.at_night"))
    return broadcast


def _send_some(tx: Transaction, broadcast: Broadcast) -> bool:
    """Writes down results, and feeds the outbox what it has room for."""
    results, doubts = tx.recipients.settle(broadcast, SETTLED)
    broadcast = _counted(broadcast, results, doubts)
    if broadcast.doubts >= TOO_DOUBTFUL and _is_anything_left(tx, broadcast):
        return _stopped_by_doubts(tx, broadcast)
    if not _may_go_now(tx, broadcast):
        tx.recipients.take_back(broadcast)
        still = tx.recipients.open_rows(broadcast).get(Delivery.QUEUED, 0)
        if not still and tx.recipients.waiting(broadcast, 1):
            _until_morning(tx, replace(broadcast, state=BroadcastState.SCHEDULED))
            return True
        fed: Counter[Delivery] = Counter()
    else:
        in_outbox = tx.recipients.open_rows(broadcast).get(Delivery.QUEUED, 0)
        fed = _feed(tx, broadcast, WINDOW - in_outbox)
        broadcast = _counted(broadcast, fed)
    if results or fed:
        tx.broadcasts.save(broadcast)
        return True
    if not _is_anything_left(tx, broadcast):
        _end(tx, broadcast)
        return True
    return False


def _is_anything_left(tx: Transaction, broadcast: Broadcast) -> bool:
    return bool(tx.recipients.open_rows(broadcast) or tx.recipients.waiting(broadcast, 1))


def _counted(broadcast: Broadcast, results: Counter[Delivery], doubts: int = 0) -> Broadcast:
    """With these results, so many of which leave us in doubt of the platform; those queued have
    none yet, and those held are told of apart.
    """
    ended = {state: n for state, n in results.items() if state is not Delivery.QUEUED}
    if not ended:
        return broadcast
    counts = Counter(broadcast.counts) + Counter(ended)
    answered = results.get(Delivery.SENT, 0) + results.get(Delivery.FAILED, 0)
    doubts = 0 if answered else broadcast.doubts + doubts
    return replace(broadcast, counts=dict(counts), doubts=doubts)


def _stopped_by_doubts(tx: Transaction, broadcast: Broadcast) -> bool:
    """Every message into a platform that is out of order is a gap: somebody decides when to go
    on.
    """
    tx.recipients.take_back(broadcast)
    broadcast = broadcast.moved_to(BroadcastState.PAUSED)
    broadcast = replace(broadcast, doubts=0)
    tx.broadcasts.save(broadcast)
    _tell(tx, telling.told(broadcast, "notice.out_of_order"))
    return True


def _end(tx: Transaction, broadcast: Broadcast) -> None:
    broadcast = broadcast.moved_to(BroadcastState.DONE, ended_at=tx.now, told="done")
    tx.broadcasts.save(broadcast)
    _tell(tx, telling.told(broadcast, "notice.done"))


def _feed(tx: Transaction, broadcast: Broadcast, room: int) -> Counter[Delivery]:
    """Puts the next messages into the outbox; what became of each of those rows."""
    fed: Counter[Delivery] = Counter()
    text = worded(tx, broadcast)
    for row in tx.recipients.waiting(broadcast, max(room, 0)):
        fed[_feed_one(tx, broadcast, row, text)] += 1
    return fed


def worded(tx: Transaction, broadcast: Broadcast) -> str:
    """The words everybody reads."""
    values = telling.values_of(broadcast)
    unit = tx.org.unit(broadcast.unit).name
    return tx.wording.say(f"notice.out.{broadcast.manner}", {**values, "unit": unit})


def _feed_one(tx: Transaction, broadcast: Broadcast, row: RecipientRow, text: str) -> Delivery:
    who = row.addressee
    address = tx.audiences.address(who)
    if address is None:
        tx.recipients.ended(row, Delivery.BLOCKED, "unreachable")
        return Delivery.BLOCKED
    if address.chat != who.chat and who.person is None and tx.recipients.has(broadcast, address):
        tx.recipients.ended(row, Delivery.CANCELLED, "moved")  # and is counted under its new name
        return Delivery.CANCELLED
    if who.person is not None and not _wants(tx, broadcast, who.person):
        tx.recipients.ended(row, Delivery.CANCELLED, "unwanted")
        return Delivery.CANCELLED
    if broadcast.is_repeat and tx.broadcasts.has_answered(broadcast, who.person):
        tx.recipients.ended(row, Delivery.CANCELLED, "answered")
        return Delivery.CANCELLED
    if _is_spared(tx, broadcast, row, address):
        rules = tx.rules.limits.broadcasts
        tx.recipients.hold(row, rules.digest_after(tx.now, tx.rules.zone).astimezone(UTC))
        return Delivery.QUEUED
    tx.recipients.queued(row, _queue(tx, broadcast, row, address, text))
    return Delivery.QUEUED


def _wants(tx: Transaction, broadcast: Broadcast, person: int) -> bool:
    found = tx.people.get(person)
    return (
        found is not None
        and not (found.erased or found.withdrew)
        and (broadcast.audience.disturbs or not found.quiet)
    )


def _is_spared(tx: Transaction, broadcast: Broadcast, row: RecipientRow, address: Address) -> bool:
    """Whether the group has had its one ordinary notice today, so that this one waits."""
    if row.addressee.person is not None or not broadcast.merges or row.tries:
        return False
    return not tx.recipients.is_first_today(address, broadcast)


def _queue(
    tx: Transaction, broadcast: Broadcast, row: RecipientRow, address: Address, text: str
) -> int:
    who = row.addressee
    choices = _choices(tx) if broadcast.asks else ()
    token = secrets.token_urlsafe(9)
    before = tx.recipients.message_of(broadcast.of, who) if broadcast.of else ""
    recalls = broadcast.action is Action.RECALL
    outbound = Outbound(
        id=0,
        address=address,
        lane=Lane.BROADCAST,
        text=text,
        buttons=tuple(
            Button(label=f"{place} {choice.label}", token=f"{token}.{place - 1}")
            for place, choice in enumerate(choices, start=1)
        ),
        reply_to="" if recalls else before,
        takes_back=before if recalls else "",
    )
    queued = tx.outbox.add(
        outbound,
        person=who.person,
        phrase=f"notice.out.{broadcast.manner}",
        values={"notice_number": broadcast.number},
        request_key=f"broadcast:{row.id}:{row.tries}",
    )
    if choices:
        question = Question(
            token=token,
            person=who.person or broadcast.author,
            address=address,
            step="notice_answer.vote" if who.person else "notice_answer.in_group",
            choices=choices,
            context={"broadcast": broadcast.answered_as},
            asked_at=tx.now,
            until=tx.now + QUESTION_LIFE,
        )
        tx.questions.ask(question, outbox=queued)
    return queued


def _choices(tx: Transaction) -> tuple[Choice, ...]:
    return tuple(
        Choice(value=answer, label=tx.wording.say(f"choice.{answer}", {})) for answer in ANSWERS
    )


def send_digests(tx: Transaction) -> bool:
    """What groups were spared goes to each of them as one message; whether any went."""
    if not tx.rules.limits.broadcasts.may_send_at(tx.now, tx.rules.zone):
        return False
    went = [_send_digest(tx, chat) for chat in tx.recipients.held_chats(DIGESTS)]
    return any(went)


def _send_digest(tx: Transaction, chat: Address) -> bool:
    parts: list[tuple[RecipientRow, dict[str, str]]] = []
    length = 0
    known: dict[int, Broadcast | None] = {}
    for row in tx.recipients.held_of(chat):
        broadcast = known.setdefault(row.broadcast, tx.broadcasts.get(row.broadcast))
        if broadcast is None or broadcast.state is not BroadcastState.SENDING:
            continue
        length += len(broadcast.title) + len(broadcast.text)
        if parts and length > LONGEST_DIGEST:
            break
        parts.append((row, {"title": broadcast.title, "text": broadcast.text}))
    if not parts:
        return False
    first = known[parts[0][0].broadcast]
    address = tx.audiences.address(parts[0][0].addressee)
    assert first is not None
    if address is None:
        for row, _ in parts:
            _unreached(tx, row)
        return True
    if not tx.recipients.is_first_today(address, first):
        rules = tx.rules.limits.broadcasts
        for row, _ in parts:
            tx.recipients.hold(row, rules.digest_after(tx.now, tx.rules.zone).astimezone(UTC))
        return True
    rows = [{"row": number, **part} for number, (_, part) in enumerate(parts, start=1)]
    text = tx.wording.say("notice.digest", {"rows": rows, "count": len(rows)})
    outbound = Outbound(id=0, address=address, lane=Lane.BROADCAST, text=text)
    queued = tx.outbox.add(
        outbound,
        person=None,
        phrase="notice.digest",
        values={},
        request_key=f"digest:{parts[0][0].id}",
    )
    for row, _ in parts:
        tx.recipients.queued(row, queued)
    return True


def _unreached(tx: Transaction, row: RecipientRow) -> None:
    """The group went while the digest was waiting."""
    tx.recipients.ended(row, Delivery.BLOCKED, "unreachable")
    broadcast = tx.broadcasts.lock(row.broadcast)
    assert broadcast is not None
    tx.broadcasts.save(_counted(broadcast, Counter({Delivery.BLOCKED: 1})))


def _tell(tx: Transaction, notice: Notice) -> None:
    tx.record(Change(notices=(notice,)), by=None)
