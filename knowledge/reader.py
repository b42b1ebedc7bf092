"""The reader: understands one message by rules, without a database, a clock or a network."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from domain.numbers import find_numbers
from domain.readings import PlaceSlots, Problem, Reading, ReadingContext
from domain.rules import Category
from knowledge.answers import bare, find_choice, find_rating, find_yes
from knowledge.categories import CategoryFinder
from knowledge.conduct import accuses_staff
from knowledge.cues import danger_cues, intent_cues
from knowledge.emergencies import HEADING, Emergencies
from knowledge.intents import Fit, Intents
from knowledge.lexicon import lexicon
from knowledge.matters import matters_of
from knowledge.names import find_people, find_targets
from knowledge.normal import BLOT, Normal, blotted, normal
from knowledge.places import PlaceBook
from knowledge.private_data import find_private_data, tells_of_others
from knowledge.problems import Split, Splitter, raised
from knowledge.sense import sense
from knowledge.slips import mended
from knowledge.spellings import PlaceReader, Said, slots_of
from knowledge.times import find_days, find_moment, find_period
from knowledge.weighing import CLEAR, RENAMES, Weighing

if TYPE_CHECKING:
    from knowledge.learning import Learned

REPORT, CHITCHAT, PROGRESS = "report", "chitchat", "progress"
SUPPLEMENT, DISAGREE = "supplement", "disagree"
EMERGENCY_SCORE, COMPLAINT_SCORE, THING_SCORE = 100.0, 58.0, 30.0
SHORTEST = 4  # characters of a report beside which something is asked
SHORT = 14  # characters: a longer message is not waited for

_CALLED = re.compile(r"^(?:(?:@[^\s@]{1,32}|小栖)[\s,.:!~]{0,3}){1,4}(?=\S)")
_MENTION = re.compile(r"@[a-z]\w{3,31}")
_UNFINISHED = re.compile(r"(?:[,、:]|\.\.+|…)$")
_NOT_THIS = re.compile(r"不是[^,.!?;\s是]{1,12}")
_WORDLESS = re.compile(rf"[\W\d{BLOT}]+")
FEW_BESIDE = 3  # characters
OF_A_MATTER = 0.9  # how likely a matter of public services must be to be a cue
_EDGES = " \n,.;:!?，。；：！？、~()（）-"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """What the first look at a message finds, before its intent is known."""

    message: Normal
    command: Normal  # without order numbers and our name
    numbers: tuple[str, ...]
    private_data: tuple[tuple[int, int, str], ...]
    parts: tuple[Said, ...]
    split: Split
    emergency: str


class Reader:
    """Reads messages against the operator's categories, places and intents; may be shared."""

    def __init__(
        self,
        categories: Mapping[str, Category],
        places: PlaceBook,
        intents: Intents,
        *,
        zone: ZoneInfo | None = None,
        learned: Learned | None = None,
        sensing: bool = True,
    ) -> None:
        self._places = places
        self._intents = intents
        self._zone = zone or ZoneInfo("Asia/Shanghai")
        self._emergencies = Emergencies(categories)
        self._weighing = Weighing(sense(), intents, categories) if sensing else None
        # Whether it is an emergency is for those alone to say: 着火 is often only a manner of
        # speaking.
        ordinary = {code: each for code, each in categories.items() if code[:2] != HEADING}
        self._finder = CategoryFinder(ordinary, learned)
        self._splitter = Splitter(categories, self._finder)
        self._place_reader = PlaceReader(places.estate_names, places.landmark_names)

    def read(self, text: str, context: ReadingContext) -> Reading:
        """What the message says; any text is read, and none raises."""
        heard = self._hear(mended(normal(text)), context)
        asked = bool(context.pending)
        key = heard.command.key
        place = slots_of(heard.parts)
        fits = self._fits(heard, context, place)
        if self._weighing and not heard.emergency and not _is_mere_place(heard):
            cues = self._cues(heard, context, fits)
            fits = self._weighing.fits(fits, heard.message.key, cues, context)
        best = fits[0] if fits else None
        reading = Reading(
            text=heard.message.text,
            intent=best.intent.name if best else "",
            intents=tuple(fit.intent.name for fit in fits),
            confidence=best.score / 100 if best else 0.0,
            problems=self._problems(heard, place, best),
            place=place,
            number=heard.numbers[0] if heard.numbers else "",
            numbers=heard.numbers,
            choice=find_choice(key, asked=asked),
            yes=find_yes(key, asked=asked),
            rating=find_rating(key, asked=context.pending.startswith("rate")),
            emergency=bool(heard.emergency),
            private_data=heard.private_data,
            third_person=tells_of_others(heard.message.key),
        )
        question = _asked_in_passing(heard)
        if question:
            intents = (REPORT, *(name for name in reading.intents if name != REPORT))
            reading = replace(reading, question=question, intent=REPORT, intents=intents)
        slots = _mood(heard.message.key)
        if best is not None:
            slots |= self._slots(best, heard, context)
        reading = replace(reading, **slots)
        return replace(reading, complete=asked or self._is_complete(reading, heard))

    def cues(self, text: str, context: ReadingContext) -> tuple[frozenset[str], frozenset[str]]:
        """What the rules make of the text: the cues for what is wanted, and for a danger."""
        heard = self._hear(mended(normal(text)), context)
        fits = self._fits(heard, context, slots_of(heard.parts))
        return self._cues(heard, context, fits), danger_cues(heard.message.key, heard.emergency)

    def _cues(self, heard: _Heard, context: ReadingContext, fits: Sequence[Fit]) -> frozenset[str]:
        place = slots_of(heard.parts)
        overheard = context.group and not context.addressed
        holds = {*_holds(heard, context, place)} - {"overheard"}
        if self._complains(heard, place):
            holds.add("fault")
        if place.building:
            holds.add("building")
        if float(matters_of(heard.message.key).sum()) >= OF_A_MATTER:
            holds.add("matter")
        return intent_cues(heard.message.key, fits, holds, overheard=overheard)

    def _hear(self, message: Normal, context: ReadingContext) -> _Heard:
        numbers = find_numbers(message.text)
        private_data = find_private_data(message.key)
        said = [_span_of(number, message.key) for number in numbers]
        hidden = blotted(message.key, [*said, *((a, b) for a, b, _ in private_data)])
        parts = self._parts(hidden, message.text, context)
        readable = self._finder.readable(hidden)
        called = _CALLED.match(message.key)
        rumour = any(pattern.search(message.key) for pattern in lexicon().rumours)
        mentions = [match.span() for match in _MENTION.finditer(message.key)]
        return _Heard(
            message=message,
            command=_without(message, [*said, *mentions, *([called.span()] if called else [])]),
            numbers=numbers,
            private_data=private_data,
            parts=parts,
            split=Split() if rumour else self._splitter.split(message, readable, parts),
            emergency=self._danger(message.key, context),
        )

    def _danger(self, key: str, context: ReadingContext) -> str:
        found = self._emergencies.find(key)
        return found if self._weighing is None else self._weighing.danger(key, found, context)

    def _parts(self, key: str, text: str, context: ReadingContext) -> tuple[Said, ...]:
        """The parts of places said and not denied (是5栋不是6栋), estates by their full names."""
        found = self._place_reader.parts(key, text)
        denied = [match.span() for match in _NOT_THIS.finditer(key)]
        kept = [
            said for said in found if not any(start <= said.start < end for start, end in denied)
        ]
        return tuple(self._named(said, context.community) for said in kept)

    def _named(self, said: Said, community: int | None) -> Said:
        estate = self._places.estate(said.value, community) if said.part == "estate" else None
        return said if estate is None else replace(said, value=estate.name)

    def _problems(self, heard: _Heard, place: PlaceSlots, best: Fit | None) -> tuple[Problem, ...]:
        """The problems told; one without a name where it is a report of nothing that is known."""
        if heard.emergency:
            problem = self._splitter.of_category(
                heard.emergency, heard.message.text, place, heard.message.key
            )
            return (replace(problem, emergency=True),)
        problems = heard.split.problems
        wanted = best.score / 100 if best and best.intent.name == REPORT else 0.0
        if not problems and best and best.intent.name == DISAGREE:
            problems = self._still_wrong(heard, place)
        elif not problems and (wanted or self._complains(heard, place)):
            unnamed = self._unnamed(heard, place)
            problems = (replace(unnamed, confidence=max(unnamed.confidence, wanted)),)
        if not _is_mere_place(heard):
            problems = tuple(self._weighed(problem) for problem in problems)
        if _elderly_alone(heard.message.key):
            problems = tuple(raised(problem) for problem in problems)
        return problems

    def _unnamed(self, heard: _Heard, place: PlaceSlots) -> Problem:
        """A complaint no typical word names, under the category that was learnt of its like."""
        text, key = heard.message.text, heard.message.key
        match = self._finder.learned(self._finder.readable(heard.command.key))
        if match is None:
            return Problem(text=text, place=place)
        problem = self._splitter.of_category(match.code, text, place, key)
        return replace(problem, confidence=match.confidence)

    def _still_wrong(self, heard: _Heard, place: PlaceSlots) -> tuple[Problem, ...]:
        """What is said to be wrong still, where its words tell what it is (还是不亮)."""
        problem = Problem(text=heard.message.text, place=place)
        sensed = self._weighing and self._weighing.category(heard.message.key, "")
        known = sensed and sensed.chance >= RENAMES
        return (self._weighed(problem),) if known else ()

    def _weighed(self, problem: Problem) -> Problem:
        """The problem under the category its words are most like, where that is likelier."""
        key = self._finder.readable(
            self._splitter.core(normal(problem.text).key, problem.category)
        )
        sensed = self._weighing and self._weighing.category(key, problem.category)
        if not sensed:
            return problem
        renamed = self._splitter.of_category(sensed.label, problem.text, problem.place, key)
        return replace(renamed, confidence=max(problem.confidence, sensed.chance))

    def _complains(self, heard: _Heard, place: PlaceSlots) -> bool:
        """Whether something is wrong somewhere, though no category fits."""
        key = self._finder.readable(heard.command.key)
        return bool(place) and self._finder.has_fault(key)

    def _fits(self, heard: _Heard, context: ReadingContext, place: PlaceSlots) -> list[Fit]:
        """The intents that fit by the rules, the best first."""
        key = heard.command.key.strip(_EDGES) or heard.command.key.strip()
        holds = _holds(heard, context, place)
        fits = self._intents.fits(key, staff=context.staff, holds=holds)
        fits += self._bare_fits(heard, key)
        if not (fits or context.pending) and self._says_only_where(heard):
            fits.append(Fit(intent=self._intents[SUPPLEMENT], score=CLEAR, whole=True))
        score = self._report_score(heard, place)
        if score and REPORT in self._intents:
            fits = [fit for fit in fits if fit.intent.name != REPORT or fit.score > score]
            if all(fit.intent.name != REPORT for fit in fits):
                fits.append(Fit(intent=self._intents[REPORT], score=score))
        if context.group and not context.addressed:
            fits = self._overheard(fits)
        return sorted(fits, key=lambda fit: -fit.score)

    def _overheard(self, fits: list[Fit]) -> list[Fit]:
        """In talk that was not meant for us only clear words count; all else is chitchat."""
        if any(fit.score >= CLEAR or fit.intent.name == CHITCHAT for fit in fits):
            return [fit for fit in fits if fit.intent.name != REPORT or fit.score >= CLEAR]
        known = CHITCHAT in self._intents
        return [Fit(intent=self._intents[CHITCHAT], score=10.0)] if known else []

    def _bare_fits(self, heard: _Heard, key: str) -> list[Fit]:
        """Nothing but a number asks how that order stands."""
        if heard.numbers and not bare(key).strip("#号单工编") and PROGRESS in self._intents:
            return [Fit(intent=self._intents[PROGRESS], score=60.0)]
        return []

    def _says_only_where(self, heard: _Heard) -> bool:
        return _only(heard.parts, self._finder.without_things(heard.message.key))

    def _report_score(self, heard: _Heard, place: PlaceSlots) -> float:
        if heard.emergency:
            return EMERGENCY_SCORE
        if heard.split.complaint:
            return COMPLAINT_SCORE
        if self._complains(heard, place):
            return COMPLAINT_SCORE - 10 if _is_exact(place) else THING_SCORE
        if heard.split.problems and place.building and (place.entrance or place.room):
            return CLEAR  # nobody names a flight of stairs for nothing
        return THING_SCORE if heard.split.problems else 0.0

    def _slots(self, fit: Fit, heard: _Heard, context: ReadingContext) -> dict[str, Any]:
        """What the intent's file says is read from the words after its own."""
        takes = fit.intent.takes
        if not takes or fit.rest is None:
            return {}
        shift = len(heard.command.key) - len(heard.command.key.lstrip(_EDGES))
        start, end = fit.rest[0] + shift, fit.rest[1] + shift
        said, key = heard.command.text[start:end], heard.command.key[start:end]
        slots: dict[str, Any] = {}
        today = _today(context, self._zone)
        if "days" in takes:
            slots["days"] = find_days(key)
        if "period" in takes and today and (period := find_period(key, today)):
            slots |= {"from_day": period.first, "until_day": period.last}
        if "at" in takes and context.now:
            slots["at"] = find_moment(key, context.now, self._zone)
        if "people" in takes:
            slots["people"] = find_people(key) if "period" in takes else find_targets(key)
        if "choice" in takes:
            slots["choice"] = find_choice(key.strip(_EDGES), asked=True)
        if "reason" in takes:
            slots["reason"] = _reason(said, key, drop_days="days" in takes)
        return slots

    def _is_complete(self, reading: Reading, heard: _Heard) -> bool:
        """Whether no more is to come: a filler, a place alone or a mere thing is a fragment."""
        key = heard.command.key.strip(_EDGES)
        if reading.emergency or not key:
            return True
        if bare(key) in lexicon().fillers:
            return False
        if reading.intent not in ("", REPORT, CHITCHAT, SUPPLEMENT) or len(key) > SHORT:
            return True
        if heard.split.complaint:
            return True
        if _UNFINISHED.search(heard.command.key.rstrip()):
            return False
        return not self._says_only_where(heard)


