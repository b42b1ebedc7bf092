"""Nobody without the right acts on a work order or reads one: every command, every button, as
seven kinds of people. The commands and buttons come from the registry; a new one without a line
here fails.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from domain.broadcasts import Broadcast
from domain.conversations import Question
from domain.flooding import Paces
from domain.messages import Address, Choice
from domain.numbers import make_number
from domain.orders import Status, WorkOrder
from domain.people import Delegation, Post, Role
from handlers import desk
from handlers.notices import ACTS
from handlers.router import routes
from handlers.said import DAYS, Said, post_code
from knowledge.intents import Intents
from storage.keyring import Keyring
from storage.questions import new_token
from storage.transaction import Transaction
from tests.databases import NewDatabase
from tests.town import GROUP, Town, built_town

NOTICE = 1  # the secretary's; nobody else here may follow it
NOBODYS = make_number(date(2026, 1, 1), 1)
SECRET_WORDS = "床底下的蓝箱子"
SECRET_ROOM = "707"
SECRET_NAME = "欧阳保密"
STAFF_INTENTS = {intent.name for intent in Intents.load() if intent.staff}

# How each command is said about one work order; {number} is its number.
ABOUT_AN_ORDER = {
    "accept": "接单 {number}",
    "approve": "同意延期 {number}",
    "assign": "派给物业 {number}",
    "decline": "不予受理 {number} 属于诉讼事项",
    "extend": "延3天 {number} 等配件",
    "hand_on": "转 物业 {number}",
    "merge": "并单 {number} {other}",
    "name_owner": "指定 物业 {number}",
    "note": "备注 {number} 业主白天不在家",
    "on_site": "到场 {number}",
    "recategorise": "改类别 {number} 0402",
    "refuse": "不同意延期 {number}",
    "report_in": "报到 {number}",
    "resolve": "办结 {number} 已更换灯管",
    "resume": "恢复办理 {number}",
    "return_order": "退单 {number} 物业管",
    "reveal": "看电话 {number} 要上门",
    "settle_place": "地点核实 {number}",
    "split": "拆单 {number}",
    "strike_off": "销号 {number} 现场看过了",
    "supervise": "督办 {number} 周五前 居民多次反映",
    "suspend": "挂起 {number} 3天 等审批",
    "transfer": "转12345 {number}",
    "unmerge": "撤销并单 {number}",
    "whistle": "吹哨 {number} 消防",
}
# What names no work order, and must show and change nothing that is not the person's.
ABOUT_NOTHING = {
    "card": "我的单",
    "dead_letters": "死信",
    "edit_entry": "改条目",
    "hotspots": "热点",
    "delegate": "明天到周五休假 小赵顶",
    "erase_for": "帮居民删资料 13812345678",
    "notices": "我的通知",
    "open_questions": "待答问题",
    "patrol": "走访",
    "replay": "重放 1",
    "spot_check": "抽查",
    "supervise_overdue": "超期的都督办",
    "supervision_list": "督办列表",
    "take_over": "接管会话",
    "notice": "发通知 今晚清洗水箱",
}
IN_GROUPS = {"bind_group": "绑定社区", "group_mode": "安静模式"}

# The steps of staff questions by module; all but these belong to a command of `ABOUT_AN_ORDER`.
OTHER_STEPS = {
    "bind_group.which",
    "delegate.end",
    "delegate.more",
    "edit_entry.until",
    "edit_entry.what",
    "edit_entry.which",
    "edit_entry.words",
    "erase_for.reason",
    "erase_for.sure",
    "erase_for.who",
    "human.take",
    "notice.field",
    "notice.target",
    "notice.template",
    "notices.act",
    "notices.correction",
    "notices.reason",
    "notices.when",
    "notices.which",
    "open_questions.review",
    "open_questions.which",
    "open_questions.words",
    "patrol.sure",
    "spot_check.reason",
    "spot_check.result",
    "supervise_overdue.all",
}
OF_ANYBODY = {"erase_for.mine", "human.end", "human.offered"}  # what residents are asked, too

FORBIDDEN = {
    "sibling": "小赵",  # 第二网格
    "elsewhere": "外区值班",  # the desk of another community
    "ended_grant": "吴磊",  # was grid leader until yesterday, and is grid worker
    "ended_delegation": "孙强",  # stood in for the leader until yesterday
    "department": "消防郑浩",  # nobody whistled for it
    "left": "离职员",  # was the leader, holds nothing now
    "resident": "李叔",
}
OF_NO_POST = {"left", "resident"}  # to whom commands are plain words


@pytest.fixture
async def city(
    request: pytest.FixtureRequest, new_database_url: NewDatabase, keyring: Keyring
) -> AsyncIterator[tuple[Town, list[str]]]:
    """The town, with work orders of the first grid in every state, and people from everywhere."""
    with new_database_url(request.param) as url:
        async with built_town(url, keyring, paces=Paces(enabled=False)) as town:
            await town.database.run(_another_community)
            await town.database.refresh()
            await town.understanding.follow(town.database)
            for name in ("外区值班", "离职员"):
                town.move_in(name, channel="web", account=f"far-{name}")
            await town.database.run(_people)
            await town.says("刘书记", "发通知 今晚清洗水箱\n发给：全社区的群")
            yield town, [order.number async for order in _orders(town)]


def _another_community(tx: Transaction) -> None:
    units = [
        {"code": "C02", "kind": "community", "name": "银杏社区", "parent": "S01"},
        {"code": "G21", "kind": "grid", "name": "银杏一网格", "parent": "C02"},
    ]
    tx.tables.replace("units", units)
    people = [
        {"code": "P90", "name": "外区值班", "roles": [("C02", "duty"), ("C02", "secretary")]},
        {"code": "P91", "name": "离职员", "roles": [("G21", "grid_worker")]},
    ]
    tx.tables.replace(
        "people", [{**one, "phone": "", "channel": "", "account": ""} for one in people]
    )


def _people(tx: Transaction) -> None:
    yesterday = tx.now - timedelta(days=1)
    leader = Post(unit=tx.org.coded("G01").id, role=Role.GRID_LEADER)
    for code, account in (("P90", "far-外区值班"), ("P91", "far-离职员")):
        tx.people.reached_by(_coded(tx, code), "web", account)
    for code in ("P07", "P91"):
        person = _coded(tx, code)
        tx.people.grant(person, leader, start=yesterday - timedelta(days=9))
        tx.people.end_grant(person, leader, yesterday)
    tx.people.hold_exactly(_coded(tx, "P91"), ())
    tx.people.delegate(
        Delegation(
            person=_coded(tx, "P03"),
            deputy=_coded(tx, "P05"),
            start=yesterday - timedelta(days=9),
            end=yesterday,
        )
    )


def _coded(tx: Transaction, code: str) -> int:
    person = tx.people.coded(code)
    assert person is not None
    return person


async def _orders(town: Town) -> AsyncIterator[WorkOrder]:
    """One that is assigned, one in hand with an extension asked for, one suspended, one resolved,
    one that waits at the desk, one confidential and one complaint about staff.
    """
    town.move_in(SECRET_NAME, channel="web", account="secret")
    kinds = ("楼道灯不亮了", "门禁刷不开", "垃圾没人收", "电梯坏了")
    for row, kind in enumerate(kinds):
        await town.says(SECRET_NAME, f"3栋2单元{SECRET_ROOM}{kind}，{SECRET_WORDS}")
        order = (await town.orders(SECRET_NAME))[0]
        assert order.status is Status.ASSIGNED
        number = order.number
        if row == 1:
            await town.says("小李", f"接单 {number}")
            await town.says("小李", f"延3天 {number} 等配件")
        elif row == 2:
            await town.says("小李", f"挂起 {number} 3天 等审批")
        elif row == 3:
            await town.says("小李", f"办结 {number} 已更换")
        yield await town.order(number)
    for said in ("3栋2单元下水道堵了，别告诉别人是我说的", "网格长骂人，态度恶劣"):
        await town.says(SECRET_NAME, f"{said}，{SECRET_WORDS}")
        yield (await town.orders(SECRET_NAME))[0]


def test_every_staff_command_has_its_line() -> None:
    assert {*ABOUT_AN_ORDER, *ABOUT_NOTHING, *IN_GROUPS} == STAFF_INTENTS


def test_every_staff_button_has_its_line() -> None:
    of_staff = {step for step in routes().answers if _is_for_staff(step)}
    assert of_staff == {*_steps_of_commands(), *OTHER_STEPS}


def _is_for_staff(step: str) -> bool:
    module = step.partition(".")[0]
    return module in {*STAFF_INTENTS, "desk", "human"} and step not in OF_ANYBODY


def _steps_of_commands() -> set[str]:
    modules = {*ABOUT_AN_ORDER, "desk"}
    return {step for step in routes().answers if step.partition(".")[0] in modules}


MATRIX = [
    *(("sqlite", role) for role in FORBIDDEN),
    *(("postgresql", role) for role in ("sibling", "ended_grant")),
]


@pytest.mark.parametrize(("city", "role"), MATRIX, indirect=["city"])
async def test_no_command_reaches_what_is_not_ones_own(
    city: tuple[Town, list[str]], role: str
) -> None:
    town, numbers = city
    who = FORBIDDEN[role]
    before = await _state(town, numbers)
    for intent, words in ABOUT_AN_ORDER.items():
        unknown = await town.says(who, words.format(number=NOBODYS, other=NOBODYS))
        for number, other in zip(numbers, reversed(numbers), strict=True):
            answers = await town.says(who, words.format(number=number, other=other))
            _assert_silent(answers, numbers, said=number)
            if role not in OF_NO_POST:
                assert _without(answers, number) == _without(unknown, NOBODYS), (intent, number)
            assert await _state(town, numbers) == before, intent
    for intent, words in ABOUT_NOTHING.items():
        _assert_silent(await town.says(who, words), numbers, said="")
        assert await _state(town, numbers) == before, intent


@pytest.mark.parametrize("city", ["sqlite"], indirect=True)
@pytest.mark.parametrize("role", FORBIDDEN)
async def test_no_group_of_others_is_bound_or_quietened(
    city: tuple[Town, list[str]], role: str
) -> None:
    town, _ = city
    address = Address(channel="web", chat=GROUP)
    before = await town.read(lambda tx: tx.chats.get(address))
    for words in IN_GROUPS.values():
        await town.says(FORBIDDEN[role], words, group=True, at=True)
    assert await town.read(lambda tx: tx.chats.get(address)) == before


@pytest.mark.parametrize(("city", "role"), MATRIX, indirect=["city"])
async def test_no_button_reaches_what_is_not_ones_own(
    city: tuple[Town, list[str]], role: str
) -> None:
    """The person has a button of each kind, as one who held the post when it was shown has."""
    town, numbers = city
    who = FORBIDDEN[role]
    await town.says(who, "你好")
    await town.says("王阿姨", "转人工")
    before, waiting = await _state(town, numbers), await town.read(_hand_overs)
    grid = await town.read(lambda tx: tx.org.coded("G01").id)
    pressed: set[str] = set()
    for step in [*_steps_of_commands(), *OTHER_STEPS - {"delegate.end", "delegate.more"}]:
        for number in (numbers[0], numbers[1], numbers[-1]):
            for value, context in _ways(step, number, grid):
                button = await town.database.run(_asking(town, who, step, number, value, context))
                answers = await town.presses(who, button)
                assert answers, (step, value)
                _assert_silent(answers, numbers, said=number)
                pressed.add(step)
            assert await _state(town, numbers) == before, step
    assert pressed == {*_steps_of_commands(), *OTHER_STEPS} - {"delegate.end", "delegate.more"}
    assert await town.read(_hand_overs) == waiting


def _ways(step: str, number: str, grid: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """The choices a question of this kind may offer, with what it keeps."""
    module, _, answer = step.partition(".")
    kept = Said(reason="原因", days=3, without_photo=True).kept()
    post = post_code(Post(unit=grid, role=Role.GRID_WORKER))
    place = dict.fromkeys(("estate", "building", "entrance", "room", "spot"), "")
    buttons = {"card": desk.OWNER, "extension": desk.EXTENSION, "report_in": desk.REPORT_IN}
    match module, answer:
        case "desk", "follow_up" | "called_back":
            yield "called_back", {}
        case "desk", _:
            for value in buttons.get(answer, desk.DESK):
                proposed = {"unit": grid, "role": Role.GRID_WORKER.value}
                yield value, {"proposed": proposed} if value.endswith("_proposed") else {}
        case "human", _:
            yield "take", {"conversation": "web:sample-resident:sample-resident"}
        case "patrol", _:
            yield "patrol_nothing", {"words": "没事"}
        case "bind_group", _:
            yield str(grid), {}
        case "edit_entry", "which":
            yield "reviewed", {}
        case "edit_entry", "until":
            yield "for_good", {"code": "reviewed", "version": 0, "words": "别的话"}
        case "edit_entry", _:
            for value in ("change_answer", "change_until", "take_back"):
                yield value, {"code": "reviewed", "version": 0}
        case "open_questions", "which":
            yield "1", {}
        case "open_questions", "words":
            yield "drop_question", {"question": 1}
        case "open_questions", "review":
            yield "publish_entry", {"code": "reviewed"}
        case "notice", "template":
            yield "water", {}
        case "notice", _:
            form = {
                "template": "free",
                "values": {"text": "今晚清洗水箱"},
                "target": "",
                "begin": "",
            }
            yield f"both:{grid}", {**form, "field": "text"}
        case "notices", "which":
            yield str(NOTICE), {"verb": ""}
        case "notices", _:
            for value in ACTS:
                yield value, {"broadcast": NOTICE}
        case "spot_check", _:
            yield "good", {}
        case "supervise_overdue", _:
            yield "yes", {**kept, "orders": [number]}
        case "settle_place", "grid":
            yield post, {**place, "building": "3"}
        case _, "more":
            for part, value in (("reason", "own_words"), ("post", post), ("until", DAYS[0].value)):
                yield value, {"part": part, **kept}
        case "accept", "which":
            yield number, kept
            yield "accept_all", kept
        case "decline" | "hand_on", "path" | "sideways":
            yield "return", kept
        case _:
            yield number, kept


def _asking(
    town: Town, who: str, step: str, number: str, value: str, context: dict[str, Any]
) -> Any:
    """Keeps the question; the token of its one button."""
    channel, account = town.accounts[who]

    def ask(tx: Transaction) -> str:
        known = tx.people.of_account(channel, account)
        assert known is not None
        question = Question(
            token=new_token(),
            person=known[0].id,
            address=Address(channel=channel, chat=account),
            step=step,
            choices=(Choice(value=value, label="好"),),
            number=number,
            context=context,
            asked_at=tx.now,
            until=tx.now + timedelta(days=1),
        )
        tx.questions.ask(question)
        return f"{question.token}.0"

    return ask


def _hand_overs(tx: Transaction) -> Any:
    return tx.hand_overs.waiting([tx.org.coded("C01").id])


async def _state(town: Town, numbers: list[str]) -> tuple[list[WorkOrder], Broadcast]:
    """The work orders and the secretary's notice."""

    def notice(tx: Transaction) -> Broadcast:
        found = tx.broadcasts.get(NOTICE)
        assert found is not None
        return found

    return [await town.order(number) for number in numbers], await town.read(notice)


