"""The statements by which rows of the inbox are kept, begun, ended, found and forgotten."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, case, delete, func, not_, or_, select, update

from storage.schema import InboxState, inbox
from storage.statements import Statement, adding, among

AT_A_GLANCE = 64  # messages of one conversation looked at together
FORGOTTEN_AT_ONCE = 2_000

_NEW = inbox.c.state == InboxState.NEW.value
_OF_CONVERSATION = inbox.c.conversation == bindparam("conversation")
_LISTED = among(inbox.c.id, "ids")

_INSERT = adding(
    inbox,
    "digest",
    "channel",
    "conversation",
    "position",
    "key",
    "private",
    "received_at",
    "ready_at",
    "owner",
    "lease_until",
).on_conflict_do_nothing(index_elements=["digest"])
ADD = Statement(_INSERT.returning(inbox.c.id))
ADD_MANY = Statement(_INSERT)
KNOWN_OF = Statement(select(inbox.c.digest).where(among(inbox.c.digest, "digests")))
KNOWN = Statement(select(inbox.c.id).where(inbox.c.digest == bindparam("digest")))
UNFINISHED = Statement(
    select(inbox).where(_NEW, _OF_CONVERSATION).order_by(inbox.c.position, inbox.c.id)
)
IN_SIGHT = Statement(
    select(inbox)
    .where(_NEW, _OF_CONVERSATION, or_(not_(inbox.c.held), inbox.c.ready_at <= bindparam("now")))
    .order_by(inbox.c.position, inbox.c.id)
    .limit(AT_A_GLANCE)
    .with_for_update()
)
LET_GO = Statement(
    update(inbox)
    .where(_NEW, _OF_CONVERSATION, inbox.c.owner == bindparam("me"))
    .values(lease_until=0)
)
RELEASE = Statement(
    update(inbox).where(_NEW, inbox.c.owner == bindparam("me")).values(lease_until=0)
)
INHERIT = Statement(
    update(inbox)
    .where(
        _NEW,
        inbox.c.owner.startswith(bindparam("family")),
        inbox.c.owner != bindparam("me"),
    )
    .values(lease_until=0)
)
TAKE = Statement(
    update(inbox)
    .where(_LISTED)
    .values(attempts=inbox.c.attempts + 1, owner=bindparam("me"), lease_until=bindparam("until"))
)
# Whoever begins a message writes its name on it and counts the attempt: both together are the
# fencing token that every later word about it must show.
_BEGUN_BY_ME = (
    _NEW,
    inbox.c.owner == bindparam("me"),
    inbox.c.attempts == bindparam("attempt"),
)
POSTPONE = Statement(
    update(inbox)
    .where(_LISTED, *_BEGUN_BY_ME)
    .values(ready_at=bindparam("ready"), waited=True, attempts=inbox.c.attempts - 1, lease_until=0)
)
HAND_BACK = Statement(
    update(inbox)
    .where(_LISTED, *_BEGUN_BY_ME)
    .values(attempts=inbox.c.attempts - 1, lease_until=0)
)
BURY = Statement(
    update(inbox)
    .where(_NEW, _LISTED)
    .values(state=InboxState.DEAD.value, error="Unreadable", lease_until=0)
)
FINISH = Statement(
    update(inbox).where(_LISTED, *_BEGUN_BY_ME).values(state=InboxState.DONE.value, lease_until=0)
)
HOLD = Statement(
    update(inbox)
    .where(_LISTED, inbox.c.state == InboxState.DONE.value)
    .values(
        state=InboxState.NEW.value,
        held=True,
        waited=True,
        ready_at=bindparam("ready"),
        attempts=inbox.c.attempts - 1,
    )
)
EMPTY = Statement(update(inbox).where(_LISTED).values(private=None))
FAILED = Statement(
    update(inbox)
    .where(inbox.c.id == bindparam("row"), *_BEGUN_BY_ME)
    .values(
        state=bindparam("new_state"),
        error=bindparam("failure"),
        attempts=bindparam("tried"),
        ready_at=bindparam("ready"),
        lease_until=0,
    )
)
_HELD_BY_ANOTHER = case(
    (and_(inbox.c.owner != bindparam("me"), inbox.c.lease_until > bindparam("clock")), 1), else_=0
)
_HELD_BY_ME = case(
    (and_(inbox.c.owner == bindparam("me"), inbox.c.lease_until > bindparam("clock")), 1), else_=0
)
_BACKING_OFF = case((and_(inbox.c.attempts > 0, inbox.c.ready_at > bindparam("now")), 1), else_=0)
READY = Statement(
    select(
        inbox.c.conversation,
        func.min(inbox.c.id).label("first"),
        func.max(_HELD_BY_ME).label("mine"),
    )
    .where(_NEW)
    .group_by(inbox.c.conversation)
    .having(
        func.min(inbox.c.ready_at) <= bindparam("now"),
        func.max(_HELD_BY_ANOTHER) == 0,
        func.max(_BACKING_OFF) == 0,
    )
    .order_by(func.min(inbox.c.id))
    .limit(bindparam("many"))
)
FREE = Statement(
    select(inbox.c.id)
    .where(_NEW, _LISTED, inbox.c.lease_until <= bindparam("clock"))
    .with_for_update(skip_locked=True)
)
KEEP = Statement(
    update(inbox)
    .where(_NEW, _LISTED)
    .values(owner=bindparam("me"), lease_until=bindparam("until"))
)
ROW = Statement(select(inbox).where(inbox.c.id == bindparam("row")))
DEAD = Statement(
    select(inbox)
    .where(inbox.c.state == InboxState.DEAD.value)
    .order_by(inbox.c.id.desc())
    .limit(bindparam("many"))
)
REPLAY = Statement(
    update(inbox)
    .where(inbox.c.id == bindparam("row"), inbox.c.state == InboxState.DEAD.value)
    .values(state=InboxState.NEW.value, attempts=0, ready_at=bindparam("now"), lease_until=0)
)
FORGET = Statement(
    delete(inbox).where(
        inbox.c.id.in_(
            select(inbox.c.id)
            .where(
                inbox.c.private.is_(None),
                inbox.c.received_at < bindparam("before"),
                inbox.c.state == InboxState.DONE.value,
            )
            .order_by(inbox.c.received_at)
            .limit(FORGOTTEN_AT_ONCE)
        )
    )
)
BLANK = Statement(
    update(inbox)
    .where(among(inbox.c.conversation, "conversations"), inbox.c.state != InboxState.NEW.value)
    .values(private=None)
)
