"""The next question about a draft: kind, estate, building, or whether we understood."""

from __future__ import annotations

from domain.messages import Choice
from domain.orders import WorkOrder
from handlers.comfort import wants_comfort
from handlers.shown import category_name
from handlers.turn import Turn
from handlers.where import resolve

MOST_CHOICES = 6
KINDS = ("sanitation", "facilities", "parking", "something_else")


def ask_next(turn: Turn, draft: WorkOrder, *, complete: bool) -> None:
    """Asks the one thing this draft lacks most; what lacks nothing is only read back."""
    found = resolve(turn, draft.place)
    if complete:
        _ask_back(turn, draft)
    elif not (draft.text or draft.category):
        choices = tuple(Choice(value=kind) for kind in KINDS)
        turn.ask(
            "asked.kind",
            "report.ask_kind",
            choices=choices,
            number=draft.number,
            pictures=len(draft.photos),
        )
    elif found.candidates:
        names = [place.name for place in found.candidates[:MOST_CHOICES]]
        choices = tuple(Choice(value=name, label=name) for name in names)
        turn.ask("asked.estate", "report.ask_estate", choices=choices, number=draft.number)
    elif found.unknown:
        part = getattr(found.slots, found.unknown)
        turn.ask(
            "asked.place",
            f"report.unknown_{found.unknown}",
            number=draft.number,
            context={"part": found.unknown},
            said=part,
        )
    elif turn.conversation.last_place and turn.conversation.asked == 1 and not draft.place:
        _ask_last_place(turn, draft)
    else:
        _ask_place(turn, draft)


def _ask_place(turn: Turn, draft: WorkOrder) -> None:
    turn.ask(
        "asked.place",
        "report.ask_place" if turn.conversation.asked == 1 else "report.ask_place_again",
        number=draft.number,
        angry=wants_comfort(turn),
        category=category_name(turn, draft.category) if draft.category else "",
    )


def _ask_last_place(turn: Turn, draft: WorkOrder) -> None:
    turn.ask(
        "asked.same_place",
        "report.ask_same_place",
        choices=(Choice(value="yes"), Choice(value="no")),
        number=draft.number,
        angry=wants_comfort(turn),
        place=turn.conversation.last_place.shown(private=False),
    )


def _ask_back(turn: Turn, draft: WorkOrder) -> None:
    turn.ask(
        "asked.readback",
        "report.ask_readback",
        choices=(Choice(value="yes"), Choice(value="no")),
        number=draft.number,
        place=draft.place.shown(private=not turn.in_group),
        category=category_name(turn, draft.category) if draft.category else "",
    )
