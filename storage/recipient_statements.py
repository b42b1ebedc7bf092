"""The statements by which recipients of broadcasts are planned, fed, held and settled."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, exists, func, or_, select, update

from domain.broadcasts import BroadcastState, Delivery
from storage.schema import (
    OutboxState,
    broadcast_answers,
    broadcast_recipients,
    broadcasts,
    chats,
    contacts,
    notice_days,
    outbox,
)
from storage.statements import Statement, adding, among

_rows = broadcast_recipients
_OF: BindParameter[Any] = bindparam("which")
PLAN_PERSON = Statement(
    adding(_rows, "broadcast", "channel", "person", "contact", "state").on_conflict_do_nothing(
        index_elements=["broadcast", "person"]
    )
)
PLAN_GROUP = Statement(
    adding(_rows, "broadcast", "channel", "chat", "unit", "state").on_conflict_do_nothing(
        index_elements=["broadcast", "channel", "chat"]
    )
)
_REACHED = and_(
    _rows.c.broadcast == _OF,
    _rows.c.state.in_([Delivery.SENT.value, Delivery.UNKNOWN.value]),
)
REACHED_BY = Statement(
    select(_rows)
    .where(_REACHED, _rows.c.id > bindparam("after"))
    .order_by(_rows.c.id)
    .limit(bindparam("many"))
)
# Of a group nobody knows who has answered and who has not; who asks need not be asked.
_SILENT = and_(
    _REACHED,
    _rows.c.person != bindparam("author"),
    ~exists().where(
        broadcast_answers.c.broadcast == _rows.c.broadcast,
        broadcast_answers.c.person == _rows.c.person,
    ),
)
SILENT_OF = Statement(
    select(_rows)
    .where(_SILENT, _rows.c.id > bindparam("after"))
    .order_by(_rows.c.id)
    .limit(bindparam("many"))
)
SILENT = Statement(select(func.count()).select_from(_rows).where(_SILENT))
WAITING = Statement(
    select(_rows)
    .where(_rows.c.broadcast == _OF, _rows.c.state == Delivery.WAITING.value)
    .order_by(_rows.c.id)
    .limit(bindparam("many"))
)
OPEN = Statement(
    select(_rows.c.state, func.count().label("count"))
    .where(_rows.c.broadcast == _OF, _rows.c.state.in_(["queued", "held"]))
    .group_by(_rows.c.state)
)
SETTLE = Statement(
    update(_rows)
    .where(_rows.c.id == bindparam("row"))
    .values(
        state=bindparam("new_state"),
        reason=bindparam("why"),
        at=bindparam("now"),
    )
)
QUEUE = Statement(
    update(_rows)
    .where(_rows.c.id == bindparam("row"))
    .values(
        state=Delivery.QUEUED.value,
        outbox=bindparam("queued_as"),
        tries=_rows.c.tries + 1,
        reason=None,
    )
)
FINISHED = Statement(
    select(
        _rows.c.id,
        _rows.c.person,
        outbox.c.state,
        outbox.c.reason,
        contacts.c.reachable,
        chats.c.active,
    )
    .select_from(
        _rows.join(outbox, outbox.c.id == _rows.c.outbox)
        .outerjoin(contacts, contacts.c.id == _rows.c.contact)
        .outerjoin(chats, and_(chats.c.channel == _rows.c.channel, chats.c.chat == _rows.c.chat))
    )
    .where(
        _rows.c.broadcast == _OF,
        _rows.c.state == Delivery.QUEUED.value,
        outbox.c.state.in_(
            [
                OutboxState.SENT.value,
                OutboxState.REFUSED.value,
                OutboxState.UNKNOWN.value,
                OutboxState.CANCELLED.value,
            ]
        ),
    )
    .order_by(_rows.c.id)
    .limit(bindparam("many"))
)
IN_OUTBOX = Statement(
    select(_rows.c.id, _rows.c.outbox).where(
        _rows.c.broadcast == _OF,
        _rows.c.state == Delivery.QUEUED.value,
        _rows.c.ready_at.is_(None),  # a digest tells of others too
    )
)
STOP = Statement(
    update(outbox)
    .where(
        among(outbox.c.id, "ids"),
        outbox.c.state.in_([OutboxState.QUEUED.value, OutboxState.CLAIMED.value]),
    )
    .values(state=OutboxState.CANCELLED.value, finished_at=bindparam("now"))
    .returning(outbox.c.id)
)
BACK = Statement(
    update(_rows)
    .where(among(_rows.c.outbox, "ids"), _rows.c.broadcast == _OF)
    .values(state=bindparam("new_state"), outbox=None)
)
RESCUE = Statement(
    update(_rows)
    .where(
        _rows.c.id.in_(
            select(_rows.c.id)
            .where(_rows.c.broadcast == _OF, among(_rows.c.state, "states"))
            .order_by(_rows.c.id)
            .limit(bindparam("many"))
        )
    )
    .values(state=Delivery.WAITING.value, outbox=None)
)
UNWELL = Statement(
    select(_rows)
    .where(_rows.c.broadcast == _OF, among(_rows.c.state, "states"))
    .order_by(_rows.c.id)
    .limit(bindparam("many"))
)
CLAIM_DAY = Statement(
    adding(notice_days, "channel", "chat", "day", "broadcast").on_conflict_do_nothing(
        index_elements=["channel", "chat", "day"]
    )
)
TODAYS = Statement(
    select(func.count())
    .select_from(_rows.join(notice_days, and_(
        notice_days.c.channel == _rows.c.channel,
        notice_days.c.chat == _rows.c.chat,
        notice_days.c.day == bindparam("day"),
    )))
    .where(_rows.c.broadcast == _OF)
)  # fmt: skip
HELD_CHATS = Statement(
    select(_rows.c.channel, _rows.c.chat)
    .where(
        _rows.c.state == Delivery.HELD.value,
        _rows.c.ready_at <= bindparam("now"),
        exists().where(
            broadcasts.c.id == _rows.c.broadcast,
            broadcasts.c.state == BroadcastState.SENDING.value,
        ),
    )
    .distinct()
    .limit(bindparam("many"))
)
HELD_OF_CHAT = Statement(
    select(_rows)
    .where(
        _rows.c.state == Delivery.HELD.value,
        _rows.c.channel == bindparam("on_channel"),
        _rows.c.chat == bindparam("of_chat"),
    )
    .order_by(_rows.c.id)
)
HOLD = Statement(
    update(_rows)
    .where(_rows.c.id == bindparam("row"))
    .values(state=Delivery.HELD.value, ready_at=bindparam("ready"))
)
MESSAGE = Statement(
    select(_rows.c.outbox)
    .where(
        _rows.c.broadcast == _OF,
        _rows.c.ready_at.is_(None),  # a digest tells of others too
        or_(
            _rows.c.person == bindparam("whose"),
            and_(_rows.c.channel == bindparam("on_channel"), _rows.c.chat == bindparam("chat")),
        ),
    )
    .limit(1)
)
_there = _rows.alias("there")
IS_THERE = Statement(
    select(_rows.c.id).where(
        _rows.c.broadcast == _OF,
        _rows.c.channel == bindparam("on_channel"),
        _rows.c.chat == bindparam("chat"),
    )
)
MOVE = Statement(
    update(_rows)
    .where(
        _rows.c.broadcast.in_(select(broadcasts.c.id)),  # the index goes by broadcast
        _rows.c.channel == bindparam("on_channel"),
        _rows.c.chat == bindparam("old"),
        ~exists(
            select(_there.c.id).where(
                _there.c.broadcast == _rows.c.broadcast,
                _there.c.channel == _rows.c.channel,
                _there.c.chat == bindparam("new"),
            )
        ),
    )
    .values(chat=bindparam("new"))
)
_day = notice_days.alias("day_there")
MOVE_DAYS = Statement(
    update(notice_days)
    .where(
        notice_days.c.channel == bindparam("on_channel"),
        notice_days.c.chat == bindparam("old"),
        ~exists(
            select(_day.c.day).where(
                _day.c.channel == notice_days.c.channel,
                _day.c.chat == bindparam("new"),
                _day.c.day == notice_days.c.day,
            )
        ),
    )
    .values(chat=bindparam("new"))
)
