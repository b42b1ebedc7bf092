"""What belongs to a reporter is masked for everybody, in every answer, card, table and listing,
except where somebody needs it to do the work. Commands come from the registry by way of the
matrix of rights, tables from `xiaoqi export`: a new one is looked through as well.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.exporting import KINDS, export
from domain.flooding import Paces
from domain.messages import Address
from storage import operating
from storage.keyring import Keyring
from storage.schema import audit
from storage.statements import Statement
from tests.databases import NewDatabase
from tests.dialogues.test_rights_matrix import ABOUT_AN_ORDER, ABOUT_NOTHING, IN_GROUPS
from tests.town import GROUP, Town, built_town

REPORTER = "欧阳保密"
PHONE = "13812345678"
IDENTITY = "11010519491231002X"
ROOM = "707室"
WORDS = "床底下的蓝箱子"
NUMBERS = (PHONE, IDENTITY, REPORTER)
ALL = (*NUMBERS, ROOM, WORDS)

SAID = (
    "3栋2单元707楼道灯不亮了",
    "3栋2单元707门禁刷不开",
    "3栋2单元707垃圾没人收，别告诉别人是我说的",
    "3栋2单元707下水道堵了，我要匿名举报",
    "有个东西坏了，在707",
    "请问养鸽子证怎么办，我住3栋2单元707",
)
# Who may be shown what besides nothing: the work needs the place and the words, never the number.
FORBIDDEN = {
    "小李": NUMBERS,  # owns most of them
    "陈静": NUMBERS,  # duty desk
    "刘书记": NUMBERS,
    "小赵": ALL,  # 第二网格
    "消防郑浩": ALL,  # nobody whistled for them
    "李叔": ALL,
}
CROWD = "李叔"
_AUDIT = Statement(select(audit))


@pytest.fixture
async def city(
    request: pytest.FixtureRequest, new_database_url: NewDatabase, keyring: Keyring
) -> AsyncIterator[tuple[Town, list[str]]]:
    """The town, where somebody reported in many ways and left their numbers in the words."""
    with new_database_url(request.param) as url:
        async with built_town(url, keyring, paces=Paces(enabled=False)) as town:
            town.move_in(REPORTER, channel="web", account="canary")
            for said in SAID:
                await town.says(REPORTER, f"{said}，{WORDS}，电话{PHONE}，身份证{IDENTITY}")
            await town.says(REPORTER, "6栋1单元707电梯坏了", group=True, at=True)
            numbers = [order.number for order in await town.orders()]
            assert len(numbers) >= len(SAID) - 1
            yield town, numbers


def _shown(town: Town, chat: str) -> list[str]:
    """Everything this chat was shown, words of buttons too."""
    said = [out for one in town.channels.values() for out in one.sent if out.address.chat == chat]
    return [line for out in said for line in (out.text, *(each.label for each in out.buttons))]


def _assert_masked(lines: list[str], secrets: tuple[str, ...]) -> None:
    for line in lines:
        assert not any(secret in line for secret in secrets), line


@pytest.mark.parametrize(
    ("city", "who"),
    [
        *(("sqlite", who) for who in FORBIDDEN),
        *(("postgresql", who) for who in ("小李", "陈静", "小赵")),
    ],
    indirect=["city"],
)
async def test_no_command_button_or_card_shows_it(city: tuple[Town, list[str]], who: str) -> None:
    town, numbers = city
    chat = town.accounts[who][1]
    for number in numbers:
        for intent, words in ABOUT_AN_ORDER.items():
            if intent == "reveal" and who not in (CROWD, "小赵", "消防郑浩"):
                words = "看电话 {number}"
            said = words.format(number=number, other=numbers[0])
            await town.says(who, said)
            await town.says(who, said, group=True, at=True)
    for words in (*ABOUT_NOTHING.values(), *IN_GROUPS.values()):
        await town.says(who, words)
        await town.says(who, words, group=True, at=True)
    for hours in (1, 12, 12, 48):
        await town.pass_time(hours=hours)
    _assert_masked(_shown(town, chat), FORBIDDEN[who])
    _assert_masked(_shown(town, GROUP), ALL)
    _assert_masked(_shown(town, town.accounts[CROWD][1]), ALL)


@pytest.mark.parametrize("city", ["sqlite", "postgresql"], indirect=True)
async def test_no_table_listing_or_audit_holds_it(
    city: tuple[Town, list[str]], tmp_path: Path
) -> None:
    town, numbers = city
    await town.says("小李", f"看电话 {numbers[-1]} {REPORTER}家{WORDS}")
    for kind in KINDS:
        file = tmp_path / f"{kind}.csv"
        await export(town.database, kind, file, lambda done: None)
        _assert_masked([file.read_text(encoding="utf-8-sig")], ALL)
    rows = await town.read(lambda tx: tx.session.all(_AUDIT))
    _assert_masked([str(row) for row in rows], ALL)
    doubted = await town.read(lambda tx: operating.doubted(tx, after=0, reveal=False))
    _assert_masked([repr(one) for one in doubted], ALL)


@pytest.mark.parametrize("city", ["sqlite", "postgresql"], indirect=True)
async def test_the_room_is_for_who_must_go_there(city: tuple[Town, list[str]]) -> None:
    town, numbers = city
    owned = numbers[-1]
    assert any(ROOM in line for line in _shown(town, town.accounts["小李"][1]))
    _assert_masked(_shown(town, Address(channel="web", chat=GROUP).chat), (ROOM, WORDS))
    await town.heard("陈静")
    await town.says("小李", f"延3天 {owned} 等配件")
    asked = await town.heard("陈静")
    assert any(owned in line for line in asked)
    _assert_masked(asked, (ROOM, WORDS))
    await town.says("小李", f"吹哨 {owned} 消防 要协助")
    assert any(ROOM in line for line in await town.heard("消防郑浩"))
