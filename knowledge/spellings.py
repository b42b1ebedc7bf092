"""How people spell a place: 3栋2单元501, 三号楼, 3#, 3-2-501, 五东二单园, 南门, 地下车库."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from domain.readings import PlaceSlots
from knowledge.lexicon import lexicon
from knowledge.normal import blotted
from knowledge.numerals import in_digits

_CN = "[零〇一二两三四五六七八九十百廿]"
_NUMBER = rf"(?:(?<![\d.\-])\d{{1,3}}|(?<!{_CN})(?<![那这整每哪同另])(?:{_CN}{{1,4}}))"
_LETTER = r"(?<![a-z\d])[a-z]\d{0,2}"

# 懂 冻 洞 are what people get when they type dong; 东 only where a compass point makes no sense.
_BUILDING = re.compile(
    rf"(?<!月)(?!一[栋幢]楼(?![下上道梯顶底前后里层]))(?P<building>{_NUMBER}|{_LETTER})\s?"
    r"(?:号楼|楼栋|[栋幢](?:楼(?![下上道梯顶底前后里层]))?|#楼?|dong(?![a-z])|(?P<slip>[懂冻洞]|(?<=\d)动(?![作静手态画物车员力弹工])|号[搂喽娄漏])"
    rf"|号(?=\s?(?:\d{{1,2}}|{_CN})\s?单元)"
    rf"|(?P<compass>东)(?=\s?(?:\d{{1,2}}|{_CN})\s?(?:单|门)|$|的|楼|底|\s))"
    rf"|(?P<tower>(?<![a-z\d])[a-z]\d{{0,2}}|(?<![\d.])\d{{1,3}})\s?座(?![位谈椅机])"
    r"|(?:building|bldg|block)(?![a-z])\s?#?(?P<english>\d{1,3}|[a-z])\b"
)
_ENTRANCE = re.compile(
    rf"(?P<entrance>(?<![\d.])\d{{1,2}}|(?<!{_CN}){_CN}{{1,2}}|(?<![a-z])[a-d])\s?"
    r"(?:单元|(?P<slip>单[园原员源远圆])|单(?=\s?\d{3}|$|\s))"
    r"|(?:unit|entrance)\s?(?P<english>\d{1,2})\b"
)
# After a building only: 5栋2门, 3栋2梯.
_DOORWAY = re.compile(rf"\s?(?P<entrance>\d{{1,2}}|{_CN}{{1,2}})(?:门(?![禁口外前铃卫锁坏])|梯)")
_THREE = re.compile(
    r"(?<![\d\-/.:#])(?P<building>\d{1,3}|[a-z])\s?[-/]\s?(?P<entrance>\d{1,2})\s?[-/]\s?"
    r"(?P<room>\d{3,4})(?![\d\-/])"
)
_TWO = re.compile(
    r"(?:(?<=^)|(?<=[\s,.:;(])|(?<=住)|(?<=在)|(?<=是)|(?<=家))(?P<building>\d{1,3})-"
    r"(?P<second>\d{3,4}|\d{1,2})(?![\d\-/:%~年月日天点分秒个块元折倍人次米平层期级件票岁周斤口公小到至比胜])"
)
_TAIL = re.compile(
    r"\s?(?P<entrance>\d{1,2})-(?P<room>\d{3,4})(?!\d)"
)  # after a building: 3栋2-501
_ROOM_AFTER = re.compile(
    rf"[\s\-,]?(?P<room>(?<!\d)\d{{3,4}}(?!\d|元|块|天|年|个|户|人|平|米)|{_CN}{{3,4}})(?:号房|室|号|房|户)?"
)
_ROOM = re.compile(
    rf"(?P<room>(?<![\d\-.])\d{{3,4}}|(?<!{_CN})[零〇一二两三四五六七八九]{{3,4}})"
    r"\s?(?:室|号房|房(?![东价租])|那家|那户|家(?=的|里|又|天|老|在|漏|装|养|晚|半)|住户|的?邻居)"
    r"|(?:room|flat|apt|apartment)\s?#?(?P<english>\d{3,4})\b"
)
_FLOOR = re.compile(
    rf"(?<![\d.号栋幢])(?<!{_CN})(?:\d{{1,2}}|{_CN}{{1,3}})(?:楼(?!栋)|层)(?![下上道顶]的?人)"
)
_ROAD = re.compile(r"[\u4e00-\u9fff]{2,4}(?:大道|路|街|巷)\d{1,4}号")
_SOME_ESTATE = re.compile(
    r"(?:^|(?<=[\s,.;:!在住是]))(?P<estate>[\u4e00-\u9fff]{2,5}(?:小区|苑|新村|公寓|家园|花苑|名邸|雅居))"
)
_OUR_OWN = (
    "我们",
    "咱们",
    "你们",
    "这个",
    "那个",
    "整个",
    "全",
    "本",
    "隔壁",
    "旁边",
    "对面",
    "后头",
    "老",
    "每个",
    "哪个",
    "出了",
    "进",
    "的",
    "有",
    "好",
)
# Signs of a sentence that runs into the word 小区.
_NO_NAME = frozenset("从到在是的了个点这那住我你他她们说找给让把被很都也就")
# 楼道灯 and 广场舞 are things, not places.
_NO_THING = "(?![灯舞禁声]|照明|感应)"
_BESIDE = (
    "(?:里面|里头|里|外面|外|内|上面|上|旁边|旁|边上|边|附近|门口|口|下面|后面|后头|前面|对面"
    "|那里|那边|那块|这边|这里)?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A part of a place, where it stands in the text, and what it says."""

    start: int
    end: int
    part: str  # a field of PlaceSlots
    value: str
    guessed: bool = False  # made out of a slip of the keys


