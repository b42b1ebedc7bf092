"""Somebody rings the desk and wants their data removed: told first, with a day to say no."""

from __future__ import annotations

from sqlalchemy import select

from domain.messages import Address
from storage.schema import audit
from storage.statements import Statement
from storage.transaction import Transaction
from tests.dialogues.test_rights_matrix import _another_community
from tests.town import STAFF, Town

LAMP = "3栋2单元楼道灯不亮了"
_AUDIT = Statement(select(audit).order_by(audit.c.id))


async def _reported(town: Town, said: str = LAMP) -> str:
    await town.says("王阿姨", said)
    number = (await town.orders("王阿姨"))[0].number
    await town.heard("王阿姨")
    await town.heard("陈静")
    return number


async def _asked_at_the_desk(town: Town, number: str) -> list[str]:
    await town.says("陈静", f"帮居民删资料 {number}")
    await town.press("陈静", "本人打电话")
    return await town.press("陈静", "确定删除")


async def _is_known(town: Town) -> bool:
    chat = town.accounts["王阿姨"]
    return await town.read(lambda tx: tx.people.of_account(*chat)) is not None


async def _actions(town: Town) -> list[tuple[str, str]]:
    rows = await town.read(lambda tx: tx.session.all(_AUDIT))
    return [(row.action, row.detail) for row in rows]


async def test_whoever_can_be_told_is_told_first_and_erased_a_day_later(town: Town) -> None:
    number = await _reported(town)
    answer, *_ = await _asked_at_the_desk(town, number)
    assert "已告诉他本人" in answer
    told = await town.heard("王阿姨")
    assert any("替您要求删除" in line for line in told)
    await town.pass_time(hours=12)
    assert await _is_known(town)
    await town.pass_time(hours=13)
    assert not await _is_known(town)
    order = await town.order(number)
    assert order.is_running
    assert (order.text, order.reporter) == ("", None)
    said = await _actions(town)
    assert ("person.erasure_asked", '{"reason":"erase_by_phone"}') in said
    assert ("person.erased", '{"reason":"asked_for"}') in said


async def test_a_no_keeps_everything_however_often_it_was_asked(town: Town) -> None:
    number = await _reported(town)
    await _asked_at_the_desk(town, number)
    await _asked_at_the_desk(town, number)
    await town.heard("陈静")
    await town.press("王阿姨", "先不删")
    assert any("说不删" in line for line in await town.heard("陈静"))
    for _ in range(3):
        await town.pass_time(hours=24)
    assert await _is_known(town)
    assert (await town.order(number)).text


async def test_a_no_in_words_is_one_too_and_a_yes_erases_at_once(town: Town) -> None:
    number = await _reported(town)
    await _asked_at_the_desk(town, number)
    await town.says("王阿姨", "2")
    await town.pass_time(hours=48)
    assert await _is_known(town)
    await _asked_at_the_desk(town, number)
    await town.press("王阿姨", "确定删除")
    assert not await _is_known(town)


async def test_whoever_cannot_be_told_is_erased_at_once_with_a_receipt(town: Town) -> None:
    number = await _reported(town)
    channel, account = town.accounts["王阿姨"]
    gone = Address(channel=channel, chat=account)
    await town.database.run(lambda tx: tx.people.mark_unreachable(gone))
    answer, *_ = await _asked_at_the_desk(town, number)
    assert "回执" in answer
    assert not await _is_known(town)
    assert ("person.erased", '{"reason":"erase_by_phone"}') in await _actions(town)


async def test_only_a_desk_over_the_person_may(town: Town) -> None:
    await town.database.run(_another_community)
    await town.database.refresh()
    await town.understanding.follow(town.database)
    number = await _reported(town)
    for who in ("小李", "小赵", "消防郑浩"):
        assert any("办不了" in line for line in await town.says(who, f"帮居民删资料 {number}"))
    town.move_in("外区值班", channel="web", account="far-外区值班")
    await town.database.run(_comes_in)
    answer, *_ = await town.says("外区值班", f"帮居民删资料 {number}")
    assert "没有找到" in answer
    answer, *_ = await town.says("陈静", "帮居民删资料 13000000000")
    assert "没有找到" in answer
    assert await _is_known(town)


def _comes_in(tx: Transaction) -> None:
    person = tx.people.coded("P90")
    assert person is not None
    tx.people.reached_by(person, "web", "far-外区值班")


async def test_whoever_is_complained_about_removes_nobody(town: Town) -> None:
    number = await _reported(town)
    await town.says("王阿姨", "投诉值班的陈静，态度特别差")
    answer, *_ = await town.says("陈静", f"帮居民删资料 {number}")
    assert "没有找到" in answer


async def test_of_who_stays_unnamed_nobody_learns_by_it(town: Town) -> None:
    await town.says("王阿姨", f"{LAMP}，我想匿名反映")
    number = (await town.orders())[0].number
    answer, *_ = await town.says("陈静", f"帮居民删资料 {number}")
    assert "没有找到" in answer


async def test_without_the_post_the_last_button_does_nothing(town: Town) -> None:
    number = await _reported(town)
    await town.says("陈静", f"帮居民删资料 {number}")
    await town.press("陈静", "本人打电话")

    def leave(tx: Transaction) -> None:
        person = tx.people.coded(STAFF["陈静"][0])
        assert person is not None
        for post in tx.people.posts_of(person, tx.now):
            tx.people.end_grant(person, post, tx.now)

    await town.database.run(leave)
    answer, *_ = await town.press("陈静", "确定删除")
    assert "办不了" in answer
    assert await town.heard("王阿姨") == []
    await town.pass_time(hours=48)
    assert await _is_known(town)


async def test_staff_hand_over_their_post_first(town: Town) -> None:
    await town.says("小赵", "4栋1单元门禁坏了")
    number = (await town.orders("小赵"))[0].number
    answer, *_ = await town.says("陈静", f"帮居民删资料 {number}")
    assert "岗位" in answer
