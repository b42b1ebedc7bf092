"""Where a message is about: the community that answers for it, and the place."""

from __future__ import annotations

from dataclasses import replace

from domain.orders import WorkOrder
from domain.places import OrderPlace
from domain.readings import PlaceSlots
from domain.routing import PLACELESS
from domain.units import UnitKind
from handlers.turn import Turn
from knowledge.lexicon import lexicon
from knowledge.places import Resolution


def community_here(turn: Turn) -> int:
    """The community that answers: the chat's, the one reported in last, or the first.

    The last is a guess, made only where several communities share a service and a stranger
    writes in private; the first place that is named puts it right.
    """
    for known in (turn.chat.unit, turn.conversation.community):
        unit = None if known is None else turn.org.nearest(known, UnitKind.COMMUNITY)
        if unit is not None:
            return unit.id
    return min(unit.id for unit in turn.org if unit.kind is UnitKind.COMMUNITY)


def is_community_known(turn: Turn) -> bool:
    """Whether the community is more than a guess."""
    communities = [unit for unit in turn.org if unit.kind is UnitKind.COMMUNITY]
    return (
        turn.chat.unit is not None
        or turn.conversation.community is not None
        or len(communities) == 1
    )


def needs_no_place(order: WorkOrder) -> bool:
    """Whether nobody has to go anywhere for it."""
    said = lexicon().placeless.get(order.category, ())
    of_no_place = any(word in order.text for word in said)
    return order.order_class in PLACELESS or order.restricted or order.about_staff or of_no_place


def resolve(turn: Turn, place: OrderPlace) -> Resolution:
    """What the place book makes of a place as far as it is known."""
    scope = community_here(turn) if is_community_known(turn) else None
    found = turn.places.resolve(slots_of(place), scope)
    if found.settled or place.latitude is None or place.longitude is None:
        return found
    near = turn.places.nearest(place.latitude, place.longitude)
    return found if near is None else turn.places.of_place(near)


def placed(turn: Turn, order: WorkOrder) -> WorkOrder:
    """The draft with everything the place book knows of its place: full names, grid, community."""
    found = resolve(turn, order.place)
    return replace(
        order,
        place=with_slots(order.place, found.slots),
        grid=found.grid if found.settled else None,
        community=found.community or order.community,
    )


def slots_of(place: OrderPlace) -> PlaceSlots:
    """A place as the reader would have read it."""
    return PlaceSlots(
        estate=place.estate,
        building=place.building,
        entrance=place.entrance,
        room=place.room,
        spot=place.spot,
    )


def with_slots(place: OrderPlace, slots: PlaceSlots) -> OrderPlace:
    """The place with the parts named now; the inside of another building does not stay."""
    known = slots_of(place)
    if slots.building and slots.building != place.building:
        known = replace(known, entrance="", room="")
    said = slots.filled_from(known)
    return replace(
        place,
        estate=said.estate,
        building=said.building,
        entrance=said.entrance,
        room=said.room,
        spot=said.spot,
    )


def at(turn: Turn, order: WorkOrder, said: PlaceSlots) -> WorkOrder:
    """The order with its place as said now, and as the place book knows it."""
    if not (said or turn.heard.location):
        return order
    place = with_slots(order.place, said)
    if (spot := turn.heard.location) is not None:
        place = replace(place, latitude=spot.latitude, longitude=spot.longitude)
    return placed(turn, replace(order, place=place))
