"""What the author of a broadcast is told of it, and who is asked to agree: few messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.broadcasts import Broadcast, BroadcastState, Delivery
from domain.changes import Asking, Notice, to_person
from domain.messages import Choice, Lane

# What may be done with a broadcast, by where it stands.
ACTS: Mapping[BroadcastState, tuple[str, ...]] = {
    BroadcastState.DRAFT: ("notice_send", "notice_later", "notice_urgent", "notice_drop"),
    BroadcastState.AWAITING: ("notice_drop",),
    BroadcastState.SCHEDULED: ("notice_pause", "notice_later", "notice_drop"),
    BroadcastState.SENDING: ("notice_result", "notice_pause", "notice_drop"),
    BroadcastState.PAUSED: ("notice_resume", "notice_drop"),
    BroadcastState.DONE: ("notice_result", "notice_correct", "notice_recall"),
    BroadcastState.CANCELLED: (),
}
UNWELL = frozenset({Delivery.FAILED, Delivery.BLOCKED})


def values_of(broadcast: Broadcast) -> dict[str, Any]:
    """What a phrase may say of a broadcast."""
    heads, counts = broadcast.heads, broadcast.counts
    ended = {f"count_{state.value}": counts.get(state, 0) for state in Delivery}
    if broadcast.state is BroadcastState.CANCELLED:
        ended["count_cancelled"] = heads.total - sum(
            n for state, n in counts.items() if state is not Delivery.CANCELLED
        )
    channels = dict.fromkeys((*heads.groups, *heads.people))
    return {
        "notice_number": broadcast.number,
        "title": broadcast.title,
        "text": broadcast.text,
        "state": broadcast.state.value,
        "action": broadcast.manner,
        "people": heads.all_people,
        "groups": heads.all_groups,
        "total": heads.total,
        "left_out": heads.left_out,
        "channels": [
            {
                "channel": channel,
                "groups": heads.groups.get(channel, 0),
                "people": heads.people.get(channel, 0),
            }
            for channel in channels
        ],
        "starts_at": broadcast.starts_at,
        "overrides": broadcast.overrides,
        "done": broadcast.ended,
        **ended,
    }


def acts_of(broadcast: Broadcast) -> tuple[Choice, ...]:
    """The buttons under what is said of a broadcast."""
    acts = list(ACTS[broadcast.state])
    if broadcast.state is BroadcastState.DONE:
        counts = broadcast.counts
        if any(counts.get(state) for state in UNWELL):
            acts.append("notice_retry")
        if counts.get(Delivery.UNKNOWN):
            acts.append("notice_resend")
        if broadcast.asks and not broadcast.is_repeat and broadcast.heads.all_people:
            acts.append("notice_repeat")
    if broadcast.state is BroadcastState.DRAFT and broadcast.overrides:
        acts.remove("notice_urgent")
    return tuple(Choice(value=act) for act in acts)


def asking_what_next(broadcast: Broadcast) -> Asking:
    """The question under what is said of a broadcast: what to do with it."""
    return Asking(
        step="notices.act", choices=acts_of(broadcast), context={"broadcast": broadcast.id}
    )


def preview(broadcast: Broadcast, *, where: str, second: bool, night: bool, spared: int) -> Notice:
    """Everybody of the audience is known: how it will look, to how many, and what next.

    `where`: the units it is for; `second`: another must agree; `night`: it would begin now but it
    is late; `spared`: groups that have had a notice today.
    """
    values = {
        **values_of(broadcast),
        "where": where,
        "second": second,
        "night": night and not broadcast.overrides,
        "spared": 0 if broadcast.overrides or not broadcast.merges else spared,
    }
    return Notice(
        to=to_person(broadcast.author),
        phrase="notice.preview" if broadcast.heads.total else "notice.nobody",
        lane=Lane.DIALOGUE,
        values=values,
        asking=asking_what_next(broadcast) if broadcast.heads.total else None,
    )


def told(broadcast: Broadcast, phrase: str, **more: Any) -> Notice:
    """One line to its author about how far it is."""
    asking = asking_what_next(broadcast)
    return Notice(
        to=to_person(broadcast.author),
        phrase=phrase,
        lane=Lane.DIALOGUE,  # in one line with what is answered to the author
        values={**values_of(broadcast), **more},
        asking=asking if asking.choices else None,
    )


def ask_to_approve(broadcast: Broadcast, person: int, *, author: str, where: str) -> Notice:
    """Somebody else is asked to agree, with all they need for it."""
    return Notice(
        to=to_person(person),
        phrase="notice.approve",
        values={**values_of(broadcast), "author": author, "where": where},
        asking=Asking(
            step="notice_approval.decide",
            choices=(Choice(value="notice_agree"), Choice(value="notice_disagree")),
            context={"broadcast": broadcast.id},
        ),
    )
