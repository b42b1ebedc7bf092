"""Backups as an operator makes them: proved at once, kept for so many days, restored and timed."""

from __future__ import annotations

import csv
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.app import wall_clock
from bot.exporting import unquoted
from bot.settings import CoreSettings
from knowledge.phrasebook import Phrasebook
from storage import backup, restoring
from storage.backup import BadBackup, Manifest, Step, WrongKey
from storage.errors import NewerSchema
from storage.keyring import BadKey, Keyring
from storage.restoring import InUse, Means, NotEmpty
from storage.settling import Settled

SUFFIX = ".xiaoqi-backup"
# Seconds a restore waits for leases that a dead process left; a living one renews them.
LEFT_LEASES = 10.0
LOOK_AGAIN = 0.5
STAMP = "%Y%m%d-%H%M%S"


class CannotRestore(Exception):
    """The backup cannot be used here and now; says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restore did, and how long it took."""

    manifest: Manifest
    settled: Settled
    seconds: float


def named(target: Path, now: datetime) -> Path:
    """The file to write: a name with the time in it where a folder was given."""
    return target / f"xiaoqi-{now:{STAMP}}{SUFFIX}" if target.is_dir() else target


def back_up(settings: CoreSettings, file: Path, step: Step) -> Manifest:
    """Writes a backup of the database as it is now, also while the service runs."""
    keyring = Keyring.from_file(settings.security.key_file)
    return backup.back_up(settings.database.url, file, keyring, wall_clock(), step)


def verify(settings: CoreSettings, file: Path, step: Step) -> Manifest:
    """Restores the backup into a scratch database beside it; raises CannotRestore or BadKey."""
    with (
        tempfile.TemporaryDirectory(prefix=".verify-", dir=file.parent) as folder,
        _said(settings),
    ):
        return restoring.verify(file, Path(folder), _means(settings), step)


def restore(
    settings: CoreSettings, file: Path, step: Step, *, replace: bool, erasures: Iterable[Path]
) -> Restored:
    """Puts the backup into the database of the settings; raises CannotRestore.

    People on the lists of erasures, and on that of a database it replaces, are erased again.
    """
    began = time.monotonic()
    digests = frozenset(digest for one in erasures for digest in _digests(one))
    with _said(settings):
        manifest = backup.manifest_of(file, _means(settings).keyring)
        means = _means(settings, digests)
        settled = _restored(file, settings.database.url, means, step, replace=replace)
    return Restored(manifest=manifest, settled=settled, seconds=time.monotonic() - began)


def _restored(file: Path, url: str, means: Means, step: Step, *, replace: bool) -> Settled:
    until = time.monotonic() + LEFT_LEASES
    while True:
        try:
            return restoring.restore(file, url, means, step, replace=replace)
        except InUse:
            if time.monotonic() >= until:
                raise
            time.sleep(LOOK_AGAIN)


def drop_older(folder: Path, days: int, now: datetime) -> list[Path]:
    """Removes the backups in a folder that are older than so many days, by their names."""
    before = f"xiaoqi-{now - timedelta(days=days):{STAMP}}{SUFFIX}"
    old = [one for one in sorted(folder.glob(f"xiaoqi-*{SUFFIX}")) if one.name < before]
    for one in old:
        one.unlink()
    return old


@contextmanager
def _said(settings: CoreSettings) -> Iterator[None]:
    """What stands in the way, in words an operator can act on."""
    try:
        yield
    except BadBackup as damage:
        raise CannotRestore(f"the backup is damaged: {damage}") from damage
    except (WrongKey, BadKey) as wrong:
        file = settings.security.key_file
        raise CannotRestore(
            f"{file}: the backup was made under another master key; bring the key file of then"
        ) from wrong
    except NewerSchema as newer:
        raise CannotRestore(
            "the backup is of a newer version: install at least that version first"
        ) from newer
    except NotEmpty as filled:
        raise CannotRestore(
            "the database is not empty; --replace puts the backup in its place"
        ) from filled
    except InUse as used:
        raise CannotRestore(f"the service is running ({used}): stop it first") from used


def _means(settings: CoreSettings, erasures: frozenset[str] = frozenset()) -> Means:
    return Means(
        keyring=Keyring.from_file(settings.security.key_file),
        wording=Phrasebook.load(settings.community.overlays("phrases")),
        now=wall_clock,
        zone=ZoneInfo(settings.community.time_zone),
        erasures=erasures,
    )


def _digests(file: Path) -> Iterator[str]:
    """The digests of a list that `xiaoqi export erasures` wrote."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            if not row.get("digest"):
                raise CannotRestore(f"{file} is no list of erasures: it has no column digest")
            yield unquoted(row["digest"])
