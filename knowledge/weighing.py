"""Weighs what the rules found against what is sensed: which of the two is believed, and when."""

from __future__ import annotations

import re
from collections.abc import Mapping

from domain.orders import URGENT, OrderClass
from domain.readings import ReadingContext
from domain.rules import Category
from knowledge.answers import bare
from knowledge.conduct import accuses_staff, speaks_of_conduct
from knowledge.cues import SAME, danger_cues
from knowledge.intents import Fit, Intents
from knowledge.lexicon import lexicon
from knowledge.matters import matters_of
from knowledge.questions import asks
from knowledge.sense import DANGER, Sense, Sensed

CLEAR = 40.0  # the score of a fit that counts in talk not meant for us; weak words stay below
FEWEST_FEARED = 3  # characters beside codes and numbers: less tells of no danger by itself
FEARED = 0.4  # how likely a danger is that no rule finds
TERSE, FEARED_IN_FEW = 7, 0.75  # the same in fewer letters than this
ORDINARY, FEARED_BESIDE = 0.8, 0.8  # the same of what is surely like an ordinary trouble
DOUBTED = 0.4  # what the rules find, told in a manner that explains it, and is less likely is none
FAR_FETCHED = 0.15  # the same of what is told plainly
LIKELY = 0.25  # how likely an intent must be that the rules do not say
SURE_IN_TALK = 0.68  # the same in talk that was not meant for us
SURE_OF_GRAVE = 0.4  # the same of what is not easily taken back
SURE_OF_REPORT = 0.35  # and of a report
SURE_OF_ANOTHER = 0.9  # and where an answer was expected
SURE_BESIDE = 0.5  # or where an answer may come any day
NAMES_URGENT = 0.1  # the same where that would make it urgent
NAMES = 0.03  # how likely the category is of a problem no typical word names
RENAMES = 0.55  # and of one they name otherwise
OF_A_MATTER = 0.97  # how likely a question is about a matter of public services, to be asked
FEW = 2  # letters: less says nothing, nor do numbers alone
BY_RULES = frozenset({"privacy_notice"})  # nothing was learnt of it
GRAVE = frozenset({"confirm", "delete_me", "disagree", "rate", "withdraw"})
ASK = "ask"
REPORTS = frozenset({"report", "anonymous_report"})
_MANNERS = (
    "past", "supposed", "told", "teaches", "denied", "laughs", "much", "trades", "dear", "asks",
)  # fmt: skip
EXPLAINING = frozenset(f"=manner {name}" for name in _MANNERS)
_HOMES = re.compile(r"[\da-z一二三四五六七八九十]+(?:栋|幢|号楼|单元|楼|室|#)(?:\d{3,4}(?!\d))?")
_ESTATE = re.compile(
    "^[\u4e00-\u9fff]{2,5}?(?:花园|家园|小区|公寓|新村|广场|大厦|绿洲|[苑园城府湾庭里村邸墅居])"
)
_SOMEBODY = re.compile("有(?:人|个|位|小孩|老人|孩子)")
_DIGITS = re.compile(r"[\d*#xX+\-]+")
_CODES = re.compile(
    r"(?:%[0-9a-f]{2})+|(?:\\u[0-9a-f]{4})+|&[a-z]+;"
    r"|(?<![a-z0-9])(?:(?=[a-z0-9_-]*[0-9])[a-z0-9_-]+|[a-z0-9_-]{12,})"
)
LEFT_ALONE = frozenset({"chitchat", "advert"})
# What a question about a matter of public services is taken for by its words alone.
LIKE_ASKING = frozenset({"report", "chitchat", "hello", "help", "supplement", ""})


