"""The calls of the Bot API over our own HTTP client.

The library brings a client of its own, httpx, which costs about as much processor time per call as
everything else that is done for one message; and it knows no answer but good and bad ones.
"""

from __future__ import annotations

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.channels.telegram_errors import NotDone

CONNECTING = 5.0  # seconds for a free connection, made anew where there is none


class Requests(BaseRequest):
    """What the library's `Bot` calls through; failures keep their code and parameters."""

    def __init__(self, *, at_once: int, patience: float) -> None:
        self._at_once = at_once
        self._patience = patience
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        """How long an answer may take, in seconds."""
        return self._patience

    async def initialize(self) -> None:
        """Nothing: the first call opens the session, in the loop it is made in."""

    async def shutdown(self) -> None:
        """Closes the connections; nothing can be called afterwards."""
        if self._session is not None:
            await self._session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        *_: object,
        **__: object,
    ) -> tuple[int, bytes]:
        """One request; raises NotDone for every answer outside 2xx, TimedOut and NetworkError
        where there was none.
        """
        try:
            async with self._opened(url).request(
                method, url, data=_form(request_data), allow_redirects=False
            ) as answer:
                code, payload = answer.status, await answer.read()
        except TimeoutError as failure:
            raise TimedOut from failure
        except aiohttp.ClientError as failure:
            raise NetworkError(type(failure).__name__) from failure
        if 200 <= code < 300:
            return code, payload
        raise NotDone.read(code, payload)

    def _opened(self, url: str) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._at_once),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
                timeout=aiohttp.ClientTimeout(
                    total=None,
                    connect=CONNECTING,
                    sock_connect=CONNECTING,
                    sock_read=self._patience,
                ),
                proxy=_proxy(url),
            )
        return self._session


def _proxy(url: str) -> str | None:
    """The proxy that this machine names for such addresses; asked once, not at every call."""
    root = urlsplit(url)
    return None if proxy_bypass(root.netloc) else getproxies().get(root.scheme)


def _form(data: RequestData | None) -> aiohttp.FormData | dict[str, str] | None:
    """The parameters as a form; in parts where there are files."""
    if data is None:
        return None
    if not data.multipart_data:
        return data.json_parameters
    form = aiohttp.FormData(data.json_parameters)
    for name, (filename, content, media_type) in data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=media_type)
    return form
