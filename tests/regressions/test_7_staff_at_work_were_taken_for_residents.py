"""What staff said of their work opened reports, was sent to the desk, or was not understood."""

from __future__ import annotations

import pytest

from domain.orders import EventKind, Status
from tests.town import Town

LIGHT, RUBBISH = "4栋2单元楼道灯不亮", "5栋垃圾没人收"


async def reported(town: Town, *said: str) -> list[str]:
    for words in said or (LIGHT,):
        await town.says("李叔", words)
    return [order.number for order in reversed(await town.orders("李叔"))]


async def none_of_their_own(town: Town, who: str = "小李") -> bool:
    return not await town.orders(who)


@pytest.mark.parametrize(
    "said", ["灯那个我接 下班前弄", "正在路上了", "灯的我已经喊师傅了 一会到"]
)
async def test_it_is_taken_in_hand_in_passing(town: Town, said: str) -> None:
    (number,) = await reported(town)
    await town.says("小李", said)
    assert (await town.order(number)).status is Status.ACCEPTED
    assert await none_of_their_own(town)


@pytest.mark.parametrize("said", ["ok", "好嘞", "明早九点带师傅去"])
async def test_a_short_yes_takes_it(town: Town, said: str) -> None:
    (number,) = await reported(town)
    await town.says("小李", said)
    assert (await town.order(number)).status is Status.ACCEPTED


@pytest.mark.parametrize("said", ["通了 掏出来一堆头发", "不堵了"])
async def test_that_it_works_again_is_the_work_done(town: Town, said: str) -> None:
    (number,) = await reported(town, "12栋1单元下水道堵了")
    await town.says("钱师傅", said, photo=True)
    assert (await town.order(number)).status is Status.RESOLVED


@pytest.mark.parametrize(
    "said", ["灯修好了 垃圾还没弄", "灯弄好了 垃圾要等车来拉", "垃圾还得等一会 灯修好了"]
)
async def test_of_two_spoken_of_the_wrong_one_was_done(town: Town, said: str) -> None:
    numbers = await reported(town, LIGHT, RUBBISH)
    assert "哪一件" in (await town.says("小李", said, photo=True))[0]
    for number in numbers:
        assert (await town.order(number)).status is not Status.RESOLVED


@pytest.mark.parametrize("said", ["垃圾弄完了", "5栋那个好了"])
async def test_the_one_described_is_done(town: Town, said: str) -> None:
    light, rubbish = await reported(town, LIGHT, RUBBISH)
    await town.says("小李", said, photo=True)
    assert (await town.order(rubbish)).status is Status.RESOLVED
    assert (await town.order(light)).status is Status.ASSIGNED


@pytest.mark.parametrize("said", ["这不是我们的事啊 找物业", "这可不归我们管 是开发商的"])
async def test_not_theirs_in_other_words_is_returned(town: Town, said: str) -> None:
    (number,) = await reported(town)
    await town.says("小李", said)
    assert (await town.order(number)).status is Status.OPEN


@pytest.mark.parametrize("said", ["这个给吴磊", "灯那件交给吴磊弄吧", "这单派给吴磊"])
async def test_given_to_a_colleague(town: Town, said: str) -> None:
    (number,) = await reported(town)
    await town.says("小李", said)
    assert any(number in card for card in await town.heard("吴磊"))


@pytest.mark.parametrize("said", ["修了一半 还差个灯罩 明天继续", "灯座也烂了 得买新的"])
async def test_how_it_goes_opened_a_report(town: Town, said: str) -> None:
    (number,) = await reported(town)
    assert "手上哪一件" in (await town.says("小李", said))[0]
    await town.says("小李", "1")
    (noted,) = (await town.order(number)).events(EventKind.NOTED)
    assert noted.text == said
    assert await none_of_their_own(town)


async def test_what_is_no_word_of_their_work_is_a_report_after_all(town: Town) -> None:
    await reported(town)
    await town.says("小李", "楼道灯一闪一闪的")
    assert "哪栋" in (await town.press("小李", "另外报一件"))[0]
    await town.says("小李", "7-1")
    (order,) = await town.orders("小李")
    assert (order.category, order.place.building) == ("0402", "7")


