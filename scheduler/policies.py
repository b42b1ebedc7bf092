"""Policy entries by the clock: what is past its last day ends, and the desk hears of it before."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from domain.people import Post, Role
from domain.policies import Policy, PolicyState
from domain.routing import desk_of
from scheduler.job import Job, once_a_day, tell_post
from scheduler.times import Times
from storage.transaction import Transaction

TILL_EVENING = timedelta(hours=10)  # nobody is told of it later in the day
AT_ONCE = 200
NAMED = 6


def expire_policies(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """What is past its last day is no answer any more; the desk finds it under 过期条目."""
    day = tx.rules.calendar.local_day(tx.now)
    entries = tx.policies.ending(cursor, AT_ONCE)
    for entry in entries:
        if entry.is_past(day):
            tx.policies.save(entry.moved_to(PolicyState.EXPIRED), by_clock=True)
    return _next(entries)


def warn_of_policies(tx: Transaction, fire_time: datetime, cursor: int) -> int | None:
    """The desk is told two weeks before, once for each last day of an entry."""
    day = tx.rules.calendar.local_day(tx.now)
    entries = tx.policies.ending(cursor, AT_ONCE)
    found: defaultdict[Post, list[Policy]] = defaultdict(list)
    for entry in entries:
        if entry.expires_soon(day) and _is_new(tx, entry):
            for post in _desks(tx, entry):
                found[post].append(entry)
    for post, expiring in found.items():
        named = [
            {"question": one.question, "code": one.code, "until": f"{one.valid_until}"}
            for one in expiring[:NAMED]
        ]
        values: dict[str, object] = {"entries": named, "more": max(len(expiring) - NAMED, 0)}
        tell_post(tx, post, "edit_entry.expiring", values)
    return _next(entries)


JOBS = (
    Job(name="expire_policies", times=Times(hour=0, minute=10), run=expire_policies),
    Job(
        name="warn_of_policies",
        times=Times(hour=9, minute=10),
        run=warn_of_policies,
        good_for=TILL_EVENING,
        from_now_on=True,
    ),
)


def _is_new(tx: Transaction, entry: Policy) -> bool:
    """Whether nobody was told of this last day yet."""
    assert entry.valid_until is not None
    return once_a_day(tx, f"policy:{entry.code}", entry.valid_until)


def _desks(tx: Transaction, entry: Policy) -> list[Post]:
    """Who answers for the entry; those of everybody are the administrators'."""
    if entry.unit is not None:
        return [desk_of(tx.org.unit(entry.unit))]
    posts = (Post(unit=unit.id, role=Role.ADMIN) for unit in tx.org)
    return [post for post in posts if tx.people.holders(post, tx.now)]


def _next(entries: list[Policy]) -> int | None:
    return entries[-1].id if len(entries) == AT_ONCE else None
