"""Every command of `xiaoqi`, each a few lines: the settings, the work, what is printed."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import structlog
import typer
from rich.console import Console

from bot import app, bench, checking, exporting, inviting, logs, terminal
from bot.import_kinds import KINDS
from bot.importing import BadFile, existing_codes, read_table
from bot.progress import Counted, progress
from bot.settings import CoreSettings, SettingsProblem, read_settings
from bot.supervisor import supervise
from storage.database import Unavailable, UnknownDatabase
from storage.database import migrate as migrate_database
from storage.keyring import BadKey

T = TypeVar("T")

FAILED, WRONG_USAGE = 1, 2
SUPERVISED = "--supervised"

application = typer.Typer(
    name="xiaoqi",
    help="xiaoqi: a smart social worker for residents' community groups.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Config = Annotated[Path | None, typer.Option("--config", help="the settings file (xiaoqi.toml)")]
Sample = Annotated[bool, typer.Option("--sample", help="with the fictional sample community")]

errors = Console(stderr=True, highlight=False, soft_wrap=True)


@application.command()
def run(
    config: Config = None,
    sample: Sample = False,
    roles: Annotated[str, typer.Option(help="some of web,poll,intake,relay,clock")] = "",
    supervised: Annotated[bool, typer.Option(SUPERVISED, hidden=True)] = False,
) -> None:
    """Serve residents and staff until stopped."""
    chosen = frozenset(role.strip() for role in roles.split(",")) if roles else None
    settings = _settings(config, sample=sample, roles=chosen)
    if not supervised:
        raise typer.Exit(supervise([sys.executable, "-m", "bot", *sys.argv[1:], SUPERVISED]))
    logs.begin(settings.log.level)
    _done(app.run(settings))


@application.command()
def check(config: Config = None, sample: Sample = False) -> None:
    """Name every hole: a grid without leader, missing phones, staff whom no channel reaches…"""
    settings = _settings(config, sample=sample)
    holes = _done(_with(settings, lambda house: checking.holes(house.database)))
    for hole in holes:
        typer.echo(hole)
    if holes:
        raise typer.Exit(FAILED)
    typer.echo("no holes")


@application.command()
def migrate(config: Config = None) -> None:
    """Bring the database to the newest schema."""
    url = _settings(config).database.url
    _done(asyncio.to_thread(migrate_database, url))
    typer.echo("the schema is the newest")


@application.command("import")
def import_(
    kind: Annotated[str, typer.Argument(help=", ".join(KINDS))],
    file: Annotated[Path, typer.Argument(help="a CSV or XLSX file")],
    config: Config = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only check")] = False,
) -> None:
    """Import one of the operator's tables; a file with a bad row changes nothing."""
    _one_of(kind, KINDS)
    settings = _settings(config)
    public_url = settings.server.public_url

    async def work(house: app.Opened) -> list[str]:
        rows = read_table(kind, file, await house.database.read(existing_codes))
        if dry_run:
            return [f"{len(rows)} rows of {kind} are right"]
        with progress(errors, f"import {kind}", len(rows)) as step:
            counted = Counted(rows, step)
            await house.database.run(lambda tx: tx.tables.replace(kind, counted))
        await house.database.refresh()
        codes = (
            await inviting.invite_unreachable(house.database, public_url=public_url)
            if kind == "people"
            else []
        )
        return [f"{len(rows)} rows of {kind} imported", *codes]

    try:
        lines = _done(_with(settings, work))
    except BadFile as bad:
        for problem in bad.problems:
            errors.print(str(problem), markup=False)
        _stop(f"{len(bad.problems)} problems; nothing was imported", FAILED)
    typer.echo("\n".join(lines))


@application.command()
def export(
    kind: Annotated[str, typer.Argument(help=", ".join(exporting.KINDS))],
    file: Annotated[Path, typer.Argument(help="the CSV file to write")],
    config: Config = None,
    sample: Sample = False,
) -> None:
    """Write a table or the work orders to a CSV file that a spreadsheet can open safely."""
    _one_of(kind, exporting.KINDS)
    settings = _settings(config, sample=sample)
    with progress(errors, f"export {kind}") as step:
        work = _with(settings, lambda it: exporting.export(it.database, kind, file, step))
        count = _done(work)
    typer.echo(f"{count} rows of {kind} written to {file}")


