"""One turn of a conversation: what was heard, who said it, and the few verbs a handler needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from domain.acts import Act
from domain.changes import Asking, Change, Notice
from domain.conversations import Chat, Conversation, Question
from domain.messages import ChatKind, Choice, Inbound, InboundKind, Lane, Location
from domain.orders import WorkOrder
from domain.people import Actor, Contact, Person
from domain.readings import Reading
from domain.rules import Rules
from domain.units import Org
from knowledge.notice_templates import Templates, shipped
from knowledge.places import PlaceBook
from storage.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The message, or several that belong together, as one."""

    kind: InboundKind
    text: str = ""
    photos: tuple[int, ...] = ()  # attachment ids, stored or still being fetched
    voices: tuple[int, ...] = ()
    files: tuple[int, ...] = ()
    location: Location | None = None
    first: Inbound
    addressed: bool = True
    # number of the work order the message replies to, from the platform's own reply
    about: str = ""
    edited: bool = False
    too_fast: bool = False  # so much came at once that it or the next has to wait
    late: timedelta = timedelta(0)  # how long after it was sent we handle it


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer to a question: the choice made (`value`), or free words (`value` "", see
    `turn.heard.text`).
    """

    question: Question
    value: str = ""

    @property
    def number(self) -> str:
        """The work order the question was about."""
        return self.question.number

    @property
    def context(self) -> Mapping[str, Any]:
        """What the asking handler noted with the question."""
        return self.question.context


@dataclass(slots=True, kw_only=True)
class Turn:
    """What a handler sees. Handlers load, decide (domain) and record; they know no channel, no
    clock and no wording.
    """

    tx: Transaction
    person: Person
    contact: Contact
    actor: Actor
    chat: Chat
    conversation: Conversation
    reading: Reading
    heard: Heard
    places: PlaceBook
    templates: Templates = field(default_factory=shipped)  # of notices
    question: Question | None = None  # the newest one still open for this person here
    said: list[int] = field(default_factory=list)  # outbox ids of this turn

    @property
    def now(self) -> datetime:
        """Business time."""
        return self.tx.now

    @property
    def rules(self) -> Rules:
        """The operator's tables."""
        return self.tx.rules

    @property
    def org(self) -> Org:
        """The org tree."""
        return self.tx.org

    @property
    def in_group(self) -> bool:
        """Whether others read along."""
        return self.chat.kind is ChatKind.GROUP

    @property
    def act(self) -> Act:
        """The actor at this moment, for decisions."""
        return Act(actor=self.actor, at=self.now, rules=self.rules, org=self.org)

    def say(
        self,
        phrase: str,
        *,
        asking: Asking | None = None,
        number: str = "",
        lane: Lane = Lane.DIALOGUE,
        private: bool = False,
        photos: tuple[int, ...] = (),
        **values: Any,
    ) -> None:
        """Answers here, in the phrase's own words.

        With `private` the words go to the person's private chat when the turn is in a group; a
        person without one gets the phrase's neutral group text and a link into the private chat.
        """
        self.said.append(
            self.tx.answer(
                self.conversation,
                phrase,
                values,
                person=self.person,
                asking=asking,
                number=number,
                lane=lane,
                private=private,
                photos=photos,
                reply_to=self.heard.first.message if self.in_group else "",
            )
        )

    def ask(
        self,
        step: str,
        phrase: str,
        *,
        choices: tuple[Choice, ...] = (),
        number: str = "",
        context: Mapping[str, Any] | None = None,
        private: bool = False,
        **values: Any,
    ) -> None:
        """Says `phrase` as a question; the answer comes to `ANSWERS[<answer>]` of the module named
        in `step`.
        """
        asking = Asking(step=step, choices=choices, context=context or {})
        self.say(phrase, asking=asking, number=number, private=private, **values)

    def record(self, change: Change) -> WorkOrder:
        """Saves a decision with its notices and returns the order as saved."""
        return self.tx.record(change, by=self.person.id)[change.order.number]

    def tell(self, notice: Notice) -> None:
        """Tells others without changing anything."""
        self.tx.record(Change(notices=(notice,)), by=self.person.id)

    def remember(self, **changes: Any) -> None:
        """Changes fields of the conversation."""
        self.conversation = replace(self.conversation, **changes)

    def focus_on(self, order: WorkOrder) -> None:
        """Makes `order` the one later messages such as "催一下" mean."""
        self.remember(focus=order.number)
