"""Who is at the page: signed cookies, and the seals on what a page may hand back or look at."""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from aiohttp import web

COOKIE = "xiaoqi_me"
YEAR = 365 * 24 * 3600
ACCOUNT_BYTES = 16
SEAL_BYTES = 16
OWN_SITE = frozenset({"same-origin", "none"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seals:
    """Signs with one key, for one purpose at a time."""

    key: bytes

    def new_account(self) -> str:
        """An account nobody can guess."""
        return secrets.token_urlsafe(ACCOUNT_BYTES)

    def cookie(self, account: str) -> str:
        """What the browser keeps."""
        return f"{account}.{self._seal('cookie', account)}"

    def account(self, cookie: str) -> str | None:
        """Whose cookie it is; None when it is not one of ours."""
        account, _, seal = cookie.rpartition(".")
        return account if account and self._holds(seal, "cookie", account) else None

    def upload(self, account: str, attachment: int) -> str:
        """What an account hands back to send the file it uploaded."""
        return f"{attachment}.{self._seal('upload', account, str(attachment))}"

    def uploaded(self, account: str, token: str) -> int | None:
        """The file behind the token; None when this account did not upload it."""
        number, _, seal = token.partition(".")
        if not _is_number(number) or not self._holds(seal, "upload", account, number):
            return None
        return int(number)

    def shown(self, chat: str, attachment: int) -> str:
        """Proves that a file was shown in a chat."""
        return self._seal("shown", chat, str(attachment))

    def was_shown(self, chat: str, attachment: str, token: str) -> bool:
        """Whether the file was shown in the chat."""
        return _is_number(attachment) and self._holds(token, "shown", chat, attachment)

    def author(self, account: str) -> str:
        """What stands for an account in front of others; tells nothing about it."""
        return self._seal("author", account)[:12]

    def visitor_number(self, account: str) -> str:
        """Four digits that tell nameless visitors of a group apart."""
        number = int.from_bytes(self._digest("number", account)[:4], "big")
        return f"{number % 10_000:04}"

    def _seal(self, *parts: str) -> str:
        return base64.urlsafe_b64encode(self._digest(*parts)[:SEAL_BYTES]).decode().rstrip("=")

    def _digest(self, *parts: str) -> bytes:
        return hmac.digest(self.key, "\0".join(parts).encode("utf-8", "surrogatepass"), "sha256")

    def _holds(self, seal: str, *parts: str) -> bool:
        return hmac.compare_digest(
            seal.encode("utf-8", "surrogatepass"), self._seal(*parts).encode()
        )


def remember(response: web.StreamResponse, cookie: str, *, secure: bool) -> None:
    """Gives the browser its cookie for a year."""
    response.set_cookie(
        COOKIE, cookie, max_age=YEAR, path="/", httponly=True, samesite="Lax", secure=secure
    )


def is_own_site(request: web.Request, public_url: str) -> bool:
    """Whether a request comes from our own page, by what browsers say of themselves.

    A client that says nothing is no browser, and carries nobody's cookie but its own.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in OWN_SITE
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    return urlsplit(origin).netloc in {request.host, urlsplit(public_url).netloc} - {""}


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 18
