"""Where an entry goes that somebody wrote: published at once, or looked at by another first."""

from __future__ import annotations

from domain import moves
from domain.acts import RuleBroken
from domain.changes import REPORTER, Asking, Notice, to_post
from domain.messages import Choice, Lane
from domain.people import DESK_ROLES, Post
from domain.policies import Policy, PolicyState, QuestionState, may_publish, publish
from domain.routing import reviewer_of
from handlers.ask import one_line, shown
from handlers.turn import Turn

REVIEW = (Choice(value="publish_entry"), Choice(value="send_back"))


def put_forward(turn: Turn, entry: Policy) -> Policy:
    """The entry as it is to be kept: published where its author may, else waiting for review."""
    day = turn.rules.calendar.local_day(turn.now)
    alone = _is_alone(turn, entry)
    if may_publish(turn.actor, entry, turn.org, alone=alone):
        return publish(entry, turn.actor, turn.org, day, alone=alone)
    return entry if entry.state is PolicyState.REVIEW else entry.moved_to(PolicyState.REVIEW)


def tell_of(turn: Turn, entry: Policy) -> None:
    """Who asked is told what was published; who is to look at the rest is asked to."""
    if entry.state is PolicyState.PUBLISHED:
        tell_who_asked(turn, entry)
    elif entry.unit is not None:
        _ask_for_review(turn, entry, entry.unit)


def tell_who_asked(turn: Turn, entry: Policy) -> None:
    """Whoever asked is told the answer now, and their work order is done with it."""
    for question in turn.tx.policies.questions_of(entry.code):
        if question.state is not QuestionState.DRAFTED:
            continue
        turn.tx.policies.move(question, QuestionState.ANSWERED)
        order = turn.tx.orders.get(question.order)
        if order is None or not order.is_running:
            continue
        turn.tell(
            Notice(
                to=REPORTER,
                phrase="policy.now_answered",
                values=shown(entry),
                number=order.number,
                lane=Lane.DIALOGUE,
            )
        )
        try:
            turn.record(moves.resolve(order, turn.act, note=one_line(entry.answer)))
        except RuleBroken:
            turn.say("open_questions.order_stays", number=order.number)


def _ask_for_review(turn: Turn, entry: Policy, unit: int) -> None:
    """The reviewer of the unit looks at it, or whoever stands above where there is none."""
    reviewer = reviewer_of(turn.org.unit(unit))
    turn.tell(
        Notice(
            to=to_post(reviewer.unit, reviewer.role),
            phrase="open_questions.review",
            values={**shown(entry), "name": turn.person.name},
            asking=Asking(
                step="open_questions.review", choices=REVIEW, context={"code": entry.code}
            ),
        )
    )


def _is_alone(turn: Turn, entry: Policy) -> bool:
    """Whether nobody else sits at the desk of the unit the entry is for."""
    if entry.unit is None:
        return False
    posts = [Post(unit=entry.unit, role=role) for role in DESK_ROLES]
    there = {one.id for post in posts for one in turn.tx.people.holders(post, turn.now)}
    return not there - {turn.person.id}