class Weighing:
    """Believes the rules or the sense; may be shared."""

    def __init__(self, sense: Sense, intents: Intents, categories: Mapping[str, Category]) -> None:
        self._sense = sense
        self._intents = intents
        self._categories = categories

    def danger(self, key: str, found: str, context: ReadingContext) -> str:
        """The category of the danger that is told, or "".

        Whoever works here says it plainly, and whoever was asked something mostly answers it; in
        a code or a number nothing is sensed. Of a kind it never heard of the rules know best.
        """
        if found and found not in self._sense.kind.labels:
            return found
        if found and any(search.search(key) for search in lexicon().searches):
            return found  # who asks whether anybody has seen the child explains nothing away
        if found:
            cues = danger_cues(key, found)
            # Where it is makes it neither likely nor unlikely; ordinary troubles are told so, too.
            # An estate nobody has heard of stands before whom it befalls: 锦绣花园有人触电了.
            whom = _SOMEBODY.search(key)
            anywhere = _ESTATE.sub("", _HOMES.sub("", key))
            ways = {key, _HOMES.sub("", key), anywhere, key[whom.start() :] if whom else key}
            chance = max(self._sense.danger.chance(DANGER, way, cues) for way in ways)
            return found if chance >= (DOUBTED if cues & EXPLAINING else FAR_FETCHED) else ""
        return "" if context.staff else self._sensed_danger(key, context)

    def _sensed_danger(self, key: str, context: ReadingContext) -> str:
        """The category of a danger that no rule finds, or ""."""
        letters = len(bare(_CODES.sub("", key)))
        if letters < FEWEST_FEARED:
            return ""
        cues = danger_cues(key, "")
        feared = FEARED_IN_FEW if letters < TERSE else FEARED
        feared = SURE_OF_ANOTHER if context.pending and not context.standing else feared
        # A home makes a danger no likelier, though many are told with one: 5栋501马桶还堵着.
        ways = {key, _HOMES.sub("", key)}
        chance = min(self._sense.danger.chance(DANGER, way, cues) for way in ways)
        if chance < FEARED_BESIDE and self._sense.category.best(key).chance >= ORDINARY:
            return ""
        return self._sense.kind.best(key, cues).label if chance >= feared else ""

    def fits(
        self, fits: list[Fit], key: str, cues: frozenset[str], context: ReadingContext
    ) -> list[Fit]:
        """The fits with what is sensed before them, where the rules do not know better."""
        first = fits[0] if fits else None
        if (first and (first.whole or first.intent.name in BY_RULES)) or len(
            _DIGITS.sub("", bare(key))
        ) < FEW:
            return fits
        named = SAME.get(first.intent.name, first.intent.name) if first else ""
        if first and named not in self._sense.intent.labels:
            return fits
        weighed = self._sensed_fits(fits, named, key, cues, context)
        return weighed if named in REPORTS else self._asked(weighed, key, context)

    def _sensed_fits(
        self,
        fits: list[Fit],
        named: str,
        key: str,
        cues: frozenset[str],
        context: ReadingContext,
    ) -> list[Fit]:
        """The fits with the likeliest intent before them, where it is likely enough."""
        sensed = self._sense.intent.best(key, cues)
        told_already = sensed.label == named or (not fits and sensed.label == "chitchat")
        if told_already or not self._counts(sensed, key, context):
            return fits
        score = max(CLEAR + 50 * sensed.chance, fits[0].score if fits else 0.0)
        return self._before(fits, sensed.label, score)

    def _asked(self, fits: list[Fit], key: str, context: ReadingContext) -> list[Fit]:
        """The fits with a question before them, where one is put about a public service.

        Why somebody asks is told as reports are: 厂子倒了把我们都裁了, 听说能按月领一阵子钱? 咋申
        """
        overheard = context.group and not context.addressed
        if overheard or context.pending or (fits and fits[0].intent.name not in LIKE_ASKING):
            return fits
        if not asks(key) or float(matters_of(key).sum()) < OF_A_MATTER:
            return fits
        return self._before(fits, ASK, max(CLEAR, fits[0].score if fits else 0.0))

    def _before(self, fits: list[Fit], name: str, score: float) -> list[Fit]:
        others = [fit for fit in fits if fit.intent.name != name]
        return [Fit(intent=self._intents[name], score=score), *others]

    def category(self, key: str, now: str) -> Sensed | None:
        """The category these words are most like, where that is likelier than what it is now.

        An operator's own category stays, and so does what is urgent.
        """
        sensed = self._sense.category.best(key)
        known, other = self._categories.get(now), self._categories.get(sensed.label)
        if sensed.label == now or other is None:
            return None
        if other.order_class == OrderClass.X and (accuses_staff(key) or speaks_of_conduct(key)):
            return None  # a complaint about somebody who works here is not sent elsewhere
        if known is None:
            enough = NAMES_URGENT if other.order_class in URGENT else NAMES
            return sensed if sensed.chance >= enough else None
        own = now not in self._sense.category.labels
        milder = known.order_class in URGENT and other.order_class not in URGENT
        return sensed if sensed.chance >= RENAMES and not own and not milder else None

    def _counts(self, sensed: Sensed, key: str, context: ReadingContext) -> bool:
        if sensed.label not in self._intents or sensed.chance < _enough(sensed.label, context):
            return False
        # A complaint about somebody who works here goes its own way, whatever else it is like.
        if sensed.label in REPORTS:
            return True
        rates = sensed.label == "rate" and sensed.chance >= SURE_OF_ANOTHER  # 评价:不满意
        return not (accuses_staff(key) or (speaks_of_conduct(key) and not rates))


def _enough(label: str, context: ReadingContext) -> float:
    """How likely an intent must be to count although the rules say another."""
    if context.pending:
        return SURE_BESIDE if context.standing else SURE_OF_ANOTHER
    if context.group and not context.addressed and label not in LEFT_ALONE:
        return SURE_IN_TALK
    if label in REPORTS:
        return SURE_OF_REPORT
    return SURE_OF_GRAVE if label in GRAVE else LIKELY
