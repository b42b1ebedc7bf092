"""Commands that run the service and look after its database."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

from bot import app, checking, logs
from bot.commands.base import (
    FAILED,
    Config,
    Sample,
    application,
    done,
    settings_of,
    with_database,
)
from bot.supervisor import supervise
from bot.vitals import Heart
from storage.database import migrate as migrate_database

SUPERVISED, HEART = "--supervised", "--heart"


@application.command()
def run(
    config: Config = None,
    sample: Sample = False,
    roles: Annotated[str, typer.Option(help="some of web,poll,intake,relay,clock")] = "",
    supervised: Annotated[bool, typer.Option(SUPERVISED, hidden=True)] = False,
    heart: Annotated[str, typer.Option(HEART, hidden=True)] = "",
) -> None:
    """Serve residents and staff until stopped."""
    chosen = frozenset(role.strip() for role in roles.split(",")) if roles else None
    settings = settings_of(config, sample=sample, roles=chosen)
    if not supervised:
        command = [sys.executable, "-m", "bot", *sys.argv[1:], SUPERVISED]
        raise typer.Exit(supervise(command, heart=HEART))
    logs.begin(settings.log.level, secrets=settings.secrets())
    logs.catch_everything()
    done(app.run(settings, heart=Heart.named(heart)))


@application.command()
def check(config: Config = None, sample: Sample = False) -> None:
    """Name every hole: a grid without leader, missing phones, staff whom no channel reaches…"""
    settings = settings_of(config, sample=sample)
    holes = done(with_database(settings, lambda house: checking.holes(house.database)))
    for hole in holes:
        typer.echo(hole)
    if holes:
        raise typer.Exit(FAILED)
    typer.echo("no holes")


@application.command()
def migrate(config: Config = None) -> None:
    """Bring the database to the newest schema."""
    url = settings_of(config).database.url
    done(asyncio.to_thread(migrate_database, url))
    typer.echo("the schema is the newest")
