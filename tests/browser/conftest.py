"""A Chromium that looks at the running service and passes on what its pages complain of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from storage.keyring import Keyring
from tests.channels.web_house import WebHouse, built_house
from tests.databases import NewDatabase

PHONE = {"width": 360, "height": 740}
WIDE = {"width": 1440, "height": 900}
# What a page may say when its connection is cut on purpose.
EXPECTED = ("net::ERR_", "Failed to load resource")


@dataclass(slots=True)
class Eyes:
    """Opens pages, and remembers what they complained of."""

    browser: Browser
    url: str
    complaints: list[str] = field(default_factory=list)

    async def phone(self, **more: Any) -> BrowserContext:
        """A phone of somebody new."""
        return await self.device(PHONE, has_touch=True, is_mobile=True, **more)

    async def device(self, size: dict[str, int], **more: Any) -> BrowserContext:
        """A browser of somebody new."""
        context = await self.browser.new_context(viewport=size, locale="zh-CN", **more)
        context.on("page", lambda page: self._listen(page))
        return context

    async def open(self, context: BrowserContext, path: str = "/?as=me") -> Page:
        """The page, once it is connected."""
        page = await context.new_page()
        await page.goto(self.url + path)
        await page.wait_for_selector("body[data-line=live]")
        return page

    def _listen(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        page.on("console", lambda message: self._said(message.type, message.text))

    def _said(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not text.startswith(EXPECTED):
            self.complaints.append(text)


@pytest.fixture
async def house(new_database_url: NewDatabase, keyring: Keyring) -> AsyncIterator[WebHouse]:
    """The sample community behind the web chat, answering by itself."""
    with new_database_url("sqlite") as url:
        async with built_house(url, keyring, busy=True) as built:
            yield built


@pytest.fixture
async def eyes(house: WebHouse, chromium: str) -> AsyncIterator[Eyes]:
    """A browser; the test fails when a page complained of anything."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--use-fake-device-for-media-stream"]
        )
        opened = Eyes(browser=browser, url=str(house.server.make_url("")).rstrip("/"))
        yield opened
        await browser.close()
    assert opened.complaints == []