_IN_PASSING = re.compile(
    r"(?:顺便|另外|还|再|对了)[, ]?(?:我)?(?:想|要|就)?(?:问|请教|咨询|打听)"
    r"(?:一?下|一句|个事|问)?[,: ]*(?P<question>\S.{3,})$"
)


def _asked_in_passing(heard: _Heard) -> str:
    """What is asked beside a report, or ""."""
    found = _IN_PASSING.search(heard.message.key)
    if found is None or heard.emergency or not heard.split.complaint or found.start() < SHORTEST:
        return ""
    return heard.message.text[slice(*found.span("question"))]


_BY_DAYS = re.compile(
    r"^\s*(?:\d{1,3}|[一二两三四五六七八九十半]{1,3})\s?(?:天|日|个?(?:周|星期|礼拜|月))"
)
_BY_DATE = re.compile(
    r"^\s*(?:到|至)?\s*(?:(?:下|这|本)?(?:周|星期|礼拜)[一二三四五六日天]"
    r"|\d{1,2}月\d{1,2}[日号]|\d{1,2}[日号]|[今明后]天|月底|周末)(?:之?前|以前)?"
    r"(?:必须|要|得)?(?:销号|销掉|办完|办结)?"
)
# 改到下周一行不行: the date asked for is no reason.
_ASKED_DATE = re.compile(
    r"(?:能不能|可不可以|能|就)?(?:改|推|放|拖|挪|等|缓|弄|延)到[^,.!?;\s]{1,10}?"
    r"(?:行不行|行不|行吗|行么|可以吗|可不可以|成不|好不好)[?]*"
)


