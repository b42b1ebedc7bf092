"""A branch over a year: checking in, minutes, the record book, cadence, floating members."""

from __future__ import annotations

import io
import zipfile

import openpyxl

from storage.activity_figures import record_book
from storage.transaction import Transaction
from tests.town import Town
from web.activities import as_calendar
from web.record_book import as_docx, as_xlsx

STORY = "这周六上午九点主题党日 去雷锋驿站 通知一下"


async def _planned(town: Town, said: str = STORY) -> None:
    await town.says("刘书记", said)
    await town.press("刘书记", "发布")
    for who in ("刘书记", "小李", "孙强", "王阿姨"):
        await town.heard(who)


def _code(tx: Transaction) -> str:
    (activity,) = tx.activities.coming_in([unit.id for unit in tx.org], 1)
    return tx.activity_links.code(activity)


async def test_who_is_there_checks_in_with_the_code_and_nobody_before(town: Town) -> None:
    await _planned(town)
    code = await town.read(_code)
    (early,) = await town.says("小李", f"签到 {code}")
    assert "从开始前一小时" in early
    await town.pass_time(days=3, hours=22, minutes=30)  # Saturday 08:30
    (wrong,) = await town.says("小李", f"签到 {(int(code) + 1) % 1_000_000:06d}")
    assert "签到码不对" in wrong
    await town.heard("小李")
    (done,) = await town.says("小李", f"签到 {code}")
    assert "签到成功" in done
    (again,) = await town.says("小李", f"签到 {code}")
    assert "已经签过到" in again
    shown = await town.says("刘书记", "签到码")
    assert code in shown[-1]
    by_name = await town.says("刘书记", "补签 王秀英")
    assert "王秀英" in by_name[-1]


async def test_the_picture_at_the_door_checks_in_whoever_opens_it(town: Town) -> None:
    await _planned(town)
    await town.pass_time(days=3, hours=22, minutes=30)

    def payload(tx: Transaction) -> str:
        (activity,) = tx.activities.coming_in([unit.id for unit in tx.org], 1)
        return tx.activity_links.check_in_payload(activity)

    from domain.messages import InboundKind

    start = await town.read(payload)
    done = await town.says("小李", kind=InboundKind.START, start=start)
    assert "签到成功" in done[-1]
    forged = await town.says(
        "孙强", kind=InboundKind.START, start=start[:-1] + ("1" if start[-1] == "0" else "0")
    )
    assert not any("签到成功" in one for one in forged)


async def test_minutes_are_handed_in_and_kept_in_the_record_book(town: Town) -> None:
    await _planned(town, "这周六上午九点党员大会 在会议室 通知一下")
    code = await town.read(_code)
    await town.press("孙强", "请假")
    await town.says("孙强", "出差")
    await town.pass_time(days=3, hours=22, minutes=30)
    for who in ("小李", "刘书记", "王阿姨", "陈静"):
        await town.says(who, f"签到 {code}")
    await town.pass_time(hours=3)
    told = await town.heard("刘书记")
    assert any("应到 8，实到 4，请假 1" in one for one in told)
    done = await town.says("刘书记", "会议记录 =学习党章\n决定下月慰问")
    assert "有表决权的需 5 人到会。到会人数不够" in done[0]
    links = await town.says("刘书记", "台账")
    assert "梧桐社区党支部：1 场" in links[0]

    def books(tx: Transaction) -> tuple[bytes, bytes]:
        branch = tx.org.coded("C01").id
        pages = list(record_book(tx, branch, 2026))
        say = lambda name: tx.wording.say(f"record_book.file.{name}", {})  # noqa: E731
        return as_xlsx("台账", pages, say), as_docx("台账", pages, say)

    xlsx, docx = await town.read(books)
    rows = list(openpyxl.load_workbook(io.BytesIO(xlsx)).worksheets[0].iter_rows(values_only=True))
    assert rows[2][0] == "支部党员大会"
    assert rows[2][4:7] == (8, 4, 5)
    assert "李明" in str(rows[2][7])
    assert rows[2][8] == "孙强（出差）"
    assert str(rows[2][10]).startswith("'=学习党章")
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        text = archive.read("word/document.xml").decode()
    assert "=学习党章" in text
    own = await town.says("小李", "我的出勤")
    assert "应参加 1 场，到 1 场" in own[0]


async def test_the_cadence_names_what_is_missing_and_plans_it_with_a_tap(town: Town) -> None:
    (missing,) = await town.says("刘书记", "三会一课还差什么")
    assert "本季度还差支部党员大会 1 次，剩 21 天" in missing
    (asked,) = await town.press("刘书记", "排支部党员大会")
    assert "在哪里" in asked
    (preview,) = await town.says("刘书记", "会议室")
    assert "支部党员大会（梧桐社区党支部）" in preview
    await town.press("刘书记", "发布")
    (missing,) = await town.says("刘书记", "三会一课进度")
    assert "支部党员大会" not in missing
    answer = await town.says("王阿姨", "三会一课进度")
    assert "书记" in answer[0]


async def test_who_leads_hears_in_time_what_is_still_owed(town: Town) -> None:
    await town.pass_time(days=10, hours=23)  # 20 June, 09:00 +
    await town.pass_time(hours=1)
    told = await town.heard("刘书记")
    assert sum("本季度还差支部党员大会 1 次" in one for one in told) == 1


async def test_a_member_who_lives_elsewhere_is_registered_and_looked_after(town: Town) -> None:
    said = "我在苏州打工半年多了 组织生活参加不了咋弄"
    done = await town.says("王阿姨", said)
    assert "已登记流动党员：苏州" in done[0]
    assert "按流动党员管理" in done[0]
    told = await town.heard("刘书记")
    assert any("王秀英登记为流动党员：苏州" in one for one in told)
    await town.pass_time(days=182)
    await town.pass_time(days=1)
    told = await town.heard("刘书记")
    assert any("请联系一次" in one for one in told)
    heard = await town.heard("王阿姨")
    assert any("现在还在外地吗" in one for one in heard), heard
    (back,) = await town.press("王阿姨", "已经回来")
    assert "欢迎回来" in back


async def test_the_day_somebody_joined_is_congratulated_once_in_the_morning(town: Town) -> None:
    await town.pass_time(hours=12)
    await town.pass_time(hours=12)  # 10 June, 10:00; joined on 10 June 1986
    told = [one for one in await town.heard("王阿姨") if "政治生日" in one]
    assert len(told) == 1
    assert "入党 40 周年" in told[0]


async def test_a_calendar_has_what_one_was_asked_to_and_can_be_taken_back(town: Town) -> None:
    await _planned(town)

    def feed(tx: Transaction) -> str:
        known = tx.people.of_account(*town.accounts["小李"])
        assert known is not None
        found = tx.activities.newest_of(known[0].id, 5)
        return as_calendar(tx, found).to_ical().decode()

    text = await town.read(feed)
    assert "SUMMARY:主题党日" in text
    assert "DTSTART:20260613T010000Z" in text
    (answer,) = await town.says("小李", "日历订阅")
    assert "没有设对外网址" in answer
