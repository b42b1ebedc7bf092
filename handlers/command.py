"""A staff command: which work order it is about, and asking for what it still needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from domain.acts import Act
from domain.messages import Choice
from domain.orders import Status, WorkOrder
from domain.people import DESK_ROLES
from domain.units import UnitKind
from handlers import denied, meant, said
from handlers.said import Said
from handlers.shown import LISTED, choices, is_hidden
from handlers.turn import Answer, Turn
from knowledge.signs import signs

MANY = 30
# Intents that may as well be the words of an answer; a command of its own is none.
WORDS_OF_AN_ANSWER = frozenset(
    {"", "ask", "chitchat", "complaint", "disagree", "plus_one", "report", "supplement", "thanks"}
)

# Raises NotAllowed; the name of the move is the last argument.
Rule = Callable[[WorkOrder, Act, str], None]
Choosing = Callable[[Turn, tuple[Status, ...]], list[WorkOrder]]


def owned(turn: Turn, statuses: tuple[Status, ...]) -> list[WorkOrder]:
    """What the person's posts own in these statuses, oldest first."""
    return _visible(turn, turn.tx.orders.owned_by(turn.actor.posts, MANY, statuses))


def at_desk(turn: Turn, statuses: tuple[Status, ...]) -> list[WorkOrder]:
    """What waits for a decision at the person's desks."""
    waiting = turn.tx.orders.waiting_at_desk(desk_communities(turn), MANY)
    return _visible(turn, [order for order in waiting if order.status in statuses])


def desk_communities(turn: Turn) -> tuple[int, ...]:
    """The communities whose desk the person sits at, at their own level or above it."""
    desks = {post.unit for post in turn.actor.posts if post.role in DESK_ROLES}
    below = {unit.id for desk in desks for unit in turn.org.below(desk, UnitKind.COMMUNITY)}
    return tuple(sorted(below))


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What staff may do to a work order; `do` asks again while something is missing.

    Nobody is asked for details, or shown any, of what they may not do.

    Which one is meant: the number said, the message replied to, the only one there is, the one
    described, the one talked about last; else it is asked, and the question keeps all that was
    said besides.
    """

    name: str  # of the module, which is the intent
    do: Callable[[Turn, WorkOrder, Said], None]
    rule: Rule  # who may; asked before anything else is, and again by the move itself
    among: tuple[Status, ...]
    choosing: Choosing = owned
    trusts_focus: bool = True
    words_are_reason: bool = False  # where nothing follows them, the words of the command do
    last_choice: tuple[Choice, ...] = ()
    doubted_by: str = ""  # the sign of words that speak of several, of which no guess is made

    def carry_out(self, turn: Turn, order: WorkOrder, details: Said) -> None:
        """Does it, if this person may now. Raises NotAllowed."""
        self.rule(order, turn.act, self.name)
        self.do(turn, order, details)

    def is_possible(self, turn: Turn) -> bool:
        """Whether one was named, or there is any to do it to."""
        named = turn.reading.number or turn.heard.about
        return bool(named or self.choosing(turn, self.among))

    def handle(self, turn: Turn) -> None:
        """Does it to the one meant, or asks which."""
        details = self._heard(turn)
        number = turn.reading.number or turn.heard.about
        if number:
            self._do_to(turn, number, details)
            return
        orders = self.choosing(turn, self.among)
        order = self._meant(turn, orders)
        if order is not None:
            self.carry_out(turn, order, details)
        elif orders:
            self._ask_which(turn, orders, details)
        else:
            turn.say("desk.nothing_to_do", move=self.name)

    def ask_for(
        self,
        turn: Turn,
        order: WorkOrder,
        details: Said,
        part: str,
        *,
        choices: tuple[Choice, ...] = (),
        **values: Any,
    ) -> None:
        """Asks for the part that is missing; the answer goes on where this stopped."""
        turn.ask(
            f"{self.name}.more",
            f"{self.name}.ask_{part}",
            choices=choices,
            number=order.number,
            context={"part": part, **details.kept()},
            **values,
        )

    @property
    def answers(self) -> Mapping[str, Callable[[Turn, Answer], bool]]:
        """The answers to the two questions every command may ask."""
        return {"which": self.which, "more": self._more}

    def which(self, turn: Turn, answer: Answer) -> bool:
        """The one chosen."""
        if not answer.value:
            return False
        self._do_to(turn, answer.value, said.kept_in(answer.context))
        return True

    def _more(self, turn: Turn, answer: Answer) -> bool:
        part = str(answer.context["part"])
        dated = part == "until" and said.names_a_day(turn)
        words = dated or turn.reading.intent in WORDS_OF_AN_ANSWER | {self.name}
        if not (answer.value or words):
            return False
        order = turn.tx.orders.get(answer.number)
        added = said.answered(turn, answer, part)
        if turn.reading.intent == self.name:
            added = added | self._heard(turn)
        if order is None or not (added != Said() or answer.value):
            return False
        self.carry_out(turn, order, said.kept_in(answer.context) | added)
        return True

    def _heard(self, turn: Turn) -> Said:
        details = said.heard(turn)
        if details.reason or not self.words_are_reason:
            return details
        return replace(details, reason=said.words_without_numbers(turn))

    def _do_to(self, turn: Turn, number: str, details: Said) -> None:
        order = turn.tx.orders.get(number)
        if order is None or is_hidden(turn, order):
            denied.note(turn, number, "hidden")
            turn.say("desk.not_found", number_said=number)
            return
        turn.focus_on(order)
        self.carry_out(turn, order, details)

    def _meant(self, turn: Turn, orders: list[WorkOrder]) -> WorkOrder | None:
        if len(orders) == 1:
            return orders[0]
        if self.doubted_by in signs(turn.heard.text):
            return None
        described = meant.fitting(turn, orders)
        if described is not None or not self.trusts_focus:
            return described
        return next((one for one in orders if one.number == turn.conversation.focus), None)

    def _ask_which(self, turn: Turn, orders: list[WorkOrder], details: Said) -> None:
        turn.ask(
            f"{self.name}.which",
            "desk.ask_which",
            choices=(*choices(turn, orders[:LISTED]), *self.last_choice),
            context=details.kept(),
            move=self.name,
            photos_kept=len(details.photos),
        )


def _visible(turn: Turn, orders: Any) -> list[WorkOrder]:
    return [order for order in orders if not is_hidden(turn, order)]
