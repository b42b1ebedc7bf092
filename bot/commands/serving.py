"""Commands that run the service and look after its database."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated

import typer

from bot import app, doctor, logs
from bot.commands.base import (
    FAILED,
    Config,
    Sample,
    application,
    done,
    settings_of,
)
from bot.findings import Severity
from bot.supervisor import HEART, SUPERVISED
from bot.vitals import Heart
from storage.database import migrate as migrate_database

MARKS = {Severity.BROKEN: "✗", Severity.WARNING: "!", Severity.HINT: "·"}


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
    logs.begin(settings.log.level, secrets=settings.secrets())
    logs.catch_everything()
    done(app.run(settings, heart=Heart.named(heart)))


@application.command()
def check(
    config: Config = None,
    sample: Sample = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object per line")] = False,
) -> None:
    """Say why it is silent: key, database, channels, queues, empty posts… and what to do."""
    settings = settings_of(config, sample=sample)
    found = done(doctor.examine(settings))
    for one in found:
        if as_json:
            typer.echo(json.dumps(one.plain, ensure_ascii=False))
        else:
            typer.echo(f"{MARKS[one.finding.severity]} {one.chinese}\n   {one.english}")
    if any(one.finding.severity is Severity.BROKEN for one in found):
        raise typer.Exit(FAILED)
    if not as_json:
        typer.echo("nothing is broken")


@application.command()
def migrate(config: Config = None) -> None:
    """Bring the database to the newest schema."""
    url = settings_of(config).database.url
    done(asyncio.to_thread(migrate_database, url))
    typer.echo("the schema is the newest")
