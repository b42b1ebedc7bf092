"""Who may see, act and know: asked at the moment of acting, by the posts held then."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain import moves
from domain.acts import ConflictOfInterest, NotAllowed
from domain.handling import HandOnSideways
from domain.orders import Privacy, Status, WorkOrder
from domain.people import CLOCK, Actor, Post
from domain.rights import may_act_as_owner, may_know_reporter, may_see
from tests.domain.acting import (
    A_DAY,
    DUTY,
    DUTY_ELSEWHERE,
    EVERYBODY,
    FIRE_STATION,
    GAS,
    LEADER,
    LIGHTS,
    MONDAY,
    NEIGHBOUR,
    ORG,
    OTHER_LEADER,
    POSTS,
    PROPERTY,
    RESIDENT,
    SECRETARY,
    STAFF,
    STRANGER,
    STREET_DUTY,
    STREET_LEADER,
    VIOLENCE,
    WOMEN,
    WORKER,
    act,
    an_open_order,
    an_order,
)

DESKS = {DUTY, SECRETARY, STREET_DUTY, STREET_LEADER}


def who_sees(order: WorkOrder) -> set[Post]:
    """The posts whose holders may see the order."""
    return {post for post in POSTS if may_see(order, STAFF[post], ORG)}


def test_an_ordinary_order_is_seen_by_its_owner_and_the_desks_over_it() -> None:
    assert who_sees(an_open_order()) == {LEADER} | DESKS


def test_of_residents_the_reporter_and_followers_see_it() -> None:
    order = replace(an_open_order(), followers=(2,))
    assert [may_see(order, who, ORG) for who in (RESIDENT, NEIGHBOUR, STRANGER, CLOCK)] == [
        True,
        True,
        False,
        False,
    ]


def test_whoever_is_whistled_for_sees_it() -> None:
    order = replace(an_open_order(), responders=(FIRE_STATION,))
    assert may_see(order, STAFF[FIRE_STATION], ORG)


def test_a_restricted_order_is_seen_by_three_posts_of_its_community_only() -> None:
    order = replace(an_open_order(VIOLENCE), followers=(2,), responders=(FIRE_STATION,))
    assert who_sees(order) == {WOMEN, DUTY, SECRETARY}
    assert not may_see(order, NEIGHBOUR, ORG)
    assert may_see(order, RESIDENT, ORG)


def test_a_complaint_about_staff_is_seen_by_nobody_below_the_secretary() -> None:
    assert who_sees(an_open_order(about_staff=True)) == DESKS - {DUTY}


@pytest.mark.parametrize("post", POSTS)
def test_the_accused_never_sees_it_in_any_post(post: Post) -> None:
    accused = STAFF[post]
    assert accused.person is not None
    order = replace(an_open_order(), accused=frozenset({accused.person}), owner=post)
    assert not may_see(order, accused, ORG)
    assert not may_act_as_owner(order, accused, ORG)
    assert not may_know_reporter(order, accused, ORG)


def test_the_accused_is_not_shown_it_as_a_follower_or_reporter_either() -> None:
    order = replace(an_open_order(), accused=frozenset({1, 2}), followers=(2,))
    assert not may_see(order, NEIGHBOUR, ORG)
    assert not may_see(order, RESIDENT, ORG)


@pytest.mark.parametrize(
    ("privacy", "who"),
    [
        (Privacy.OPEN, {LEADER} | DESKS),
        (Privacy.CONFIDENTIAL, DESKS),
        (Privacy.ANONYMOUS, set()),
    ],
)
def test_the_privacy_asked_for_decides_who_knows_the_reporter(
    privacy: Privacy, who: set[Post]
) -> None:
    order = replace(
        an_open_order(), privacy=privacy, responders=(FIRE_STATION,), followers=(2,), reporter=9
    )
    assert {post for post in POSTS if may_know_reporter(order, STAFF[post], ORG)} == who
    assert not may_know_reporter(order, NEIGHBOUR, ORG)


def test_a_desk_that_owns_a_confidential_order_does_not_know_the_reporter() -> None:
    order = replace(an_open_order(privacy=Privacy.CONFIDENTIAL), owner=DUTY)
    assert not may_know_reporter(order, STAFF[DUTY], ORG)
    assert may_know_reporter(order, STAFF[SECRETARY], ORG)


def test_nobody_at_all_is_kept_of_an_anonymous_one() -> None:
    order = an_open_order(privacy=Privacy.ANONYMOUS)
    assert order.reporter is None
    assert {event.person for event in order.history} == {None}
    assert not any(may_know_reporter(order, who, ORG) for who in EVERYBODY)


def test_the_clock_is_not_the_reporter_of_an_order_without_one() -> None:
    order = replace(an_order(Status.RESOLVED), reporter=None)
    with pytest.raises(NotAllowed):
        moves.confirm(order, act(CLOCK))


def test_the_owner_and_the_desks_above_act_for_it() -> None:
    order = an_open_order()
    assert {post for post in POSTS if may_act_as_owner(order, STAFF[post], ORG)} == {
        LEADER
    } | DESKS


def test_a_desk_below_the_owner_does_not_act_for_it() -> None:
    order = replace(an_open_order(), owner=SECRETARY)
    assert not may_act_as_owner(order, STAFF[DUTY], ORG)
    with pytest.raises(NotAllowed):
        moves.decline(order, act(DUTY), reason="不归我们", path="找法院")


def test_a_post_given_up_between_the_button_and_the_press_is_no_post() -> None:
    order = an_open_order()
    person = STAFF[LEADER].person
    with pytest.raises(NotAllowed):
        moves.accept(order, act(Actor(person=person)))


def test_a_deputy_acts_in_the_post_held_for_another() -> None:
    deputy = Actor(person=77, posts=frozenset({WORKER, LEADER}))
    assert moves.accept(an_open_order(), act(deputy)).order.history[-1].person == 77


@pytest.mark.parametrize("post", [OTHER_LEADER, PROPERTY, WORKER, DUTY_ELSEWHERE, FIRE_STATION])
def test_others_do_not_act_for_the_owner(post: Post) -> None:
    with pytest.raises(NotAllowed):
        moves.accept(an_open_order(), act(post))


@pytest.mark.parametrize("actor", [RESIDENT, NEIGHBOUR, STAFF[LEADER], CLOCK])
def test_only_a_desk_above_approves_an_extension(actor: Actor) -> None:
    asked = moves.ask_extension(
        an_open_order(), act(LEADER), until=MONDAY + 10 * A_DAY, reason="等配件"
    ).order
    with pytest.raises(NotAllowed):
        moves.approve_extension(asked, act(actor))


@pytest.mark.parametrize("actor", [NEIGHBOUR, STRANGER, STAFF[LEADER], STAFF[STREET_LEADER]])
def test_only_the_reporter_says_that_it_is_solved(actor: Actor) -> None:
    with pytest.raises(NotAllowed):
        moves.confirm(an_order(Status.RESOLVED), act(actor))


@pytest.mark.parametrize("actor", [who for who in EVERYBODY if who is not CLOCK])
def test_only_the_clock_closes_by_silence(actor: Actor) -> None:
    with pytest.raises(NotAllowed):
        moves.close_by_silence(an_order(Status.RESOLVED), act(actor, MONDAY + 30 * A_DAY))


@pytest.mark.parametrize("post", [LEADER, PROPERTY, DUTY, OTHER_LEADER])
def test_a_complaint_about_staff_is_not_given_below_the_secretary(post: Post) -> None:
    order = an_open_order(about_staff=True)
    with pytest.raises(ConflictOfInterest):
        moves.assign(order, act(SECRETARY), post=post)


@pytest.mark.parametrize("post", [LEADER, PROPERTY])
def test_a_restricted_order_leaves_the_three_posts_by_no_move(post: Post) -> None:
    order = an_open_order(VIOLENCE)
    with pytest.raises(ConflictOfInterest):
        moves.assign(order, act(SECRETARY), post=post)
    with pytest.raises((ConflictOfInterest, HandOnSideways)):
        moves.hand_on(order, act(SECRETARY), post=post, reason="请帮忙")
    with pytest.raises(ConflictOfInterest):
        moves.whistle(order, act(WOMEN), responders=(post,), by=MONDAY + A_DAY, reason="请来")


@pytest.mark.parametrize("category", [LIGHTS, GAS])
def test_neighbours_do_not_follow_what_is_about_staff(category: str) -> None:
    with pytest.raises(NotAllowed):
        moves.follow(an_open_order(category, about_staff=True), act(NEIGHBOUR), person=2)


def test_nobody_makes_somebody_else_follow_but_a_desk() -> None:
    order = an_open_order()
    with pytest.raises(NotAllowed):
        moves.follow(order, act(STRANGER), person=2)
    assert moves.follow(order, act(DUTY), person=2).order.followers == (2,)
