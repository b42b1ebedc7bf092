"""Commands that list and settle what went neither well nor wrong: unknown sends, dead letters."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from bot import app
from bot.commands.base import (
    FAILED,
    WRONG_USAGE,
    Config,
    Sample,
    application,
    done,
    settings_of,
    stop,
    with_database,
)
from domain.changes import AuditEntry
from storage import operating
from storage.database import Database
from storage.inbox_rows import DeadLetter
from storage.operating import Doubted
from storage.schema import OutboxState
from storage.transaction import Transaction

JSON = Annotated[bool, typer.Option("--json", help="one JSON object per line")]
Reveal = Annotated[
    bool, typer.Option("--reveal", help="with chat and words; noted in the audit log")
]
MOST_LETTERS = 10_000


@application.command()
def outbox(
    config: Config = None,
    sample: Sample = False,
    unknown: Annotated[
        bool, typer.Option("--unknown", help="sends of which nobody knows whether they arrived")
    ] = False,
    repeated: Annotated[
        bool, typer.Option("--repeated", help="those said again after that: perhaps read twice")
    ] = False,
    resend: Annotated[int, typer.Option(help="say this unknown one again")] = 0,
    settle: Annotated[int, typer.Option(help="this unknown one is not said again")] = 0,
    as_json: JSON = False,
    reveal: Reveal = False,
) -> None:
    """List the sends whose outcome is unknown, and settle them one by one."""
    settings = settings_of(config, sample=sample)
    if resend or settle:
        row, act = (resend, operating.resend) if resend else (settle, operating.settle)
        if not done(with_database(settings, lambda it: it.database.run(lambda tx: act(tx, row)))):
            stop(f"there is no unknown send {row}", FAILED)
        typer.echo(f"{row}: {'queued again' if resend else 'settled'}")
        return
    if not unknown and not repeated:
        stop("name what to list: --unknown, --repeated or both", WRONG_USAGE)

    async def work(house: app.Opened) -> None:
        if reveal:
            await house.database.run(lambda tx: _note_reveal(tx, "outbox"))
        async for one in _doubted(house.database, reveal=reveal):
            if unknown if one.state is OutboxState.UNKNOWN else repeated:
                typer.echo(_as_json(_plain(one, reveal)) if as_json else _line(one))

    done(with_database(settings, work))


@application.command("dead-letters")
def dead_letters(
    config: Config = None,
    sample: Sample = False,
    as_json: JSON = False,
    reveal: Reveal = False,
) -> None:
    """List the messages that failed five times, newest first."""

    async def work(house: app.Opened) -> list[DeadLetter]:
        if reveal:
            await house.database.run(lambda tx: _note_reveal(tx, "inbox"))
        return list(await house.database.read(lambda tx: tx.inbox.dead_letters(MOST_LETTERS)))

    for letter in done(with_database(settings_of(config, sample=sample), work)):
        shown = _letter(letter, reveal)
        typer.echo(_as_json(shown) if as_json else "  ".join(f"{one}" for one in shown.values()))


@application.command("replay-dead")
def replay_dead(
    letter: Annotated[int | None, typer.Argument(help="its number in dead-letters")] = None,
    all_: Annotated[bool, typer.Option("--all", help="every one there is")] = False,
    config: Config = None,
    sample: Sample = False,
) -> None:
    """Have a dead letter tried again from the start, by the running service."""
    if (letter is None) is not all_:
        stop("name one dead letter, or --all", WRONG_USAGE)

    def work(tx: Transaction) -> int:
        letters = [one.id for one in tx.inbox.dead_letters(MOST_LETTERS)] if all_ else [letter]
        return sum(operating.replay_dead(tx, one) for one in letters if one is not None)

    settings = settings_of(config, sample=sample)
    count = done(with_database(settings, lambda house: house.database.run(work)))
    if not count and not all_:
        stop(f"there is no dead letter {letter}", FAILED)
    typer.echo(f"{count} to be tried again")


async def _doubted(database: Database, *, reveal: bool) -> AsyncIterator[Doubted]:
    after: int | None = 0
    while after is not None:
        page = await database.read(
            lambda tx, after=after: operating.doubted(tx, after=after, reveal=reveal)  # type: ignore[misc]
        )
        for one in page:
            yield one
        after = page[-1].id if len(page) == operating.AT_ONCE else None


def _note_reveal(tx: Transaction, what: str) -> None:
    tx.audit.add(AuditEntry(action=f"{what}.revealed", subject="command line", person=None))


def _plain(one: Doubted, reveal: bool) -> dict[str, Any]:
    shown = {
        "id": one.id,
        "channel": one.channel,
        "lane": one.lane,
        "state": one.state.value,
        "phrase": one.phrase,
        "number": one.number,
        "attempts": one.attempts,
        "unknowns": one.unknowns,
        "reason": one.reason,
        "said_at": one.said_at.isoformat(),
        "ended_at": one.ended_at.isoformat() if one.ended_at else None,
    }
    return {**shown, "chat": one.chat, "text": one.text} if reveal else shown


def _line(one: Doubted) -> str:
    words = [str(one.id), _minute(one.said_at), one.channel, one.lane, one.state.value]
    words += [one.phrase, one.number, one.reason, one.chat, one.text]
    return "  ".join(word for word in words if word)


def _letter(letter: DeadLetter, reveal: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": letter.id,
        "received_at": letter.received_at.isoformat(),
        "channel": letter.inbound.channel if letter.inbound else "",
        "attempts": letter.attempts,
        "error": letter.error,
    }
    if reveal and letter.inbound is not None:
        shown |= {"chat": letter.inbound.chat, "text": letter.inbound.text}
    return shown


def _minute(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%MZ")


def _as_json(shown: dict[str, Any]) -> str:
    return json.dumps(shown, ensure_ascii=False)