def _assert_silent(answers: list[str], numbers: list[str], *, said: str) -> None:
    """Nothing of the work orders but the number the person came with."""
    for line in answers:
        assert not any(number in line for number in numbers if number != said), line
        rest = line.replace(said, "") if said else line  # a number may look like a room
        assert not any(secret in rest for secret in (SECRET_WORDS, SECRET_ROOM, SECRET_NAME)), line


def _without(answers: list[str], number: str) -> str:
    return "\n".join(answers).replace(number, "#")


DELEGATED = "6月9日到6月12日休假，{deputy}替我"
DONE_BY_OWNERS = ("note", "on_site", "extend", "suspend", "resolve")


@pytest.mark.parametrize("city", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("who", "deputy"), [("小李", ""), ("孙强", "孙强")])
async def test_who_has_the_right_or_stands_in_does_it(
    city: tuple[Town, list[str]], who: str, deputy: str
) -> None:
    town, numbers = city
    if deputy:
        await town.says("小李", DELEGATED.format(deputy=deputy))
    for intent in DONE_BY_OWNERS:
        before = await town.order(numbers[0])
        if intent == "resolve":
            await town.says(who, f"恢复办理 {numbers[0]}")
        await town.says(who, ABOUT_AN_ORDER[intent].format(number=numbers[0]), photo=True)
        assert await town.order(numbers[0]) != before, intent


@pytest.mark.parametrize("city", ["sqlite"], indirect=True)
@pytest.mark.parametrize("said", ["地点核实 {}", "拆单 {}", "并单 {}", "退单 {}", "派单 {}"])
async def test_a_neighbour_who_works_elsewhere_is_shown_no_words(
    city: tuple[Town, list[str]], said: str
) -> None:
    town, numbers = city
    await town.says("小赵", f"+1 {numbers[0]}")
    answers = await town.says("小赵", said.format(numbers[0]))
    assert any("办不了" in line for line in answers)
    _assert_silent(answers, numbers, said=numbers[0])
