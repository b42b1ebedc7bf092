"""Turns what was decided into messages: who a notice is for, by which chat, in whose words, sealed
for whom.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from domain import households, nights
from domain.changes import Asking, Audience, AuditEntry, Change, Notice, Recipient
from domain.conversations import QUESTION_LIFE, Conversation, Question
from domain.messages import Address, Button, ChatKind, Lane, Outbound
from domain.orders import WorkOrder
from domain.people import Contact, Person, Post, Role
from domain.rights import is_fit, may_see, must_go
from domain.routing import ladder
from domain.rules import Rules
from domain.units import Org, UnitKind

if TYPE_CHECKING:
    from storage.transaction import Transaction

LINK_LIFE = timedelta(days=2)
STAFF_AUDIENCES = frozenset(
    {Audience.OWNER, Audience.ABOVE, Audience.RESPONDERS, Audience.DESK, Audience.POST}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One person a notice reaches, and how: `group` when only the chat they reported in is open to
    us.
    """

    person: Person
    address: Address
    group: bool = False
    full: bool = True  # whether the words and the room may be shown


def order_values(order: WorkOrder, rules: Rules, org: Org, *, full: bool) -> Mapping[str, Any]:
    """What a phrase may say about a work order; without `full` no room, no spot and nobody's
    words.

    Codes such as `status` and `owner_role` are shown by the phrasebook's own words for them.
    """
    category = rules.categories.get(order.category)
    owner = order.owner
    return {
        "number": order.number,
        "category": category.name if category else "",
        "category_en": category.english if category else "",
        "done_when": category.done_when if category else "",
        "path": category.path if category else "",
        "status": order.status.value,
        "order_class": order.order_class.value,
        "place": order.place.shown(private=full),
        "due": order.promised_at,
        "owner_role": owner.role.value if owner else "",
        "owner_unit": org.unit(owner.unit).name if owner else "",
        "community": org.unit(order.community).name,
        "created": order.created_at,
        "cycle": order.cycle,
        "followers": len(order.followers),
        "households": households.shown(order),
        "privacy": order.privacy.value,
        "text": order.text if full else "",
    }


def record(tx: Transaction, change: Change, *, by: int | None) -> dict[str, WorkOrder]:
    """Saves a decision and tells everybody it names; `by` is who decided and is not told of it."""
    saved = {order.number: tx.orders.save(order) for order in change.orders}
    for entry in change.audit:
        tx.audit.add(entry)
    told: set[tuple[int, str, str]] = set()
    for notice in change.notices:
        order = saved.get(notice.number) or (
            tx.orders.get(notice.number) if notice.number else None
        )
        _tell(tx, notice, order, by=by, told=told)
    return saved


def answer(
    tx: Transaction,
    conversation: Conversation,
    phrase: str,
    values: Mapping[str, Any],
    *,
    person: Person,
    asking: Asking | None,
    number: str,
    lane: Lane,
    private: bool,
    photos: tuple[int, ...],
    reply_to: str,
) -> int:
    """Queues an answer to somebody in a conversation; `private` words leave a group for the
    private chat.
    """
    order = tx.orders.get(number) if number else None
    full = order is None or _is_for(tx, order, person)
    here = Told(
        person=person,
        address=conversation.address,
        full=full and conversation.chat_kind is ChatKind.PRIVATE,
    )
    link = ""
    if private and conversation.chat_kind is ChatKind.GROUP:
        elsewhere = _private_chat(tx, person.id)
        if elsewhere is not None:
            here = replace(here, address=elsewhere, full=full)
            reply_to = ""
        else:
            here = replace(here, group=True)
            step = asking.step if asking else ""
            link = _link(tx, person.id, number=number, step=step, phrase=phrase)
    return _say(
        tx,
        here,
        phrase,
        values,
        order=order,
        about=order.reporter if order else None,
        asking=None if link else asking,
        lane=lane,
        photos=photos,
        reply_to=reply_to,
        link=link,
    )


def apologise(
    tx: Transaction, conversation: Conversation, *, person: Person, aloud: bool = True
) -> None:
    """Says once that a message could not be handled; tells the desk that a dead letter waits.

    Without `aloud` only the desk hears of it: nobody had spoken to us.
    """
    if aloud:
        answer(
            tx,
            conversation,
            "failure.apology",
            {},
            person=person,
            asking=None,
            number="",
            lane=Lane.DIALOGUE,
            private=False,
            photos=(),
            reply_to="",
        )
    unit = conversation.community or _somewhere(tx.org)
    if unit is not None:
        desk = Recipient(audience=Audience.DESK, unit=unit)
        _tell(tx, Notice(to=desk, phrase="desk.dead_letter"), None, by=None, told=set())


