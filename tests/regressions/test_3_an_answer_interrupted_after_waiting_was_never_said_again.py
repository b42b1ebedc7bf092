"""An answer that the platform had put off once, and that was then interrupted, was given up as
unknown at its first doubt; so was one interrupted twice. Of 21,810 residents two heard nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from domain.messages import Address, Lane, Outbound
from storage.schema import OutboxState
from storage.transaction import Transaction
from tests.town import Town


def _add(tx: Transaction) -> int:
    said = Outbound(
        id=0, address=Address(channel="web", chat="wang"), lane=Lane.DIALOGUE, text="收到"
    )
    return tx.outbox.add(said, person=None, phrase="test", values={})


def _interrupted(tx: Transaction, *, row: int, token: str) -> None:
    tx.outbox.give_up("web", token)
    assert tx.outbox.sweep("web", f"{token}+") == (row,)


def _put_off(tx: Transaction, *, row: int, token: str) -> None:
    assert tx.outbox.later(row, token, 0, "flood control")


@pytest.mark.parametrize("before", [_put_off, _interrupted])
async def test_it_is_said_again(town: Town, before: Callable[..., None]) -> None:
    database = town.database
    row = await database.run(_add)
    for token, end in (("one", before), ("two", _interrupted)):
        claimed = await database.run(
            lambda tx, token=token: tx.outbox.claim("web", token=token, limit=1)
        )
        assert [one.id for one in claimed] == [row]
        await database.run(lambda tx, token=token: tx.outbox.sending((row,), token))
        await database.run(partial(end, row=row, token=token))
    found = await database.read(lambda tx: tx.outbox.get(row))
    assert found is not None
    assert found.state is OutboxState.QUEUED
