"""The statements by which messages are queued, claimed, sent, ended, moved and forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BindParameter, bindparam, case, exists, or_, select, update

from domain.messages import LEASE_EXPIRED, Lane
from storage.schema import UNSENT, OutboxState, outbox
from storage.statements import Statement, adding, among

LANES = tuple(Lane)
# Said again when nobody knows whether it arrived; worst case somebody reads it twice. A broadcast
# is not: worst case is a reported gap (design.md §1, "Three outcomes").
SAID_AGAIN = frozenset({Lane.EMERGENCY, Lane.DIALOGUE, Lane.STAFF, Lane.MORNING})
MAX_UNKNOWN = 5  # whoever is killed over and over may be killed at the same answer twice
# Seconds between one and the next while the platform is out of order, which may be for an hour.
PATIENCE = (60.0, 300.0, 900.0, 2700.0)
IN_DANGER = 0.25  # of that

_earlier = outbox.alias("earlier")
_ROW: BindParameter[Any] = bindparam("row")
_HELD = outbox.c.token == bindparam("holder")
_SENDING = outbox.c.state == OutboxState.SENDING.value
_CLAIMED = outbox.c.state == OutboxState.CLAIMED.value
# Said as the indexes say it, or SQLite would not use them.
_IS_HELD = outbox.c.state.in_([OutboxState.CLAIMED.value, OutboxState.SENDING.value])
_IS_UNSENT = outbox.c.state.in_([state.value for state in UNSENT])
_EXPIRED = outbox.c.lease_until <= bindparam("clock")

ADD = Statement(
    adding(
        outbox,
        "channel",
        "address_digest",
        "lane",
        "key",
        "private",
        "person",
        "phrase",
        "number",
        "request_key",
        "created_at",
        "due_at",
        "ready_at",
    )
    .on_conflict_do_nothing(index_elements=["request_key"])
    .returning(outbox.c.id)
)
KNOWN = Statement(select(outbox.c.id).where(outbox.c.request_key == bindparam("request_key")))
HEADS = Statement(
    select(outbox.c.id)
    .where(
        outbox.c.channel == bindparam("on_channel"),
        outbox.c.state == OutboxState.QUEUED.value,
        outbox.c.ready_at <= bindparam("now"),
        outbox.c.lane >= bindparam("first_lane"),
        outbox.c.lane <= bindparam("last_lane"),
        ~among(outbox.c.address_digest, "busy"),
        ~exists(
            select(_earlier.c.id).where(
                _earlier.c.address_digest == outbox.c.address_digest,
                _earlier.c.lane == outbox.c.lane,
                _earlier.c.id < outbox.c.id,
                _earlier.c.state.in_([state.value for state in UNSENT]),
            )
        ),
    )
    .order_by(outbox.c.lane, outbox.c.id)
    .limit(bindparam("many"))
    .with_for_update(skip_locked=True, of=outbox)
)
# The same for one lane with few addresses and long lines: from address to address.
_IS_STAFF = outbox.c.lane == LANES.index(Lane.STAFF)
_first = (
    select(outbox.c.id)
    .where(outbox.c.channel == bindparam("on_channel"), _IS_STAFF, _IS_UNSENT)
    .order_by(outbox.c.address_digest, outbox.c.id)
    .limit(1)
)
_heads = select(_first.scalar_subquery().label("id")).cte("heads", recursive=True)
_behind = outbox.alias("behind")
_next = (
    select(_behind.c.id)
    .where(
        _behind.c.channel == bindparam("on_channel"),
        _behind.c.lane == LANES.index(Lane.STAFF),
        _behind.c.state.in_([state.value for state in UNSENT]),
        _behind.c.address_digest > _earlier.c.address_digest,
    )
    .order_by(_behind.c.address_digest, _behind.c.id)
    .limit(1)
    .correlate(_earlier)
)
_heads = _heads.union_all(
    select(_next.scalar_subquery()).select_from(
        _heads.join(_earlier, _earlier.c.id == _heads.c.id)
    )
)
STAFF_HEADS = Statement(
    select(outbox.c.id)
    .select_from(_heads.join(outbox, outbox.c.id == _heads.c.id))
    .where(
        outbox.c.state == OutboxState.QUEUED.value,
        outbox.c.ready_at <= bindparam("now"),
        ~among(outbox.c.address_digest, "busy"),
    )
    .order_by(outbox.c.id)
    .limit(bindparam("many"))
    .with_for_update(skip_locked=True, of=outbox)
)
CLAIM = Statement(
    update(outbox)
    .where(among(outbox.c.id, "ids"), outbox.c.state == OutboxState.QUEUED.value)
    .values(
        state=OutboxState.CLAIMED.value,
        token=bindparam("holder"),
        lease_until=bindparam("until"),
    )
    .returning(outbox)
)
START = Statement(
    update(outbox)
    .where(among(outbox.c.id, "ids"), _HELD, or_(_CLAIMED, _SENDING))
    .values(
        state=OutboxState.SENDING.value,
        attempts=outbox.c.attempts + case((_CLAIMED, 1), else_=0),
        lease_until=bindparam("until"),
    )
    .returning(outbox.c.id)
)
SENT = Statement(
    update(outbox)
    .where(outbox.c.id == _ROW, _HELD, _SENDING)
    .values(
        state=OutboxState.SENT.value,
        message=bindparam("platform_message"),
        finished_at=bindparam("now"),
    )
)
END = Statement(
    update(outbox)
    .where(outbox.c.id == _ROW, _HELD, or_(_SENDING, _CLAIMED))
    .values(
        state=bindparam("new_state"),
        reason=bindparam("why"),
        finished_at=bindparam("now"),
    )
)
LATER = Statement(
    update(outbox)
    .where(outbox.c.id == _ROW, _HELD, or_(_SENDING, _CLAIMED))
    .values(
        state=OutboxState.QUEUED.value,
        reason=bindparam("why"),
        ready_at=bindparam("ready"),
        token=None,
    )
)
WAKE = Statement(
    update(outbox)
    .where(
        outbox.c.channel == bindparam("on_channel"),
        outbox.c.state == OutboxState.QUEUED.value,
        outbox.c.unknowns > 0,
        outbox.c.ready_at > bindparam("now"),
    )
    .values(ready_at=bindparam("now"))
)
RELEASE = Statement(
    update(outbox)
    .where(
        outbox.c.channel == bindparam("on_channel"),
        _IS_HELD,
        _CLAIMED,
        or_(outbox.c.token != bindparam("holder"), _EXPIRED),
    )
    .values(state=OutboxState.QUEUED.value)
)
LET_GO = Statement(
    update(outbox)
    .where(outbox.c.channel == bindparam("on_channel"), _IS_HELD, _CLAIMED, _HELD)
    .values(state=OutboxState.QUEUED.value, token=None)
)
GIVE_UP = Statement(
    update(outbox)
    .where(outbox.c.channel == bindparam("on_channel"), _IS_HELD, _HELD)
    .values(lease_until=0)
)
LOST = Statement(
    update(outbox)
    .where(outbox.c.channel == bindparam("on_channel"), _IS_HELD, _SENDING, _EXPIRED)
    .values(
        state=case(
            (
                (outbox.c.unknowns + 1 < MAX_UNKNOWN)
                & outbox.c.lane.in_([LANES.index(lane) for lane in SAID_AGAIN]),
                OutboxState.QUEUED.value,
            ),
            else_=OutboxState.UNKNOWN.value,
        ),
        unknowns=outbox.c.unknowns + 1,
        reason=LEASE_EXPIRED,
        finished_at=bindparam("now"),
    )
    .returning(outbox.c.id)
)
COUNT_UNKNOWN = Statement(
    update(outbox)
    .where(outbox.c.id == _ROW, _HELD, or_(_SENDING, _CLAIMED))
    .values(unknowns=outbox.c.unknowns + 1)
)
CANCEL_PERSON = Statement(
    update(outbox)
    .where(
        outbox.c.person == bindparam("whose"),
        outbox.c.state.in_([OutboxState.QUEUED.value, OutboxState.CLAIMED.value]),
    )
    .values(state=OutboxState.CANCELLED.value, finished_at=bindparam("now"))
)
CANCEL_ADDRESS = Statement(
    update(outbox)
    .where(
        outbox.c.address_digest == bindparam("where"),
        _IS_UNSENT,
        outbox.c.state != OutboxState.SENDING.value,
    )
    .values(state=OutboxState.CANCELLED.value, finished_at=bindparam("now"))
)
BY_MESSAGE = Statement(
    select(outbox)
    .where(
        outbox.c.address_digest == bindparam("where"),
        outbox.c.message == bindparam("platform_message"),
        outbox.c.message.is_not(None),
    )
    .order_by(outbox.c.id.desc())
    .limit(1)
)
GET = Statement(select(outbox).where(outbox.c.id == _ROW))
UNSENT_AT = Statement(
    select(outbox).where(
        outbox.c.address_digest == bindparam("where"),
        _IS_UNSENT,
    )
)
MOVE = Statement(
    update(outbox)
    .where(outbox.c.id == _ROW)
    .values(address_digest=bindparam("where"), private=bindparam("sealed"))
)
OF_PERSON = Statement(
    select(outbox).where(outbox.c.person == bindparam("whose")).order_by(outbox.c.id)
)
BLANK = Statement(update(outbox).where(outbox.c.person == bindparam("whose")).values(private=None))
GIVE = Statement(
    update(outbox).where(outbox.c.person == bindparam("drop")).values(person=bindparam("keep"))
)


def heads(first: int, last: int) -> Iterator[tuple[Statement, dict[str, int]]]:
    """How the heads of the lanes from `first` to `last` are found, urgent lanes first."""
    staff = LANES.index(Lane.STAFF)
    if first < staff:
        yield HEADS, {"first_lane": first, "last_lane": min(last, staff - 1)}
    if first <= staff <= last:
        yield STAFF_HEADS, {}
    if last > staff:
        yield HEADS, {"first_lane": max(first, staff + 1), "last_lane": last}
