"""Each move: what it changes, who is told, and which rule forbids it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from domain import moves
from domain.acts import ConflictOfInterest, DateInPast, RuleBroken, WrongStatus
from domain.changes import Audience
from domain.clockwork import AlreadyTold, TooEarly
from domain.correcting import GridElsewhere, NothingCorrected, UnknownCategory
from domain.deadlines import promise
from domain.desk import DestinationMissing, OutOfScope, OwnerMustBeNamed, PathMissing
from domain.extensions import (
    ExtensionAfterDue,
    ExtensionForbidden,
    ExtensionNotLater,
    ExtensionPending,
    ExtensionsUsedUp,
    ExtensionTooLong,
    NoExtensionAsked,
    NothingToExtend,
    OwnRequest,
)
from domain.handling import (
    AlreadyAccepted,
    HandOnSideways,
    OwnerWasNamed,
    ResultMissing,
    ReturnForbidden,
    ReturnTooLate,
    SuspensionForbidden,
)
from domain.joint import AlreadyReportedIn, NobodyWhistledFor, NotWhistledFor, awaited
from domain.merging import (
    KeptApart,
    MergedWithItself,
    MergeTargetEnded,
    NothingToSplit,
    NotMergedThere,
)
from domain.messages import Lane, Location
from domain.orders import EventKind, OrderClass, Status, WorkOrder
from domain.people import CLOCK, Actor, Post
from domain.places import OrderPlace
from domain.resident import (
    AlreadyFollowing,
    NotFollowing,
    NothingAdded,
    OthersRelyOnIt,
    levels_told,
)
from domain.verdict import AlreadyRated, RatingOutOfRange, ReopenWindowOver
from tests.domain.acting import (
    A_DAY,
    AN_HOUR,
    DUTY,
    FENCES,
    FIRE_STATION,
    GAS,
    GRID,
    GRID_ELSEWHERE,
    LATER,
    LEADER,
    MONDAY,
    NEIGHBOUR,
    NEXT_MONTH,
    OTHER_GRID,
    OTHER_LEADER,
    PETITION,
    PLACE,
    PROPERTY,
    RESIDENT,
    RULES,
    SECRETARY,
    STAFF,
    STREET_DUTY,
    STREET_LEADER,
    TO_EXTEND,
    VIOLENCE,
    WOMEN,
    WORKER,
    Move,
    a_draft,
    a_parent,
    a_part,
    act,
    an_open_order,
    an_order,
    asked,
    phrases,
    told,
)

S = Status


# Opening


def test_an_order_is_opened_assigned_and_promised_in_one_move() -> None:
    change = moves.open_order(a_draft(), act(RESIDENT, MONDAY))
    order = change.order
    assert [event.kind for event in order.history] == [EventKind.OPENED, EventKind.ASSIGNED]
    assert order.promised_at == promise(order, RULES)
    assert phrases(change) == ["desk.new_order"]
    assert change.audit[0].action == "order.opened"


def test_a_danger_to_life_is_told_to_all_levels_at_once() -> None:
    change = moves.open_order(a_draft(GAS), act(RESIDENT, MONDAY))
    alarmed = [notice.to.post for notice in told(change, Audience.POST)]
    assert alarmed == [DUTY, SECRETARY, STREET_DUTY, STREET_LEADER]
    assert {notice.lane for notice in change.notices} == {Lane.EMERGENCY}


def test_violence_at_home_alarms_its_three_posts_only() -> None:
    change = moves.open_order(a_draft(VIOLENCE), act(RESIDENT, MONDAY))
    assert [notice.to.post for notice in told(change, Audience.POST)] == [DUTY, SECRETARY]


@pytest.mark.parametrize(
    ("facts", "phrase"),
    [
        ({"grid": None, "place": OrderPlace()}, "desk.place_unsettled"),
        ({"category": PETITION, "order_class": OrderClass.X}, "desk.other_path"),
        ({"category": ""}, "desk.unrouted"),
    ],
)
def test_what_finds_no_owner_is_put_before_the_desk(facts: dict[str, object], phrase: str) -> None:
    change = moves.open_order(replace(a_draft(), **facts), act(RESIDENT, MONDAY))
    assert change.order.status is S.OPEN
    assert phrases(change, Audience.DESK) == [phrase]


# The owner


def test_accepting_tells_reporter_and_followers_when_somebody_will_come() -> None:
    order = replace(an_open_order(), followers=(2,))
    change = moves.accept(order, act(LEADER), expected=MONDAY + 8 * AN_HOUR)
    assert phrases(change) == ["order.accepted", "order.accepted"]
    assert told(change)[0].values["expected"] == MONDAY + 8 * AN_HOUR
    assert change.order.promised_at == order.promised_at


def test_the_second_to_accept_hears_who_was_first() -> None:
    with pytest.raises(AlreadyAccepted) as refused:
        moves.accept(an_order(S.ACCEPTED), act(LEADER))
    assert refused.value.values()["person"] == STAFF[LEADER].person


def test_nobody_comes_in_the_past() -> None:
    with pytest.raises(DateInPast):
        moves.accept(an_open_order(), act(LEADER), expected=MONDAY)


def test_the_owner_hears_what_a_desk_did_for_him() -> None:
    assert phrases(moves.accept(an_open_order(), act(DUTY)), Audience.OWNER) == [
        "desk.done_for_you"
    ]


@pytest.mark.parametrize(
    "move",
    [
        lambda o: moves.resolve(o, act(LEADER), note="好了"),
        lambda o: moves.suspend(o, act(LEADER), reason="等", until=NEXT_MONTH),
        lambda o: moves.ask_extension(o, act(LEADER), until=TO_EXTEND, reason="等"),
        lambda o: moves.on_site(o, act(LEADER)),
    ],
)
def test_working_on_it_implies_accepting_it(move: Move) -> None:
    added = [event.kind for event in move(an_open_order()).order.history[2:]]
    assert added[0] is EventKind.ACCEPTED
    assert len(added) == 2


def test_the_resident_hears_nothing_of_a_return_but_the_new_owner() -> None:
    returned = moves.return_order(
        an_open_order(), act(LEADER), reason="这是物业维保范围", proposed=PROPERTY
    )
    assert {notice.to.audience for notice in returned.notices} == {Audience.DESK}
    assert told(returned)[0].values["times"] == 1
    assigned = moves.assign(returned.order, act(DUTY), post=PROPERTY)
    assert phrases(assigned, Audience.REPORTER) == ["order.new_owner"]


def test_a_desk_that_returns_is_not_its_own_judge() -> None:
    order = moves.assign(an_open_order(), act(DUTY), post=DUTY).order
    returned = moves.return_order(order, act(DUTY), reason="归物业")
    assert [notice.to.post for notice in returned.notices] == [SECRETARY]


def test_the_third_return_has_the_street_name_the_owner_for_good() -> None:
    order = an_open_order()
    for post in (LEADER, PROPERTY, OTHER_LEADER):
        if order.owner != post:
            order = moves.assign(order, act(DUTY), post=post).order
        change = moves.return_order(order, act(post), reason="不归我")
        order = change.order
    assert (order.status, order.owner) == (S.OPEN, None)
    assert [(notice.phrase, notice.to.post) for notice in change.notices] == [
        ("desk.name_owner", STREET_DUTY)
    ]
    with pytest.raises(OwnerMustBeNamed):
        moves.assign(order, act(DUTY), post=LEADER)
    named = moves.name_owner(order, act(STREET_DUTY), post=PROPERTY).order
    with pytest.raises(OwnerWasNamed):
        moves.return_order(named, act(PROPERTY), reason="还是不归我")


def test_a_danger_to_life_is_not_returned() -> None:
    with pytest.raises(ReturnForbidden):
        moves.return_order(an_open_order(GAS), act(LEADER, MONDAY), reason="不归我")


def test_what_was_not_returned_in_time_counts_as_accepted() -> None:
    with pytest.raises(ReturnTooLate):
        moves.return_order(an_open_order(), act(LEADER, MONDAY + 2 * A_DAY), reason="不归我")


@pytest.mark.parametrize("post", [DUTY, OTHER_LEADER, PROPERTY, LEADER])
def test_a_leader_hands_on_to_nobody_beside_or_above(post: Post) -> None:
    with pytest.raises(HandOnSideways):
        moves.hand_on(an_open_order(), act(LEADER), post=post, reason="帮忙")


def test_handing_on_a_suspended_order_sets_its_clock_going_and_tells_the_new_date() -> None:
    two_days_on = act(LEADER, MONDAY + 2 * A_DAY)
    order = moves.hand_on(an_order(S.SUSPENDED), two_days_on, post=WORKER, reason="去看").order
    assert order.promised_at == promise(order, RULES)
    assert order.promised_at != an_order(S.SUSPENDED).promised_at
    assert [event.kind for event in order.history[-2:]] == [
        EventKind.RESUMED,
        EventKind.HANDED_ON,
    ]


def test_a_suspension_is_told_to_the_residents_and_above() -> None:
    change = moves.suspend(an_order(S.ACCEPTED), act(LEADER), reason="等", until=NEXT_MONTH)
    assert phrases(change) == ["order.suspended", "desk.suspended"]
    assert change.order.promised_at == an_order(S.ACCEPTED).promised_at


def test_the_clock_of_a_danger_to_life_never_stands_still() -> None:
    with pytest.raises(SuspensionForbidden):
        moves.suspend(an_open_order(GAS), act(LEADER), reason="等", until=NEXT_MONTH)


def test_resuming_tells_the_date_moved_by_the_days_it_stood_still() -> None:
    order = moves.resume(an_order(S.SUSPENDED), act(LEADER, MONDAY + 2 * A_DAY)).order
    before = an_open_order().promised_at
    assert before is not None
    assert order.promised_at == before + 2 * A_DAY


def test_nobody_says_done_without_showing_it() -> None:
    with pytest.raises(ResultMissing):
        moves.resolve(an_order(S.ACCEPTED), act(LEADER), note="  ")


def test_the_reporter_is_asked_and_followers_are_told() -> None:
    order = replace(an_order(S.ACCEPTED), followers=(2,))
    change = moves.resolve(order, act(LEADER), photos=(7,))
    (question,) = told(change, Audience.REPORTER)
    assert question.asking is not None
    assert [choice.value for choice in question.asking.choices] == ["solved", "unsolved"]
    assert question.photos == (7,)
    (line,) = told(change, Audience.FOLLOWERS)
    assert (line.phrase, line.asking) == ("order.resolved_for_followers", None)


def test_a_desk_that_resolves_what_nobody_owns_becomes_its_owner() -> None:
    change = moves.resolve(an_order(S.OPEN), act(DUTY), note="电话里答复了")
    assert change.order.owner == DUTY


def test_of_a_restricted_order_only_a_neutral_line_leaves() -> None:
    order = moves.accept(an_open_order(VIOLENCE), act(WOMEN)).order
    change = moves.resolve(replace(order, followers=(2,)), act(WOMEN), note="已安置")
    assert phrases(change) == ["order.neutral"]
    assert told(change)[0].asking is None


# Extensions


def extended(order: WorkOrder) -> WorkOrder:
    """The order with one extension granted."""
    asked_for = moves.ask_extension(order, act(LEADER), until=TO_EXTEND, reason="等").order
    return moves.approve_extension(asked_for, act(DUTY)).order


def test_the_resident_hears_of_an_extension_when_it_is_approved() -> None:
    order = an_order(S.ACCEPTED)
    change = moves.ask_extension(order, act(LEADER), until=TO_EXTEND, reason="等配件")
    assert phrases(change) == ["desk.extension_asked"]
    assert change.order.promised_at == order.promised_at
    approved = moves.approve_extension(change.order, act(DUTY))
    assert approved.order.promised_at == TO_EXTEND
    assert phrases(approved) == ["order.extended", "desk.extension_approved"]


def test_a_refused_extension_changes_nothing_for_the_resident() -> None:
    order = asked(an_order(S.ACCEPTED))
    change = moves.refuse_extension(order, act(DUTY), reason="配件有货")
    assert phrases(change) == ["desk.extension_refused"]
    assert change.order.promised_at == order.promised_at


@pytest.mark.parametrize(
    ("order", "at", "until", "rule"),
    [
        (an_order(S.ACCEPTED), NEXT_MONTH, NEXT_MONTH + A_DAY, ExtensionAfterDue),
        (an_order(S.ACCEPTED), LATER, MONDAY + A_DAY, ExtensionNotLater),
        (an_order(S.ACCEPTED), LATER, MONDAY + 23 * A_DAY, ExtensionTooLong),
        (asked(an_order(S.ACCEPTED)), LATER, TO_EXTEND, ExtensionPending),
        (extended(an_open_order()), LATER, MONDAY + 12 * A_DAY, ExtensionsUsedUp),
        (an_open_order(GAS), MONDAY, TO_EXTEND, ExtensionForbidden),
    ],
)
def test_an_extension_keeps_the_rules(
    order: WorkOrder, at: datetime, until: datetime, rule: type[RuleBroken]
) -> None:
    with pytest.raises(rule):
        moves.ask_extension(order, act(LEADER, at), until=until, reason="等")


def test_a_date_that_was_never_set_is_not_extended() -> None:
    order = moves.assign(an_open_order(PETITION), act(DUTY), post=LEADER).order
    with pytest.raises(NothingToExtend):
        moves.ask_extension(order, act(LEADER), until=TO_EXTEND, reason="等")


def test_nobody_approves_his_own_request() -> None:
    both = Actor(person=10, posts=frozenset({LEADER, DUTY}))
    order = moves.ask_extension(
        an_order(S.ACCEPTED), act(both), until=TO_EXTEND, reason="等"
    ).order
    with pytest.raises(OwnRequest):
        moves.approve_extension(order, act(both))


def test_there_must_be_a_request_to_answer() -> None:
    with pytest.raises(NoExtensionAsked):
        moves.approve_extension(an_order(S.ACCEPTED), act(DUTY))


# Together


def test_a_whistle_calls_each_post_and_says_who_is_awaited() -> None:
    change = moves.whistle(
        an_order(S.ACCEPTED),
        act(LEADER),
        responders=(FIRE_STATION, PROPERTY),
        by=TO_EXTEND,
        reason="要消防",
    )
    assert [notice.to.post for notice in change.notices] == [FIRE_STATION, PROPERTY]
    assert awaited(change.order) == (FIRE_STATION, PROPERTY)
    reported = moves.report_in(change.order, act(FIRE_STATION), post=FIRE_STATION)
    assert awaited(reported.order) == (PROPERTY,)
    assert phrases(reported) == ["desk.reported_in"]
    with pytest.raises(AlreadyReportedIn):
        moves.report_in(reported.order, act(FIRE_STATION), post=FIRE_STATION)


def test_a_whistle_names_somebody_else() -> None:
    with pytest.raises(NobodyWhistledFor):
        moves.whistle(
            an_order(S.ACCEPTED), act(LEADER), responders=(LEADER,), by=TO_EXTEND, reason="来"
        )


def test_only_who_was_whistled_for_reports_in() -> None:
    with pytest.raises(NotWhistledFor):
        moves.report_in(an_order(S.ACCEPTED), act(PROPERTY), post=PROPERTY)


# The desk


def test_a_desk_gives_work_within_its_units_only() -> None:
    with pytest.raises(OutOfScope):
        moves.assign(an_open_order(), act(DUTY), post=FIRE_STATION)


def test_whoever_loses_an_order_to_another_hears_it() -> None:
    change = moves.assign(an_open_order(), act(DUTY), post=PROPERTY)
    assert phrases(change, Audience.OWNER) == ["desk.new_order"]
    assert [notice.to.post for notice in told(change, Audience.POST)] == [LEADER]


def test_whoever_is_turned_away_hears_where_to_go() -> None:
    change = moves.decline(an_open_order(PETITION), act(DUTY), reason="依法另行处理")
    assert told(change, Audience.REPORTER)[0].values["path"] == "拨打 12388"
    with pytest.raises(PathMissing):
        moves.decline(an_open_order(), act(DUTY), reason="不归我们")


def test_a_transfer_says_to_whom() -> None:
    with pytest.raises(DestinationMissing):
        moves.transfer(an_open_order(), act(DUTY), to=" ", reason="归他们")


# Merging and splitting


def test_who_is_merged_follows_the_other_order_and_hears_its_date() -> None:
    order = replace(an_open_order(), followers=(3,))
    change = moves.merge_into(order, a_parent(), act(DUTY), reason="同一件")
    merged, parent = change.orders
    assert parent.followers == (1, 3)
    assert merged.promised_at == parent.promised_at
    assert phrases(change) == ["order.merged", "order.merged", "desk.merged_away", "desk.absorbed"]


@pytest.mark.parametrize("status", [S.OPEN, S.ASSIGNED, S.ACCEPTED, S.SUSPENDED])
def test_unmerging_puts_both_back_as_they_were(status: Status) -> None:
    before = an_order(status)
    merged, parent = moves.merge_into(before, a_parent(), act(DUTY), reason="同一件").orders
    again, left = moves.unmerge(merged, act(DUTY), parent=parent, reason="不是同一件").orders
    assert (again.status, again.owner, again.parent) == (before.status, before.owner, None)
    assert promise(again, RULES) == promise(before, RULES)
    assert left.followers == ()


def test_who_chose_to_follow_keeps_following_after_an_unmerge() -> None:
    merged, parent = moves.merge_into(
        an_open_order(), a_parent(), act(DUTY), reason="同一件"
    ).orders
    parent = parent.with_event(EventKind.FOLLOWED, LATER, values={"person": 1})
    assert moves.unmerge(merged, act(DUTY), parent=parent, reason="不是").orders[1].followers == (
        1,
    )


@pytest.mark.parametrize(
    ("order", "parent", "rule"),
    [
        (an_open_order(), an_open_order(), MergedWithItself),
        (an_open_order(), replace(a_parent(), status=S.CLOSED), MergeTargetEnded),
        (an_open_order(), replace(a_parent(), restricted=True), KeptApart),
        (an_open_order(about_staff=True), a_parent(), KeptApart),
    ],
)
def test_some_orders_are_not_merged(
    order: WorkOrder, parent: WorkOrder, rule: type[RuleBroken]
) -> None:
    with pytest.raises(rule):
        moves.merge_into(order, parent, act(SECRETARY), reason="同一件")


def test_an_order_leaves_only_the_one_it_was_merged_into() -> None:
    with pytest.raises(NotMergedThere):
        moves.unmerge(
            an_order(S.MERGED), act(DUTY), parent=replace(a_parent(), id=9), reason="不是"
        )


def test_the_parts_of_a_split_have_waited_as_long_as_the_whole() -> None:
    order = an_open_order()
    whole, part = moves.split(order, act(DUTY), parts=(a_part(),)).orders
    assert part.history[0].at == order.history[0].at
    assert (part.reporter, part.parent, part.owner) == (order.reporter, order.id, PROPERTY)
    assert whole.history[-1].values["numbers"] == [part.number]


def test_a_split_names_its_parts() -> None:
    with pytest.raises(NothingToSplit):
        moves.split(an_open_order(), act(DUTY), parts=())


# Corrections


def test_settling_the_place_gives_it_to_the_grid_at_once() -> None:
    change = moves.settle_place(an_order(S.OPEN), act(DUTY), place=PLACE, grid=OTHER_GRID)
    assert change.order.owner == OTHER_LEADER
    assert "order.new_owner" in phrases(change, Audience.REPORTER)


def test_a_corrected_place_changes_the_owner_until_somebody_has_accepted() -> None:
    place = OrderPlace(estate="梧桐苑", building="5")
    before = moves.correct(an_open_order(), act(RESIDENT), place=place, grid=OTHER_GRID)
    assert before.order.owner == OTHER_LEADER
    after = moves.correct(an_order(S.ACCEPTED), act(RESIDENT), place=place, grid=OTHER_GRID)
    assert after.order.owner == LEADER
    assert phrases(after, Audience.OWNER) == ["desk.corrected"]


def test_the_words_before_a_correction_are_kept() -> None:
    order = moves.correct(an_open_order(), act(RESIDENT), text="是声控灯").order
    assert (order.text, order.history[-1].text) == ("是声控灯", "楼道灯不亮")


def test_another_category_counts_from_the_same_start_and_its_date_is_told() -> None:
    change = moves.recategorise(an_order(S.ACCEPTED), act(DUTY), category=FENCES)
    assert change.order.order_class is OrderClass.D
    assert change.order.promised_at == MONDAY.replace(hour=18) + 15 * A_DAY
    assert phrases(change, Audience.REPORTER) == ["order.recategorised"]


def test_what_turns_out_to_be_violence_is_taken_from_the_neighbour_who_had_it() -> None:
    order = replace(an_order(S.ACCEPTED), responders=(PROPERTY,), followers=(2,))
    change = moves.recategorise(order, act(DUTY), category=VIOLENCE)
    assert change.order.restricted
    assert (change.order.owner, change.order.responders) == (WOMEN, ())
    assert Audience.FOLLOWERS not in {notice.to.audience for notice in change.notices}


@pytest.mark.parametrize(
    ("move", "rule"),
    [
        (lambda o: moves.correct(o, act(RESIDENT)), NothingCorrected),
        (lambda o: moves.recategorise(o, act(DUTY), category="04"), UnknownCategory),
        (
            lambda o: moves.settle_place(o, act(DUTY), place=PLACE, grid=GRID_ELSEWHERE),
            GridElsewhere,
        ),
    ],
)
def test_a_correction_keeps_to_what_there_is(move: Move, rule: type[RuleBroken]) -> None:
    with pytest.raises(rule):
        move(an_open_order())


# Residents


def test_an_urge_is_counted_and_touches_no_clock() -> None:
    order = an_open_order()
    change = moves.urge(moves.urge(order, act(RESIDENT)).order, act(RESIDENT))
    assert told(change)[0].values == {"times": 2, "overdue": False}
    assert promise(change.order, RULES) == promise(order, RULES)
    assert change.order.order_class is order.order_class


def test_whoever_urges_can_be_told_which_level_knows() -> None:
    order = an_order(S.ACCEPTED)
    assert levels_told(order) == ()
    escalated = moves.escalate(order, act(CLOCK, NEXT_MONTH)).order
    assert [event.values["rung"] for event in levels_told(escalated)] == [1]


def test_a_supplement_reaches_the_owner_with_its_photos() -> None:
    change = moves.supplement(
        an_open_order(), act(RESIDENT), photos=(5,), location=Location(latitude=32, longitude=118)
    )
    assert change.order.photos == (5,)
    assert change.order.history[-1].values["latitude"] == 32
    assert told(change, Audience.OWNER)[0].photos == (5,)
    with pytest.raises(NothingAdded):
        moves.supplement(an_open_order(), act(RESIDENT), text=" ")


def test_what_neighbours_rely_on_is_not_withdrawn_for_one() -> None:
    with pytest.raises(OthersRelyOnIt) as refused:
        moves.withdraw(replace(an_open_order(), followers=(2,)), act(RESIDENT))
    assert refused.value.values()["followers"] == 1


def test_following_and_leaving() -> None:
    order = moves.follow(an_open_order(), act(NEIGHBOUR), person=2).order
    with pytest.raises(AlreadyFollowing):
        moves.follow(order, act(NEIGHBOUR), person=2)
    left = moves.unfollow(order, act(NEIGHBOUR), person=2).order
    assert left.followers == ()
    with pytest.raises(NotFollowing):
        moves.unfollow(left, act(NEIGHBOUR), person=2)


# The verdict


def test_confirming_tells_followers_and_owner() -> None:
    change = moves.confirm(replace(an_order(S.RESOLVED), followers=(2,)), act(RESIDENT))
    assert phrases(change) == ["order.closed", "desk.confirmed"]


def test_a_disagreement_goes_to_the_same_owner_and_one_level_up_with_a_new_date() -> None:
    order = an_order(S.RESOLVED)
    change = moves.disagree(order, act(RESIDENT, MONDAY + 3 * A_DAY), reason="灯还是不亮")
    assert (change.order.owner, change.order.cycle) == (order.owner, 2)
    assert change.order.promised_at == MONDAY.replace(hour=18) + 10 * A_DAY
    assert phrases(change) == ["desk.handled_again", "desk.handled_again_above"]


def test_a_closed_order_is_reopened_within_its_window_only() -> None:
    order = an_order(S.CLOSED)
    ended = order.history[-1].at
    again = moves.reopen(order, act(RESIDENT, ended + 7 * A_DAY), reason="又坏了").order
    assert (again.status, again.cycle) == (S.ACCEPTED, 2)
    too_late = ended + 7 * A_DAY + timedelta(seconds=1)
    with pytest.raises(ReopenWindowOver):
        moves.reopen(order, act(RESIDENT, too_late), reason="又坏了")


def test_a_desk_reopens_what_was_declined_and_the_reporter_hears_it() -> None:
    change = moves.reopen(an_order(S.DECLINED), act(SECRETARY), reason="复核")
    assert change.order.owner == LEADER
    assert phrases(change, Audience.REPORTER) == ["order.reopened"]


@pytest.mark.parametrize(
    ("owner", "caller"),
    [(LEADER, DUTY), (DUTY, SECRETARY), (SECRETARY, DUTY)],
)
def test_a_low_rating_is_followed_up_by_somebody_else_than_the_owner(
    owner: Post, caller: Post
) -> None:
    order = replace(an_order(S.CLOSED), owner=owner)
    change = moves.rate(order, act(RESIDENT), rating=2, text="太慢")
    assert [(notice.phrase, notice.to.post) for notice in change.notices] == [
        ("desk.follow_up", caller)
    ]


def test_a_good_rating_troubles_nobody_and_is_given_once() -> None:
    change = moves.rate(an_order(S.CLOSED), act(RESIDENT), rating=4)
    assert change.notices == ()
    with pytest.raises(AlreadyRated):
        moves.rate(change.order, act(RESIDENT), rating=5)


@pytest.mark.parametrize("rating", [0, 6])
def test_a_rating_is_one_to_five(rating: int) -> None:
    with pytest.raises(RatingOutOfRange):
        moves.rate(an_order(S.CLOSED), act(RESIDENT), rating=rating)


# The clock


def test_the_reporter_is_reminded_once_and_then_silence_closes() -> None:
    order = an_order(S.RESOLVED)
    with pytest.raises(TooEarly):
        moves.remind_to_confirm(order, act(CLOCK, MONDAY + 4 * A_DAY))
    reminded = moves.remind_to_confirm(order, act(CLOCK, MONDAY + 4 * A_DAY + AN_HOUR))
    assert phrases(reminded) == ["order.confirm_reminder"]
    with pytest.raises(AlreadyTold):
        moves.remind_to_confirm(reminded.order, act(CLOCK, MONDAY + 5 * A_DAY))
    with pytest.raises(TooEarly):
        moves.close_by_silence(reminded.order, act(CLOCK, MONDAY + 5 * A_DAY))
    closed = moves.close_by_silence(reminded.order, act(CLOCK, MONDAY + 5 * A_DAY + AN_HOUR))
    assert closed.order.history[-1].kind is EventKind.CLOSED_BY_SILENCE
    assert phrases(closed) == ["order.closed_by_silence", "desk.closed_by_silence"]


def test_a_suspension_ends_by_itself_on_its_date() -> None:
    order = an_order(S.SUSPENDED)
    with pytest.raises(TooEarly):
        moves.resume_when_due(order, act(CLOCK, MONDAY + AN_HOUR))
    change = moves.resume_when_due(order, act(CLOCK, MONDAY + A_DAY))
    assert change.order.status is S.ACCEPTED
    assert phrases(change) == ["order.resumed", "desk.resumed"]


def test_a_draft_that_says_something_opens_and_an_empty_one_ends() -> None:
    end_of_life = act(CLOCK, MONDAY + A_DAY)
    unplaced = a_draft(grid=None, place=OrderPlace())
    opened = moves.expire_draft(unplaced, end_of_life)
    assert opened.order.status is S.OPEN
    assert phrases(opened) == ["order.opened_from_draft", "desk.place_unsettled"]
    empty = replace(unplaced, text="", category="")
    assert moves.expire_draft(empty, end_of_life).order.status is S.WITHDRAWN
    with pytest.raises(TooEarly):
        moves.expire_draft(unplaced, act(CLOCK, MONDAY))


def test_what_ended_as_an_empty_draft_is_not_reopened() -> None:
    empty = a_draft(text="", category="", grid=None, place=OrderPlace())
    ended = moves.expire_draft(empty, act(CLOCK, MONDAY + A_DAY)).order
    with pytest.raises(WrongStatus):
        moves.reopen(ended, act(RESIDENT, MONDAY + A_DAY), reason="还在")


def test_a_rule_that_says_no_brings_its_phrase_and_its_values() -> None:
    with pytest.raises(ConflictOfInterest) as refused:
        moves.assign(an_open_order(about_staff=True), act(SECRETARY), post=LEADER)
    assert refused.value.phrase == "refused.conflict_of_interest"
    assert refused.value.values() == {"unit": GRID, "role": "grid_leader"}