class PlaceReader:
    """Finds the parts of places in a text; knows estates and landmarks by name."""

    def __init__(self, estates: Sequence[str] = (), landmarks: Sequence[str] = ()) -> None:
        self._estates = tuple((name.lower(), name) for name in estates)
        self._landmarks = tuple(
            re.compile(re.escape(name.lower()) + _NO_THING) for name in landmarks
        )

    def parts(self, key: str, text: str) -> list[Said]:
        """Every part said, in order; none overlap. `text` is what the key was made from."""
        found: list[Said] = []
        taken = bytearray(len(key))
        for said in (*self._estates_in(key), *_numbered(key)):
            _take(said, found, taken)
        rest = blotted(key, [(said.start, said.end) for said in found])
        for said in self._spots_in(rest, text):
            _take(said, found, taken)
        return _joined(sorted(found, key=lambda said: said.start), text)

    def _spots_in(self, key: str, text: str) -> Iterator[Said]:
        for pattern in (*self._landmarks, _ROAD, _spots()):
            for match in pattern.finditer(key):
                yield _spot(text, match.start(), match.end())
        for match in _FLOOR.finditer(key):
            yield _spot(text, match.start(), match.end())
        for match in _SOME_ESTATE.finditer(key):
            if not match["estate"].startswith(_OUR_OWN) and not set(match["estate"]) & _NO_NAME:
                yield Said(
                    start=match.start(), end=match.end(), part="estate", value=match["estate"]
                )

    def _estates_in(self, key: str) -> Iterator[Said]:
        for name, full in self._estates:
            if (start := key.find(name)) >= 0:
                yield Said(start=start, end=start + len(name), part="estate", value=full)


def _take(said: Said, found: list[Said], taken: bytearray) -> None:
    """Adds a part unless another stands there already."""
    if not any(taken[said.start : said.end]):
        taken[said.start : said.end] = b"\1" * (said.end - said.start)
        found.append(said)


def slots_of(parts: Sequence[Said]) -> PlaceSlots:
    """The first of every part."""
    first: dict[str, str] = {}
    for said in parts:
        first.setdefault(said.part, said.value)
    return PlaceSlots(
        estate=first.get("estate", ""),
        building=first.get("building", ""),
        entrance=first.get("entrance", ""),
        room=first.get("room", ""),
        spot=first.get("spot", ""),
        guessed=any(said.guessed for said in parts),
    )


def _numbered(key: str) -> Iterator[Said]:
    for match in _THREE.finditer(key):
        yield from _groups(match, "building", "entrance", "room")
    for match in _BUILDING.finditer(key):
        value = match["building"] or match["tower"] or match["english"]
        slip = match["slip"] or match["compass"]
        yield _said(match, "building", value, slip=slip)
        yield from _after_building(key, match.end())
    for match in _ENTRANCE.finditer(key):
        yield _said(match, "entrance", match["entrance"] or match["english"], slip=match["slip"])
        if room := _ROOM_AFTER.match(key, match.end()):
            yield from _groups(room, "room")
    for match in _TWO.finditer(key):
        second = "room" if len(match["second"]) > 2 else "entrance"
        yield from _groups(match, "building")
        yield Said(
            start=match.start("second"),
            end=match.end("second"),
            part=second,
            value=in_digits(match["second"]),
        )
    for match in _ROOM.finditer(key):
        yield _said(match, "room", match["room"] or match["english"])


def _said(match: re.Match[str], part: str, value: str, *, slip: str | None = None) -> Said:
    return Said(
        start=match.start(),
        end=match.end(),
        part=part,
        value=in_digits(value),
        guessed=slip is not None,
    )


def _after_building(key: str, end: int) -> Iterator[Said]:
    for pattern, parts in (
        (_TAIL, ("entrance", "room")),
        (_DOORWAY, ("entrance",)),
        (_ROOM_AFTER, ("room",)),
    ):
        if match := pattern.match(key, end):
            yield from _groups(match, *parts)
            return


def _groups(match: re.Match[str], *parts: str) -> Iterator[Said]:
    for part in parts:
        yield Said(
            start=match.start(part),
            end=match.end(part),
            part=part,
            value=in_digits(match[part]),
        )


def _spot(text: str, start: int, end: int) -> Said:
    return Said(start=start, end=end, part="spot", value=text[start:end])


def _joined(parts: list[Said], text: str) -> list[Said]:
    """Spots that stand side by side are one: 地下车库 + 南门."""
    joined: list[Said] = []
    for said in parts:
        last = joined[-1] if joined else None
        if (
            last
            and last.part == said.part == "spot"
            and text[last.end : said.start] in ("", "的", " ")
        ):
            joined[-1] = _spot(text, last.start, said.end)
        else:
            joined.append(said)
    return joined


@cache
def _spots() -> re.Pattern[str]:
    words = lexicon()
    names = sorted({*words.spots_of_building, *words.spots_of_estate}, key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join(names)}){_NO_THING}{_BESIDE}")
