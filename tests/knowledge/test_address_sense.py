"""The sense for the parts of an address: its seeds, its file, and what it promises."""

from __future__ import annotations

import tomllib
from importlib import resources
from itertools import count, pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.address_fit import Seed, fitted, read_seeds, seeds
from knowledge.address_sense import FILE, NO_PART, address_sense, tagged
from knowledge.address_signs import cut
from knowledge.addresses import LONGEST, parse
from knowledge.evaluation import places
from knowledge.sense import packed, unpacked
from tests.hostile import hostile_texts

GRAMMAR = tomllib.loads((resources.files("knowledge") / "addresses.toml").read_text("utf-8"))
KINDS = {NO_PART, *GRAMMAR["after"]}
LARGEST = 500_000  # bytes
# Written by hand beside the seeds; not looked at when anything was chosen. .930 when measured.
HELD_OUT = Path(__file__).parents[1] / "data" / "addresses.txt"
FLOOR = 0.91

PIECES = [*"江苏省南京市区路街村号幢栋单元室店 -12，a", "3层", "\ud800"]
SAID = st.text() | st.lists(st.sampled_from(PIECES)).map("".join)


def held_out() -> list[Seed]:
    return [*read_seeds(HELD_OUT.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("marked", [[*seeds()], held_out()], ids=["seeds", "held out"])
def test_every_line_is_well_formed_and_of_known_kinds(marked: list[Seed]) -> None:
    assert {kind for seed in marked for kind, _ in seed.parts} <= KINDS
    assert all(text and not set(text) & set("=| \t") for seed in marked for _, text in seed.parts)


def test_nothing_learns_from_what_is_held_out() -> None:
    assert not {seed.text for seed in seeds()} & {seed.text for seed in held_out()}


def test_the_stored_sense_knows_every_tag_of_the_seeds() -> None:
    tags = {tag for seed in seeds() for tag in tagged(cut(seed.text), seed.spans)}

    assert tags == set(address_sense().tags)


def test_the_file_is_bounded() -> None:
    assert len((resources.files("knowledge") / FILE).read_bytes()) <= LARGEST


def test_what_is_learnt_again_is_the_same_and_survives_storing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few = [*seeds()][::80]
    monkeypatch.setattr("knowledge.address_fit.seeds", lambda: iter(few))

    first, again = fitted(), fitted()

    assert packed(first) == packed(again)
    for one, stored in zip(first, unpacked(packed(first)), strict=True):
        assert (one.labels, one.features) == (stored.labels, stored.features)
        assert np.allclose(one.matrix, stored.matrix, atol=np.abs(one.matrix).max() / 100)


def test_what_is_held_out_is_read_as_well_as_before() -> None:
    marked = [
        places.Labelled(tokens=tuple(seed.text), parts=frozenset(seed.spans))
        for seed in held_out()
    ]
    ticks = count()

    found = places.evaluate(marked, lambda: float(next(ticks)), lambda done: None)

    assert found["micro_f1"] >= FLOOR


@given(SAID)
def test_parts_stand_where_they_say_and_never_overlap(text: str) -> None:
    parts = parse(text)

    assert all(text[part.start : part.end] == part.text != "" for part in parts)
    assert all(one.end <= other.start for one, other in pairwise(parts))
    assert NO_PART not in {part.kind for part in parts}


def test_hostile_texts_are_read_quietly() -> None:
    for hostile in [*hostile_texts()][::8]:
        assert all(part.end <= LONGEST for part in parse(hostile.text))


@pytest.mark.parametrize("text", ["\ud800路\udfff号", "a\x00b", "\r\n3幢\r\n", "①②号", "👨‍👩‍👧路"])
def test_what_no_thumb_types_is_read_quietly(text: str) -> None:
    assert all(text[part.start : part.end] == part.text for part in parse(text))
