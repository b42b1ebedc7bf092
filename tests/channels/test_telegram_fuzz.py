"""Strange updates at the door: some here, a million of them as `fuzz_updates` of the rig."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from bot.channels.telegram_listening import LARGEST_BODY, SECRET_HEADER
from bot.channels.telegram_reading import Malformed, Me, to_inbound
from domain.flooding import Paces
from storage.keyring import Keyring
from tests.rig.mutations import Mutator
from tests.rig.posting import post_all
from tests.rig.telegram_bench import SECRET, bench
from tests.town import built_town

ME = Me(id=700_000_001, username="xiaoqi_bot")


async def test_whatever_is_posted_is_answered_and_nothing_breaks() -> None:
    async with bench(mode="webhook") as telegram, telegram.listening():
        answers = await post_all(
            telegram.hook, Mutator(1).updates(4_000), headers={SECRET_HEADER: SECRET}
        )

    assert answers.worst == []
    assert set(answers.statuses) <= {200, 400, 413}
    assert answers.statuses[200] > 2_000
    assert len(telegram.door.heard) > 700


def test_whatever_is_read_is_a_message_or_malformed() -> None:
    heard = 0
    for body in Mutator(2).updates(20_000):
        try:
            inbound = to_inbound(json.loads(body), ME)
        except (ValueError, RecursionError):  # Malformed is one of them
            continue
        if inbound is not None:
            heard += 1
            inbound.text.encode()
            assert "\0" not in inbound.text + inbound.name + inbound.chat_title
    assert heard > 3_500


async def test_whatever_gets_in_is_handled(town_url: str, keyring: Keyring) -> None:
    async with built_town(town_url, keyring, paces=Paces(enabled=False)) as town:
        for body in Mutator(3).updates(400):
            try:
                inbound = to_inbound(json.loads(body), ME)
            except (Malformed, ValueError, RecursionError):
                continue
            if inbound is not None:
                await town.intake.accept(inbound)
        await town.settle()
        await town.wait_for_more()

        assert await town.read(lambda tx: tx.inbox.dead_letters()) == ()


def forgeries() -> Iterator[tuple[str, str]]:
    yield from (
        ("none", ""), ("short", SECRET[:-1]), ("long", SECRET + "x"), ("case", SECRET.upper()),
        ("blank", SECRET + " x"), ("other", "x" * len(SECRET)), ("quoted", f'"{SECRET}"'),
        ("latin", "ÿ" * len(SECRET)),
    )  # fmt: skip
    for place in range(len(SECRET)):
        yield f"place {place}", SECRET[:place] + "~" + SECRET[place + 1 :]


@pytest.mark.parametrize(("kind", "token"), list(forgeries()), ids=lambda value: value[:8])
async def test_a_forged_call_is_refused_before_it_is_read(kind: str, token: str) -> None:
    bodies = [b'{"update_id":1}', b"not json", b"x" * (LARGEST_BODY + 1)]
    headers = {SECRET_HEADER: token} if token else {}
    async with bench(mode="webhook") as telegram, telegram.listening() as door:
        answers = await post_all(telegram.hook, iter(bodies), headers=headers, connections=1)

    assert (dict(answers.statuses), door.heard) == ({401: 3}, [])


async def test_a_body_beyond_all_measure_is_refused() -> None:
    bodies = [b"[" * LARGEST_BODY, b'"' + b"x" * LARGEST_BODY, b"0" * (10 * LARGEST_BODY)]
    async with bench(mode="webhook") as telegram, telegram.listening() as door:
        answers = await post_all(
            telegram.hook, iter(bodies), headers={SECRET_HEADER: SECRET}, connections=1
        )

    assert (set(answers.statuses) <= {400, 413}, answers.hung, door.heard) == (True, 0, [])
