"""A model of the operator's own, asked beside the policy entries: how it is called, and how little
depends on it.

Any server with OpenAI's interface will do (Ollama, vLLM, …). It sees one anonymous question and
the published entries that were found for it, has no tools and no memory, and answers in words that
are checked against the entry they cite (knowledge/retelling.py). Whatever goes wrong, the built-in
answer is given, within the deadline.
"""

from __future__ import annotations

import asyncio
import json
import math
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import structlog

from bot import counts
from bot.breaker import Breaker
from bot.findings import Finding, Severity
from bot.settings import ModelSettings
from domain.policies import Policy
from domain.readings import Advice, Counsel
from knowledge.policies import Outcome
from knowledge.retelling import NotTaken, cited, conversation, offered, retold

logger = structlog.get_logger()

LARGEST = 256 << 10  # bytes of an answer
TOKENS = 400  # more than five lines
OUT_OF_ORDER = 300.0  # seconds between two tries, at most, while it fails
REMEMBERED, ANSWERS = 60.0, 500  # a message may be read again: seconds, and how many
HERE = frozenset({"localhost", "127.0.0.1", "::1"})


class _NoAnswer(Exception):
    """The server gave no answer that can be read; `why` is one word for the counters."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class _Remembered:
    advice: Advice
    until: float


class Model:
    """Asks the server, at most a few times at once; `advise` never raises and never waits longer
    than the deadline. `clock` is any monotonic clock in seconds.
    """

    def __init__(self, settings: ModelSettings, *, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._breaker = Breaker(longest=OUT_OF_ORDER)
        self._closed_until = float("-inf")
        self._running = 0
        self._calls = 0
        self._session: aiohttp.ClientSession | None = None
        self._remembered: OrderedDict[tuple[object, ...], _Remembered] = OrderedDict()

    async def advise(
        self, asked: str, entries: Sequence[Policy], outcome: Outcome
    ) -> Advice | None:
        """What it makes of an anonymous question: other words for the one entry that is the
        answer, or the one that fits best of those that may be meant. None: there is nothing to
        ask it.
        """
        if outcome is Outcome.ANSWER and not self._settings.chat:
            return None
        key = (asked, outcome, *((entry.code, entry.version) for entry in entries))
        known = self._remembered.get(key)
        if known is not None and known.until > self._clock():
            return known.advice
        advice = await self._unless_skipped(asked, entries, outcome)
        counts.MODEL.labels(advice.outcome.value, advice.why).inc()
        if advice.outcome is not Counsel.SKIPPED:
            self._remembered[key] = _Remembered(advice=advice, until=self._clock() + REMEMBERED)
            if len(self._remembered) > ANSWERS:
                self._remembered.popitem(last=False)
        return advice

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()

    async def diagnose(self) -> Sequence[Finding]:
        """Whether it answers, and has what the settings name; for whoever runs the service."""
        address, names = self._settings.url, self._settings.names
        found = []
        parts = urlsplit(address)
        if parts.scheme == "http" and parts.hostname not in HERE:
            values = {"url": address}
            found.append(
                Finding(phrase="check.model_open", values=values, severity=Severity.WARNING)
            )
        try:
            async with asyncio.timeout(self._settings.deadline):
                listed = await self._called("GET", "models")
            known = {str(one.get("id")) for one in listed["data"]}
        except Exception as failure:
            why = failure.why if isinstance(failure, _NoAnswer) else type(failure).__name__
            values = {"url": address, "why": why}
            return [
                *found,
                Finding(phrase="check.model_away", values=values, severity=Severity.WARNING),
            ]
        if missing := [name for name in names if name not in known | _untagged(known)]:
            values = {"url": address, "names": ", ".join(missing)}
            found.append(
                Finding(phrase="check.model_unknown", values=values, severity=Severity.WARNING)
            )
        values = {"url": address, "names": ", ".join(names)}
        return [*found, Finding(phrase="check.model_on", values=values, severity=Severity.HINT)]

    async def _unless_skipped(
        self, asked: str, entries: Sequence[Policy], outcome: Outcome
    ) -> Advice:
        settings = self._settings
        if self._running >= settings.at_once:
            return Advice(outcome=Counsel.SKIPPED, why="busy")
        if self._breaker.is_open and (self._clock() < self._closed_until or self._running):
            return Advice(outcome=Counsel.SKIPPED, why="out_of_order")
        self._running += 1
        counts.MODEL_ASKED.inc()
        try:
            async with asyncio.timeout(settings.deadline):
                advice = await self._asked(asked, entries, outcome)
        except NotTaken as refusal:
            if refusal.why == "garbage":
                return self._failed(refusal.why)
            advice = Advice(outcome=Counsel.REFUSED, why=refusal.why)
        except _NoAnswer as failure:
            return self._failed(failure.why)
        except TimeoutError:
            return self._failed("timeout")
        except (aiohttp.ClientError, OSError):
            return self._failed("unreachable")
        except Exception as failure:  # nothing about it may cost somebody their answer
            logger.error("model broke", error=type(failure).__name__, exc_info=failure)
            return self._failed("broke")
        finally:
            self._running -= 1
        self._breaker.answered(self._clock())
        return advice

    def _failed(self, why: str) -> Advice:
        self._calls += 1
        until = self._breaker.doubtful(str(self._calls), self._clock())
        if until is not None:
            self._closed_until = until
            logger.warning("model out of order", why=why)
        return Advice(outcome=Counsel.FAILED, why=why)

    async def _asked(self, asked: str, entries: Sequence[Policy], outcome: Outcome) -> Advice:
        if outcome is Outcome.ANSWER:
            policy, words = await self._chat(asked, entries[:1], retell=True)
            said = retold(words, policy)
            return Advice(
                outcome=Counsel.USED, code=policy.code, version=policy.version, words=said
            )
        if self._settings.embeddings:
            best = await self._nearest(asked, entries)
        else:
            best, _ = await self._chat(asked, entries, retell=False)
        return Advice(outcome=Counsel.USED, code=best.code, version=best.version)

    async def _chat(
        self, asked: str, entries: Sequence[Policy], *, retell: bool
    ) -> tuple[Policy, str]:
        fence = secrets.token_hex(4)
        marked = offered(entries, fence)
        answer = await self._called(
            "POST",
            "chat/completions",
            {
                "model": self._settings.chat,
                "messages": conversation(asked, marked, fence, retell=retell),
                "temperature": 0,
                "max_tokens": TOKENS,
                "stream": False,
            },
        )
        try:
            said = answer["choices"][0]["message"]["content"]
        except (KeyError, IndexError, TypeError):
            raise _NoAnswer("garbage") from None
        if not isinstance(said, str):
            raise _NoAnswer("garbage")
        return cited(said, marked)

    async def _nearest(self, asked: str, entries: Sequence[Policy]) -> Policy:
        """The entry in whose question the words lie nearest to those asked."""
        texts = [asked, *(entry.question for entry in entries)]
        answer = await self._called(
            "POST", "embeddings", {"model": self._settings.embeddings, "input": texts}
        )
        question, *known = _vectors(answer, len(texts))
        likeness = [_cosine(question, one) for one in known]
        return entries[max(range(len(entries)), key=lambda place: (likeness[place], -place))]

    async def _called(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """One call; raises _NoAnswer for all that is no object in JSON."""
        url = f"{self._settings.url.rstrip('/')}/{path}"
        async with self._opened().request(
            method, url, json=body, headers=self._headers(), allow_redirects=False
        ) as answer:
            try:
                if 300 <= answer.status < 400:
                    raise _NoAnswer("redirect")
                if answer.status != 200:
                    raise _NoAnswer(f"status_{answer.status // 100}xx")
                said = await _read(answer)
            finally:
                answer.close()  # what is left of it is not waited for
        try:
            read = json.loads(said)
        except (ValueError, RecursionError):
            raise _NoAnswer("garbage") from None
        if not isinstance(read, dict):
            raise _NoAnswer("garbage")
        return read

    def _headers(self) -> dict[str, str]:
        key = self._settings.key.get_secret_value()
        return {
            "Accept-Encoding": "identity",
            **({"Authorization": f"Bearer {key}"} if key else {}),
        }

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._settings.at_once),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=self._settings.deadline),
                auto_decompress=False,  # a small body may be a large one
                raise_for_status=False,
            )
        return self._session


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    said = bytearray()
    async for part in answer.content.iter_any():
        said += part
        if len(said) > LARGEST:
            raise _NoAnswer("too_large")
    return bytes(said)


def _vectors(answer: Mapping[str, Any], many: int) -> list[list[float]]:
    try:
        ordered = sorted(answer["data"], key=lambda one: int(one["index"]))
        found = [[float(value) for value in one["embedding"]] for one in ordered]
    except (KeyError, TypeError, ValueError):
        raise _NoAnswer("garbage") from None
    lengths = {len(one) for one in found}
    numbers = all(math.isfinite(value) for one in found for value in one)
    if len(found) != many or len(lengths) != 1 or not numbers:
        raise _NoAnswer("garbage")
    return found


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    product = sum(a * b for a, b in zip(one, other, strict=True))
    return product / (math.hypot(*one) * math.hypot(*other) or 1.0)


def _untagged(names: set[str]) -> set[str]:
    """Ollama lists qwen3 as qwen3:latest."""
    return {name.removesuffix(":latest") for name in names}


@asynccontextmanager
async def opened_model(
    settings: ModelSettings, *, clock: Callable[[], float]
) -> AsyncIterator[Model | None]:
    """The model of these settings; None when there is none."""
    if not settings.url:
        yield None
        return
    model = Model(settings, clock=clock)
    try:
        yield model
    finally:
        await model.close()