def say_to(
    tx: Transaction,
    person: Person,
    phrase: str,
    values: Mapping[str, Any],
    *,
    asking: Asking | None = None,
    lane: Lane,
    good_until: datetime | None = None,
) -> int | None:
    """Queues words of no work order for one person; None when no private chat is open to us.

    What could not go out until then does not go any more.
    """
    address = _private_chat(tx, person.id)
    if address is None:
        return None
    return _say(
        tx,
        Told(person=person, address=address),
        phrase,
        values,
        order=None,
        about=None,
        asking=asking,
        lane=lane,
        photos=(),
        good_until=good_until,
    )


def _tell(
    tx: Transaction,
    notice: Notice,
    order: WorkOrder | None,
    *,
    by: int | None,
    told: set[tuple[int, str, str]],
) -> None:
    for reached in _reached(tx, notice, order):
        key = (reached.person.id, notice.phrase, notice.number)
        own_act = reached.person.id == by and notice.asking is None
        accused = order is not None and reached.person.id in _kept_from(tx, order)
        quiet = reached.person.quiet and notice.lane is not Lane.EMERGENCY
        if own_act or accused or key in told or (quiet and _is_for_residents(notice)):
            continue
        told.add(key)
        lane, not_before = _when(tx, notice, order)
        link = ""
        if reached.group:
            step = notice.asking.step if notice.asking else ""
            link = _link(
                tx, reached.person.id, number=notice.number, step=step, phrase=notice.phrase
            )
        _say(
            tx,
            reached,
            notice.phrase,
            notice.values,
            order=order,
            about=notice.about or (order.reporter if order else None),
            asking=notice.asking,
            lane=lane,
            photos=() if reached.group else notice.photos,
            link=link,
            not_before=not_before,
        )


def _when(
    tx: Transaction, notice: Notice, order: WorkOrder | None
) -> tuple[Lane, datetime | None]:
    """The lane it goes in, and for what waits until people are awake the moment they are."""
    for_staff = notice.lane is Lane.STAFF and not _is_for_residents(notice)
    if order is None or not for_staff or not nights.rests(order, tx.now, tx.rules):
        return notice.lane, None
    return Lane.MORNING, nights.next_end(tx.now, tx.rules)


def _is_for_residents(notice: Notice) -> bool:
    return notice.to.audience not in STAFF_AUDIENCES


def _reached(tx: Transaction, notice: Notice, order: WorkOrder | None) -> Iterator[Told]:
    """Who the notice goes to in the end, by which chat."""
    to = notice.to
    match to.audience:
        case Audience.REPORTER:
            if order is not None and order.reporter is not None:
                yield from _reporter(tx, order, order.reporter)
        case Audience.FOLLOWERS:
            for person in order.followers if order else ():
                yield from _follower(tx, person)
        case Audience.PERSON:
            if to.person is not None:
                yield from _person(tx, to.person, full=True)
        case _:
            for post in _posts(tx, to, order):
                yield from _holders(tx, post, order)


def _reporter(tx: Transaction, order: WorkOrder, reporter: int) -> Iterator[Told]:
    """Where they reported if that was in private; else their private chat; else, neutrally, the
    group.
    """
    person = tx.people.get(reporter)
    if person is None or person.erased:
        return
    contacts = tx.people.contacts(reporter)
    own = [_address(contact) for contact in contacts if _is_open(contact)]
    if order.reported_in in own:
        yield Told(person=person, address=order.reported_in)
    elif own:
        yield Told(person=person, address=own[0])
    elif order.reported_in is not None and not any(
        contact.private_chat == order.reported_in.chat for contact in contacts
    ):
        yield Told(person=person, address=order.reported_in, group=True, full=False)


def _follower(tx: Transaction, person: int) -> Iterator[Told]:
    yield from _person(tx, person, full=False)


def _person(tx: Transaction, person: int, *, full: bool) -> Iterator[Told]:
    found, address = tx.people.get(person), _private_chat(tx, person)
    if found is not None and address is not None:
        yield Told(person=found, address=address, full=full)


def _posts(tx: Transaction, to: Recipient, order: WorkOrder | None) -> tuple[Post, ...]:
    match to.audience:
        case Audience.POST:
            return () if to.post is None else (to.post,)
        case Audience.RESPONDERS:
            return order.responders if order else ()
        case Audience.OWNER:
            return () if order is None or order.owner is None else (order.owner,)
        case Audience.ABOVE:
            if order is None or order.owner is None:
                return ()
            above = tuple(ladder(order.owner, tx.org))
            return above[to.levels - 1 : to.levels] or above[-1:]  # the top when it is not so high
        case _:
            unit = to.unit if to.unit is not None else order.community if order else None
            return () if unit is None else (_desk(tx.org, unit),)


def _desk(org: Org, unit: int) -> Post:
    """The duty desk of the community the unit lies in; the street's for anything above."""
    community = org.nearest(unit, UnitKind.COMMUNITY)
    if community is not None:
        return Post(unit=community.id, role=Role.DUTY)
    street = org.nearest(unit, UnitKind.STREET)
    return Post(unit=street.id if street else unit, role=Role.STREET_DUTY)


