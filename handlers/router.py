"""Which handler speaks: a pure choice, and the table of handlers found in this package."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType

import handlers
from domain.acts import RuleBroken
from domain.conversations import GroupMode, Question
from domain.messages import InboundKind
from handlers import (
    accused,
    consent,
    danger,
    denied,
    desk,
    human,
    keep_name,
    language,
    late,
    privacy,
    said,
)
from handlers.turn import Answer, Turn

Handler = Callable[[Turn], None]
AnswerHandler = Callable[[Turn, Answer], bool]

# Modules of this package that are not handlers.
_MACHINERY = frozenset({"router", "turn"})
# What 好 and 不行 stand for, by the choices of a question.
_YES_AND_NO = (("yes", "no"), ("approve", "refuse"), ("notice_agree", "notice_disagree"))
_MARKS = ("INTERRUPTS", "OF_ONESELF", "UNADDRESSED")
# The marks of steps to which words that otherwise interrupt are an answer, by their intent.
_ANSWERED_BY = {"correct": "CORRECTED", "cancel": "CALLED_OFF"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """The handlers by intent, and the answers by step; found once, never registered by hand.

    Intents that interrupt go before a pending question: a person may always say them. What is of
    oneself is no complaint about others, whatever words it holds. Only what may be said
    unaddressed is answered in a group that did not speak to us (design.md §9).
    """

    handlers: Mapping[str, Handler]
    answers: Mapping[str, AnswerHandler]
    interrupting: frozenset[str]
    of_oneself: frozenset[str]
    unaddressed: frozenset[str]
    answered_by: Mapping[str, frozenset[str]]  # intents that interrupt → steps they answer
    for_all: frozenset[str]  # steps that everybody in the chat may answer, again and again
    possible: Mapping[str, Callable[[Turn], bool]]  # whether there is anything to do it to


@cache
def routes() -> Routes:
    """Every module of the package with a `handle` is the handler of the intent of its name.

    Its `ANSWERS` are the answers to the questions it asks: step "<module>.<key>"; its marks are
    `INTERRUPTS`, `OF_ONESELF`, `UNADDRESSED`, `CORRECTED` and `CALLED_OFF`; its `is_possible` says
    whether there is anything to do it to.
    """
    by_intent: dict[str, Handler] = {}
    by_step: dict[str, AnswerHandler] = {}
    for_all: set[str] = set()
    answered_by: dict[str, set[str]] = {intent: set() for intent in _ANSWERED_BY}
    possible: dict[str, Callable[[Turn], bool]] = {}
    marked: dict[str, set[str]] = {mark: set() for mark in _MARKS}
    for found in pkgutil.iter_modules(handlers.__path__):
        if found.name in _MACHINERY:
            continue
        module: ModuleType = importlib.import_module(f"handlers.{found.name}")
        if hasattr(module, "handle"):
            by_intent[found.name] = module.handle
        if hasattr(module, "is_possible"):
            possible[found.name] = module.is_possible
        for mark in _MARKS:
            if getattr(module, mark, False):
                marked[mark].add(found.name)
        for name, answer in getattr(module, "ANSWERS", {}).items():
            by_step[f"{found.name}.{name}"] = answer
        for intent, mark in _ANSWERED_BY.items():
            steps = (f"{found.name}.{name}" for name in getattr(module, mark, ()))
            answered_by[intent].update(steps)
        for_all.update(f"{found.name}.{name}" for name in getattr(module, "FOR_ALL", ()))
    interrupting, of_oneself, unaddressed = (frozenset(marked[mark]) for mark in _MARKS)
    return Routes(
        handlers=by_intent,
        answers=by_step,
        interrupting=interrupting,
        of_oneself=of_oneself,
        unaddressed=unaddressed,
        answered_by={intent: frozenset(steps) for intent, steps in answered_by.items()},
        for_all=frozenset(for_all),
        possible=possible,
    )


def dispatch(turn: Turn) -> None:
    """Lets exactly one handler speak, or nobody: silence in a group is an answer too.

    A rule that forbids what was asked is said politely; what was decided before stays.
    """
    language.follow(turn)
    try:
        _let_one_speak(turn)
    except RuleBroken as broken:
        denied.note_broken(turn, broken)
        turn.say(broken.phrase, **broken.values())
    late.excuse(turn)
    privacy.warn(turn)
    consent.remind(turn)


def _let_one_speak(turn: Turn) -> None:
    for speaks in _SPEAKERS:
        if speaks(turn):
            return


def _press(turn: Turn) -> bool:
    """A button: only its question's own person, in its own chat, once, before it expires."""
    if turn.heard.kind is not InboundKind.PRESS:
        return False
    pressed = turn.tx.questions.pressed(turn.heard.first.press)
    if pressed is None:
        turn.say("button.unknown")
        return True
    question, value = pressed
    for_all = question.step in routes().for_all
    theirs = for_all or question.person == turn.person.id
    if not theirs or question.address != turn.conversation.address:
        turn.say("button.not_yours")
    elif question.answered_at is not None:
        turn.say("button.used", number=question.number)
    elif question.until <= turn.now:
        turn.say("button.expired", number=question.number)
    else:
        if not for_all:
            turn.tx.questions.answered(question.token)
        if not routes().answers[question.step](turn, Answer(question=question, value=value)):
            turn.say("button.changed", number=question.number)
    return True


