"""Commands that show how far notices are: a table, and a bar that follows one to its end."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

import typer
from rich.console import Console

from bot import app
from bot.commands.base import (
    FAILED,
    Config,
    Sample,
    application,
    done,
    settings_of,
    stop,
    with_database,
)
from bot.progress import progress
from domain.broadcasts import LIVE, Broadcast, Delivery
from storage.recipients import RecipientRow
from storage.transaction import Transaction

UNWELL = (Delivery.FAILED, Delivery.BLOCKED, Delivery.UNKNOWN)
MOST_NAMED = 200
LOOK = 0.5  # seconds between two looks at one that is followed

broadcasts = typer.Typer(help="How far notices to many are.", no_args_is_help=True)
application.add_typer(broadcasts, name="broadcast")
Number = Annotated[str, typer.Argument(help="its number, as its author was told")]


@broadcasts.command()
def status(
    number: Annotated[str, typer.Argument(help="of one; without it the newest are listed")] = "",
    config: Config = None,
    sample: Sample = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object per line")] = False,
) -> None:
    """List the newest notices, or one with everybody it did not reach."""

    async def work(house: app.Opened) -> tuple[list[Broadcast], list[RecipientRow]]:
        return await house.database.read(lambda tx: _found(tx, number))

    found, unwell = done(with_database(settings_of(config, sample=sample), work))
    if number and not found:
        stop(f"there is no notice {number}", FAILED)
    for one in found:
        typer.echo(_as_json(one) if as_json else line(one))
    for row in unwell:
        typer.echo(_unwell_as_json(row) if as_json else _unwell(row))


@broadcasts.command()
def watch(number: Number, config: Config = None, sample: Sample = False) -> None:
    """Follow one notice until it is done, cancelled or paused."""

    async def work(house: app.Opened) -> Broadcast | None:
        def look(tx: Transaction) -> Broadcast | None:
            return tx.broadcasts.numbered(number)

        found = await house.database.read(look)
        if found is None:
            return None
        with progress(Console(stderr=True), number, found.heads.total) as step:
            while found is not None and found.state in LIVE - {found.state.PAUSED}:
                step(found.ended)
                await asyncio.sleep(LOOK)
                found = await house.database.read(look)
        return found

    found = done(with_database(settings_of(config, sample=sample), work))
    if found is None:
        stop(f"there is no notice {number}", FAILED)
    typer.echo(line(found))


def line(one: Broadcast) -> str:
    """One notice in a line: number, state, how many of how many, and the results."""
    results = "  ".join(f"{state} {n:,}" for state, n in one.counts.items() if n)
    return f"{one.number}  {one.state:<9}  {one.ended:,}/{one.heads.total:,}  {results}".rstrip()


def _found(tx: Transaction, number: str) -> tuple[list[Broadcast], list[RecipientRow]]:
    if not number:
        return list(tx.broadcasts.newest()), []
    one = tx.broadcasts.numbered(number)
    if one is None:
        return [], []
    return [one], list(tx.recipients.unwell(one, UNWELL, MOST_NAMED))


def _unwell(row: RecipientRow) -> str:
    """A group by its name on the channel, a person by nothing but the number of their row."""
    who = row.addressee.chat or f"recipient {row.id}"
    return f"  {row.addressee.channel}  {who}  {row.state}  {row.reason}".rstrip()


def _unwell_as_json(row: RecipientRow) -> str:
    shown = {
        "recipient": row.id,
        "channel": row.addressee.channel,
        "chat": row.addressee.chat,
        "result": row.state.value,
        "reason": row.reason,
    }
    return json.dumps(shown, ensure_ascii=False)


def _as_json(one: Broadcast) -> str:
    shown: dict[str, Any] = {
        "number": one.number,
        "state": one.state.value,
        "action": one.action.value,
        "people": one.heads.all_people,
        "groups": one.heads.all_groups,
        "left_out": one.heads.left_out,
        "starts_at": one.starts_at and one.starts_at.isoformat(),
        "ended_at": one.ended_at and one.ended_at.isoformat(),
        **{state.value: n for state, n in one.counts.items()},
    }
    return json.dumps(shown, ensure_ascii=False)
