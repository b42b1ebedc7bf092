"""改条目: what expired is found, and an entry is changed in chat and looked at by another."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from domain.people import Post, Role
from domain.policies import Policy, PolicyState
from storage.transaction import Transaction
from tests.dialogues.test_policies import ENTRY, written
from tests.town import Town

QUESTION = "应急避难场所在哪里"
NEW = "改在梧桐中学操场，能住五百人。"


async def kept(town: Town, **changes: object) -> None:
    """The entry, for the community."""
    unit = await town.read(lambda tx: tx.org.coded("C01").id)
    await written(town, replace(ENTRY, unit=unit, **changes))  # type: ignore[arg-type]


async def entry(town: Town) -> Policy:
    found = await town.read(lambda tx: tx.policies.get(ENTRY.code))
    assert found is not None
    return found


async def chosen(town: Town, who: str) -> str:
    """This person looks at the entry, ready to change it; what they were shown."""
    shown, *_ = await town.says(who, f"改条目 {ENTRY.code}")
    return shown


async def test_what_is_past_its_last_day_expires_at_night(town: Town) -> None:
    await kept(town, valid_until=date(2026, 6, 9))
    assert ENTRY.answer in (await town.says("李叔", QUESTION))[0]
    await town.pass_time(hours=15)

    assert (await entry(town)).state is PolicyState.EXPIRED
    assert ENTRY.answer not in "".join(await town.says("李叔", QUESTION))
    assert "已失效" in (await town.says("陈静", "过期条目"))[0]


async def test_what_ends_later_stays(town: Town) -> None:
    await kept(town, valid_until=date(2026, 6, 10))
    await town.pass_time(hours=15)

    assert (await entry(town)).state is PolicyState.PUBLISHED


async def test_the_desk_hears_of_it_two_weeks_before_and_once(town: Town) -> None:
    await town.pass_time(minutes=1)
    await kept(town, valid_until=date(2026, 6, 24))
    await town.heard("陈静")
    await town.pass_time(hours=24)
    told = [line for line in await town.heard("陈静") if QUESTION in line]
    await town.pass_time(hours=24)
    again = [line for line in await town.heard("陈静") if QUESTION in line]

    assert len(told) == 1
    assert "2026-06-24" in told[0]
    assert again == []
    assert "快到期" in (await town.says("陈静", "条目"))[0]


async def test_nobody_hears_of_what_ends_much_later(town: Town) -> None:
    await town.pass_time(minutes=1)
    await kept(town, valid_until=date(2026, 6, 26))
    await town.heard("陈静")
    await town.pass_time(hours=24)

    assert not any(QUESTION in line for line in await town.heard("陈静"))


async def test_an_answer_is_changed_by_the_secretary_at_once(town: Town) -> None:
    await kept(town)
    assert ENTRY.answer in await chosen(town, "刘书记")
    await town.press("刘书记", "改答复")
    (said,) = await town.says("刘书记", NEW)

    assert "已更新" in said
    assert NEW in (await town.says("李叔", QUESTION))[0]


async def test_what_the_duty_changes_is_looked_at_by_another(town: Town) -> None:
    await kept(town)
    await chosen(town, "陈静")
    await town.press("陈静", "改答复")
    await town.heard("刘书记")
    (said,) = await town.says("陈静", NEW)
    before = await town.says("李叔", QUESTION)
    reviewed = await town.heard("刘书记")
    await town.press("刘书记", "发布")

    assert "审核" in said
    assert not any(words in "".join(before) for words in (NEW, ENTRY.answer))
    assert any(NEW in line for line in reviewed)
    assert NEW in (await town.says("李叔", QUESTION))[0]


async def test_who_wrote_it_does_not_publish_it(town: Town) -> None:
    await kept(town)
    await chosen(town, "陈静")
    await town.press("陈静", "改答复")
    await town.says("陈静", NEW)
    found = await entry(town)

    assert found.state is PolicyState.REVIEW
    assert found.reviewer is None


async def test_who_is_alone_at_the_desk_publishes_it(town: Town) -> None:
    def leave(tx: Transaction) -> None:
        unit = tx.org.coded("C01").id
        for person in tx.people.holders(Post(unit=unit, role=Role.SECRETARY), tx.now):
            tx.people.erase(person.id)

    await kept(town)
    await town.database.run(leave)
    await chosen(town, "陈静")
    await town.press("陈静", "改答复")

    assert "已更新" in (await town.says("陈静", NEW))[0]


async def test_an_expired_entry_needs_another_last_day_with_its_words(town: Town) -> None:
    await kept(town, state=PolicyState.EXPIRED, valid_until=date(2026, 1, 1))
    await chosen(town, "刘书记")
    await town.press("刘书记", "改答复")
    asked, *_ = await town.says("刘书记", NEW)
    unclear, *_ = await town.says("刘书记", "到2026年2月30日")
    past, *_ = await town.says("刘书记", "2026-03-01")
    done, *_ = await town.says("刘书记", "2027年6月30日")

    assert "2026-01-01" in asked
    assert unclear == past == asked
    assert "有效期到 2027-06-30" in done
    assert NEW in (await town.says("李叔", QUESTION))[0]


async def test_a_last_day_may_go(town: Town) -> None:
    await kept(town, valid_until=date(2026, 7, 1))
    await chosen(town, "刘书记")
    await town.press("刘书记", "改有效期")
    await town.press("刘书记", "一直有效")

    assert (await entry(town)).valid_until is None


async def test_an_entry_is_taken_back(town: Town) -> None:
    await kept(town)
    await chosen(town, "陈静")
    await town.press("陈静", "撤下")

    assert ENTRY.answer not in "".join(await town.says("李叔", QUESTION))
    assert (await entry(town)).state is PolicyState.EXPIRED


async def test_an_entry_is_found_by_its_question(town: Town) -> None:
    await kept(town)
    listed, *_ = await town.says("刘书记", f"改条目 {QUESTION}")

    assert QUESTION in listed


async def test_what_changed_meanwhile_is_not_overwritten(town: Town) -> None:
    await kept(town)
    await chosen(town, "刘书记")
    await town.press("刘书记", "改答复")
    await town.database.run(
        lambda tx: tx.policies.save(
            tx.policies.get(ENTRY.code).moved_to(PolicyState.EXPIRED)  # type: ignore[union-attr]
        )
    )
    await town.says("刘书记", NEW)

    assert (await entry(town)).answer == ENTRY.answer


async def test_entries_of_everybody_are_no_business_of_a_community(town: Town) -> None:
    await written(town, replace(ENTRY, valid_until=date(2026, 6, 12)))

    assert QUESTION not in "".join(await town.says("陈静", "条目"))
    assert ENTRY.answer not in "".join(await town.says("陈静", f"改条目 {ENTRY.code}"))


async def test_residents_and_grid_leaders_change_nothing(town: Town) -> None:
    await kept(town)
    for who in ("李叔", "小李"):
        assert "要改什么" not in "".join(await town.says(who, f"改条目 {ENTRY.code}"))
