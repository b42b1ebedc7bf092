"""地点核实: the desk or the owner settles where it is, and it goes to the grid it belongs to."""

from __future__ import annotations

from domain import moves
from domain.messages import Choice
from domain.orders import Status, WorkOrder
from domain.people import Post, Role
from domain.places import OrderPlace
from domain.readings import PlaceSlots
from domain.rights import require_owner
from domain.units import UnitKind
from handlers.command import Command, at_desk
from handlers.said import Said, post_code, post_of
from handlers.shown import words
from handlers.turn import Answer, Turn
from handlers.where import with_slots

PARTS = ("estate", "building", "entrance", "room", "spot")


def _settle(turn: Turn, order: WorkOrder, details: Said) -> None:
    """Asks where it is, and in which grid when the place book does not know the place."""
    slots = turn.reading.place
    if not slots:
        COMMAND.ask_for(turn, order, details, "place", words=words(turn, order))
        return
    found = turn.places.resolve(slots, order.community)
    if not found.settled:
        _ask_grid(turn, order, slots)
        return
    settled(turn, order, with_slots(order.place, found.slots), found.grid)


def settled(turn: Turn, order: WorkOrder, place: OrderPlace, grid: int | None) -> None:
    """Records the place and says who has it now."""
    order = turn.record(moves.settle_place(order, turn.act, place=place, grid=grid))
    turn.say("settle_place.done", number=order.number)


def _ask_grid(turn: Turn, order: WorkOrder, slots: PlaceSlots) -> None:
    grids = turn.org.below(order.community, UnitKind.GRID)
    choices = tuple(
        Choice(value=post_code(Post(unit=unit.id, role=Role.GRID_LEADER)), label=unit.name)
        for unit in grids
    )
    turn.ask(
        "settle_place.grid",
        "settle_place.ask_grid",
        choices=choices,
        number=order.number,
        context={part: getattr(slots, part) for part in PARTS},
    )


def _grid(turn: Turn, answer: Answer) -> bool:
    order = turn.tx.orders.get(answer.number)
    if order is None or not answer.value:
        return False
    place = with_slots(order.place, _slots(answer))
    settled(turn, order, place, post_of(answer.value).unit)
    return True


def _slots(answer: Answer) -> PlaceSlots:
    estate, building, entrance, room, spot = (str(answer.context[part]) for part in PARTS)
    return PlaceSlots(estate=estate, building=building, entrance=entrance, room=room, spot=spot)


COMMAND = Command(
    name="settle_place", do=_settle, rule=require_owner, among=(Status.OPEN,), choosing=at_desk
)
handle = COMMAND.handle
ANSWERS = {**COMMAND.answers, "grid": _grid}
