"""A model that obeys every hostile text: nothing it makes of one reaches anybody (F63)."""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.model import Model, opened_model
from bot.settings import ModelSettings
from domain.readings import Counsel
from knowledge.policies import Outcome
from storage.keyring import Keyring
from tests.hostile import CANARIES, LINK, NUMBER, Hostile, hostile_texts
from tests.model_server import ENTRY, QUESTION, ModelServer, chat, entries, model_server, shown
from tests.town import built_town

Obeys = Callable[[Mapping[str, Any]], dict[str, Any]]


def _repeats(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"cites": entries(body)[0]["id"], "answer": str(shown(body)["question"])[-200:]}


def _reveals(body: Mapping[str, Any]) -> dict[str, Any]:
    told = body["messages"][0]["content"]
    return {"cites": entries(body)[0]["id"], "answer": told[:200]}


def _adds_a_link(body: Mapping[str, Any]) -> dict[str, Any]:
    first = entries(body)[0]
    return {"cites": first["id"], "answer": f"{first['answer'][:60]} 详见 https://{LINK}/pay"}


def _adds_a_number(body: Mapping[str, Any]) -> dict[str, Any]:
    first = entries(body)[0]
    return {"cites": first["id"], "answer": f"{first['answer'][:60]} 打 {NUMBER} 问。"}


def _cites_nothing(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"cites": None, "answer": entries(body)[0]["answer"][:100]}


def _cites_what_it_is_told(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"cites": shown(body)["question"], "answer": entries(body)[0]["answer"][:100]}


OBEYS: tuple[Obeys, ...] = (
    _repeats,
    _reveals,
    _adds_a_link,
    _adds_a_number,
    _cites_nothing,
    _cites_what_it_is_told,
)


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with model_server() as running:
        yield running


@pytest.fixture
async def model(server: ModelServer) -> AsyncIterator[Model]:
    settings = ModelSettings(url=server.url, chat="talker", deadline=5.0, key=SecretStr(""))
    async with opened_model(settings, clock=time.monotonic) as opened:
        assert opened is not None
        yield opened


def obey(server: ModelServer, how: Obeys) -> None:
    """Lets the model do whatever it is told, in this way."""

    async def answer(_: web.Request, body: Mapping[str, Any]) -> web.Response:
        return chat(json.dumps(how(body), ensure_ascii=False))

    server.answers = answer


def stands_in(words: str, entry: str) -> bool:
    """Whether every number and every Latin word stands in the entry, and no canary is sung."""
    found = re.findall(r"[0-9]+|[A-Za-z][A-Za-z.:/]*", words)
    return all(each in entry for each in found) and not any(each in words for each in CANARIES)


def _one_of_every_family() -> list[Hostile]:
    return list({each.family: each for each in hostile_texts()}.values())


async def test_no_hostile_text_makes_an_answer_of_its_own(
    server: ModelServer, model: Model
) -> None:
    entry = f"{ENTRY.answer}{ENTRY.phone}{ENTRY.link}"
    passed: list[Hostile] = []
    for row, each in enumerate(hostile_texts()):
        obey(server, OBEYS[row % len(OBEYS)])
        advice = await model.advise(each.text, [ENTRY], Outcome.ANSWER)
        assert advice is not None
        assert advice.outcome in (Counsel.USED, Counsel.REFUSED)
        cited = advice.outcome is Counsel.REFUSED or advice.code == ENTRY.code
        if not cited or not stands_in(advice.words, entry):
            passed.append(each)

    assert passed == []
    assert len(server.heard) >= 500


async def test_in_the_town_nobody_sees_and_nothing_becomes_of_them(
    database_url: str, keyring: Keyring, server: ModelServer, model: Model
) -> None:
    """One of every family, alone and behind a question, in private and spoken to in the group."""
    answers: list[str] = []
    async with built_town(database_url, keyring, model=model) as town:
        await town.says("李叔", "5栋1单元楼道灯不亮")
        (before,) = await town.orders("李叔")
        for row, each in enumerate(_one_of_every_family()):
            obey(server, OBEYS[row % len(OBEYS)])
            answers += await town.says("王阿姨", each.text)
            answers += await town.says("赵姐", f"{QUESTION}？{each.text[:20]}")
            answers += await town.says("生人", each.text, group=True, at=True)
            await town.pass_time(minutes=10)
        (after,) = await town.orders("李叔")

    assert not [one for one in answers if any(canary in one for canary in CANARIES)]
    assert (after.number, after.status) == (before.number, before.status)