def _holds(heard: _Heard, context: ReadingContext, place: PlaceSlots) -> frozenset[str]:
    """What a message holds besides its words."""
    holds = {
        "number": heard.numbers,
        "place": place,
        "problem": heard.split.problems or heard.emergency,
        "complaint": heard.split.complaint or heard.emergency,
        "overheard": context.group and not context.addressed,
    }
    return frozenset(name for name, value in holds.items() if value)


def _reason(said: str, key: str, *, drop_days: bool) -> str:
    start = 0
    if drop_days:
        for pattern in (_BY_DAYS, _BY_DATE):
            if match := pattern.match(key, start):
                start = match.end()
        if match := _ASKED_DATE.search(key, start):
            return (said[start : match.start()] + said[match.end() :]).strip(_EDGES)
    return said[start:].strip(_EDGES)


def _mood(key: str) -> dict[str, Any]:
    words = lexicon()

    def said(listed: Sequence[str]) -> bool:
        return any(word in key for word in listed)

    return {
        "angry": said(words.anger) or key.count("!") >= 6,
        "confidential": said(words.confidential)
        or any(way.search(key) for way in words.confidential_ways),
        "anonymous": said(words.anonymous),
        "about_staff": accuses_staff(key),
        "elderly_alone": _elderly_alone(key),
    }


