"""Commands about what is kept: whether the audit is whole, how long things stay, and the keys."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from bot import app, ending, master_keys
from bot.commands.base import (
    FAILED,
    WRONG_USAGE,
    Config,
    Sample,
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


keys = typer.Typer(help="The master keys that seal personal data.", no_args_is_help=True)
application.add_typer(keys, name="keys")


@keys.command("check")
def check_keys(config: Config = None) -> None:
    """Say what the master keys in the key file open, and what none of them does."""
    settings = settings_of(config)
    file = settings.security.key_file

    async def look(house: app.Opened) -> tuple[int, master_keys.Found]:
        return house.keyring.size, await master_keys.look(house.database)

    size, found = done(with_database(settings, look))
    typer.echo(f"{size} master keys in {file}")
    typer.echo(f"{found.newest} data keys are under the newest, {found.older} under older ones")
    if found.lost:
        stop(f"{found.lost} data keys open with none of them", FAILED)


@keys.command()
def add(config: Config = None) -> None:
    """Add a new master key to the file without using it; then copy the file to every machine."""
    settings = settings_of(config)

    async def add_one(house: app.Opened) -> int:
        house.keyring.add_master()
        return house.keyring.size

    size = done(with_database(settings, add_one))
    typer.echo(f"{size} master keys in {settings.security.key_file}; copy it, then: keys rotate")


@keys.command()
def rotate(config: Config = None) -> None:
    """Wrap everything under a new master key, while the service runs; goes on where it stopped."""
    settings = settings_of(config)
    with progress(errors, "keys rotate") as step:
        moved = done(with_database(settings, lambda it: master_keys.rotate(it.database, step)))
    typer.echo(f"{moved} data keys are under the newest master key now")


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


@application.command()
def retention(
    config: Config = None,
    sample: Sample = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only tell what is due")] = False,
) -> None:
    """End what is past its time, class by class, as the nightly job does; or only tell it."""
    settings = settings_of(config, sample=sample)
    work = ending.report if dry_run else ending.end_all
    rows = done(with_database(settings, lambda house: work(house.database)))
    for row in rows:
        typer.echo(ending.told(row, settings.kept_for))
