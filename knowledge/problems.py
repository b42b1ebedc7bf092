"""Splits a message into its problems: what is wrong, where, and how urgent it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from domain.readings import PlaceSlots, Problem
from domain.rules import Category
from knowledge.categories import CategoryFinder, Match
from knowledge.lexicon import lexicon
from knowledge.normal import Normal
from knowledge.spellings import Said, slots_of

# One level up, for somebody old who lives alone.
_RAISED = {"S": "N", "Q": "N", "N": "U", "D": "U", "U": "E1"}
_MOST_CLAUSES = 100  # what is behind them is one clause more
_BLANK_EDGES = " \n,.;:!?，。；：！？、~-"


@dataclass(slots=True, kw_only=True)
class _Piece:
    """A clause; `parallel` after a word such as 还有, `inclusive` when it says 都 or 也."""

    start: int
    end: int
    parallel: bool = False
    inclusive: bool = False
    match: Match | None = None

    @property
    def strong(self) -> Match | None:
        return self.match if self.match and self.match.complaint else None


@dataclass(slots=True, kw_only=True)
class _Group:
    """Clauses about one problem."""

    pieces: list[_Piece] = field(default_factory=list)

    @property
    def strong(self) -> Match | None:
        """The first category complained about."""
        return next((piece.strong for piece in self.pieces if piece.strong), None)

    @property
    def topic(self) -> Match | None:
        """The first category named at all."""
        return next((piece.match for piece in self.pieces if piece.match), None)

    def complain(self) -> None:
        """Takes what is named for complained about, because a later clause says so."""
        for piece in self.pieces:
            piece.match = piece.match and replace(piece.match, complaint=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The problems of a message, and whether it complains at all."""

    problems: tuple[Problem, ...] = ()
    complaint: bool = False


class Splitter:
    """Splits by clauses: another category with a fault of its own is another problem."""

    def __init__(self, categories: Mapping[str, Category], finder: CategoryFinder) -> None:
        self._categories = categories
        self._finder = finder
        breaks = "|".join(sorted(lexicon().breaks, key=len, reverse=True))
        # "坏了垃圾也没收" has no mark between its problems but 了.
        self._marks = re.compile(
            rf"(?P<parallel>{breaks}|(?<!\d)[1-9][.)、](?!\d)|第[一二三四五六][件个点]?[,:、])"
            r"|[.!?;,\n\s]+"
            r"|(?<=\S)[和跟](?=\d{1,2}[栋幢号#])"
            r"|(?<=[水电气网])又?(?=[停断没缺][水电气网])"
            r"|(?<=了)(?=[^\W\d一二两三四五六七八九十几好多半个吗吧呢啊呀么没的得还])"
        )

    def split(self, message: Normal, key: str, parts: Sequence[Said]) -> Split:
        """The problems; in `key`, the message's, what is no complaint is blotted out."""
        groups = self._groups(self._pieces(key), parts)
        found = [(group, self._category(group, key)) for group in groups]
        complaints = [(group, match) for group, match in found if match and match.complaint]
        shown = complaints or [(group, match) for group, match in found if match][:1]
        problems = [
            self._problem(message, group, match, own, alone=len(shown) == 1)
            for group, match in shown
            for own in _by_building(parts if len(shown) == 1 else _parts_in(group, parts), key)
        ]
        return Split(problems=tuple(_placed(problems)), complaint=bool(complaints))

    def core(self, key: str, code: str) -> str:
        """The words without what only adds to them (物业电话没人接), where they name the category
        by themselves.
        """
        pieces = [key[piece.start : piece.end] for piece in self._pieces(key)]
        told = [piece for piece in pieces if not piece.startswith(lexicon().consequences)]
        named = any((match := self._finder.best(piece)) and match.code == code for piece in told)
        return " ".join(told) if named and len(told) < len(pieces) else key

    def of_category(self, code: str, text: str, place: PlaceSlots, key: str) -> Problem:
        """One problem whose category is known, such as an emergency's."""
        return Problem(
            text=text,
            category=code,
            confidence=1.0,
            order_class=self._order_class(code, key),
            place=place,
        )

    def _pieces(self, key: str) -> Iterator[_Piece]:
        start, parallel = 0, False
        for mark in islice(self._marks.finditer(key), _MOST_CLAUSES):
            if mark.start() > start:
                yield self._piece(key, start, mark.start(), parallel)
                parallel = False
            parallel = parallel or mark["parallel"] is not None
            start = mark.end()
        if start < len(key):
            yield self._piece(key, start, len(key), parallel)

    def _piece(self, key: str, start: int, end: int, parallel: bool) -> _Piece:
        match = self._finder.best(key[start:end])
        if key.startswith(lexicon().consequences, start, end) and not parallel:
            match = match and replace(match, complaint=False)
        inclusive = "都" in key[start:end] or "也" in key[start:end]
        return _Piece(start=start, end=end, parallel=parallel, inclusive=inclusive, match=match)

    def _groups(self, pieces: Iterator[_Piece], parts: Sequence[Said]) -> list[_Group]:
        groups: list[_Group] = []
        for piece in pieces:
            home = self._home(groups, piece, parts)
            if home is None:
                if groups and _shared(groups[-1], piece):
                    groups[-1].complain()
                home = _Group()
                groups.append(home)
            home.pieces.append(piece)
        return groups

    def _home(self, groups: list[_Group], piece: _Piece, parts: Sequence[Said]) -> _Group | None:
        """The group a piece belongs to; None when it opens another problem."""
        if not groups:
            return None
        last = groups[-1]
        if piece.match is None:
            moved_on = last.strong and _building(last, parts) and _says_building(piece, parts)
            return None if moved_on else last
        same = next((group for group in groups if _about(group, piece.match.code)), None)
        if piece.parallel and piece.strong and same and not _is_same(same, piece.strong.code):
            return None
        if piece.strong is None:
            return None if piece.parallel and last.strong and not same else same or last
        if same is not None:
            moved = _building(same, parts) and _says_building(piece, parts)
            return None if moved and not _says_same_building(same, piece, parts) else same
        if last.strong is None:
            return None if _shared(last, piece) else last
        return None

    def _category(self, group: _Group, key: str) -> Match | None:
        """What is complained about first, or the thing before it that it is the other side of."""
        if (strong := group.strong) is not None:
            topic = group.topic or strong
            explains = strong.code in lexicon().belongs.get(topic.code, ())
            return replace(topic, complaint=True) if explains else strong
        text = " ".join(key[piece.start : piece.end] for piece in group.pieces)
        return self._finder.best(text)

    def _problem(
        self, message: Normal, group: _Group, match: Match, parts: Sequence[Said], *, alone: bool
    ) -> Problem:
        first, last = group.pieces[0], group.pieces[-1]
        text = message.text if alone else message.text[first.start : last.end]
        return Problem(
            text=text.strip(_BLANK_EDGES),
            category=match.code,
            confidence=match.confidence,
            order_class=self._order_class(match.code, message.key),
            place=slots_of(parts),
        )

    def _order_class(self, code: str, key: str) -> str:
        category = self._categories.get(code)
        if category is None or category.order_class is None:
            return ""
        for rule in lexicon().raises:
            if rule.category == code and any(word in key for word in rule.words):
                return rule.order_class
        return str(category.order_class)


