"""The pieces of an address and their signs: what each is, and what stands around it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from knowledge.divisions import gazetteer

Piece = tuple[int, str]  # where it starts, and what it says

_PIECES = re.compile("[0-9]+|[A-Za-z]+|.", re.DOTALL)
_HALF_CHARACTERS = re.compile("[\ud800-\udfff]")
_NUMERALS = frozenset("一二三四五六七八九十百零〇")
_SIDES = frozenset("东西南北中上下前后内外")
_ENDS = frozenset("省市区县镇乡村路街道巷弄号幢栋楼层室座苑园厦城场期")
_ENDS_AHEAD = _ENDS | frozenset("店厂司庄组")
_FAR = 9  # pieces; how much farther away an end is tells nothing
_LONGEST = 6  # digits; longer numbers are alike
# The runs of pieces that are signs: their first and the one behind their last, seen from a piece.
_OF_ONE = ((0, 1), (-1, 0), (1, 2), (-2, -1), (2, 3))
_OF_TWO = ((-1, 1), (0, 2), (-2, 0), (1, 3))
_OF_THREE = ((-1, 2), (-2, 1), (0, 3))
_RUNS = (*_OF_ONE, *_OF_TWO, *_OF_THREE)


def cut(text: str) -> list[Piece]:
    """The pieces: a run of digits or of Latin letters is one, every other character is one."""
    return [(match.start(), match[0]) for match in _PIECES.finditer(text)]


def signs(pieces: Sequence[Piece]) -> Iterator[list[str]]:
    """The signs of each piece, always as many; a letter or number tells what a sign is of."""
    said = ["<<", "<", *(_said(one) for _, one in pieces), ">", ">>"]
    sorts = ["<", "<", *(_sort(one) for _, one in pieces), ">", ">"]
    words, standing = zip(("<", "<"), *_words(pieces), (">", ">"), strict=True)
    divisions = _divisions(pieces)
    for at, (end, far) in enumerate(_ends_ahead(pieces)):
        sort = sorts[at + 2]
        length = len(pieces[at][1])
        yield [
            *(
                f"{number}{''.join(said[at + 2 + first : at + 2 + behind])}"
                for number, (first, behind) in enumerate(_RUNS)
            ),
            f"a{''.join(sorts[at : at + 5])}",
            f"b{''.join(sorts[at + 1 : at + 4])}",
            f"c{words[at + 1]}{standing[at + 1]}",
            f"d{standing[at]}{standing[at + 1]}{standing[at + 2]}",
            f"e{divisions[at]}",
            f"f{end}{far}",
            f"g{end}{sort}",
            f"h{end}{sort}{length}",
            f"i{words[at]}",
            f"j{min(at, 3)}",
            f"k{words[at + 2]}",
        ]


def _said(piece: str) -> str:
    return "9" * min(len(piece), _LONGEST) if piece[0].isdigit() else piece.lower()


def _sort(piece: str) -> str:
    """A digit, a Latin letter, a numeral, a side, a mark, an end of a name, or none of these."""
    first = piece[0]
    if first.isdigit():
        return "9"
    if first.isascii() and first.isalpha():
        return "a"
    if first in _NUMERALS:
        return "n"
    if first in _SIDES:
        return "d"
    if not first.isalnum():
        return "-"
    return first if first in _ENDS else "x"


def _words(pieces: Sequence[Piece]) -> Iterator[tuple[str, str]]:
    """The word each piece is in, if it is longer, and where in it the piece stands."""
    import rjieba  # 33 MB, for who reads an address

    text = _HALF_CHARACTERS.sub("?", "".join(one for _, one in pieces))
    letters: list[tuple[str, str]] = []
    for word in rjieba.cut(text):
        if len(word) == 1:
            letters.append(("_", "S"))
        else:
            letters += [(word, where) for where in f"B{'M' * (len(word) - 2)}E"]
    for start, one in pieces:
        yield ("#", "S") if one[0].isascii() and one[0].isalnum() else letters[start]


def _divisions(pieces: Sequence[Piece]) -> list[str]:
    """The divisions each piece may be of, and whether it begins or ends them."""
    text = "".join(one for _, one in pieces)
    marks = [""] * len(text)
    for start in range(len(text)):
        for kind, end, cost in gazetteer().at(text, start):
            full = "" if cost else "!"
            marks[start] += f"{kind}B{full}"
            for inside in range(start + 1, end - 1):
                marks[inside] += f"{kind}I{full}"
            marks[end - 1] += f"{kind}E{full}"
    return [marks[start] for start, _ in pieces]


def _ends_ahead(pieces: Sequence[Piece]) -> list[tuple[str, int]]:
    """The next end of a name or hyphen from each piece on, and how far the next end is."""
    ahead: list[tuple[str, int]] = []
    end, far = "$", _FAR
    for _, one in reversed(pieces):
        end = one if one in _ENDS_AHEAD or one == "-" else end
        far = 0 if one in _ENDS_AHEAD else min(_FAR, far + 1)
        ahead.append((end, far))
    return ahead[::-1]
