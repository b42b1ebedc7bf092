"""The buttons under what staff are told: each is a command about the work order it hangs on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from domain import moves
from domain.orders import URGENT, Status
from domain.people import Post, Role
from handlers import (
    accept,
    approve,
    assign,
    decline,
    extend,
    name_owner,
    note,
    on_site,
    recategorise,
    refuse,
    report_in,
    resolve,
    return_order,
    settle_place,
    strike_off,
    supervise,
)
from handlers.command import WORDS_OF_AN_ANSWER, Command, owned
from handlers.said import Said
from handlers.turn import Answer, Turn
from knowledge.answers import after_the_first_word

AT_A_DANGER = frozenset({"accept", "hand_on", "note", "on_site", "resolve", "whistle"})
AT_WORK = (Status.ASSIGNED, Status.ACCEPTED, Status.SUSPENDED)

Button = Callable[[Turn, Answer], bool]

OWNER: Mapping[str, Command] = {
    "accept": accept.COMMAND,
    "return": return_order.COMMAND,
    "extend": extend.COMMAND,
    "resolve": resolve.COMMAND,
    "on_site": on_site.COMMAND,
}
DESK: Mapping[str, Command] = {
    "settle_place": settle_place.COMMAND,
    "recategorise": recategorise.COMMAND,
    "assign": assign.COMMAND,
    "assign_proposed": assign.COMMAND,
    "decline": decline.COMMAND,
    "name_owner": name_owner.COMMAND,
}
EXTENSION: Mapping[str, Command] = {"approve": approve.COMMAND, "refuse": refuse.COMMAND}
SUPERVISION: Mapping[str, Command] = {
    "supervise": supervise.COMMAND,
    "strike_off": strike_off.COMMAND,
}
REPORT_IN: Mapping[str, Command] = {"report_in": report_in.COMMAND}


def command_at_a_danger(turn: Turn) -> str:
    """What somebody at work on a danger says of it ("明火已灭，弄好了"), or "": a new alarm."""
    said = next((intent for intent in turn.reading.intents if intent in AT_A_DANGER), "")
    if not said or not turn.actor.is_staff:
        return ""
    known = turn.heard.about or turn.reading.number
    at_work = owned(turn, AT_WORK) if not known else ()
    return said if known or any(one.order_class in URGENT for one in at_work) else ""


def _buttons(commands: Mapping[str, Command]) -> Button:
    def pressed(turn: Turn, answer: Answer) -> bool:
        command = commands.get(answer.value)
        order = turn.tx.orders.get(answer.number)
        if command is None or order is None:
            return False
        command.carry_out(turn, order, _proposed(answer))
        turn.focus_on(order)
        return True

    return pressed


def _proposed(answer: Answer) -> Said:
    """The post somebody proposed, when the button says to go with it."""
    proposed = answer.context.get("proposed")
    if proposed is None or not answer.value.endswith("_proposed"):
        return Said()
    return Said(post=Post(unit=proposed["unit"], role=Role(proposed["role"])))


def _card(turn: Turn, answer: Answer) -> bool:
    """A button of the card; a photo sent in answer to it is a result."""
    if not answer.value and turn.heard.photos and not turn.heard.text:
        return resolve.offered(turn)
    return _buttons(OWNER)(turn, answer)


def _extension(turn: Turn, answer: Answer) -> bool:
    """Yes or no; what is said after a no is why."""
    order = turn.tx.orders.get(answer.number)
    why = after_the_first_word(turn.heard.text)
    if answer.value != "refuse" or order is None or not why:
        return _buttons(EXTENSION)(turn, answer)
    refuse.COMMAND.carry_out(turn, order, Said(reason=why))
    turn.focus_on(order)
    return True


def _follow_up(turn: Turn, answer: Answer) -> bool:
    """回访: the person called back is asked for in a line of its own."""
    order = turn.tx.orders.get(answer.number)
    if answer.value != "called_back" or order is None:
        return False
    note.COMMAND.rule(order, turn.act, note.COMMAND.name)
    turn.ask("desk.called_back", "desk.ask_called_back", number=answer.number)
    return True


def _called_back(turn: Turn, answer: Answer) -> bool:
    order = turn.tx.orders.get(answer.number)
    words = turn.heard.text.strip()
    if order is None or not words or turn.reading.intent not in WORDS_OF_AN_ANSWER:
        return False
    turn.record(moves.note(order, turn.act, text=words))
    turn.say("desk.called_back_kept", number=order.number)
    return True


ANSWERS: Mapping[str, Button] = {
    "card": _card,
    "extension": _extension,
    "returned": _buttons(DESK),
    "open_order": _buttons(DESK),
    "name_owner": _buttons(DESK),
    "report_in": _buttons(REPORT_IN),
    "supervision": _buttons(SUPERVISION),
    "follow_up": _follow_up,
    "called_back": _called_back,
}
