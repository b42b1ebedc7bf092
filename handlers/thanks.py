"""A resident says thanks, or praises somebody: it is kept where the one praised sees it."""

from __future__ import annotations

from domain import moves
from domain.messages import Choice
from domain.orders import OrderClass, Status, WorkOrder
from domain.readings import Problem
from handlers import drafts, meant
from handlers.shown import values
from handlers.turn import Turn


def handle(turn: Turn) -> None:
    """Asks whether it can be closed if that is waited for; praise is kept, thanks answered."""
    orders = [o for o in meant.mine(turn, Status.RESOLVED) if o.reporter == turn.person.id]
    order = meant.one_of(turn, orders)
    if order is not None and not meant.speaks_of_another(turn, order):
        _keep(turn, order)
        choices = (Choice(value="solved"), Choice(value="unsolved"))
        turn.ask("confirm.answer", "thanks.ask_closed", choices=choices, **values(turn, order))
    elif turn.reading.people:
        _open_praise(turn)
    else:
        turn.say("thanks.welcome")


def _keep(turn: Turn, order: WorkOrder) -> None:
    turn.record(moves.supplement(order, turn.act, text=turn.heard.text))
    turn.focus_on(order)


def _open_praise(turn: Turn) -> None:
    """Praise that names somebody goes to the community as one more work order of class S."""
    code = next(
        (c.code for c in turn.rules.categories.values() if c.order_class is OrderClass.S), ""
    )
    praise = Problem(text=turn.heard.text, category=code, order_class=OrderClass.S)
    drafts.go_on(turn, [drafts.begun(turn, praise, turn.reading.place)])