def _elderly_alone(key: str) -> bool:
    words = lexicon()
    return any(word in key for word in words.elderly) and any(word in key for word in words.alone)


def _today(context: ReadingContext, zone: ZoneInfo) -> date | None:
    if context.today is not None:
        return context.today
    return context.now.astimezone(zone).date() if context.now else None


def _is_exact(place: PlaceSlots) -> bool:
    """Whether more is said of the place than a part that every building has."""
    estate = any(spot in place.spot for spot in lexicon().spots_of_estate)
    return bool(place.building or place.room or estate)


def _span_of(number: str, key: str) -> tuple[int, int]:
    found = re.search("#?" + "[ -]?".join(number), key)
    return found.span() if found else (0, 0)


def _without(message: Normal, spans: Sequence[tuple[int, int]]) -> Normal:
    dropped = {place for start, end in spans for place in range(start, end)}
    kept = [place for place in range(len(message.key)) if place not in dropped]
    return Normal(
        text="".join(message.text[place] for place in kept),
        key="".join(message.key[place] for place in kept),
    )


def _only(parts: Sequence[Said], key: str) -> bool:
    """Whether nothing is said but a place, and perhaps a thing in it: 3栋2单元, 6栋的灯."""
    if not parts:
        return False
    rest = blotted(key, [(part.start, part.end) for part in parts])
    return not bare(rest.replace(BLOT, "")).strip("-#/的在是我住单元栋号楼室小区")


def _is_mere_place(heard: _Heard) -> bool:
    """Whether hardly a word stands beside the place that is said: too few to sense more in."""
    if not heard.parts:
        return False
    beside = blotted(heard.message.key, [(part.start, part.end) for part in heard.parts])
    return len(_WORDLESS.sub("", beside)) <= FEW_BESIDE
