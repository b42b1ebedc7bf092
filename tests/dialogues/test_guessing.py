"""Codes cannot be found by trying, on whichever way they come in."""

from __future__ import annotations

import pytest

from domain.flooding import Pace, Paces
from domain.messages import InboundKind
from storage.keyring import Keyring
from storage.transaction import Transaction
from tests.town import Town, built_town

WAIT = "口令试错好几次了"
QUICK = Paces(resident=Pace(rate=1000, burst=1000))


async def trying(town: Town, word: str, code: str) -> list[str]:
    if word == "start":
        return await town.says("李叔", kind=InboundKind.START, start=code)
    return await town.says("李叔", f"{word} {code}")


def invite_for_chen(tx: Transaction) -> str:
    person = tx.people.coded("P02")
    return tx.codes.make("invite", {"person": person}, until=tx.now.replace(year=2027))


@pytest.mark.parametrize("word", ["绑定", "合并账号", "start"])
async def test_after_five_wrong_codes_even_the_right_one_has_to_wait(
    town_url: str, keyring: Keyring, word: str
) -> None:
    async with built_town(town_url, keyring, paces=QUICK) as town:
        for one in range(5):
            answers = await trying(town, word, f"K7QH2MP{one}")
            assert not any(WAIT in answer for answer in answers)
        right = await town.database.run(invite_for_chen)

        for _ in range(50):
            answers = await trying(town, word, right)
            assert any(WAIT in answer for answer in answers)

        await town.pass_time(minutes=3)
        answers = await trying(town, word, right)
        assert not any(WAIT in answer for answer in answers)


async def test_a_right_code_costs_nothing(town_url: str, keyring: Keyring) -> None:
    async with built_town(town_url, keyring, paces=QUICK) as town:
        for _ in range(8):
            right = await town.database.run(invite_for_chen)
            answers = await trying(town, "绑定", right)
            assert not any(WAIT in answer for answer in answers)
