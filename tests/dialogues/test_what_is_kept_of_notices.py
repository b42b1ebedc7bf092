"""What somebody answered is theirs: told to them, merged, erased, and dropped when it is time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from domain.retention import TERMS, Kept
from scheduler.clock import Clock
from scheduler.jobs import JOBS
from storage import retention_report
from storage.schema import broadcast_answers, broadcast_recipients, broadcasts, notice_days
from storage.statements import Statement
from tests.town import Town

ASKED = "发通知 征询 周六上午九点楼栋议事会\n发给：群和居民，全社区"
FORGET = tuple(job for job in JOBS if job.name == "forget")
TABLES = (broadcasts, broadcast_recipients, broadcast_answers, notice_days)
COUNTS = {table.name: Statement(select(func.count()).select_from(table)) for table in TABLES}


async def asked(town: Town) -> None:
    """A notice that asks, answered by two residents."""
    for name in ("周姐", "吴伯"):
        await town.says(name, "你好")
        await town.says(name, "早上好呀", group=True)
        await town.heard(name)
    await town.says("刘书记", ASKED)
    await town.press("刘书记", "发送")
    await town.pass_time(seconds=31)
    await town.press("周姐", "会来")
    await town.press("吴伯", "不来")


async def night(town: Town, **later: float) -> None:
    town.hands[0] += timedelta(**later)
    await Clock(town.database, owner="town", after_commit=lambda: None, jobs=FORGET).tick()


async def left(town: Town) -> dict[str, int]:
    def count(tx: Any) -> dict[str, int]:
        return {name: tx.session.value(statement) for name, statement in COUNTS.items()}

    found: dict[str, int] = await town.read(count)
    return {name: rows for name, rows in found.items() if rows}


async def due(town: Town, kept: Kept) -> int:
    found = await town.read(lambda tx: retention_report.due(tx, kept))
    count: int = found.count
    return count


async def person(town: Town, who: str) -> int:
    found = await town.read(lambda tx: tx.people.of_account(*town.accounts[who]))
    assert found is not None
    number: int = found[0].id
    return number


async def test_recipients_and_answers_go_first_and_the_notice_later(town: Town) -> None:
    await asked(town)
    before = await left(town)
    assert before["broadcast_answers"] == 2
    await night(town, days=TERMS[Kept.NOTICE_RECIPIENTS].days - 1)
    assert await left(town) == before
    town.hands[0] += timedelta(days=2)
    rows = sum(before.values()) - before["broadcasts"]
    assert await due(town, Kept.NOTICE_RECIPIENTS) == rows
    assert await due(town, Kept.NOTICES) == 0
    await night(town)
    assert await left(town) == {"broadcasts": 1}
    (result,) = await town.says("刘书记", "通知统计")
    assert "送达 3" in result or "送达" in result
    await night(town, days=TERMS[Kept.NOTICES].days)
    assert await left(town) == {}
    entries = await town.read(lambda tx: tx.audit.of("retention:notices"))
    assert [one.entry.detail["count"] for one in entries] == [1]


async def test_a_correction_goes_before_what_it_corrects(town: Town) -> None:
    await asked(town)
    await night(town, days=20)
    await town.says("刘书记", "更正通知")
    await town.says("刘书记", "改到周日上午九点")
    await town.press("刘书记", "发送")
    await town.pass_time(hours=23)
    assert (await left(town))["broadcasts"] == 2
    await night(town, days=TERMS[Kept.NOTICES].days - 10)  # the first is past its time by then
    assert await left(town) == {"broadcasts": 2}
    await night(town, days=20)
    assert await left(town) == {}


async def test_a_draft_that_nobody_sent_goes_too_and_a_planned_one_does_not(town: Town) -> None:
    await town.says("刘书记", "发通知 清洗水箱\n发给：全社区的群")
    await night(town, days=TERMS[Kept.NOTICES].days + 1)
    assert await left(town) == {}
    await town.says("刘书记", "发通知 清洗水箱\n发给：全社区的群\n定时：明天9点")
    await town.press("刘书记", "发送")
    await night(town, days=TERMS[Kept.NOTICES].days + 1)
    assert (await left(town))["broadcasts"] == 1


async def test_one_gets_what_one_answered_and_signed_up_for(town: Town) -> None:
    await asked(town)
    await town.says("刘书记", "周六上午九点义诊 在广场 通知居民")
    await town.press("刘书记", "发布")
    await town.says("周姐", "报名义诊")
    await town.says("周姐", "我的资料")
    text = "\n".join(await town.press("周姐", "直接看文字"))
    assert "：会来" in text
    assert "义诊，参加" in text
    await town.says("吴伯", "我的资料")
    text = "\n".join(await town.press("吴伯", "直接看文字"))
    assert "：不来" in text
    assert "：会来" not in text


async def test_of_two_accounts_of_one_person_the_later_answer_stands(town: Town) -> None:
    await asked(town)
    keep, drop = await person(town, "周姐"), await person(town, "吴伯")
    await town.pass_time(minutes=1)
    await town.press("吴伯", "需要帮助")
    await town.database.run(lambda tx: tx.people.merge(keep=keep, drop=drop))
    told = await town.read(lambda tx: tx.people.export(keep))
    assert [one["value"] for one in told["answers"]] == ["needs_help"]
    assert (await left(town))["broadcast_answers"] == 1


async def test_what_a_former_account_wrote_is_followed_by_the_one_that_stays(town: Town) -> None:
    await asked(town)
    drop, keep = await person(town, "刘书记"), await person(town, "陈静")
    await town.database.run(lambda tx: tx.people.merge(keep=keep, drop=drop))
    (notice,) = await town.read(lambda tx: tx.broadcasts.of_author(keep))
    assert notice.author == keep


async def test_whoever_is_erased_leaves_no_answer(town: Town) -> None:
    await asked(town)
    await town.says("周姐", "删除我")
    await town.press("周姐", "确定删除")
    assert (await left(town))["broadcast_answers"] == 1
