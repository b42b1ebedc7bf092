"""Whose a new work order is, and who stands above whom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.orders import OrderClass, WorkOrder
from domain.people import Post, Role
from domain.routing import ladder, naming_post, owner_post, stands_above
from tests.domain.acting import (
    DUTY,
    LEADER,
    ORG,
    RULES,
    SECRETARY,
    STREET_DUTY,
    STREET_LEADER,
    WORKER,
    a_draft,
)

ORDER = a_draft()


@pytest.mark.parametrize(
    ("order", "post"),
    [
        (ORDER, LEADER),
        (replace(ORDER, grid=5), Post(unit=5, role=Role.GRID_LEADER)),
        (replace(ORDER, grid=None), None),
        (replace(ORDER, category=""), None),
        (replace(ORDER, order_class=OrderClass.X), None),
        (replace(ORDER, order_class=OrderClass.Q), DUTY),
        (replace(ORDER, restricted=True), DUTY),
        (replace(ORDER, about_staff=True), SECRETARY),
        (replace(ORDER, accused=frozenset({1})), SECRETARY),
    ],
)
def test_the_first_owner(order: WorkOrder, post: Post | None) -> None:
    assert owner_post(order, RULES, ORG) == post


def test_a_complaint_climbs_past_everybody_it_is_about() -> None:
    order = replace(ORDER, accused=frozenset({4}))
    accused = frozenset({SECRETARY, STREET_DUTY})

    assert owner_post(order, RULES, ORG, accused_posts=accused) == STREET_LEADER


def test_the_ladder_ends_at_the_street() -> None:
    assert list(ladder(WORKER, ORG)) == [LEADER, DUTY, SECRETARY, STREET_DUTY, STREET_LEADER]


def test_above_is_higher_and_covering() -> None:
    assert stands_above(DUTY, LEADER, ORG)
    assert not stands_above(LEADER, DUTY, ORG)
    assert not stands_above(Post(unit=6, role=Role.SECRETARY), LEADER, ORG)


def test_the_street_names_owners_but_of_restricted_ones_the_secretary() -> None:
    assert naming_post(ORDER, ORG) == STREET_DUTY
    assert naming_post(replace(ORDER, restricted=True), ORG) == SECRETARY
