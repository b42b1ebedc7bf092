"""How staff come in: a code from the operator, said once in a private chat."""

from __future__ import annotations

import re

import pytest

from bot.inviting import UnknownPost, invite, invite_unreachable
from domain.messages import InboundKind
from domain.people import Role
from tests.edge.conftest import Xiaoqi
from tests.town import Town


def code_in(line: str) -> str:
    found = re.search(r"绑定 ([^\s”]+)", line)
    assert found is not None
    return found[1]


async def test_a_new_leader_comes_in_by_saying_the_code(town: Town) -> None:
    (line,) = await invite(town.database, "周婷", "G04:grid_leader")

    answers = await town.says("婷婷", f"绑定 {code_in(line)}")

    assert any("第四网格" in answer for answer in answers)
    await town.says("王阿姨", "锦绣园20栋楼道灯不亮了")
    assert any("照明" in text for text in await town.heard("婷婷"))


async def test_a_link_to_the_page_carries_the_code(town: Town) -> None:
    (line,) = await invite(
        town.database, "周婷", "G04:grid_leader", public_url="https://x.example/"
    )

    code = code_in(line)
    assert f"https://x.example/?start={code}" in line
    answers = await town.says("婷婷", kind=InboundKind.START, start=code)
    assert any("第四网格" in answer for answer in answers)


async def test_without_an_address_there_is_no_link(town: Town) -> None:
    (line,) = await invite(town.database, "周婷", "G04:grid_leader")

    assert "打开" not in line


async def test_a_code_is_used_once(town: Town) -> None:
    (line,) = await invite(town.database, "周婷", "G04:grid_leader")
    await town.says("婷婷", f"绑定 {code_in(line)}")

    await town.says("路人", f"绑定 {code_in(line)}")

    known = await town.read(lambda tx: tx.people.of_account(*town.accounts["路人"]))
    actor = await town.read(lambda tx: tx.people.actor(known[0].id, tx.now))
    assert not actor.is_staff


async def test_a_code_ends_after_two_weeks(town: Town) -> None:
    (line,) = await invite(town.database, "周婷", "G04:grid_leader")
    await town.pass_time(days=15)

    answers = await town.says("婷婷", f"绑定 {code_in(line)}")

    assert not any("第四网格" in answer for answer in answers)


async def test_the_first_administrator_comes_in_the_same_way(town: Town) -> None:
    (line,) = await invite(town.database, "新管理员", "D01:admin")

    await town.says("新来的", f"绑定 {code_in(line)}")

    known = await town.read(lambda tx: tx.people.of_account(*town.accounts["新来的"]))
    actor = await town.read(lambda tx: tx.people.actor(known[0].id, tx.now))
    assert known[0].name == "新管理员"
    assert actor.has_role(Role.ADMIN)


async def test_whoever_holds_the_post_gets_a_code_and_no_twin(town: Town) -> None:
    before = len(await invite_unreachable(town.database))

    await invite(town.database, "周婷", "G04:grid_leader")

    assert len(await invite_unreachable(town.database)) == before


async def test_only_staff_whom_nobody_reaches_get_codes(town: Town) -> None:
    lines = await invite_unreachable(town.database)

    assert sorted(line.split("（")[0] for line in lines) == ["周婷", "许刚", "韩雪"]


@pytest.mark.parametrize(
    ("post", "reason"),
    [
        ("grid_leader", "is not UNIT:ROLE"),
        ("G01:king", "is not UNIT:ROLE"),
        ("G99:grid_leader", "there is no unit 'G99'"),
        ("C01:grid_leader", "a grid_leader belongs to a grid"),
    ],
)
async def test_a_post_there_is_none_of_is_named(post: str, reason: str, town: Town) -> None:
    with pytest.raises(UnknownPost, match=reason):
        await invite(town.database, "周婷", post)


def test_the_command_prints_the_code(xiaoqi: Xiaoqi) -> None:
    done = xiaoqi("invite", "--sample", "周婷", "G04:grid_leader")
    wrong = xiaoqi("invite", "--sample", "周婷", "G99:grid_leader")

    assert done.code == 0
    assert code_in(done.out)
    assert wrong.code == 2
