"""A notice that asked something is asked once more: of those who have not answered in private."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from domain import broadcast_telling as telling
from domain import broadcasts as moves
from domain import nudges
from domain.broadcasts import Action, Broadcast, BroadcastMoved, BroadcastState
from domain.messages import Choice
from handlers import notice, notice_answer
from handlers.turn import Turn

LISTED = 6
QUOTED = 12  # characters on a button


def open_ones(turn: Turn) -> list[Broadcast]:
    """What this person asked that may still be answered, newest first."""
    store = turn.tx.broadcasts
    return [
        one
        for one in store.of_author(turn.person.id)
        if one.asks and nudges.may_be_answered(one, store.following(one), turn.now)
    ]


def choices(turn: Turn, broadcasts: Sequence[Broadcast]) -> tuple[Choice, ...]:
    """Buttons to choose one."""
    say = turn.tx.wording.say
    return tuple(
        Choice(
            value=f"notice:{one.id}",
            label=say(
                "nudge.notice", {"title": one.title, "begins": one.text.splitlines()[0][:QUOTED]}
            ),
        )
        for one in broadcasts[:LISTED]
    )


def ask_again(turn: Turn, broadcast: Broadcast) -> None:
    """Shows how it would be asked once more; raises NudgedLately where that was done just now."""
    moves.require_writer_of(broadcast, turn.act)
    repeats = [one for one in turn.tx.broadcasts.following(broadcast) if one.is_repeat]
    last = next((one for one in repeats if one.state is not BroadcastState.CANCELLED), None)
    if last is not None and last.state is BroadcastState.DRAFT:
        turn.tx.broadcasts.save(moves.cancel(last, turn.act))  # who has answered since is left out
        notice.note(turn, "cancelled", last)
    elif last is not None and last.state in (BroadcastState.AWAITING, BroadcastState.PAUSED):
        raise BroadcastMoved(number=last.number, state=last.state.value)
    elif last is not None:
        nudges.require_rested(broadcast.title, last.starts_at, turn.now)
    silent = turn.tx.recipients.silent(broadcast)
    if not silent:
        _say_nobody(turn, broadcast)
        return
    groups = broadcast.heads.all_groups
    turn.say("nudge.of_notice", title=broadcast.title, silent=silent, groups=groups)
    repeat = moves.following(
        broadcast, Action.NOTICE, broadcast.text, author=turn.person.id, at=turn.now
    )
    notice.show(turn, turn.tx.broadcasts.add(repeat))


def _say_nobody(turn: Turn, broadcast: Broadcast) -> None:
    """All have answered; or it was asked in groups, where nobody knows who has not."""
    tally = turn.tx.broadcasts.tally(broadcast)
    counts: dict[str, Any] = {one: tally.get(one, 0) for one in notice_answer.VALUES}
    turn.say(
        "nudge.in_groups" if broadcast.heads.all_groups else "nudge.of_notice_all_answered",
        asking=telling.asking_what_next(broadcast),
        title=broadcast.title,
        text=broadcast.text,
        groups=broadcast.heads.all_groups,
        people=broadcast.heads.all_people,
        **counts,
    )
