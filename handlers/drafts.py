"""Drafts: what a resident reported and has not said enough about, and the next thing to ask."""

from __future__ import annotations

import secrets
from dataclasses import replace

from domain.changes import Change
from domain.numbers import RANDOM_DIGITS, make_number
from domain.orders import OrderClass, Privacy, Status, WorkOrder
from domain.places import OrderPlace
from domain.readings import PlaceSlots, Problem, Reading
from handlers import lacking, opening
from handlers.accused import accuses, with_accused
from handlers.turn import Turn
from handlers.where import (
    at,
    community_here,
    needs_no_place,
    placed,
    resolve,
    slots_of,
    with_slots,
)
from knowledge.duplicates import is_whole_estate

MAX_QUESTIONS = 3
MOST_ELSEWHERE = 10


def begun(turn: Turn, problem: Problem, place: PlaceSlots) -> WorkOrder:
    """A draft of one problem, with everything this message says about it; not saved yet."""
    reading = turn.reading
    spot = turn.heard.location
    about_staff = accuses(turn)
    draft = WorkOrder(
        number=draw_number(turn),
        category=problem.category,
        order_class=OrderClass(problem.order_class or OrderClass.N),
        community=community_here(turn),
        place=OrderPlace(
            latitude=spot.latitude if spot else None, longitude=spot.longitude if spot else None
        ),
        text=problem.text,
        reporter=turn.person.id,
        privacy=_privacy(reading),
        about_staff=about_staff,
        reported_in=(None if about_staff or _is_delicate(reading) else turn.conversation.address),
        created_at=turn.now,
        photos=(*turn.heard.photos, *turn.heard.voices, *turn.heard.files),
    )
    # A problem with a building of its own has its own floor and door, too.
    shared = PlaceSlots(estate=place.estate) if problem.place.building else place
    said = problem.place.filled_from(shared)
    draft = placed(turn, replace(draft, place=with_slots(draft.place, said)))
    return with_accused(turn, draft)


def waiting(turn: Turn) -> list[WorkOrder]:
    """The drafts of this conversation that still wait for an answer."""
    drafts = turn.tx.orders.drafts(turn.conversation.drafts)
    return [draft for draft in drafts if draft.status is Status.DRAFT]


def asked_elsewhere(turn: Turn) -> list[WorkOrder]:
    """Their drafts of other chats that lack a place: it may be told in private, too."""
    own = turn.tx.orders.of_reporter(turn.person.id, False, MOST_ELSEWHERE)
    here = turn.conversation.drafts
    return [
        order
        for order in own
        if order.status is Status.DRAFT and order.grid is None and order.number not in here
    ]


def told_of(waiting: list[WorkOrder], fresh: list[WorkOrder]) -> list[WorkOrder]:
    """All of them; what waits without words (a photo, a position) is what the first one tells."""
    silent = next((draft for draft in waiting if not draft.text), None)
    if silent is None or not fresh or not _may_be(silent, fresh[0]):
        return [*waiting, *fresh]
    first = fresh[0]
    told = replace(
        silent,
        category=first.category or silent.category,
        order_class=first.order_class,
        text=first.text,
        place=with_slots(silent.place, slots_of(first.place)),
        grid=first.grid if first.grid is not None else silent.grid,
        photos=(*silent.photos, *first.photos),
    )
    return [told if draft is silent else draft for draft in waiting] + fresh[1:]


def _may_be(silent: WorkOrder, told: WorkOrder) -> bool:
    """Whether a draft under a heading only, or under none, may be of this kind."""
    return told.category.startswith(silent.category) or not told.category


def go_on(turn: Turn, drafts: list[WorkOrder], *, guessed: bool = False) -> None:
    """Opens what is complete and asks one thing about the rest, at most three times.

    With `guessed` the place was made out of a slip of the keys and is read back first.
    """
    drafts = [_kept_quiet(turn, draft) for draft in drafts]
    open_ended = [draft for draft in drafts if guessed or not is_complete(turn, draft)]
    if turn.conversation.asked >= MAX_QUESTIONS:
        open_ended = []
    complete = [draft for draft in drafts if draft not in open_ended]
    if not open_ended:
        turn.remember(drafts=(), asked=0)
    if complete:
        opening.open_or_follow(turn, complete)
    if open_ended:
        saved = [_saved(turn, draft) for draft in open_ended]
        turn.remember(
            drafts=tuple(draft.number for draft in saved), asked=turn.conversation.asked + 1
        )
        lacking.ask_next(turn, saved[0], complete=is_complete(turn, saved[0]))


def with_heard(turn: Turn, draft: WorkOrder) -> WorkOrder:
    """A waiting draft with the photos and the position of this message."""
    if not turn.heard.photos:
        return at(turn, draft, PlaceSlots())
    turn.tx.attachments.attach(turn.heard.photos, draft.number)
    return at(turn, replace(draft, photos=(*draft.photos, *turn.heard.photos)), PlaceSlots())


def is_complete(turn: Turn, draft: WorkOrder) -> bool:
    """Whether somebody can be sent: the problem is known, and the place or that it needs none."""
    if not (draft.text or draft.category):
        return False
    has_position = draft.place.latitude is not None
    if is_whole_estate(draft.category) and opening.similar_to(turn, draft) is not None:
        return True  # the neighbours said where
    return needs_no_place(draft) or has_position or resolve(turn, draft.place).settled


def afresh(turn: Turn, aside: WorkOrder) -> WorkOrder:
    """What was set aside, as a new draft with a number of its own; not saved yet."""
    return replace(
        aside,
        id=None,
        version=0,
        number=draw_number(turn),
        status=Status.DRAFT,
        created_at=turn.now,
        history=(),
    )


def draw_number(turn: Turn) -> str:
    """A public number nobody has."""
    today = turn.now.astimezone(turn.rules.zone).date()
    while True:
        number = make_number(today, secrets.randbelow(10**RANDOM_DIGITS))
        if not turn.tx.orders.number_taken(number):
            return number


def _saved(turn: Turn, draft: WorkOrder) -> WorkOrder:
    saved = turn.record(Change(orders=(draft,)))
    if draft.id is None and saved.photos:
        turn.tx.attachments.attach(saved.photos, saved.number)
    return saved


def _kept_quiet(turn: Turn, draft: WorkOrder) -> WorkOrder:
    """The draft with the name kept, when that was asked for only with the place."""
    said = _privacy(turn.reading)
    if draft.privacy is not Privacy.OPEN or said is Privacy.OPEN:
        return draft
    return replace(draft, privacy=said, reported_in=None)


def _privacy(reading: Reading) -> Privacy:
    if reading.anonymous:
        return Privacy.ANONYMOUS
    return Privacy.CONFIDENTIAL if reading.confidential else Privacy.OPEN


def _is_delicate(reading: Reading) -> bool:
    """What few may see; who can help in a danger is told of it, whatever else is told."""
    of_others = reading.third_person and not reading.emergency
    return reading.anonymous or reading.confidential or of_others
