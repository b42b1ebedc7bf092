"""Commands about what is kept: whether the audit is whole, how long things stay, and the keys."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from bot import app
from bot.commands.base import (
    FAILED,
    WRONG_USAGE,
    Config,
    application,
    done,
    errors,
    settings_of,
    stop,
    with_database,
)
from bot.progress import progress
from storage.sealing_chain import Verdict

HEAD = re.compile(r"\d+:[0-9a-f]{64}")

audit = typer.Typer(help="The audit entries and their chain.", no_args_is_help=True)
application.add_typer(audit, name="audit")


@audit.command()
def verify(
    config: Config = None,
    known: Annotated[
        str, typer.Option("--known", help="a head that was printed before, as PLACE:DIGEST")
    ] = "",
) -> None:
    """Walk along the chain of the audit entries and name the first that is not as it was."""
    settings = settings_of(config)

    if known and not HEAD.fullmatch(known):
        stop("--known takes a head as this command prints it, PLACE:DIGEST", WRONG_USAGE)
    with progress(errors, "audit verify") as step:

        async def walk(house: app.Opened) -> Verdict:
            return await house.database.read(lambda tx: tx.chain.verify(known, step))

        verdict = done(with_database(settings, walk))
    if verdict.broken:
        stop(f"the chain is broken after {verdict.verified} entries: {verdict.broken}", FAILED)
    typer.echo(f"{verdict.verified} entries are as they were sealed, {verdict.unsealed} unsealed")
    typer.echo(f"head {verdict.head}")
