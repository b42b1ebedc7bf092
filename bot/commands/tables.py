"""Commands that bring tables in and out, and people into their posts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot import app, exporting, exporting_book, exporting_person, inviting
from bot.commands.base import (
    FAILED,
    WRONG_USAGE,
    Config,
    Sample,
    application,
    done,
    errors,
    one_of,
    settings_of,
    stop,
    with_database,
)
from bot.import_kinds import KINDS
from bot.importing import BadFile, existing_codes, read_table
from bot.progress import Counted, progress
from bot.settings import CoreSettings

EXPORTED = (*exporting.KINDS, exporting_person.PERSON, exporting_book.BOOK)


@application.command("import")
def import_(
    kind: Annotated[str, typer.Argument(help=", ".join(KINDS))],
    file: Annotated[Path, typer.Argument(help="CSV, XLSX or TOML, or a folder of Markdown")],
    config: Config = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only check")] = False,
) -> None:
    """Import one of the operator's tables; a file with a bad row changes nothing."""
    one_of(kind, KINDS)
    settings = settings_of(config)
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
        lines = done(with_database(settings, work))
    except BadFile as bad:
        for problem in bad.problems:
            errors.print(str(problem), markup=False)
        stop(f"{len(bad.problems)} problems; nothing was imported", FAILED)
    typer.echo("\n".join(lines))


@application.command()
def export(
    kind: Annotated[str, typer.Argument(help=", ".join(EXPORTED))],
    file: Annotated[
        Path,
        typer.Argument(
            help="the CSV or XLSX to write; of a person a ZIP, a record book as XLSX or DOCX"
        ),
    ],
    of: Annotated[
        str,
        typer.Option(
            "--of",
            help="a person: phone, account (web:…), code, id:17; a branch: unit code, name",
        ),
    ] = "",
    reason: Annotated[
        str,
        typer.Option("--reason", help=f"of a person: {', '.join(exporting_person.REASONS)}"),
    ] = "",
    year: Annotated[int, typer.Option("--year", help="of a record book; without it this one")] = 0,
    config: Config = None,
    sample: Sample = False,
) -> None:
    """Write a table or the work orders to a CSV file that a spreadsheet can open safely; all that
    is kept about one person, for that person; or the record book (台账) of a branch and year.
    """
    one_of(kind, EXPORTED)
    if year and kind != exporting_book.BOOK:
        stop("--year belongs to: export record_book", WRONG_USAGE)
    if reason and kind != exporting_person.PERSON:
        stop("--reason belongs to: export person", WRONG_USAGE)
    if kind == exporting_person.PERSON:
        _export_person(file, of, reason, settings_of(config, sample=sample))
        return
    if kind == exporting_book.BOOK:
        _export_book(file, of, year, settings_of(config, sample=sample))
        return
    if of:
        stop("--of belongs to: export person, export record_book", WRONG_USAGE)
    settings = settings_of(config, sample=sample)
    with progress(errors, f"export {kind}") as step:
        work = with_database(settings, lambda it: exporting.export(it.database, kind, file, step))
        count = done(work)
    typer.echo(f"{count} rows of {kind} written to {file}")


def _export_book(file: Path, of: str, year: int, settings: CoreSettings) -> None:
    if not of or file.suffix not in exporting_book.ENDINGS:
        endings = " or ".join(exporting_book.ENDINGS)
        stop(f"export record_book needs --of BRANCH and a file in {endings}", WRONG_USAGE)
    try:
        write = exporting_book.export_book
        count, named = done(with_database(settings, lambda it: write(it, of, year, file)))
    except exporting_book.NoSuchBook as unknown:
        stop(str(unknown), WRONG_USAGE)
    typer.echo(f"{count} activities of {named} written to {file}; names are in it")


def _export_person(file: Path, of: str, reason: str, settings: CoreSettings) -> None:
    if not of or reason not in exporting_person.REASONS:
        reasons = ", ".join(exporting_person.REASONS)
        stop(f"export person needs --of and --reason, one of {reasons}", WRONG_USAGE)
    write = exporting_person.export_person
    try:
        done(with_database(settings, lambda it: write(it.database, of, reason, file)))
    except exporting_person.NotOnePerson as unknown:
        stop(str(unknown), FAILED)
    typer.echo(f"all that is kept about this person written to {file}; it is theirs alone")


@application.command()
def invite(
    name: Annotated[str, typer.Argument(help="the person's name")],
    role: Annotated[str, typer.Argument(help="UNIT:ROLE, such as G01:grid_leader or D01:admin")],
    config: Config = None,
    sample: Sample = False,
) -> None:
    """Make a one-time code with which staff come in; also for the first administrator."""
    settings = settings_of(config, sample=sample)
    try:
        work = with_database(
            settings,
            lambda it: inviting.invite(
                it.database, name, role, public_url=settings.server.public_url
            ),
        )
        lines = done(work)
    except inviting.UnknownPost as unknown:
        stop(str(unknown), WRONG_USAGE)
    typer.echo("\n".join(lines))
