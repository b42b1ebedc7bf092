"""`xiaoqi check` names every hole of an installation before a resident falls into it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.checking import look
from bot.importing import existing_codes, read_table
from domain.messages import InboundKind
from domain.people import Post, Role
from storage.inbox import MAX_ATTEMPTS
from storage.transaction import Transaction
from tests.edge.conftest import Xiaoqi
from tests.town import Town

Work = Callable[[Transaction], object]
ROOT = Path(__file__).parents[2]


async def found(town: Town) -> list[str]:
    """What `xiaoqi check` would print for this town."""
    await town.database.refresh()
    return await town.database.read(
        lambda tx: [tx.wording.say(one.phrase, one.values) for one in look(tx)]
    )


async def new_holes(town: Town, work: Work) -> list[str]:
    """The holes that this makes."""
    before = await found(town)
    await town.database.run(work)
    return [hole for hole in await found(town) if hole not in before]


def leaves(code: str, unit: str, role: Role) -> Work:
    def work(tx: Transaction) -> None:
        person = tx.people.coded(code)
        assert person is not None
        tx.people.end_grant(person, Post(unit=tx.org.coded(unit).id, role=role), tx.now)

    return work


def without(kind: str, column: str, *values: str) -> Work:
    """The table of the sample without these rows."""

    def work(tx: Transaction) -> None:
        file = ROOT / "bot" / "sample_tables" / f"{kind}.csv"
        rows = read_table(kind, file, existing_codes(tx))
        tx.tables.replace(kind, [row for row in rows if str(row[column]) not in values])

    return work


@pytest.mark.parametrize(
    ("work", "hole"),
    [
        (leaves("P04", "G02", Role.GRID_LEADER), "第二网格（G02）没有网格长"),
        (leaves("P10", "S01", Role.STREET_LEADER), ""),
        (leaves("P09", "S01", Role.STREET_DUTY), "凤栖街道（S01）没有街道值班"),
        (leaves("P01", "C01", Role.SECRETARY), "梧桐社区（C01）没有社区书记"),
        (leaves("P15", "D01", Role.ADMIN), "没有系统管理员"),
        (leaves("P08", "C01", Role.PROPERTY), "物业承办，梧桐社区没有这个岗位的人"),
        (leaves("P02", "C01", Role.WOMEN_CONTACT), "类别 0107 由社区专人承办"),
        (without("phones", "key", "gas", "lift"), "电话表缺少：lift、gas"),
        (without("deadlines", "class", "E0"), "办理时限表缺少 E0 类"),
    ],
)
async def test_a_missing_row_is_named(work: Work, hole: str, town: Town) -> None:
    new = await new_holes(town, work)

    assert len(new) == (1 if hole else 0)
    assert all(hole in one for one in new)


async def test_a_year_without_holidays_is_named(town: Town) -> None:
    assert any("2027 年的放假安排尚未导入" in hole for hole in await found(town))

    days = [f"2026-{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 32)]
    new = await new_holes(town, without("holidays", "day", *days))

    assert new == ["2026 年的节假日还没有导入，暂按周一至周五算工作日"]


async def test_staff_whom_no_channel_reaches_are_named(town: Town) -> None:
    unreachable = [hole for hole in await found(town) if "联系不上" in hole]

    assert {hole.split("（")[0] for hole in unreachable} == {"周婷", "许刚", "韩雪"}


async def test_staff_who_blocked_us_are_named(town: Town) -> None:
    town.channels["web"].closed.add("zhao")
    await town.database.run(
        lambda tx: tx.people.mark_unreachable(town.inbound("小赵", "").address)
    )

    assert any(hole.startswith("赵敏（第二网格网格长）") for hole in await found(town))


async def test_a_group_that_speaks_for_nobody_is_named(town: Town) -> None:
    await town.says("路人", chat="group:new", kind=InboundKind.BOT_ADDED, chat_title="菜场群")

    assert any("菜场群" in hole and "/bind" in hole for hole in await found(town))


async def test_a_message_that_failed_five_times_is_named(town: Town) -> None:
    inbound = town.inbound("王阿姨", "你好")
    await town.database.run(lambda tx: tx.inbox.accept(inbound, owner="test"))

    def fail(tx: Transaction) -> None:
        rows = tx.inbox.begin(inbound.conversation, owner="test", alone=True)
        tx.inbox.failed(rows, "Trouble")

    for _ in range(MAX_ATTEMPTS):
        await town.database.run(fail)
        town.hands[0] += timedelta(hours=1)

    assert "有 1 条消息处理失败待人工查看（死信）：xiaoqi dead-letters" in await found(town)


async def test_a_work_order_of_which_nobody_could_be_told_is_named(town: Town) -> None:
    await town.says("王阿姨", "3栋2单元楼道灯不亮了")
    (order,) = await town.orders("王阿姨")

    new = await new_holes(town, lambda tx: tx.orders.mark_untold(order.number))

    assert new == [f"工单 {order.number} 没有人能被通知到"]


async def test_without_categories_their_import_is_named(town: Town) -> None:
    new = await new_holes(town, lambda tx: tx.tables.replace("categories", []))

    assert new == ["还没有导入诉求类别：xiaoqi import categories 文件"]


def test_an_installation_without_tables_is_told_where_to_begin(xiaoqi: Xiaoqi) -> None:
    done = xiaoqi("check")

    assert done.code == 1
    assert "✗ 还没有导入组织架构：xiaoqi import units 文件\n" in done.out


def test_the_sample_has_holes_on_purpose(xiaoqi: Xiaoqi) -> None:
    done = xiaoqi("check", "--sample")

    assert done.code == 1
    assert "陈静（梧桐社区值班）在任何渠道都联系不上：xiaoqi invite 生成邀请码" in done.out
