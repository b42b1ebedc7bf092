"""The reader as the running service uses it: rebuilt whenever the operator's tables change."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import structlog

from bot.time_box import at_most
from domain.orders import OrderClass
from domain.policies import Policy
from domain.readings import Advice, Counsel, PolicyFound, Reading, ReadingContext
from domain.units import UnitKind, UnknownUnit
from knowledge.anonymous import anonymous
from knowledge.intents import Intents
from knowledge.learning import BadModel, Learned, load
from knowledge.learning_prior import labels_of
from knowledge.places import PlaceBook
from knowledge.policies import (
    Outcome,
    PolicyBook,
    aspect_of,
    outcome,
    put_first,
    worth_offering,
)
from knowledge.questions import reads_as_question
from knowledge.reader import Reader
from knowledge.spellings import PlaceReader
from storage.catalogue import Catalogue
from storage.database import Database

logger = structlog.get_logger()

READING = 2.0  # seconds; usually it takes a thousandth of them
POLICIES = "policies"
# What nobody means who asks word for word what there is an answer to.
GIVES_WAY = frozenset({"", "chitchat"})
# Asked for nothing, or only whether the last answer helped.
BETWEEN_QUESTIONS = frozenset({"", "ask.rated"})
# How sure a report is that only names a thing, and a wish for help that is only sensed.
WEAK = {"report": 0.3, "help": 0.65}


class Advises(Protocol):
    """The model's side: an anonymous question and published entries in, advice out."""

    async def advise(
        self, asked: str, entries: Sequence[Policy], outcome: Outcome
    ) -> Advice | None:
        """What it makes of the question, if it can be asked; never raises."""
        ...


class Understanding:
    """Reads messages with the newest categories, places and policy entries; a swap of the tables
    is never seen half done.
    """

    def __init__(
        self, catalogue: Catalogue, intents: Intents, *, model: Advises | None = None
    ) -> None:
        self._intents = intents
        self._model = model
        self._one_at_a_time = asyncio.Lock()
        self._policies = PolicyBook()
        self._policies_of = 0
        self.refresh(catalogue)

    def refresh(self, catalogue: Catalogue) -> None:
        """Takes over new tables."""
        places = PlaceBook(catalogue.places, catalogue.org)
        reader = Reader(
            catalogue.rules.categories,
            places,
            self._intents,
            zone=catalogue.rules.zone,
            learned=_learned(catalogue),
        )
        self._places, self._reader, self._catalogue = places, reader, catalogue
        self._place_reader = PlaceReader(places.estate_names, places.landmark_names)

    async def follow(self, database: Database) -> None:
        """Takes over new tables, and new policy entries where there are some."""
        self.refresh(database.catalogue)
        version = database.catalogue.versions.get(POLICIES, 0)
        if version != self._policies_of:
            known = await database.read(lambda tx: tx.policies.known())
            self._policies = await asyncio.to_thread(PolicyBook, known)
            self._policies_of = version

    def places(self) -> PlaceBook:
        """The place book of this moment."""
        return self._places

    async def read(self, text: str, context: ReadingContext) -> Reading:
        """What the text says."""
        # Many messages become ready to be read at one commit. Between two readings the event loop
        # goes round, so that whoever writes to us meanwhile does not wait for all of them.
        async with self._one_at_a_time:
            await asyncio.sleep(0)
            with at_most(READING):
                try:
                    reading = self._with_policies(self._reader.read(text, context), context)
                except SystemExit as error:  # it would end the event loop and the process
                    raise RuntimeError("the reader raised SystemExit") from error
        if self._model is None or not _may_be_shown(reading, context):
            return reading
        return await self._advised(self._model, reading, context)

    async def _advised(self, model: Advises, reading: Reading, context: ReadingContext) -> Reading:
        """The reading with what a model makes of it; nobody else waits meanwhile."""
        sure = outcome(reading.policies)
        codes = worth_offering(reading.policies)
        entries = self._policies.entries(codes, context.today)
        if sure is Outcome.ANSWER:  # an entry that asks for the situation is not said again
            entries = [one for one in entries[:1] if one.code == codes[0] and not one.situations]
        if not entries or (sure is Outcome.MEANT and len(entries) == 1):
            return reading
        asked = self._asked(reading, context.names)
        advice = await model.advise(asked, entries, sure)
        if advice and advice.outcome is Counsel.USED and sure is Outcome.MEANT:
            reading = replace(reading, policies=put_first(reading.policies, advice.code))
        return replace(reading, advice=advice)

    def _with_policies(self, reading: Reading, context: ReadingContext) -> Reading:
        """The reading with the entries that may answer it; one that surely does is asked for."""
        overheard = context.group and not context.addressed
        asked_back = context.pending.startswith("ask.")
        is_clear = _is_clear_report(reading) and not asked_back
        if reading.emergency or overheard or not len(self._policies):
            return reading
        if is_clear and not reading.question:
            return reading
        home = reading.place.building or reading.place.entrance or reading.place.room
        found = self._policies.find(
            self._words(reading, home=bool(home)),
            units=self._units(context.community),
            day=context.today,
        )
        reading = replace(reading, policies=found)
        if reading.question:
            return reading
        return _asking(reading) if _is_asked(reading, found) else reading

    def _words(self, reading: Reading, *, home: bool) -> str:
        """What may be a question of policy in what was said."""
        if reading.question:
            return reading.question
        return self._asked(reading) if reading.private_data or home else reading.text

    def _asked(self, reading: Reading, names: Sequence[str] = ()) -> str:
        """The question alone, without who asks it and where they live."""
        return anonymous(reading.text, names=names, places=self._place_reader)

    def _units(self, community: int | None) -> Sequence[int] | None:
        """The units whose entries are for whoever writes, the nearest first; None: all."""
        org = self._catalogue.org
        if community is None:
            known = [unit.id for unit in org if unit.kind is UnitKind.COMMUNITY]
            community = known[0] if len(known) == 1 else None
        if community is None:
            return None
        try:
            return [unit.id for unit in org.line(community)]
        except UnknownUnit:  # imported a moment ago
            return None


