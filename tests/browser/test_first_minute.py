"""What a stranger does in the first minutes with the sample: a matter from report to rating."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import WIDE, Eyes
from tests.channels.web_house import REPORT, photo

pytestmark = pytest.mark.browser

ANOTHER = "5栋2单元门口垃圾没人收"


class Face:
    """One of the people of the sample, at their column of the page."""

    def __init__(self, page: Page, key: str) -> None:
        self.key = key
        self.page = page
        self.column = page.locator(f"#column-{key} .panel:not([hidden])")
        self.newest = self.column.locator("ol[role=log] .message.ours").last

    async def says(self, text: str) -> None:
        await self.column.locator("textarea").fill(text)
        await self.column.locator(".send").click()

    async def shows(self, text: str) -> None:
        """A photo, with words."""
        await self.column.locator("input[type=file]").set_input_files(
            [{"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo(size=(1200, 1600))}]
        )
        await expect(self.column.locator(".thumb:not(.going) img")).to_have_count(1)
        await self.says(text)

    async def hears(self, *words: str) -> None:
        """The newest message says all of these."""
        for word in words:
            await expect(self.newest).to_contain_text(word)

    async def presses(self, label: str) -> None:
        await self.button(label).click()

    def button(self, label: str) -> Locator:
        """The newest button so labelled."""
        return self.column.locator(".choices button", has_text=label).last


async def test_a_matter_from_report_to_rating(eyes: Eyes) -> None:
    page = await eyes.open(await eyes.device(WIDE), "/")
    resident, leader = Face(page, "resident"), Face(page, "leader")

    await resident.says(REPORT)
    await leader.hears("新单", "照明", "3栋2单元")
    await leader.presses("接单")
    await resident.hears("网格长已接手")
    await leader.shows("修好了")
    await leader.hears("照片 1 张")
    await resident.hears("已处理", "修好了")
    await expect(resident.newest.locator(".photo img")).to_have_js_property("complete", True)
    await expect(resident.button("没解决")).to_be_in_viewport(ratio=1)
    await resident.presses("解决了")
    await resident.hears("打个分")
    await leader.hears("居民确认已解决")
    await resident.presses("5 很满意")

    await resident.hears("谢谢")
    await expect(resident.button("很满意")).to_be_disabled()
    await expect(leader.button("接单")).to_be_disabled()


async def test_the_secretary_hears_what_a_resident_does_not_accept(eyes: Eyes) -> None:
    page = await eyes.open(await eyes.device(WIDE), "/")
    resident, leader, secretary = (Face(page, key) for key in ("resident", "leader", "secretary"))

    await resident.says(ANOTHER)
    await leader.hears("新单", "5栋2单元")
    await leader.presses("接单")
    await leader.shows("弄好了")
    await resident.hears("已处理")
    await resident.presses("没解决")
    await resident.hears("哪里没解决")
    await resident.says("还是一大堆")

    await secretary.hears("不认可", "还是一大堆")
    await leader.hears("第 2 次办理", "还是一大堆")
    await resident.hears("已退回重办")


async def test_on_a_phone_an_answer_in_words_greys_the_buttons(eyes: Eyes) -> None:
    page = await eyes.open(await eyes.phone(), "/")
    resident, leader = Face(page, "resident"), Face(page, "leader")
    await resident.says(ANOTHER)
    await page.click("#face-leader")

    await expect(leader.button("接单")).to_be_in_viewport(ratio=1)
    await leader.says("1")
    await leader.hears("已接单")
    await expect(leader.button("接单")).to_be_disabled()
    await page.reload()
    await page.click("#face-leader")

    await expect(leader.button("接单")).to_be_disabled()


async def test_on_a_phone_the_buttons_below_a_photo_stay_in_view(eyes: Eyes) -> None:
    page = await eyes.open(await eyes.phone(), "/")
    resident, leader = Face(page, "resident"), Face(page, "leader")
    await resident.says(ANOTHER)
    await page.click("#face-leader")
    await leader.presses("接单")
    await leader.shows("弄好了")
    await leader.hears("照片 1 张")

    await page.click("#face-resident")
    await expect(resident.newest.locator(".photo img")).to_have_js_property("complete", True)

    await expect(resident.button("1 解决了")).to_be_in_viewport(ratio=1)
    await expect(resident.button("没解决")).to_be_in_viewport(ratio=1)


async def test_the_greeting_is_read_from_its_beginning(eyes: Eyes) -> None:
    page = await eyes.open(await eyes.phone())

    await expect(page.locator(".greeting .hello").first).to_be_in_viewport(ratio=1)
