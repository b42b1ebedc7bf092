"""Why the Telegram bot may be silent: its token, its webhook, its privacy mode, its clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from bot.findings import Finding, Severity

PATIENCE = 10.0  # seconds
SKEW = timedelta(seconds=30)
LATELY = timedelta(hours=1)
MANY_PENDING = 100
MISSING = (401, 404)


class _Silent(Exception):
    """The platform gave no usable answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """How the channel is set up."""

    polls: bool
    hook: str  # the webhook's address; "" when nobody knows how we are reached
    allowed: tuple[str, ...]


async def diagnose(
    http: httpx.AsyncClient, expected: Expected, now: datetime
) -> AsyncIterator[Finding]:
    """Asks the platform what it knows of the bot; changes nothing there."""
    try:
        answer = await http.post("getMe", timeout=PATIENCE)
        if answer.status_code in MISSING:
            yield Finding(phrase="check.telegram_token")
            return
        me = _result(answer)
        for finding in (*_clock(answer, now), *_account(me)):
            yield finding
        hook = _result(await http.post("getWebhookInfo", timeout=PATIENCE))
    except (httpx.HTTPError, _Silent) as trouble:
        why = type(trouble).__name__ if isinstance(trouble, httpx.HTTPError) else str(trouble)
        yield Finding(phrase="check.telegram_unreachable", values={"why": why})
        return
    for finding in _webhook(hook, expected, now):
        yield finding


def _result(answer: httpx.Response) -> dict[str, Any]:
    try:
        result = answer.json()["result"]
    except (ValueError, KeyError, TypeError):
        raise _Silent(f"HTTP {answer.status_code}") from None
    if not isinstance(result, dict):
        raise _Silent("not an answer of the Bot API")
    return result


def _clock(answer: httpx.Response, now: datetime) -> list[Finding]:
    try:
        theirs = parsedate_to_datetime(answer.headers["Date"])
    except (KeyError, ValueError):
        return []
    skew = abs(now - theirs)
    if skew <= SKEW:
        return []
    seconds = round(skew.total_seconds())
    return [_warning("check.clock_skew", seconds=seconds, than="Telegram")]


def _account(me: dict[str, Any]) -> list[Finding]:
    found = []
    if me.get("can_join_groups") is False:
        found.append(_hint("check.telegram_no_groups"))
    elif me.get("can_read_all_group_messages") is not True:
        found.append(_hint("check.telegram_privacy"))
    return found


def _webhook(hook: dict[str, Any], expected: Expected, now: datetime) -> list[Finding]:
    found = []
    url, pending = str(hook.get("url") or ""), int(hook.get("pending_update_count") or 0)
    if expected.polls:
        if url:
            found.append(_warning("check.telegram_webhook_left", url=url))
    elif not expected.hook:
        found.append(Finding(phrase="check.telegram_no_public_url"))
    elif url != expected.hook:
        values = {"url": url, "wanted": expected.hook}
        found.append(Finding(phrase="check.telegram_webhook_differs", values=values))
    said = str(hook.get("last_error_message") or "")
    failed_at = datetime.fromtimestamp(int(hook.get("last_error_date") or 0), UTC)
    if said and url and now - failed_at < LATELY:
        failure = {"why": said, "at": failed_at}
        found.append(Finding(phrase="check.telegram_webhook_fails", values=failure))
    heard = hook.get("allowed_updates")
    if url and heard and (missing := sorted(set(expected.allowed) - set(heard))):
        found.append(_warning("check.telegram_not_heard", kinds=missing))
    if pending >= MANY_PENDING:
        found.append(_warning("check.telegram_pending", count=pending))
    return found


def _warning(phrase: str, **values: Any) -> Finding:
    return Finding(phrase=phrase, values=values, severity=Severity.WARNING)


def _hint(phrase: str, **values: Any) -> Finding:
    return Finding(phrase=phrase, values=values, severity=Severity.HINT)
