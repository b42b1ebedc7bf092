"""What every command does alike: reads the settings, opens the database, ends with its code."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import structlog
import typer
from rich.console import Console

from bot import app, logs
from bot.settings import CoreSettings, SettingsProblem, read_settings
from knowledge.intents import IntentError
from knowledge.notice_templates import TemplateError
from knowledge.phrasebook import PhraseError
from scheduler.sealer import Sealer
from storage.database import NewerSchema, Unavailable, UnknownDatabase
from storage.keyring import BadKey
from storage.sealing_chain import ChainBroken

T = TypeVar("T")

FAILED, WRONG_USAGE = 1, 2

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


def one_of(name: str, known: Any) -> None:
    """Ends the command when there is no such name."""
    if name not in known:
        stop(f"there is no {name!r}; one of {', '.join(known)}", WRONG_USAGE)


def settings_of(config: Path | None, **given: Any) -> CoreSettings:
    """The settings with what the command line gives; ends the command when they are wrong."""
    chosen = {key: value for key, value in given.items() if value}
    try:
        settings = read_settings(config, **chosen)
    except SettingsProblem as wrong:
        for problem in wrong.problems:
            errors.print(f"settings: {problem}", markup=False)
        raise typer.Exit(WRONG_USAGE) from None
    logs.begin("warning", secrets=settings.secrets())
    return settings


async def with_database(settings: CoreSettings, work: Callable[[app.Opened], Awaitable[T]]) -> T:
    """What the work returned, on the opened and migrated database.

    What it wrote into the audit is sealed, since no service need be running.
    """
    async with app.prepared(settings) as house:
        result = await work(house)
        with suppress(Unavailable, ChainBroken):
            await Sealer(house.database, owner="command line").seal()
        return result


def done(work: Coroutine[Any, Any, T]) -> T:
    """What the work returned; failures that are not ours become one line and exit code 1."""
    try:
        return asyncio.run(work)
    except UnknownDatabase as unknown:
        stop(f"settings: database.url: {unknown}", WRONG_USAGE)
    except (PhraseError, IntentError, TemplateError) as wrong:
        stop(f"settings: community.folder: {wrong}", WRONG_USAGE)
    except (BadKey, NewerSchema, Unavailable, OSError, UnicodeError) as failure:
        structlog.get_logger().debug("command failed", exc_info=failure)
        stop(str(failure), FAILED)


def stop(message: str, code: int) -> NoReturn:
    """Ends the command with these words on standard error."""
    errors.print(message, markup=False)
    raise typer.Exit(code)
