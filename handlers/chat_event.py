"""What a platform tells of itself: a first contact, a deep link, our coming and going."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from domain.messages import Choice, InboundKind
from domain.orders import Status, WorkOrder
from handlers import check_in, hello, human, invite, progress, report
from handlers.phones import phones
from handlers.shown import is_hidden, values
from handlers.turn import Turn
from storage.activity_links import CHECK_IN


def handle(turn: Turn) -> None:
    """Lets each kind of event be what it is."""
    match turn.heard.kind:
        case InboundKind.START:
            _start(turn)
        case InboundKind.BOT_ADDED if turn.in_group:
            turn.say("hello.staff_in_group" if turn.actor.is_staff else "hello.group")
        case InboundKind.BOT_REMOVED:
            _removed(turn)
        case InboundKind.MIGRATED:
            _moved(turn)


def _removed(turn: Turn) -> None:
    """A group we left, or a person who blocked us: nothing more is sent there."""
    if turn.in_group:
        turn.tx.chats.deactivate(turn.conversation.address)
    else:
        turn.tx.people.mark_unreachable(turn.conversation.address)


def _moved(turn: Turn) -> None:
    """The group goes on under its new number, and this conversation with it."""
    old = turn.conversation.address
    new = replace(old, chat=turn.heard.first.migrated_to)
    turn.tx.chats.migrate(old, new)
    key = f"{new.channel}:{new.chat}:{turn.conversation.account}"
    turn.conversation = turn.tx.conversations.get(key) or turn.conversation


def _start(turn: Turn) -> None:
    """A bare start greets; a payload is an invite, or what a group left for private."""
    payload = turn.heard.first.start
    if not payload:
        hello.handle(turn)
    elif payload.startswith(CHECK_IN):
        check_in.by_link(turn, payload)
    elif (left := turn.tx.codes.redeem(payload, "start")) is not None:
        _continue(turn, left)
    else:
        invite.redeem(turn, payload)


def _continue(turn: Turn, left: Mapping[str, Any]) -> None:
    """What the group was told in neutral words is said in full to whom it was meant for."""
    phrase, number = str(left["phrase"]), str(left["number"])
    order = turn.tx.orders.get(number) if number else None
    if left["person"] != turn.person.id:
        hello.handle(turn)
    elif order is not None and not is_hidden(turn, order):
        _continue_about(turn, order)
    elif phrase.startswith("human."):
        human.handle(turn)
    elif phrase == "report.other_path":
        report.show_lawful_paths(turn)
    elif phrase.startswith("emergency."):
        turn.say(phrase, **phones(turn))
    else:
        hello.handle(turn)


def _continue_about(turn: Turn, order: WorkOrder) -> None:
    mine = order.reporter == turn.person.id
    if order.status is not Status.RESOLVED or not mine:
        progress.show(turn, order)
        return
    turn.focus_on(order)
    choices = (Choice(value="solved"), Choice(value="unsolved"))
    turn.ask("confirm.answer", "thanks.ask_closed", choices=choices, **values(turn, order))
