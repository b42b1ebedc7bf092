"""The static files of the page, and the headers that keep strangers' words from becoming code."""

from __future__ import annotations

import hashlib
from importlib import resources

from aiohttp import web

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
GUARDS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), microphone=(self), camera=(self)",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
TYPES = {
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
}


class Pages:
    """The files of `webchat/`, read once."""

    def __init__(self) -> None:
        folder = resources.files("bot.channels") / "webchat"
        self._files = {
            file.name: file.read_bytes()
            for file in folder.iterdir()
            if file.name.rpartition(".")[2] in TYPES
        }
        self._marks = {
            name: hashlib.sha256(content).hexdigest()[:20] for name, content in self._files.items()
        }

    def answer(self, request: web.Request, name: str) -> web.Response | None:
        """The file, or 304 when the browser has it; None when there is no such file."""
        content = self._files.get(name)
        if content is None:
            return None
        headers = {**GUARDS, "ETag": f'"{self._marks[name]}"', "Cache-Control": "no-cache"}
        if any(tag.value == self._marks[name] for tag in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        return web.Response(
            body=content,
            content_type=TYPES[name.rpartition(".")[2]],
            charset="utf-8",
            headers=headers,
        )