def _holders(tx: Transaction, post: Post, order: WorkOrder | None) -> Iterator[Told]:
    """The people who hold the post now and can be reached; else those of the posts above it.

    People complained about are passed over, and so are posts the work order must be kept from.
    Whoever stands in for a post that must go there reads the room and the words in its place.
    """
    for step in (post, *ladder(post, tx.org)):
        if order is not None and step != order.owner and not is_fit(order, step):
            continue
        holders = [
            person
            for person in tx.people.holders(step, tx.now)
            if order is None or person.id not in _kept_from(tx, order)
        ]
        reached = [
            Told(person=person, address=address, full=order is None or must_go(order, post))
            for person in holders
            if (address := _private_chat(tx, person.id)) is not None
        ]
        if reached:
            yield from reached
            return
        tx.audit.add(
            AuditEntry(
                action="post.unreachable",
                subject=f"order:{order.number}" if order else f"unit:{step.unit}",
                detail={"unit": step.unit, "role": step.role.value},
            )
        )
    if order is not None:
        tx.orders.mark_untold(order.number)


def _is_for(tx: Transaction, order: WorkOrder, person: Person) -> bool:
    """Whether the room and the words are theirs to read: they said it, or it is theirs to do."""
    if order.reporter == person.id:
        return True
    actor = tx.people.actor(person.id, tx.now)
    return may_see(order, actor, tx.org) and any(must_go(order, post) for post in actor.posts)


def _kept_from(tx: Transaction, order: WorkOrder) -> frozenset[int]:
    """Who must not learn of it: those it complains about, and whoever stands in for them now."""
    return order.accused | tx.people.deputies(order.accused, tx.now)


def _say(
    tx: Transaction,
    to: Told,
    phrase: str,
    values: Mapping[str, Any],
    *,
    order: WorkOrder | None,
    about: int | None,
    asking: Asking | None,
    lane: Lane,
    photos: tuple[int, ...],
    reply_to: str = "",
    link: str = "",
    good_until: datetime | None = None,
    not_before: datetime | None = None,
) -> int:
    """Renders the sentence, seals it and queues it, with its question when one is asked."""
    known = order_values(order, tx.rules, tx.org, full=to.full) if order else {}
    text = tx.wording.say(phrase, {**known, **values}, group=to.group, language=to.person.language)
    token = secrets.token_urlsafe(9) if asking else ""
    outbound = Outbound(
        id=0,
        address=to.address,
        lane=lane,
        text=text,
        buttons=_buttons(tx, to, asking, token) if asking else (),
        photos=photos,
        reply_to=reply_to,
        link=link,
        good_until=good_until,
    )
    queued = tx.outbox.add(
        outbound,
        person=to.person.id,
        about=about,
        phrase=phrase,
        values=values,
        number=order.number if order else "",
        due_at=order.promised_at if order else None,
        not_before=not_before,
    )
    if asking:
        tx.questions.ask(
            Question(
                token=token,
                person=to.person.id,
                address=to.address,
                step=asking.step,
                choices=tuple(
                    replace(choice, label=_label(tx, to, choice.value, choice.label))
                    for choice in asking.choices
                ),
                number=order.number if order else "",
                version=order.version if order else None,
                context=asking.context,
                asked_at=tx.now,
                until=tx.now + QUESTION_LIFE,
            ),
            outbox=queued,
        )
    return queued


def _buttons(tx: Transaction, to: Told, asking: Asking, token: str) -> tuple[Button, ...]:
    """A button for every choice, numbered so that typing the number does the same."""
    return tuple(
        Button(
            label=f"{place} {_label(tx, to, choice.value, choice.label)}",
            token=f"{token}.{place - 1}",
        )
        for place, choice in enumerate(asking.choices, start=1)
    )


def _label(tx: Transaction, to: Told, value: str, label: str) -> str:
    return label or tx.wording.say(f"choice.{value}", {}, language=to.person.language)


def _private_chat(tx: Transaction, person: int) -> Address | None:
    """The person's private chat, the one heard from last where there are several."""
    return next(
        (_address(contact) for contact in tx.people.contacts(person) if _is_open(contact)), None
    )


def _is_open(contact: Contact) -> bool:
    return contact.reachable and bool(contact.private_chat)


def _address(contact: Contact) -> Address:
    return Address(channel=contact.channel, chat=contact.private_chat)


def _link(tx: Transaction, person: int, *, number: str, step: str, phrase: str) -> str:
    """The payload of a link into the private chat, where the same thing is said again."""
    payload = {"person": person, "number": number, "step": step, "phrase": phrase}
    code: str = tx.codes.make("start", payload, until=tx.now + LINK_LIFE)
    return code


def _somewhere(org: Org) -> int | None:
    """Whose desk hears of what belongs to no community yet: the only one there is, or the
    street's.
    """
    communities = [unit.id for unit in org if unit.kind is UnitKind.COMMUNITY]
    streets = [unit.id for unit in org if unit.kind is UnitKind.STREET]
    return next(iter(communities if len(communities) == 1 else streets + communities), None)
