"""The notice of what is kept and why, shown once on each channel, and taking consent back."""

from __future__ import annotations

from domain.people import ConsentWord
from handlers.turn import Turn

NOTICE = "1"  # a new text of the notice gets a new number and is shown again
# What is still done for somebody who has withdrawn: what the law owes them, and coming back.
STILL_ANSWERED = frozenset(
    {"agree", "delete_me", "my_data", "privacy_notice", "quiet", "speak_again", "withdraw_consent"}
)
STILL_ASKED = STILL_ANSWERED | {"erase_for"}  # the desk may be asked to erase them, too


def remind(turn: Turn) -> None:
    """Adds the notice after the first answer in private; an emergency is not the moment for it."""
    shown = turn.conversation.greeted == NOTICE
    if turn.in_group or shown or not turn.said or _in_danger(turn) or turn.actor.is_staff:
        return
    turn.remember(greeted=NOTICE)
    channel = turn.conversation.address.channel
    known = turn.tx.consents.of(turn.person.id)
    if any(one.version == NOTICE and one.channel == channel for one in known):
        return
    turn.say("consent.notice")
    note(turn, ConsentWord.SHOWN)


def _in_danger(turn: Turn) -> bool:
    """Whether a danger is told of, or what was asked about one is answered."""
    asked = turn.question
    return turn.reading.emergency or (asked is not None and asked.step.startswith("danger."))


def note(turn: Turn, word: ConsentWord) -> None:
    """Keeps what was said to the notice as it is worded now."""
    wording = turn.tx.wording.say("consent.notice", {}, language=turn.person.language)
    turn.tx.consents.note(
        turn.person.id,
        word,
        version=NOTICE,
        channel=turn.conversation.address.channel,
        wording=wording,
    )


def is_withheld(turn: Turn) -> bool:
    """Whether the person took back their consent and asks for what needs it; it is said so."""
    if not turn.person.withdrew or turn.reading.intent in STILL_ANSWERED or _answers(turn):
        return False
    if not turn.in_group or turn.heard.addressed:
        turn.say("consent.withheld", private=True)
    return True


def _answers(turn: Turn) -> bool:
    """Whether it is the bare answer to a question of what is still done for them."""
    asked = "" if turn.question is None else turn.question.step.partition(".")[0]
    is_bare = turn.reading.choice is not None or turn.reading.yes is not None
    return asked in STILL_ASKED and is_bare and not turn.reading.problems
