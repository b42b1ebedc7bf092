"""Where the page of the sample, and `POST /sample/clock`, move its clock on; refused elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from aiohttp import web

from bot.channels import web_files
from bot.channels.web_acts import JSON
from bot.channels.web_identity import is_own_site
from bot.channels.web_page import GUARDS
from bot.channels.web_reading import Refusal, clock_move
from bot.channels.web_refusals import guarded
from bot.fast_forward import FastForward, Passed, Standing
from domain.wording import Wording

PATH = "/sample/clock"
LARGEST = 1024
# What the clock does to work orders, by the end of its audit entry; all else is counted together.
NAMED = frozenset(
    {
        "closed",
        "escalated",
        "expired",
        "opened",
        "reminded",
        "resumed",
        "supervision_called",
        "told_late",
        "warned",
    }
)
UNTOLD = frozenset({"people", "table"})  # what no message was about


def clock_routes(
    forward: FastForward, wording: Wording, *, public_url: str = ""
) -> Iterable[web.AbstractRouteDef]:
    """One path: GET tells where the clock stands, POST moves it."""

    async def stands(request: web.Request) -> web.Response:
        return web.json_response(_standing(await forward.standing()), headers=GUARDS)

    async def moves(request: web.Request) -> web.Response:
        if not is_own_site(request, public_url):
            raise Refusal("web.foreign", status=403)
        await forward.require_sample()
        if request.content_type != JSON:
            raise Refusal("web.no_json", status=415)
        body = await web_files.body(request, most=LARGEST, too_big="web.too_big")
        passed = await forward.advance(clock_move(body))
        told = {
            "ok": True,
            **_standing(passed.standing),
            "happened": dict(sorted(passed.done.items())),
            "messages": passed.said,
            "text": in_words(passed, wording),
        }
        return web.json_response(told, headers=GUARDS)

    yield web.get(PATH, guarded(stands, wording), allow_head=False)
    yield web.post(PATH, guarded(moves, wording))


def in_words(passed: Passed, wording: Wording) -> str:
    """What happened, as the page says it."""
    counts: Counter[str] = Counter()
    for action, times in passed.done.items():
        kind, _, last = action.partition(".")
        if kind == "order" and last in NAMED:
            counts[last] += times
        elif kind not in UNTOLD:
            counts["other"] += times
    done = [
        wording.say("web.clock_count", {"times": times, "action": action})
        for action, times in counts.items()
    ]
    values = {"by": passed.by, "now": passed.standing.now, "done": done, "said": passed.said}
    return wording.say("web.clock_moved", {**values, "quiet": not done})


def _standing(standing: Standing) -> dict[str, Any]:
    following = standing.following
    return {
        "now": standing.now.isoformat(),
        "ahead": round(standing.ahead.total_seconds()),
        "next": None if following is None else following.isoformat(),
    }