async def test_words_without_a_trouble_or_place_asked_for_a_building(town: Town) -> None:
    (answer,) = await town.says("小李", "这个给吴磊")
    assert "哪栋" not in answer
    assert await none_of_their_own(town)


@pytest.mark.parametrize(
    "said",
    [
        "这两天下大雨没法登高 改到18号行不行",
        "推到18号行吗 师傅没空",
        "18号弄行不行 改到18号可以吗",
    ],
)
async def test_another_day_is_asked_for_and_told_why(town: Town, said: str) -> None:
    (number,) = await reported(town)
    await town.says("小李", said)
    (asked,) = (await town.order(number)).events(EventKind.EXTENSION_ASKED)
    assert "行" not in asked.reason.replace("弄行不行", "")
    await town.says("刘书记", "可以 注意安全")
    order = await town.order(number)
    assert order.events(EventKind.EXTENDED)
    assert order.promised_at is not None
    assert order.promised_at.day == 18


@pytest.mark.parametrize("said", ["太长了 三天", "最多给两天"])
async def test_too_long_is_refused(town: Town, said: str) -> None:
    (number,) = await reported(town)
    await town.says("小李", "申请延期5天 供应商缺货")
    await town.says("刘书记", said)
    (refused,) = (await town.order(number)).events(EventKind.EXTENSION_REFUSED)
    assert refused.reason == said
    assert await none_of_their_own(town, "刘书记")


async def test_who_does_not_move_needs_another_department(town: Town) -> None:
    (number,) = await reported(town, "2栋消防通道被堵了 车停得满满的")
    await town.says("小李", "这车主叫不动 得城管来拖")
    assert (await town.order(number)).responders


async def test_who_was_called_is_there_and_tells_what_was_done(town: Town) -> None:
    (number,) = await reported(town, "7栋楼下飞线充电")
    await town.says("小李", "喊供电的一起来看下")
    await town.says("供电冯波", "我到现场了")
    assert (await town.order(number)).events(EventKind.ON_SITE)
    await town.says("供电冯波", "线剪了 交给小李")
    assert await none_of_their_own(town, "供电冯波")


async def test_who_is_ill_names_a_deputy_and_comes_back(town: Town) -> None:
    assert "赵敏" in (await town.says("小李", "今天发烧了来不了 活给小赵"))[0]
    assert "已结束" in (await town.says("小李", "好了 我回来上班了"))[0]


@pytest.mark.parametrize("said", ["哪家报的 能联系上人不", "咋联系报修的啊"])
async def test_who_reported_it_was_asked_of_the_desk(town: Town, said: str) -> None:
    await reported(town)
    await town.heard("小李")
    (answer,) = await town.says("小李", said)
    assert "转给社区值班" not in answer
    assert await none_of_their_own(town)


async def test_one_overdue_is_supervised_in_passing(town: Town) -> None:
    (number,) = await reported(town)
    await town.pass_time(days=9)
    (answer,) = await town.says("何伟", "灯那件过期了 挂个牌 月底前销掉")
    assert number in answer
    assert "6月30日" in answer
    assert await none_of_their_own(town, "何伟")


@pytest.mark.parametrize("said", ["上个月哪栋投诉最多", "飞线的事今年几件了"])
async def test_how_many_is_a_question_of_hotspots(town: Town, said: str) -> None:
    assert "30 天" in (await town.says("刘书记", said))[0]
    assert not await town.orders()


@pytest.mark.parametrize(
    "said",
    [
        "高温红色预警 提醒老人别出门 发给所有小区 中午11点前发出去",
        "明天上午8点到12点 5栋到9栋停电检修 跟大家说一声",
        "今晚10点小区南门封路 给居民们提个醒",
    ],
)
async def test_what_everybody_is_to_be_told_was_a_report(town: Town, said: str) -> None:
    (preview,) = await town.says("刘书记", said)
    assert "预览" in preview
    assert "说一声" not in preview
    assert not await town.orders()


@pytest.mark.parametrize("said", ["我妈住院 明天到周五不在 找小赵", "后天在外地 有事找小赵"])
async def test_whom_to_ask_meanwhile_is_the_deputy(town: Town, said: str) -> None:
    assert "赵敏" in (await town.says("小李", said))[0]
    assert await none_of_their_own(town)
