"""Complaints about those who work here: that it is one, and which people it speaks of."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from knowledge.normal import comparable
from knowledge.numerals import in_digits
from knowledge.private_data import find_private_data
from knowledge.signs import is_called

NEAR = 14  # characters: how far behind the person a word of the near kind may stand
_CLAUSE = re.compile(r"[。!?;\n]")
_GRID = re.compile(
    r"(\d{1,2}|[一二三四五六七八九十]{1,3})号?网格|网格(\d{1,2})|(?<![a-z])g0*(\d{1,2})(?!\d)"
)


def speaks_of_conduct(text: str) -> bool:
    """Whether somebody's conduct is complained about, whoever that is."""
    said = _said(text)
    words = _words()
    blamed = any(word in said for word in (*words["conduct"], *words["accusing"]))
    return blamed and not _is_praise(said)


def speaks_of_deeds(text: str) -> bool:
    """The same, and it is told what they did: 投诉 alone is no deed."""
    said = _said(text)
    return any(word in said for word in _words()["conduct"]) and not _is_praise(said)


def blames_listener(text: str) -> bool:
    """Whether it reproaches whoever it is said to: 你态度太差, 你们凭什么骂人."""
    said, deeds = _said(text), _words()["conduct"]
    behind = (said[match.end() :][:NEAR] for match in re.finditer("[你您]", said))
    return speaks_of_deeds(text) and any(deed in rest for rest in behind for deed in deeds)


def accuses_staff(text: str) -> bool:
    """Whether it complains about somebody who works for the community, by post and not by name.

    Those who are asked to come, told of something or greeted are not complained about.
    """
    said = _said(text)
    words = _words()
    if speaks_of_deeds(text) and _grids_blamed(said):
        return True
    said = _without_bystanders(said)
    if not any(word in said for word in words["staff"]):
        return False
    if speaks_of_conduct(text):
        return True
    wonders = any(word in said for word in words["wondering"])
    return not wonders and any(_falls_short(clause) for clause in _CLAUSE.split(said))


def names(text: str, name: str) -> bool:
    """Whether it speaks of this member of staff: by name, 王网格长, 小王, 敏姐, 姓王的."""
    said = _said(text)
    full = comparable(name)
    if len(full) > 1 and full in said:
        return True
    if not is_called(said, name):
        return False
    surname = full[:1]
    before = said.partition(surname)[0].removesuffix("小").removesuffix("老")
    return not before.endswith(tuple(_words()["neighbours"]))


def grids_in(text: str) -> frozenset[str]:
    """The numbers of the grids it speaks of: 第二网格, 2网格, 网格2 and G02 are all 2."""
    found = (next(filter(None, match.groups())) for match in _GRID.finditer(_said(text)))
    return frozenset(in_digits(number) for number in found)


def phones_in(text: str) -> frozenset[str]:
    """The mobile numbers in it, as eleven digits."""
    said = comparable(text)
    spans = (said[start:end] for start, end, kind in find_private_data(said) if kind == "mobile")
    return frozenset(re.sub(r"\D", "", span)[-11:] for span in spans)


def _grids_blamed(said: str) -> bool:
    """Whether a grid is spoken of other than as the one where the person lives."""
    at_home = _words()["at_home"]
    return any(
        not said[: match.start()].removesuffix("第").endswith(at_home)
        for match in _GRID.finditer(said)
    )


def _without_bystanders(said: str) -> str:
    """What is said, without the staff that it only asks, tells, greets or finds a place by."""
    words = _words()
    kept, end = "", 0
    for match in _staff().finditer(said):
        before, rest = said[: match.start()], said[match.end() :]
        goes_on = any(word in rest for word in words["goes_on"])
        does_wrong = goes_on or any(word in rest for word in words["conduct"])
        does_wrong = does_wrong or any(word in rest[:NEAR] for word in words["near"])
        mends = goes_on or rest.startswith(words["mend"])
        passed_over = (
            (before.endswith(words["asked"]) and not mends)
            or (before.endswith(words["told"]) and not does_wrong)
            or (rest.startswith(words["knows"]) and not does_wrong)
            or (rest.startswith(words["greeted"]) and not goes_on)
            or rest.startswith(words["place"])
            or before.endswith(words["posing"])
        )
        if passed_over:
            kept += said[end : match.start()]
            end = match.end()
    return kept + said[end:]


def _falls_short(clause: str) -> bool:
    """Whether a word of the near kind stands close behind somebody on the staff."""
    words = _words()
    behind = (
        clause[match.end() : match.end() + NEAR]
        for name in words["staff"]
        for match in re.finditer(re.escape(name), clause)
    )
    return any(word in rest for rest in behind for word in words["near"])


def _is_praise(said: str) -> bool:
    words = _words()
    for praise in words["praise"]:
        said = said.replace(praise, "")
    return not any(word in said for word in (*words["conduct"], *words["accusing"]))


def _said(text: str) -> str:
    """For comparing, without blanks: people put them between the letters of a name."""
    return "".join(comparable(text).split())


@cache
def _staff() -> re.Pattern[str]:
    """Any name of a post, the longest that fits, with whose it is."""
    longest_first = sorted(_words()["staff"], key=len, reverse=True)
    return re.compile(f"(?:我们|你们|咱们|社区)?(?:{'|'.join(map(re.escape, longest_first))})")


@cache
def _words() -> Mapping[str, tuple[str, ...]]:
    text = (resources.files("knowledge") / "conduct.toml").read_text(encoding="utf-8")
    read = tomllib.loads(text)
    return {name: tuple(_said(word) for word in words) for name, words in read.items()}