def raised(problem: Problem) -> Problem:
    """The problem one class higher, for somebody old who lives alone."""
    order_class = _RAISED.get(problem.order_class, problem.order_class)
    return replace(problem, order_class=order_class)


def _about(group: _Group, code: str) -> bool:
    strong = group.strong
    return strong is not None and (
        strong.code == code or code in lexicon().belongs.get(strong.code, ())
    )


def _is_same(group: _Group, code: str) -> bool:
    return group.strong is not None and group.strong.code == code


def _parts_in(group: _Group, parts: Sequence[Said]) -> list[Said]:
    return [part for part in parts if _in(group, part)]


# Between two buildings of which the same is said: 3栋和5栋, 3栋、5栋, 3栋的路灯和5栋的路灯.
_LINK = re.compile(r"(?:[栋幢#]|号?楼|单元)?(?:的[^,.]{1,5})?\s?(?:[和跟与及、/,\s]|还有)\s?")
_MOST = 12  # buildings of one message


def _by_building(parts: Sequence[Said], key: str) -> list[list[Said]]:
    """The parts of a place, once for every building that is named beside another."""
    places: list[list[Said]] = [[]]
    end = 0
    for part in parts:
        here = places[-1]
        if part.part == "building" and any(said.part == "building" for said in here):
            if len(places) == _MOST or not _LINK.fullmatch(key, end, part.start):
                return [list(parts)]
            estate = [said for said in here if said.part == "estate"]
            places.append([*estate])
        places[-1].append(part)
        end = part.end
    return places


def _shared(group: _Group, piece: _Piece) -> bool:
    """Whether the piece speaks of the things before it, too (灯、门禁都坏了)."""
    named = [each for each in group.pieces if each.match]
    if not piece.inclusive or not named or piece.match is None:
        return False
    return all(each.match and each.match.code != piece.match.code for each in named)


def _in(group: _Group, part: Said) -> bool:
    return any(piece.start <= part.start < piece.end for piece in group.pieces)


def _building(group: _Group, parts: Sequence[Said]) -> str:
    return next((part.value for part in parts if part.part == "building" and _in(group, part)), "")


def _says_building(piece: _Piece, parts: Sequence[Said]) -> bool:
    return bool(_building(_Group(pieces=[piece]), parts))


def _says_same_building(group: _Group, piece: _Piece, parts: Sequence[Said]) -> bool:
    return _building(group, parts) == _building(_Group(pieces=[piece]), parts)


def _placed(problems: list[Problem]) -> Iterator[Problem]:
    """Every problem with a place: its own, else the one before it, else the first one said."""
    first = next((problem.place for problem in problems if problem.place), PlaceSlots())
    before = first
    for problem in problems:
        place = _inherited(problem.place, before)
        before = place
        yield replace(problem, place=place)


def _inherited(own: PlaceSlots, before: PlaceSlots) -> PlaceSlots:
    if own.building:
        return replace(own, estate=own.estate or before.estate)
    if not own:
        return replace(before, room="")
    if any(spot in own.spot for spot in lexicon().spots_of_estate):
        return replace(own, estate=own.estate or before.estate)
    return own.filled_from(replace(before, spot="", room=""))