def _learned(catalogue: Catalogue) -> Learned | None:
    """What was learnt of categories; a model that cannot be read is done without."""
    model = catalogue.model
    if model is None or model.body is None:
        return None
    try:
        return load(model.body, model.digest, labels_of(catalogue.rules.categories))
    except BadModel as bad:
        logger.error("category model unusable", model=model.id, why=str(bad))
        return None


def _is_clear_report(reading: Reading) -> bool:
    """Whether something is clearly wrong somewhere, and nothing is asked: most messages are."""
    return (
        reading.intent == "report"
        and reading.confidence > WEAK["report"]
        and bool(reading.problems)
        and not _reads_as_question(reading)
        and all(problem.order_class != OrderClass.Q for problem in reading.problems)
    )


def _reads_as_question(reading: Reading) -> bool:
    """Whether it is asked and not told, of no place: 物业费涨价要业主同意吗."""
    return reads_as_question(reading.text) and not reading.place and not reading.emergency


def _is_asked(reading: Reading, found: Sequence[PolicyFound]) -> bool:
    weak = reading.confidence <= WEAK.get(reading.intent, 0.0) or _reads_as_question(reading)
    return (weak or reading.intent in GIVES_WAY) and outcome(found) is Outcome.ANSWER


def _may_be_shown(reading: Reading, context: ReadingContext) -> bool:
    """Whether it is a plain question of policy: nothing else is shown to a model."""
    delicate = reading.third_person or reading.about_staff or reading.anonymous
    return (
        reading.intent == "ask"
        and reading.complete
        and not (reading.emergency or reading.confidential or delicate)
        and context.pending in BETWEEN_QUESTIONS
        and outcome(reading.policies) is not Outcome.UNSURE
        and not aspect_of(reading.text)  # it is about what was told before
    )


def _asking(reading: Reading) -> Reading:
    return replace(reading, intent="ask", intents=("ask", *reading.intents), complete=True)
