"""改条目: the entries that need somebody, and changing one: its answer, its last day, or taking it
back.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from domain.messages import Choice
from domain.policies import Policy, PolicyMoved, PolicyState, may_write, rewritten
from domain.readings import PolicyFound
from handlers.ask import shown
from handlers.command import WORDS_OF_AN_ANSWER
from handlers.reviewing import put_forward, tell_of
from handlers.turn import Answer, Turn
from knowledge.policies import POSSIBLE, day_said

LISTED = 6
LABEL = 16  # characters on a button
FOR_GOOD = "for_good"
# What is listed without being asked for, most urgent first.
NEEDS_SOMEBODY = (
    PolicyState.EXPIRED,
    PolicyState.PUBLISHED,
    PolicyState.REVIEW,
    PolicyState.DRAFT,
)


def handle(turn: Turn) -> None:
    """The one that is meant, a few that may be, or all that need somebody."""
    named = turn.tx.policies.get(turn.reading.reason)
    if named is not None and may_write(turn.actor, named.unit, turn.org):
        _show(turn, named)
        return
    entries = _meant(turn, turn.reading.policies) if turn.reading.reason else []
    entries = entries or _in_need(turn)
    if not entries:
        turn.say("edit_entry.none")
        return
    day = _today(turn)
    turn.ask(
        "edit_entry.which",
        "edit_entry.list",
        choices=tuple(Choice(value=one.code, label=one.question[:LABEL]) for one in entries),
        entries=[
            {"row": row, "question": one.question, "state": _state(one, day), "until": _until(one)}
            for row, one in enumerate(entries, start=1)
        ],
    )


def _which(turn: Turn, answer: Answer) -> bool:
    entry = _mine(turn, answer.value)
    if entry is None:
        return False
    _show(turn, entry)
    return True


def _what(turn: Turn, answer: Answer) -> bool:
    entry = _mine(turn, str(answer.context["code"]))
    if entry is None or not answer.value:
        return False
    context = {"code": entry.code, "version": entry.version}
    if answer.value == "change_answer":
        turn.ask("edit_entry.words", "edit_entry.ask_words", context=context, **shown(entry))
    elif answer.value == "change_until":
        _ask_until(turn, entry)
    else:
        taken_back = {"reviewer": turn.person.id, "valid_until": None}
        turn.tx.policies.save(entry.moved_to(PolicyState.EXPIRED, **taken_back))
        turn.say("edit_entry.taken_back", code=entry.code, question=entry.question)
    return True


def _words(turn: Turn, answer: Answer) -> bool:
    """The new answer; that of an entry whose last day is over needs another day, too."""
    entry = _unchanged(turn, answer)
    words = turn.heard.text.strip()
    if entry is None or not words or turn.reading.intent not in WORDS_OF_AN_ANSWER:
        return False
    if entry.is_past(_today(turn)):
        _ask_until(turn, entry, words)
    else:
        _keep(turn, rewritten(entry, turn.actor, _today(turn), answer=words))
    return True


def _last_day(turn: Turn, answer: Answer) -> bool:
    entry = _unchanged(turn, answer)
    if entry is None:
        return False
    words = str(answer.context.get("words", ""))
    day = None if answer.value == FOR_GOOD else day_said(turn.heard.text)
    if answer.value != FOR_GOOD and (day is None or day < _today(turn)):
        _ask_until(turn, entry, words)
        return True
    changes: dict[str, str | date | None] = {"valid_until": day}
    if words:
        changes["answer"] = words
    _keep(turn, rewritten(entry, turn.actor, _today(turn), **changes))
    return True


def _keep(turn: Turn, entry: Policy) -> None:
    entry = put_forward(turn, entry)
    turn.tx.policies.save(entry)
    tell_of(turn, entry)
    published = entry.state is PolicyState.PUBLISHED
    phrase = "edit_entry.published" if published else "edit_entry.in_review"
    turn.say(phrase, code=entry.code, question=entry.question, until=_until(entry))


def _show(turn: Turn, entry: Policy) -> None:
    choices = [Choice(value="change_answer"), Choice(value="change_until")]
    if entry.state is PolicyState.PUBLISHED:
        choices.append(Choice(value="take_back"))
    turn.ask(
        "edit_entry.what",
        "edit_entry.show",
        choices=tuple(choices),
        context={"code": entry.code},
        state=_state(entry, _today(turn)),
        **shown(entry),
        until=_until(entry),
    )


def _ask_until(turn: Turn, entry: Policy, words: str = "") -> None:
    turn.ask(
        "edit_entry.until",
        "edit_entry.ask_until",
        choices=(Choice(value=FOR_GOOD),),
        context={"code": entry.code, "version": entry.version, "words": words},
        question=entry.question,
        until=_until(entry),
    )


def _in_need(turn: Turn) -> list[Policy]:
    """Expired, soon to expire, in review, drafts: of the units whose desk the person sits at."""
    units = [unit.id for unit in turn.org if may_write(turn.actor, unit.id, turn.org)]
    everybodys = may_write(turn.actor, None, turn.org)
    day = _today(turn)
    found = [
        entry
        for state in NEEDS_SOMEBODY
        for entry in turn.tx.policies.of_units(state, units, everybodys=everybodys)
        if state is not PolicyState.PUBLISHED or entry.is_past(day) or entry.expires_soon(day)
    ]
    return found[:LISTED]


def _meant(turn: Turn, found: Iterable[PolicyFound]) -> list[Policy]:
    """Published ones that fit the words and are for a unit of the person's."""
    codes = [one.code for one in found if one.confidence >= POSSIBLE]
    entries = turn.tx.policies.some(codes)
    return [one for one in entries if may_write(turn.actor, one.unit, turn.org)][:LISTED]


def _mine(turn: Turn, code: str) -> Policy | None:
    entry = turn.tx.policies.get(code) if code else None
    if entry is None or not may_write(turn.actor, entry.unit, turn.org):
        return None
    return entry


def _unchanged(turn: Turn, answer: Answer) -> Policy | None:
    """The entry as it was when the change was asked for; raises PolicyMoved when it is not."""
    entry = _mine(turn, str(answer.context["code"]))
    if entry is not None and entry.version != answer.context["version"]:
        raise PolicyMoved(code=entry.code)
    return entry


def _state(entry: Policy, day: date) -> str:
    soon = entry.state is PolicyState.PUBLISHED and entry.expires_soon(day)
    return "expires_soon" if soon else entry.state.value


def _until(entry: Policy) -> str:
    return entry.valid_until.isoformat() if entry.valid_until else ""


def _today(turn: Turn) -> date:
    return turn.rules.calendar.local_day(turn.now)


ANSWERS = {"which": _which, "what": _what, "words": _words, "until": _last_day}
