"""The fast-forward bar of the sample: a stranger sees days pass, on a phone too."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import WIDE, Eyes
from tests.channels.web_house import REPORT

pytestmark = pytest.mark.browser


def column(page: Page, key: str) -> Locator:
    """What this person of the sample sees."""
    return page.locator(f"#column-{key} .panel:not([hidden])")


async def report(page: Page) -> None:
    """The resident reports something."""
    await column(page, "resident").locator("textarea").fill(REPORT)
    await column(page, "resident").locator(".send").click()


async def test_a_day_passes_and_the_secretary_hears_what_was_not_done(eyes: Eyes) -> None:
    page = await eyes.open(await eyes.device(WIDE), "/")
    await expect(page.locator(".clock-now")).to_contain_text("6月9日")
    await report(page)
    await expect(column(page, "leader")).to_contain_text("新单")
    await page.click("text=快进 1 天")
    await expect(page.locator(".clock-told")).to_contain_text("拨快了 1 天", timeout=30_000)
    await expect(page.locator(".clock-now")).to_contain_text("6月10日")
    await page.click("text=到下一个时限")
    await expect(page.locator(".clock-told")).to_contain_text("1 次升级", timeout=30_000)


async def test_on_a_phone_the_bar_leaves_room_to_read_and_type(eyes: Eyes) -> None:
    page = await eyes.open(await eyes.phone(), "/")
    await report(page)
    resident = column(page, "resident")
    await expect(resident).to_contain_text("已登记")
    await page.click("text=快进 1 天")
    await expect(page.locator(".clock-told")).to_contain_text("拨快了", timeout=30_000)
    for label in ("快进 1 小时", "快进 1 天", "到下一个时限"):
        await expect(page.locator(".clock button", has_text=label)).to_be_in_viewport(ratio=1)
    await expect(resident.locator("textarea")).to_be_in_viewport(ratio=1)
    bar, log = page.locator(".clock"), resident.locator(".scroll")
    sizes = [await part.bounding_box() for part in (bar, log)]
    assert sizes[0] is not None
    assert sizes[1] is not None
    assert sizes[0]["height"] <= 160
    assert sizes[1]["height"] >= 150


async def test_a_residents_own_page_has_no_bar(eyes: Eyes) -> None:
    page = await eyes.open(await eyes.phone())
    await expect(page.locator(".clock")).to_have_count(0)
