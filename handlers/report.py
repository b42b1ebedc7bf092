"""Somebody reports a problem or several: each becomes a work order."""

from __future__ import annotations

from dataclasses import replace

from domain.changes import AuditEntry
from domain.flooding import MOST_OPENED, opens_no_more
from domain.messages import Choice
from domain.orders import OrderClass, WorkOrder
from domain.readings import Problem
from handlers import adding, announced, ask, at_work, drafts, edited, not_understood, urge
from handlers.accused import accuses
from handlers.opening import open_now
from handlers.sent_back import send_back, still_wrong
from handlers.shown import values
from handlers.turn import Turn
from handlers.where import at

UNADDRESSED = True
SHORTEST_STORY = 8  # characters: "我要投诉" alone says nothing yet
NOT_OURS = (OrderClass.X, OrderClass.Q)
CLEAR = 0.5  # how sure the reader must be before we speak in a group unasked


def handle(turn: Turn) -> None:
    """Opens, joins, asks, or shows the lawful path: whatever each problem in the message needs."""
    if turn.actor.is_staff and _turned_away(turn):
        return
    if turn.reading.question and (turn.heard.addressed or not turn.in_group):
        ask.handle(turn)
    problems = _heard(turn)
    elsewhere = [problem for problem in problems if problem.order_class == OrderClass.X]
    for problem in elsewhere:
        _count_as_not_ours(turn, problem)
    if elsewhere:
        show_lawful_paths(turn)
    if not problems and (turn.heard.addressed or not turn.in_group):
        turn.say("report.ask_words")
    ours = [p for p in problems if p.order_class not in NOT_OURS]
    if urge.urged_again(turn, ours):
        return
    if ours:
        _take_up(turn, ours)
    elif any(problem.order_class == OrderClass.Q for problem in problems):
        ask.handle(turn)


def _turned_away(turn: Turn) -> bool:
    """Whether staff spoke of their work, or of neither a trouble nor a place: no report."""
    if at_work.asked(turn):
        return True
    kinds = any(problem.category for problem in turn.reading.problems)
    nothing = not (kinds or turn.reading.place or turn.heard.photos or turn.heard.location)
    if nothing and not turn.in_group and not drafts.waiting(turn):
        not_understood.handle(turn)
        return True
    return False


def _heard(turn: Turn) -> tuple[Problem, ...]:
    """The problems to act on; in a group nobody addressed us in only the clear ones."""
    problems = turn.reading.problems
    if turn.in_group and not turn.heard.addressed:
        return tuple(problem for problem in problems if problem.confidence >= CLEAR)
    said = turn.heard.text
    if accuses(turn):
        return _as_one(turn, problems)
    if problems or (len(said) <= SHORTEST_STORY and not turn.reading.place):
        return problems
    return (Problem(text=said, place=turn.reading.place),)


def _as_one(turn: Turn, problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """A complaint about staff with all its words: taken apart, half of it would name nobody."""
    said = turn.heard.text
    known = next((one for one in problems if one.order_class not in NOT_OURS), None)
    if known is None and problems:
        return problems
    known = known or Problem(text=said, place=turn.reading.place)
    return (replace(known, text=said), *(one for one in problems if one.order_class in NOT_OURS))


def _take_up(turn: Turn, problems: list[Problem]) -> None:
    """Joins the drafts that wait already; the place said now is the place of those, too.

    What was said to be done and is told again goes back instead.
    """
    said = turn.reading.place
    problems = [problem for problem in problems if not _sent_back(turn, problem)]
    known = [at(turn, draft, said) for draft in drafts.waiting(turn)]
    kinds = {draft.category for draft in known if draft.category}
    fresh = [drafts.begun(turn, p, said) for p in problems if p.category not in kinds]
    if turn.heard.edited:
        fresh = [draft for draft in fresh if not edited.is_known(turn, draft)]
    fresh = announced.tell(turn, fresh)
    newest = _order_of_a_flood(turn, len(fresh))
    if newest is not None:
        adding.add(turn, newest)
    elif turn.reading.elderly_alone and fresh:
        _offer_a_call(turn, fresh)
    elif known or fresh:
        drafts.go_on(turn, drafts.told_of(known, fresh), guessed=said.guessed)


def _sent_back(turn: Turn, problem: Problem) -> bool:
    order = still_wrong(turn, problem)
    if order is not None:
        send_back(turn, order, problem.text, turn.heard.photos)
    return order is not None


def _order_of_a_flood(turn: Turn, fresh: int) -> WorkOrder | None:
    """The order that takes in what a flood goes on to say, once it has opened enough of them."""
    if not turn.heard.too_fast or turn.actor.is_staff:
        return None
    own = turn.tx.orders.of_reporter(turn.person.id, running_only=True, limit=MOST_OPENED)
    opened = [order.created_at for order in own]
    return own[0] if opens_no_more(opened, fresh, turn.now) else None


def _offer_a_call(turn: Turn, fresh: list[WorkOrder]) -> None:
    """Old and alone: nothing more to type. It is opened as it is, and somebody rings."""
    orders = [open_now(turn, draft) for draft in fresh]
    choices = (Choice(value="yes"), Choice(value="no"))
    turn.ask("asked.call", "report.ask_call", choices=choices, **values(turn, orders[0]))


def show_lawful_paths(turn: Turn) -> None:
    """The ways that lead elsewhere, in private: courts, petitions, discipline inspection."""
    categories = turn.rules.categories.values()
    paths = [category.path for category in categories if category.order_class is OrderClass.X]
    turn.say("report.other_path", private=True, path="\n".join(filter(None, paths)))


def _count_as_not_ours(turn: Turn, problem: Problem) -> None:
    """Neither the words nor a name are kept, only that there was one more."""
    turn.tx.audit.add(
        AuditEntry(action="report.other_path", subject=f"category:{problem.category}")
    )
