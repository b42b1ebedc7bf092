"""The category table: rows as they stand in a file become `Category` values.

In the table shipped the grid leader owns building facilities (04…) first, since what a grid can
settle is settled there; the property company is one hand-on away. A community imports its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TypeVar

from domain.orders import OrderClass
from domain.people import Role
from domain.rules import Category

T = TypeVar("T", bound=StrEnum)

COLUMNS = (
    "code",
    "name_zh",
    "name_en",
    "class",
    "typical_words",
    "owner",
    "done_when",
    "path",
)


class BadCategory(ValueError):
    """A row that cannot become a category: which column, and why."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(f"{column}: {reason}")
        self.column = column
        self.reason = reason


def read_categories(rows: Iterable[Mapping[str, str]]) -> dict[str, Category]:
    """The categories by code; raises BadCategory at the first row that is wrong."""
    categories: dict[str, Category] = {}
    for row in rows:
        category = read_category(row)
        if category.code in categories:
            raise BadCategory("code", f"{category.code} is named a second time")
        categories[category.code] = category
    return categories


def read_category(row: Mapping[str, str]) -> Category:
    """One row as a category; raises BadCategory.

    A typical word is a plain word, or parts joined by `+` that must all be said, each part with
    alternatives parted by `/`: `灯+不亮/坏` is read in "楼道的灯又不亮了".
    """
    given = {column: (row.get(column) or "").strip() for column in COLUMNS}
    code = given["code"]
    if not (code.isascii() and code.isdigit() and len(code) in (2, 4)):
        raise BadCategory("code", f"{code!r} is not two or four digits")
    if not given["name_zh"]:
        raise BadCategory("name_zh", "it is empty")
    words = (word.strip() for word in given["typical_words"].replace("；", ";").split(";"))
    return Category(
        code=code,
        name=given["name_zh"],
        english=given["name_en"],
        order_class=_one_of(OrderClass, "class", given["class"]) if given["class"] else None,
        words=tuple(word for word in words if word),
        owner=_one_of(Role, "owner", given["owner"]) if given["owner"] else Role.GRID_LEADER,
        done_when=given["done_when"],
        path=given["path"],
    )


def _one_of(kind: type[T], column: str, value: str) -> T:
    try:
        return kind(value)
    except ValueError:
        raise BadCategory(column, f"{value!r} is none of {', '.join(kind)}") from None
