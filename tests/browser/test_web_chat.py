"""The page in a real browser: on a phone, over broken connections, with strangers' words."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import Page, Response, expect

from tests.browser.conftest import WIDE, Eyes
from tests.channels.test_web_files import told_by_a_phone
from tests.channels.web_house import GROUP, REPORT, WebHouse

pytestmark = pytest.mark.browser

SHOWN = ".panel:not([hidden])"
PAYLOADS = (
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "javascript:alert(1)",
    "</p></li><iframe srcdoc='<script>alert(1)</script>'>",
    "{{constructor.constructor('alert(1)')()}}",
    '"><svg/onload=alert(1)>',
    "tg://user?id=1 @all <@all>",
    "<b>粗</b> *斜* _下_ [链](https://example.org)",
)


async def say(page: Page, text: str, *, column: str = "") -> None:
    await page.fill(f"{column} {SHOWN} textarea", text)
    await page.click(f"{column} {SHOWN} .send")


async def unsent(page: Page) -> list[dict[str, object]]:
    kept = await page.evaluate("localStorage.getItem('xiaoqi.unsent./chat')")
    return list(json.loads(kept or "[]"))


async def test_a_resident_reports_on_a_phone_and_reads_it_again_after_a_reload(
    eyes: Eyes,
) -> None:
    page = await eyes.open(await eyes.phone())
    await expect(page.locator(".greeting").first).to_contain_text("不用注册")

    await say(page, REPORT)
    answer = page.locator(f"{SHOWN} .message.ours").first
    await expect(answer).to_contain_text("已登记")
    await expect(page.locator(f"{SHOWN} .messages .words").last).to_contain_text("说明一下")
    before = await page.locator(f"{SHOWN} .messages .words").all_inner_texts()
    await page.reload()
    await expect(page.locator(f"{SHOWN} .message.ours").first).to_contain_text("已登记")

    assert await page.locator(f"{SHOWN} .messages .words").all_inner_texts() == before
    assert before[0] == REPORT
    assert await unsent(page) == []


async def test_the_page_fits_a_small_phone_with_huge_letters(eyes: Eyes) -> None:
    page = await eyes.open(await eyes.phone())

    await page.click(".larger")
    await page.click(".larger")
    await page.reload()
    await page.wait_for_selector("body[data-line=live]")

    size, width = await page.evaluate(
        "[getComputedStyle(document.documentElement).fontSize, document.body.scrollWidth]"
    )
    assert (size, width) == ("24px", 360)
    box = await page.locator(f"{SHOWN} .send").bounding_box()
    assert box
    assert box["x"] + box["width"] <= 360
    assert box["height"] >= 44


async def test_what_is_typed_without_a_connection_is_sent_with_the_next(eyes: Eyes) -> None:
    context = await eyes.phone()
    page = await eyes.open(context)

    await context.set_offline(True)
    await expect(page.locator(".line-state")).to_contain_text("网络断开")
    await say(page, "没有网的时候写的")
    await expect(page.locator(".message.late")).to_contain_text("没有网的时候写的")
    kept = await unsent(page)
    await context.set_offline(False)
    await expect(page.locator(f"{SHOWN} ol[role=log] .message.mine")).to_contain_text("已送达")

    assert len(kept) == 1
    assert await unsent(page) == []
    await expect(page.locator(".line-state")).to_be_empty()
    await expect(page.locator(".message.mine")).to_have_count(1)


async def test_a_message_whose_answer_was_lost_is_sent_again_under_its_key(
    eyes: Eyes, house: WebHouse
) -> None:
    page = await eyes.open(await eyes.phone())
    await page.route("**/chat/messages", lambda route: route.abort())
    await say(page, REPORT)
    await expect(page.locator(".message.late")).to_have_count(1)
    [kept] = await unsent(page)

    await page.unroute("**/chat/messages")
    await page.evaluate(
        """(body) => fetch("/chat/messages", { method: "POST", body: JSON.stringify(body),
           headers: { "Content-Type": "application/json" } })""",
        kept["body"],
    )
    await page.reload()
    await expect(page.locator(f"{SHOWN} .message.ours").first).to_contain_text("已登记")

    await expect(page.locator(".message.mine")).to_have_count(1)
    orders = await house.database.read(lambda tx: tx.orders.newest(limit=10))
    assert len(orders) == 1
    assert await unsent(page) == []


async def test_a_visitor_whose_cookie_went_away_is_still_heard(eyes: Eyes) -> None:
    context = await eyes.phone()
    page = await eyes.open(context)

    await context.clear_cookies()
    await say(page, REPORT)

    await expect(page.locator(f"{SHOWN} ol[role=log] .message.mine")).to_contain_text(REPORT)
    await expect(page.locator(f"{SHOWN} .message.ours").first).to_contain_text("已登记")
    assert await unsent(page) == []


async def test_a_browser_that_keeps_no_cookie_is_told_so(eyes: Eyes) -> None:
    context = await eyes.phone()
    await context.route("**/chat/events*", lambda route: route.fulfill(status=401))
    page = await context.new_page()

    async def forget(response: Response) -> None:
        if "transcript" in response.url:
            await context.clear_cookies()

    page.on("response", forget)
    await page.goto(f"{eyes.url}/?as=me")

    await expect(page.locator(".line-state")).to_contain_text("Cookie", timeout=20_000)


async def test_a_voice_is_recorded_and_sent(eyes: Eyes, house: WebHouse) -> None:
    context = await eyes.phone(permissions=["microphone"])
    page = await eyes.open(context)

    await page.click("button.tool:has-text('语音')")
    await expect(page.locator(".recording")).to_contain_text("说完点这里 1")
    await page.click(".recording")

    await expect(page.locator(f"{SHOWN} ol[role=log] audio")).to_have_count(1)
    await expect(page.locator(f"{SHOWN} .message.ours").first).to_be_visible()
    stored = await house.database.read(lambda tx: tx.attachments.content(1))
    assert stored
    assert stored[0] == "audio/webm"


async def test_a_place_is_sent_when_it_is_tapped_and_not_before(
    eyes: Eyes, house: WebHouse
) -> None:
    place = {"latitude": 32.05, "longitude": 118.78}
    context = await eyes.phone(permissions=["geolocation"], geolocation=place)
    page = await eyes.open(context)

    await page.click("button.tool:has-text('位置')")

    sent = page.locator(f"{SHOWN} ol[role=log] .message.mine")
    await expect(sent).to_contain_text("发送了我的位置")


async def test_an_invitation_is_taken_by_a_tap(eyes: Eyes) -> None:
    page = await eyes.open(await eyes.phone(), "/?as=me&start=no-such-code")
    assert await page.locator(f"{SHOWN} .message.mine").count() == 0

    await page.click("button:text-is('继续')")

    await expect(page.locator(f"{SHOWN} .message.ours").first).to_contain_text("邀请码")
    assert "start=" not in page.url


async def test_a_refused_message_says_why_and_can_be_changed(eyes: Eyes) -> None:
    page = await eyes.open(await eyes.phone())

    await page.route(
        "**/chat/messages",
        lambda route: route.fulfill(
            status=400, content_type="application/json", body='{"text": "这条太长了。"}'
        ),
    )
    await say(page, "写得不对的话")
    await expect(page.locator(".message.refused")).to_contain_text("这条太长了。")
    await page.click("text=拿回来改一改")

    await expect(page.locator(f"{SHOWN} textarea")).to_have_value("写得不对的话")
    await expect(page.locator(".message")).to_have_count(0)
    assert await unsent(page) == []


async def test_a_photo_is_shown_and_tells_nothing_of_the_phone(
    eyes: Eyes, house: WebHouse
) -> None:
    page = await eyes.open(await eyes.phone())

    await page.set_input_files(
        f"{SHOWN} input[type=file]",
        files=[{"name": "../../a.jpg", "mimeType": "image/jpeg", "buffer": told_by_a_phone()}],
    )
    await expect(page.locator(".thumb:not(.going) img")).to_have_count(1)
    await say(page, "3栋2单元门口")
    photo = page.locator(f"{SHOWN} ol[role=log] .photo img")
    await expect(photo).to_have_js_property("complete", True)

    assert await photo.evaluate("(image) => image.naturalWidth") == 40
    stored = await house.database.read(lambda tx: tx.attachments.content(1))
    assert stored
    assert b"SecretPhone" not in stored[1]
    await photo.click()
    await expect(page.locator("dialog img")).to_be_visible()


async def test_what_strangers_write_is_text_and_nothing_else(eyes: Eyes) -> None:
    page = await eyes.open(await eyes.device(WIDE))
    await page.click("text=居民群")
    await page.fill(".name input", "<svg onload=a()>")
    await page.keyboard.press("Tab")

    for payload in PAYLOADS:
        await say(page, payload)
    mine = page.locator(f"{SHOWN} ol[role=log] .message.mine .words")
    await expect(mine).to_have_count(len(PAYLOADS))

    assert await mine.all_inner_texts() == list(PAYLOADS)
    neighbour = await eyes.open(await eyes.device(WIDE))
    await neighbour.click("text=居民群")
    read = neighbour.locator(f"{SHOWN} ol[role=log] .message.other")
    await expect(read).to_have_count(len(PAYLOADS))
    assert await read.locator(".words").all_inner_texts() == list(PAYLOADS)
    assert await read.locator(".who b").first.inner_text() == "<svg onload=a()>"
    assert await read.locator("a, img, iframe, script, svg").count() == 0


async def test_everything_can_be_done_from_the_keyboard(eyes: Eyes) -> None:
    page = await eyes.open(await eyes.device(WIDE))

    await page.locator(f"{SHOWN} .scroll").focus()
    for _ in range(5):
        await page.keyboard.press("Tab")
    await expect(page.locator(f"{SHOWN} textarea")).to_be_focused()
    await page.keyboard.type("第一行")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("第二行")
    await page.keyboard.press("Enter")

    mine = page.locator(f"{SHOWN} ol[role=log] .message.mine .words")
    await expect(mine).to_have_text("第一行\n第二行")
    log = page.locator(f"{SHOWN} ol[role=log]")
    assert await log.get_attribute("aria-live") == "polite"


async def test_four_people_see_the_same_matter_side_by_side(eyes: Eyes) -> None:
    page = await eyes.open(await eyes.device(WIDE), "/")
    for face in ("resident", "neighbour", "leader", "secretary"):
        await expect(page.locator(f"#column-{face}")).to_be_visible()

    await page.click("#try")
    await page.click(f"#column-resident {SHOWN} .send")
    await expect(page.locator(f"#column-resident {SHOWN} .message.ours").first).to_contain_text(
        "登记"
    )
    accept = page.locator(f"#column-leader {SHOWN} button", has_text="接单").first
    await accept.click()

    await expect(accept).to_be_disabled()
    await expect(page.locator(f"#column-neighbour {SHOWN} .message")).to_have_count(0)
    pressed = page.locator(f"#column-leader {SHOWN} ol[role=log] .message.mine")
    await expect(pressed).to_contain_text("接单")
    assert await page.evaluate("document.body.scrollWidth") == WIDE["width"]


async def test_on_a_phone_the_faces_are_tabs_that_show_news(eyes: Eyes) -> None:
    page = await eyes.open(await eyes.phone(), "/")
    await expect(page.locator("#column-resident")).to_be_visible()
    await expect(page.locator("#column-leader")).to_be_hidden()

    await say(page, "5栋2单元门口垃圾没人收", column="#column-resident")
    await expect(page.locator("#face-leader")).to_have_class("news")
    await page.click("#face-leader")

    await expect(page.locator(f"#column-leader {SHOWN} .message.ours")).to_contain_text("5栋2单元")
    await expect(page.locator("#face-leader")).not_to_have_class("news")


async def test_neighbours_talk_in_the_group(eyes: Eyes, house: WebHouse) -> None:
    page = await eyes.open(await eyes.device(WIDE), "/")
    for face in ("resident", "neighbour"):
        await page.click(f"#column-{face} .chats button:nth-child(2)")

    await say(page, "今天天气真好", column="#column-resident")

    read = page.locator(f"#column-neighbour {SHOWN} .message.other")
    await expect(read).to_contain_text("王阿姨")
    await expect(read).to_contain_text("今天天气真好")
    await expect(page.locator("#column-leader .chats .news")).to_have_text("居民群")
    assert (await house.rows(GROUP))[0]["text"] == "今天天气真好"
