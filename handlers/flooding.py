"""Over the limit: what comes too fast is kept for a moment, and a danger never waits for it.

The limits are in `domain/flooding.py`. A message over them is not handled now but together with
what follows it, once there is a token; beyond what one burst may keep it is only counted, and the
desk is told. Whoever sends too fast hears of it once in a burst, and never in a group.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zlib import crc32

from domain.changes import Audience, AuditEntry, Notice, Recipient
from domain.flooding import Bucket, Outcome, Pace, Verdict, judged, turn_of
from domain.messages import InboundKind
from handlers.late import said_at
from handlers.router import is_chatter
from handlers.turn import Turn
from handlers.where import community_here

# Into so many rows the limit of the whole service is split, since every message locks one of
# them: with 16 three processes on PostgreSQL often waited for each other, with 128 hardly ever.
PARTS = 128
SPOKEN = frozenset({InboundKind.MESSAGE, InboundKind.EDIT, InboundKind.PRESS, InboundKind.START})


def admitted(turn: Turn, *, messages: int, again: bool, received: datetime) -> Verdict:
    """Takes what the turn costs, and says whether it is handled now.

    `again` says that these were held before. What counts is when they were said: whoever spoke
    calmly while we were away or slow is no flood. Talk among neighbours costs nothing: it is not
    answered anyway.
    """
    paces = turn.rules.limits.paces
    own, own_pace = _own(turn)
    if not paces.enabled or turn.heard.kind not in SPOKEN or is_chatter(turn):
        return Verdict(outcome=Outcome.HANDLED, bucket=Bucket(full_at=turn.now))
    among = {} if again or turn.reading.emergency or turn.actor.is_staff else _shared(turn, own)
    buckets = turn.tx.buckets.lock(own, *among)
    said = turn.now if again else said_at(turn.heard.first, received)
    verdict = judged(buckets[own], own_pace, said, messages=messages, again=again, kept=paces.kept)
    if verdict.outcome is not Outcome.HANDLED:
        turn.tx.buckets.save({own: verdict.bucket})
        _tell(turn, verdict)
        return verdict
    until, shared = _turn_among_others(turn, among, buckets)
    if until > turn.now:
        turn.tx.buckets.save(shared)
        return Verdict(outcome=Outcome.HELD, bucket=buckets[own], until=until)
    turn.tx.buckets.save({own: verdict.bucket, **shared})
    return verdict


def _own(turn: Turn) -> tuple[str, Pace]:
    """The person's own bucket: staff have a larger one, and dangers one apart."""
    paces = turn.rules.limits.paces
    account = f"{turn.contact.channel}:{turn.heard.first.account}"
    if turn.reading.emergency:
        return f"danger:{account}", paces.danger
    return f"person:{account}", paces.staff if turn.actor.is_staff else paces.resident


def _shared(turn: Turn, own: str) -> Mapping[str, Pace]:
    """The buckets that are shared with others."""
    paces = turn.rules.limits.paces
    shared = {f"whole:{crc32(own.encode()) % PARTS}": paces.whole / PARTS}
    if turn.in_group:
        address = turn.conversation.address
        shared[f"group:{address.channel}:{address.chat}"] = paces.group
    return shared


def _turn_among_others(
    turn: Turn, among: Mapping[str, Pace], buckets: Mapping[str, Bucket]
) -> tuple[datetime, dict[str, Bucket]]:
    """When it is this message's turn, and the shared buckets after it."""
    longest = turn.rules.limits.paces.longest
    turns = {
        name: turn_of(buckets[name], pace, turn.now, longest=longest)
        for name, pace in among.items()
    }
    until = max((turn.now + wait for wait, _ in turns.values()), default=turn.now)
    return until, {name: bucket for name, (_, bucket) in turns.items()}


def _tell(turn: Turn, verdict: Verdict) -> None:
    if verdict.first and not turn.in_group:
        turn.say("flood.slowly")
    if verdict.too_many:
        person = turn.person.id
        turn.tx.audit.add(AuditEntry(action="flood.counted", subject=f"person:{person}"))
        turn.tell(
            Notice(
                to=Recipient(audience=Audience.DESK, unit=community_here(turn)),
                phrase="desk.flood",
                values={"name": turn.contact.name, "kept": turn.rules.limits.paces.kept},
            )
        )
