"""Commands that make backups, prove them and bring them back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from bot import app, backing_up
from bot.backing_up import CannotRestore
from bot.commands.base import (
    FAILED,
    WRONG_USAGE,
    Config,
    application,
    done,
    errors,
    settings_of,
    stop,
)
from bot.progress import progress
from storage.backup import Manifest

T = TypeVar("T")


@application.command()
def backup(
    file: Annotated[Path, typer.Argument(help="the file to write, or a folder to keep them in")],
    config: Config = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="only prove a backup that is there")
    ] = False,
    keep_days: Annotated[
        int, typer.Option(help="remove older backups from the folder", min=0)
    ] = 0,
) -> None:
    """Back up the database while the service runs, and prove it by restoring it elsewhere."""
    settings = settings_of(config)
    if keep_days and not file.is_dir():
        stop("--keep-days wants a folder", WRONG_USAGE)
    if not verify:
        file = backing_up.named(file, app.wall_clock())
        with progress(errors, "backup: rows") as step:
            _done(backing_up.back_up, settings, file, step)
    with progress(errors, "verify: rows") as step:
        manifest = _done(backing_up.verify, settings, file, step)
    typer.echo(f"{file}: {_told(manifest)}, verified")
    if keep_days:
        for old in backing_up.drop_older(file.parent, keep_days, app.wall_clock()):
            typer.echo(f"{old}: older than {keep_days} days, removed")


@application.command()
def restore(
    file: Annotated[Path, typer.Argument(help="a backup")],
    config: Config = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="in place of what the database holds")
    ] = False,
    erasures: Annotated[
        list[Path] | None,
        typer.Option(help="a list of `xiaoqi export erasures`, newer than the backup"),
    ] = None,
) -> None:
    """Bring a backup back into an empty database, and erase again who was erased since."""
    settings = settings_of(config)
    with progress(errors, "restore: rows") as step:
        restored = _done(
            backing_up.restore, settings, file, step, replace=replace, erasures=erasures or ()
        )
    settled = restored.settled
    typer.echo(f"{file}: {_told(restored.manifest)}, restored in {restored.seconds:.1f} s")
    typer.echo(
        f"{settled.erased} people erased again, {settled.cancelled} late reminders cancelled"
    )
    typer.echo(f"{settled.unknown} sends unknown: xiaoqi outbox --unknown")
    if not erasures and not replace:
        errors.print(
            "Who was erased after the backup was made is back. Is there a newer list"
            " (xiaoqi export erasures)? Restore again with --replace --erasures FILE.",
            markup=False,
        )


def _done(work: Callable[..., T], *arguments: object, **named: object) -> T:
    try:
        return done(asyncio.to_thread(work, *arguments, **named))
    except CannotRestore as reason:
        stop(str(reason), FAILED)


def _told(manifest: Manifest) -> str:
    return f"{manifest.rows:,} rows in {len(manifest.tables)} tables as of {manifest.made_at}"
