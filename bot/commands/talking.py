"""Commands that talk, read and measure without a service running."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from bot import bench, terminal
from bot.commands.base import (
    FAILED,
    Config,
    Sample,
    application,
    done,
    errors,
    one_of,
    settings_of,
    stop,
)
from bot.progress import progress


@application.command()
def say(
    text: Annotated[
        str | None, typer.Argument(help="one message; without it a chat begins")
    ] = None,
    as_: Annotated[str, typer.Option("--as", help="the account that speaks")] = "terminal",
    config: Config = None,
    sample: Sample = False,
) -> None:
    """Chat in the terminal."""
    settings = settings_of(config, sample=sample)
    done(terminal.chat(settings, account=as_, first=text, show=typer.echo))


@application.command()
def read(
    text: Annotated[str, typer.Argument(help="what a resident writes")],
    config: Config = None,
    sample: Sample = False,
    staff: Annotated[bool, typer.Option("--staff", help="read staff commands too")] = False,
    group: Annotated[bool, typer.Option("--group", help="as said in a group")] = False,
) -> None:
    """Print how a message is understood, as JSON."""
    settings = settings_of(config, sample=sample)
    reading = done(terminal.read(settings, text, staff=staff, group=group))
    typer.echo(json.dumps(asdict(reading), ensure_ascii=False, indent=2, default=str))


@application.command()
def ask(
    text: Annotated[str, typer.Argument(help="what a resident asks")],
    config: Config = None,
    sample: Sample = False,
) -> None:
    """Print which policy entries answer a question, as JSON with scores."""
    settings = settings_of(config, sample=sample)
    found = done(terminal.ask(settings, text))
    typer.echo(json.dumps(found, ensure_ascii=False, indent=2))


@application.command()
def replay(
    file: Annotated[Path, typer.Argument(help='JSON lines: {"account", "text", "group"?…}')],
    config: Config = None,
) -> None:
    """Run a chat log through the service on a throw-away database; print what it would say."""
    settings = settings_of(config)
    with progress(errors, "replay") as step:

        def show(answers: dict[str, Any]) -> None:
            step(int(answers["line"]))
            typer.echo(json.dumps(answers, ensure_ascii=False))

        try:
            done(terminal.replay(settings, file, show))
        except terminal.BadLine as bad:
            stop(str(bad), FAILED)


@application.command("bench")
def bench_(
    name: Annotated[str, typer.Argument(help=", ".join(bench.NAMES))],
    quick: Annotated[bool, typer.Option("--quick", help="a short run, for a first look")] = False,
    postgres: Annotated[str, typer.Option(help="URL of an empty PostgreSQL database")] = "",
) -> None:
    """Measure this machine and the service on it, side by side."""
    one_of(name, bench.NAMES)
    bench.run(name, quick=quick, postgres=postgres)