def _event(turn: Turn) -> bool:
    """First contact, deep links, and the service being added to or removed from a chat."""
    if turn.heard.kind in (InboundKind.MESSAGE, InboundKind.EDIT):
        return False
    routes().handlers["chat_event"](turn)
    return True


def _emergency(turn: Turn) -> bool:
    """Danger to life goes before everything, in every state."""
    if not turn.reading.emergency:
        return False
    routes().handlers[desk.command_at_a_danger(turn) or "emergency"](turn)
    return True


def _with_a_human(turn: Turn) -> bool:
    """Both sides of a hand-over: what is said is relayed, until either ends it."""
    return human.relay(turn)


def _danger_over(turn: Turn) -> bool:
    """Who called for help says that it is no longer needed, whatever was asked meanwhile."""
    return danger.called_off(turn)


def _name_kept(turn: Turn) -> bool:
    """Whoever reported something wants the name kept, or wonders who learns it."""
    return keep_name.taken_up(turn)


def _accusation(turn: Turn) -> bool:
    """A resident complains about somebody who works here: whatever was asked or is running, it
    becomes a work order of its own, since the words of all others go to their owner.
    """
    overheard = turn.in_group and not turn.heard.addressed
    if turn.actor.is_staff or overheard or not turn.heard.text:
        return False
    if turn.reading.intent in routes().interrupting and not accused.speaks_of_conduct(turn):
        return False
    if turn.reading.intent in routes().of_oneself or not accused.accuses(turn):
        return False
    routes().handlers["report"](turn)
    return True


def _answer(turn: Turn) -> bool:
    """The newest open question, unless the person clearly wants something else.

    An answer handler returns False for "that was no answer to my question": the message then
    goes by its intent.
    """
    question = turn.question
    if question is None or _interrupts(turn, question):
        return False
    answer = Answer(question=question, value=_choice_made(turn, question))
    if not routes().answers[question.step](turn, answer):
        return False
    turn.tx.questions.answered(question.token)
    return True


def _interrupts(turn: Turn, question: Question) -> bool:
    intent = turn.reading.intent
    if turn.heard.text.strip() in {choice.label for choice in question.choices}:
        return False  # who types what stands on a button means the button
    if question.step in routes().answered_by.get(intent, ()):
        return False
    if question.context.get("part") == "until" and said.names_a_day(turn):
        return False  # 等3天 urges nobody who asked until when
    return intent in routes().interrupting


def _choice_made(turn: Turn, question: Question) -> str:
    """The value of the choice a typed number, word or yes/no stands for; "" for free words."""
    reading = turn.reading
    if reading.choice is not None and 1 <= reading.choice <= len(question.choices):
        return question.choices[reading.choice - 1].value
    values = [choice.value for choice in question.choices]
    for yes, no in _YES_AND_NO:
        if reading.yes is not None and {yes, no} <= set(values):
            return yes if reading.yes else no
    words = turn.heard.text.strip()
    return next(
        (
            choice.value
            for choice in question.choices
            if words and words in (choice.label, choice.value)
        ),
        "",
    )


def _wordless(turn: Turn) -> bool:
    """A photo, a voice message or a position with nothing said."""
    heard = turn.heard
    if heard.text or not (heard.photos or heard.voices or heard.files or heard.location):
        return False
    routes().handlers["wordless"](turn)
    return True


def _intent(turn: Turn) -> bool:
    """The handler of the best intent that may speak here; in private somebody always does.

    Words that may be a command ("收到") are none where there is nothing to do it to and they may
    be something else as well.
    """
    known = routes().handlers
    intents = turn.reading.intents or (turn.reading.intent,)
    ready = [intent for intent in intents if intent in known and _may_speak(turn, intent)]
    if ready:
        turn.remember(misses=0)
        known[next((one for one in ready if _is_possible(turn, one)), ready[0])](turn)
        return True
    if turn.in_group and not turn.heard.addressed:
        return True
    known["not_understood"](turn)
    return True


_SPEAKERS: tuple[Callable[[Turn], bool], ...] = (
    _press,
    _event,
    _emergency,
    consent.is_withheld,
    _with_a_human,
    _danger_over,
    _accusation,
    _name_kept,
    _answer,
    _wordless,
    _intent,
)


def _is_possible(turn: Turn, intent: str) -> bool:
    possible = routes().possible.get(intent)
    return possible is None or possible(turn)


def is_chatter(turn: Turn) -> bool:
    """Whether it is talk among neighbours, on which nobody expects a word from us."""
    if not turn.in_group or turn.heard.addressed or turn.reading.emergency or turn.question:
        return False
    intents = turn.reading.intents or (turn.reading.intent,)
    return not any(_may_speak(turn, intent) for intent in intents) and danger.ended(turn) is None


def _may_speak(turn: Turn, intent: str) -> bool:
    """Unaddressed in a group: only a clear report or +1, and where the group allows it."""
    if not turn.in_group or turn.heard.addressed:
        return True
    return intent in routes().unaddressed and turn.chat.mode is GroupMode.CLEAR_REPORTS
