"""The desk's list of questions without an answer: an entry in one step, and who asked is told."""

from __future__ import annotations

from domain.orders import Status
from domain.policies import PolicyState
from tests.town import Town

ASKED = "请问社区阅览室什么时候装空调"
WORDS = "阅览室空调七月底前装好，装的时候照常开放。"


async def asked(town: Town) -> None:
    """王阿姨 asked what nobody wrote an answer to."""
    await town.says("王阿姨", ASKED)
    await town.heard("陈静")
    await town.heard("刘书记")


async def answered_by(town: Town, who: str) -> list[str]:
    await town.says(who, "待答问题")
    await town.says(who, "1")
    return await town.says(who, WORDS)


async def test_the_secretary_publishes_at_once_and_who_asked_is_told(town: Town) -> None:
    await asked(town)
    answers = await answered_by(town, "刘书记")
    told = await town.heard("王阿姨")

    assert "已发布" in answers[0]
    assert any(WORDS in line for line in told)
    (order,) = await town.orders("王阿姨")
    assert order.status is Status.RESOLVED
    assert "七月底前" in (await town.says("李叔", "社区阅览室什么时候装空调啊"))[0]


async def test_what_the_duty_writes_is_looked_at_by_another(town: Town) -> None:
    await asked(town)
    answers = await answered_by(town, "陈静")

    assert "等书记审核" in answers[0]
    assert await town.heard("王阿姨") == []
    assert any(WORDS in line for line in await town.heard("刘书记"))
    await town.press("刘书记", "发布")
    assert any(WORDS in line for line in await town.heard("王阿姨"))


async def test_what_is_sent_back_is_on_the_list_again(town: Town) -> None:
    await asked(town)
    await answered_by(town, "陈静")
    await town.heard("陈静")
    await town.press("刘书记", "退回")

    assert any("退回" in line for line in await town.heard("陈静"))
    assert ASKED in (await town.says("陈静", "待答问题"))[0]
    assert await town.heard("王阿姨") == []


async def test_what_needs_no_answer_leaves_the_list(town: Town) -> None:
    await asked(town)
    await town.says("刘书记", "待答问题")
    await town.says("刘书记", "1")
    await town.press("刘书记", "不用答")

    assert "没有待答" in (await town.says("刘书记", "待答问题"))[0]


async def test_residents_and_grid_leaders_do_not_see_the_list(town: Town) -> None:
    await asked(town)

    assert ASKED not in "".join(await town.says("李叔", "待答问题"))
    assert ASKED not in "".join(await town.says("小李", "待答问题"))


async def test_private_numbers_stay_out_of_an_entry(town: Town) -> None:
    await town.says("王阿姨", "请问我的卡 13812345678 阅览室借书怎么续")
    await answered_by(town, "刘书记")
    entries = await town.read(lambda tx: tx.policies.published())

    assert not any("13812345678" in entry.question for entry in entries)


async def test_what_was_asked_is_erased_with_the_person(town: Town) -> None:
    await asked(town)
    person = await town.read(lambda tx: tx.people.of_account(*town.accounts["王阿姨"])[0].id)
    await town.database.run(lambda tx: tx.people.erase(person))

    assert ASKED not in "".join(await town.says("陈静", "待答问题"))


async def test_a_draft_is_no_answer(town: Town) -> None:
    await asked(town)
    await answered_by(town, "陈静")
    drafts = await town.read(lambda tx: tx.policies.in_state(PolicyState.REVIEW))

    assert len(drafts) == 1
    assert WORDS not in "".join(await town.says("李叔", ASKED))


async def test_names_and_homes_stay_out_of_the_list_and_the_entry(town: Town) -> None:
    await town.says("王阿姨", "我叫王建国，住3栋2单元501，请问阅览室借书证怎么续")
    listed, *_ = await town.says("刘书记", "待答问题")
    asked, *_ = await town.says("刘书记", "1")
    await town.says("刘书记", WORDS)
    entries = await town.read(lambda tx: tx.policies.published())

    questions = [entry.question for entry in entries]
    assert any("阅览室借书证怎么续" in question for question in questions)
    for text in (listed, asked, *questions):
        assert not any(part in text for part in ("王建国", "501", "3栋"))