@application.command()
def invite(
    name: Annotated[str, typer.Argument(help="the person's name")],
    role: Annotated[str, typer.Argument(help="UNIT:ROLE, such as G01:grid_leader or D01:admin")],
    config: Config = None,
    sample: Sample = False,
) -> None:
    """Make a one-time code with which staff come in; also for the first administrator."""
    settings = _settings(config, sample=sample)
    try:
        work = _with(
            settings,
            lambda it: inviting.invite(
                it.database, name, role, public_url=settings.server.public_url
            ),
        )
        lines = _done(work)
    except inviting.UnknownPost as unknown:
        _stop(str(unknown), WRONG_USAGE)
    typer.echo("\n".join(lines))


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
    settings = _settings(config, sample=sample)
    _done(terminal.chat(settings, account=as_, first=text, show=typer.echo))


@application.command()
def read(
    text: Annotated[str, typer.Argument(help="what a resident writes")],
    config: Config = None,
    sample: Sample = False,
    staff: Annotated[bool, typer.Option("--staff", help="read staff commands too")] = False,
    group: Annotated[bool, typer.Option("--group", help="as said in a group")] = False,
) -> None:
    """Print how a message is understood, as JSON."""
    settings = _settings(config, sample=sample)
    reading = _done(terminal.read(settings, text, staff=staff, group=group))
    typer.echo(json.dumps(asdict(reading), ensure_ascii=False, indent=2, default=str))


@application.command()
def replay(
    file: Annotated[Path, typer.Argument(help='JSON lines: {"account", "text", "group"?…}')],
    config: Config = None,
) -> None:
    """Run a chat log through the service on a throw-away database; print what it would say."""
    settings = _settings(config)
    with progress(errors, "replay") as step:

        def show(answers: dict[str, Any]) -> None:
            step(int(answers["line"]))
            typer.echo(json.dumps(answers, ensure_ascii=False))

        try:
            _done(terminal.replay(settings, file, show))
        except terminal.BadLine as bad:
            _stop(str(bad), FAILED)


@application.command("bench")
def bench_(
    name: Annotated[str, typer.Argument(help=", ".join(bench.NAMES))],
    quick: Annotated[bool, typer.Option("--quick", help="a short run, for a first look")] = False,
    postgres: Annotated[str, typer.Option(help="URL of an empty PostgreSQL database")] = "",
) -> None:
    """Measure this machine and the service on it, side by side."""
    _one_of(name, bench.NAMES)
    bench.run(name, quick=quick, postgres=postgres)


def _one_of(name: str, known: Any) -> None:
    if name not in known:
        _stop(f"there is no {name!r}; one of {', '.join(known)}", WRONG_USAGE)


def _settings(config: Path | None, **given: Any) -> CoreSettings:
    chosen = {key: value for key, value in given.items() if value}
    try:
        settings = read_settings(config, **chosen)
    except SettingsProblem as wrong:
        for problem in wrong.problems:
            errors.print(f"settings: {problem}", markup=False)
        raise typer.Exit(WRONG_USAGE) from None
    logs.begin("warning")
    return settings


async def _with(settings: CoreSettings, work: Callable[[app.Opened], Awaitable[T]]) -> T:
    async with app.prepared(settings) as house:
        return await work(house)


def _done(work: Coroutine[Any, Any, T]) -> T:
    """Runs the work; failures that are not ours become one line and exit code 1."""
    try:
        return asyncio.run(work)
    except UnknownDatabase as unknown:
        _stop(f"settings: database.url: {unknown}", WRONG_USAGE)
    except (BadKey, Unavailable, OSError, UnicodeError) as failure:
        structlog.get_logger().debug("command failed", exc_info=failure)
        _stop(str(failure), FAILED)


def _stop(message: str, code: int) -> NoReturn:
    errors.print(message, markup=False)
    raise typer.Exit(code)
