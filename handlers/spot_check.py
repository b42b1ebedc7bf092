"""抽查: the list that was drawn, and what was found of each when somebody looked again."""

from __future__ import annotations

from domain.messages import Choice
from domain.people import DESK_ROLES
from domain.spot_checks import SpotCheck, note_result
from handlers.said import words_without_numbers
from handlers.shown import is_hidden, lines
from handlers.turn import Answer, Turn
from storage import spot_checks

SHOWN = 10
RESULTS = (Choice(value="good"), Choice(value="bad"))


def handle(turn: Turn) -> None:
    """With a number the result of that one; else the list, in private."""
    check = _check(turn)
    if check is None:
        turn.say("spot_check.none")
    elif turn.reading.number:
        _ask(turn, check, turn.reading.number)
    else:
        _list(turn, check)


def _check(turn: Turn) -> SpotCheck | None:
    """The newest sample of the person's street."""
    units = {post.unit for post in turn.actor.posts if post.role in DESK_ROLES}
    return spot_checks.latest(turn.tx, units) if units else None


def _list(turn: Turn, check: SpotCheck) -> None:
    found = spot_checks.results(turn.tx, check)
    orders = [order for order in turn.tx.orders.drafts(found) if not is_hidden(turn, order)]
    orders.sort(key=lambda order: found[order.number] is not None)
    rows = [
        {**row, "good": _word(found[order.number])}
        for row, order in zip(lines(turn, orders[:SHOWN]), orders, strict=False)
    ]
    turn.say(
        "spot_check.list",
        private=True,
        total=len(found),
        looked=sum(good is not None for good in found.values()),
        bad=sum(good is False for good in found.values()),
        seed=check.seed,
        drawn_from=check.drawn_from,
        rows=rows,
        more=max(len(orders) - SHOWN, 0),
    )


def _ask(turn: Turn, check: SpotCheck, number: str) -> None:
    """Takes the result that was said with the number, else asks for it."""
    if number not in spot_checks.results(turn.tx, check):
        turn.say("spot_check.not_drawn", number=number)
        return
    said = turn.tx.wording.say("spot_check.result.bad", {}), words_without_numbers(turn)
    good = turn.tx.wording.say("spot_check.result.good", {})
    if said[0] in said[1]:
        _keep(turn, number, good=False, note=said[1].partition(said[0])[2].strip())
    elif good in said[1]:
        _keep(turn, number, good=True, note="")
    else:
        turn.ask("spot_check.result", "spot_check.ask_result", choices=RESULTS, number=number)


def _keep(turn: Turn, number: str, *, good: bool, note: str) -> None:
    if not good and not note:
        turn.ask("spot_check.reason", "spot_check.ask_reason", number=number)
        return
    check, order = _check(turn), turn.tx.orders.get(number)
    if check is None or order is None or order.id is None:
        turn.say("spot_check.not_drawn", number=number)
        return
    turn.record(note_result(order, turn.act, good=good, note=note))
    spot_checks.note(turn.tx, check, order.id, good=good, person=turn.person.id)
    left = sum(result is None for result in spot_checks.results(turn.tx, check).values())
    turn.say("spot_check.done", number=number, good=_word(good), left=left)


def _word(good: bool | None) -> str:
    return "open" if good is None else "good" if good else "bad"


def _result(turn: Turn, answer: Answer) -> bool:
    if answer.value not in ("good", "bad"):
        return False
    _keep(turn, answer.number, good=answer.value == "good", note="")
    return True


def _reason(turn: Turn, answer: Answer) -> bool:
    words = turn.heard.text.strip()
    if not words:
        return False
    _keep(turn, answer.number, good=False, note=words)
    return True


ANSWERS = {"result": _result, "reason": _reason}
