"""The org tree from district to building, and what lies within what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


class UnitKind(StrEnum):
    """The levels of the tree, from the top."""

    DISTRICT = "district"  # 区
    STREET = "street"  # 街道
    COMMUNITY = "community"  # 社区
    GRID = "grid"  # 网格
    BUILDING = "building"  # 楼栋(党小组)
    ENTRANCE = "entrance"  # 单元
    DEPARTMENT = "department"  # 部门(吹哨报到)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One unit of the tree; `code` is the operator's own key for it."""

    id: int
    code: str
    kind: UnitKind
    name: str
    parent: int | None = None


class UnknownUnit(LookupError):
    """No unit has this id or code."""

    def __init__(self, unit: int | str) -> None:
        super().__init__(f"no unit {unit!r}")
        self.unit = unit


class Org:
    """The whole tree, read-only; every question about scope is answered here."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self._units: Mapping[int, Unit] = {unit.id: unit for unit in units}
        self._codes = {unit.code: unit for unit in self._units.values()}
        self._within: dict[int, tuple[Unit, ...]] = {}

    def __iter__(self) -> Iterator[Unit]:
        return iter(self._units.values())

    def unit(self, unit: int) -> Unit:
        """The unit with this id; raises UnknownUnit."""
        try:
            return self._units[unit]
        except KeyError:
            raise UnknownUnit(unit) from None

    def coded(self, code: str) -> Unit:
        """The unit with this code; raises UnknownUnit."""
        try:
            return self._codes[code]
        except KeyError:
            raise UnknownUnit(code) from None

    def above(self, unit: int) -> Unit | None:
        """The unit one level up, or None at the top."""
        parent = self.unit(unit).parent
        return None if parent is None else self.unit(parent)

    def line(self, unit: int) -> tuple[Unit, ...]:
        """The unit itself and everything above it, nearest first."""
        line = [self.unit(unit)]
        while (parent := line[-1].parent) is not None:
            line.append(self.unit(parent))
        return tuple(line)

    def within(self, unit: int | None, scope: int) -> bool:
        """Whether `unit` is `scope` or lies somewhere below it; nowhere (None) lies within
        nothing.
        """
        return unit is not None and any(above.id == scope for above in self.line(unit))

    def nearest(self, unit: int, kind: UnitKind) -> Unit | None:
        """The unit of this kind that `unit` is or lies in, or None."""
        return next((above for above in self.line(unit) if above.kind is kind), None)

    def below(self, scope: int, kind: UnitKind | None = None) -> tuple[Unit, ...]:
        """Every unit within `scope`, itself included, of one kind or of all."""
        found = self._within.get(scope)
        if found is None:
            found = tuple(unit for unit in self if self.within(unit.id, scope))
            self._within[scope] = found
        return found if kind is None else tuple(unit for unit in found if unit.kind is kind)
