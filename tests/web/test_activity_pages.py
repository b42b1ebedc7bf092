"""The pages about activities, over real HTTP: whoever has the link opens it, nobody else."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import replace

import icalendar
import openpyxl
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from domain.activity_rules import ActivityRules
from domain.rules import Limits
from knowledge.phrasebook import Phrasebook
from storage.transaction import Transaction
from tests.town import Town
from web.activities import activity_routes

STORY = "这周六上午九点主题党日 去雷锋驿站 通知一下"
BASE = "https://xiaoqi.example.org"


@pytest.fixture
async def pages(town: Town) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    """The pages of a town that says how it is reached."""
    assembly = town.database._assembly
    limits = Limits(paces=assembly.limits.paces, activities=ActivityRules(public_url=BASE))
    town.database._assembly = replace(assembly, limits=limits)
    await town.database.run(lambda tx: tx.tables.bump("units"))
    await town.settle()
    application = web.Application()
    application.add_routes(activity_routes(town.database, Phrasebook.load()))
    async with TestClient(TestServer(application)) as client:
        yield client


async def _planned(town: Town) -> None:
    await town.says("刘书记", STORY)
    await town.press("刘书记", "发布")


def _links(tx: Transaction) -> dict[str, str]:
    (activity,) = tx.activities.coming_in([unit.id for unit in tx.org], 5)
    links = tx.activity_links
    return {
        "calendar": links.calendar(activity),
        "poster": links.poster(activity),
        "book": links.book(tx.org.coded("C01").id, 2026, "xlsx"),
    }


async def test_a_notice_has_a_link_to_the_activity_for_a_calendar(
    town: Town, pages: TestClient[web.Request, web.Application]
) -> None:
    await _planned(town)
    link = (await town.read(_links))["calendar"]
    assert any(link in told for told in await town.heard("小李"))

    answer = await pages.get(link.removeprefix(BASE))
    (event,) = icalendar.Calendar.from_ical(await answer.read()).walk("VEVENT")

    assert answer.content_type == "text/calendar"
    assert str(event["summary"]) == "主题党日"
    assert str(event["location"]) == "雷锋驿站"
    assert event.decoded("dtstart").isoformat() == "2026-06-13T01:00:00+00:00"


async def test_a_feed_follows_what_changes_until_it_is_taken_back(
    town: Town, pages: TestClient[web.Request, web.Application]
) -> None:
    await _planned(town)
    (said,) = await town.says("小李", "日历订阅")
    link = next(line for line in said.split("\n") if line.startswith(BASE)).removeprefix(BASE)
    await town.says("刘书记", "主题党日取消了")
    await town.press("刘书记", "只取消这场")

    answer = await pages.get(link)
    (event,) = icalendar.Calendar.from_ical(await answer.read()).walk("VEVENT")
    assert str(event["status"]) == "CANCELLED"

    await town.says("小李", "日历订阅")
    await town.press("小李", "换个链接")
    assert (await pages.get(link)).status == 404


async def test_the_poster_shows_the_code_and_nothing_opens_without_the_right_link(
    town: Town, pages: TestClient[web.Request, web.Application]
) -> None:
    await _planned(town)
    poster = (await town.read(_links))["poster"].removeprefix(BASE)
    answer = await pages.get(poster)
    text = await answer.text()
    assert "签到" in text
    assert "data:image/svg+xml" in text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]

    forged = poster.replace("/poster", "")
    last = "1" if forged[-1] == "0" else "0"
    for path in (f"{forged[:-1]}{last}/poster", f"{forged}.ics"):
        assert (await pages.get(path)).status == 404


async def test_the_record_book_opens_for_two_hours(
    town: Town, pages: TestClient[web.Request, web.Application]
) -> None:
    await _planned(town)
    await town.pass_time(days=5)
    links = await town.says("刘书记", "台账")
    link = next(part for part in links[0].split() if part.endswith(".xlsx"))
    path = link[link.index(BASE) :].removeprefix(BASE)
    answer = await pages.get(path)
    book = openpyxl.load_workbook(io.BytesIO(await answer.read()))
    assert "主题党日" in [cell.value for cell in book.worksheets[0][3]]
    assert (await pages.get(path.replace(".xlsx", ".docx"))).status == 200
    await town.pass_time(hours=3)
    assert (await pages.get(path)).status == 404
