"""Places of an activity: more or fewer of them; what becomes free goes to who waited longest, and
they are told.
"""

from __future__ import annotations

from domain.activities import Activity, effect_of, moving_up, resize
from domain.changes import AuditEntry, Notice, to_person
from domain.messages import Choice, Lane
from handlers.activity_meant import AS_PLANNED, choices, decision, fitting, hosted, values
from handlers.turn import Answer, Turn
from knowledge.activities import NO_LIMIT, find_places
from storage.activity_telling import activity_values

MANY = 50


def handle_words(turn: Turn) -> None:
    """改名额: which one, and how many places it is to have."""
    among = hosted(turn)
    if not among:
        turn.say("activity_change.nothing")
        return
    meant = fitting(turn, among)
    if len(meant) == 1:
        _propose(turn, meant[0], turn.heard.text)
        return
    turn.ask(
        "activity_places.which",
        "activity_change.ask_which",
        choices=choices(turn, meant),
        context={"words": turn.heard.text},
    )


def move_up(turn: Turn, activity: Activity) -> int:
    """Gives away every place that is free now; how many."""
    which = activity.id or 0
    moved = 0
    while True:
        going = turn.tx.activities.counts(which).going
        up = moving_up(activity, turn.tx.activities.waiting(which, MANY), going=going)
        for one in up:
            turn.tx.activities.reply(which, one)
            told = Notice(
                to=to_person(one.person),
                phrase="signup.moved_up",
                values=activity_values(turn.tx, activity),
                lane=Lane.DIALOGUE,
            )
            turn.tell(told)
        moved += len(up)
        if len(up) < MANY:
            return moved


def _which(turn: Turn, answer: Answer) -> bool:
    found = turn.tx.activities.get(int(answer.value)) if answer.value else None
    if found is None:
        return False
    _propose(turn, found, str(answer.context["words"]))
    return True


def _how_many(turn: Turn, answer: Answer) -> bool:
    found = turn.tx.activities.get(int(answer.context["activity"]))
    if found is None or find_places(turn.heard.text) is None:
        return False
    _propose(turn, found, turn.heard.text)
    return True


def _propose(turn: Turn, activity: Activity, words: str) -> None:
    """Old and new, and for whom there will be a place; done only when it is confirmed."""
    known = values(turn, activity)
    said = find_places(words)
    if said is None:
        context = {"activity": activity.id}
        turn.ask(
            "activity_places.how_many", "activity_change.ask_places", context=context, **known
        )
        return
    places = None if said == NO_LIMIT else said
    resize(activity, turn.now, capacity=places)
    moving, over = effect_of(places, going=known["going"], waiting=known["waiting"])
    turn.ask(
        "activity_places.confirm",
        "activity_change.confirm_places",
        choices=(Choice(value="resize_it"), Choice(value=AS_PLANNED)),
        context={"activity": activity.id, "places": places},
        places=places,
        moving=moving,
        over=over,
        **known,
    )


def _confirm(turn: Turn, answer: Answer) -> bool:
    decided = decision(turn, answer, yes="resize_it")
    if decided is None:
        return False
    activity, choice = decided
    if choice != AS_PLANNED:
        _resize(turn, activity, answer.context["places"])
    return True


def _resize(turn: Turn, activity: Activity, places: int | None) -> None:
    saved = turn.tx.activities.save(resize(activity, turn.now, capacity=places))
    moved = move_up(turn, saved)
    turn.tx.audit.add(
        AuditEntry(
            action="activity.resized",
            subject=f"activity:{saved.id}",
            person=turn.person.id,
            detail={"places": places or 0, "moved_up": moved},
        )
    )
    turn.say("activity_change.resized", moved=moved, **values(turn, saved))


ANSWERS = {"which": _which, "how_many": _how_many, "confirm": _confirm}
