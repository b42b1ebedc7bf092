"""A backup is made while the service runs, proved at once, and brings everything back."""

from __future__ import annotations

import base64
import json
import random
import re
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import select, text, update

from bot import backing_up
from bot.backing_up import SUFFIX
from domain.messages import Address, Lane, Outbound
from storage import backup
from storage.backup import VERSION_TABLE, engine_of, reflected
from storage.database import migrate
from storage.keyring import Keyring
from storage.schema import OutboxState, leases
from storage.statements import Statement
from storage.transaction import Transaction
from tests.databases import NewDatabase
from tests.edge.conftest import Stored, Xiaoqi

T = TypeVar("T")
WORDS = "3栋2单元楼道灯不亮了，我家钥匙在门垫下"
TOLD = "安心金丝雀"
BASE64 = re.compile("(?:[A-Za-z0-9+/]{4}){8,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
PEOPLE = (
    "code,name,phone,roles,channel,account\n"
    "C1,金丝雀,13912345678,G01:grid_leader,web,account-of-another-canary\n"
)
NOBODY_AT_WORK = Statement(update(leases).values(until=0))
OF_TOMORROW = Statement(text("UPDATE alembic_version SET version_num = '9999'"))


@pytest.fixture(params=["sqlite", "postgresql"])
def elsewhere(request: pytest.FixtureRequest, new_database_url: NewDatabase) -> Iterator[str]:
    """An empty database on another machine, of either kind."""
    with new_database_url(request.param, holding=None) as url:
        yield url


@pytest.fixture
def lived(xiaoqi: Xiaoqi, stored: Stored) -> None:
    """A community in which something was said."""
    assert xiaoqi("say", "--sample", "--as", "wang", WORDS).code == 0
    stored(lambda tx: tx.session.run(NOBODY_AT_WORK))


def content(file: Path) -> bytes:
    """Everything in a backup, as anybody without the key can read it."""
    with zipfile.ZipFile(file) as archive:
        plain = b"".join(archive.read(name) for name in archive.namelist())
        lines = [line for name in archive.namelist() for line in archive.read(name).splitlines()]
    opened = [
        base64.b64decode(value)
        for line in lines
        if line.startswith(b"[")
        for value in json.loads(line)
        if isinstance(value, str) and BASE64.fullmatch(value)
    ]
    return plain + b"".join(opened)


@pytest.mark.usefixtures("lived")
def test_everything_comes_back_on_either_database(
    xiaoqi: Xiaoqi, elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = xiaoqi("export", "orders", "before.csv")
    made = xiaoqi("backup", "a.backup")
    assert made.code == 0
    assert "verified" in made.out

    monkeypatch.setenv("XIAOQI_DATABASE__URL", elsewhere)
    restored = xiaoqi("restore", "a.backup")

    assert restored.code == 0, restored.err
    assert "restored in" in restored.out
    assert xiaoqi("export", "orders", "after.csv").out.split()[0] == before.out.split()[0] == "1"
    assert Path("before.csv").read_bytes() == Path("after.csv").read_bytes()
    again = xiaoqi("say", "--sample", "--as", "wang", "查进度")
    assert "照明，梧桐苑3栋2单元" in again.out
    assert "照明" in xiaoqi("say", "--sample", "--as", "new", "5栋1单元楼道灯不亮了").out
    assert xiaoqi("audit", "verify").code == 0


@pytest.mark.usefixtures("lived")
def test_a_backup_tells_nothing_without_the_key(
    xiaoqi: Xiaoqi, stored: Stored, write: Callable[[str, str], Path]
) -> None:
    address = Address(channel="web", chat="chat-of-a-canary")
    said = Outbound(id=0, address=address, lane=Lane.STAFF, text=TOLD)

    def more(tx: Transaction) -> None:
        person = tx.people.add("金丝雀")
        tx.people.reached_by(person.id, "web", "account-of-a-canary")
        tx.outbox.add(said, person=person.id, phrase="x", values={"name": "金丝雀"})

    stored(more)
    write("people.csv", PEOPLE)
    assert xiaoqi("import", "people", "people.csv").code == 0
    xiaoqi("backup", "a.backup")

    found = content(Path("a.backup"))
    key = Path("test.key").read_text("ascii").strip()
    canaries = ["金丝雀", TOLD, "13912345678", "account-of-", "chat-of-a-canary", WORDS]
    for canary in [*canaries, "钥匙", key, base64.b64decode(key).hex()]:
        assert canary.encode() not in found
    assert base64.b64decode(key) not in found
    assert Path("a.backup").stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("lived")
def test_a_flipped_byte_is_found_or_changes_nothing(
    xiaoqi: Xiaoqi, database_url: str, tmp_path: Path
) -> None:
    if database_url.startswith("postgresql"):
        return  # the file is the same
    xiaoqi("backup", "a.backup")
    whole = Path("a.backup").read_bytes()
    keyring = Keyring.from_file(tmp_path / "test.key")
    bent = Path("bent.backup")
    chance = random.Random(38)
    found = 0
    for _ in range(500):
        at, bit = chance.randrange(len(whole)), 1 << chance.randrange(8)
        bent.write_bytes(whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :])
        try:
            with backup.opened(bent) as archive:
                manifest = backup.read_manifest(archive, keyring)
                for table in manifest.tables:
                    for _row in backup.rows_of(archive, table):
                        pass
        except (backup.BadBackup, backup.WrongKey):
            found += 1
    assert found > 400  # the others are in names and dates of the archive that nobody reads


@pytest.mark.usefixtures("lived")
def test_a_damaged_backup_is_not_restored_and_harms_nothing(xiaoqi: Xiaoqi) -> None:
    xiaoqi("backup", "a.backup")
    with zipfile.ZipFile("a.backup") as archive:
        orders = archive.getinfo("tables/orders.jsonl")
    header = 30 + len(orders.filename) + len(orders.extra)
    whole = bytearray(Path("a.backup").read_bytes())
    whole[orders.header_offset + header + orders.compress_size // 2] ^= 1
    Path("a.backup").write_bytes(whole)

    proved = xiaoqi("backup", "--verify", "a.backup")
    restored = xiaoqi("restore", "--replace", "a.backup")

    assert (proved.code, restored.code) == (1, 1)
    assert "the backup is damaged: table" in proved.err
    assert "the backup is damaged: table" in restored.err
    assert xiaoqi("export", "orders", "after.csv").out.startswith("1 rows")


@pytest.mark.usefixtures("lived")
def test_what_is_there_is_replaced_only_when_that_is_said(xiaoqi: Xiaoqi, stored: Stored) -> None:
    xiaoqi("backup", "a.backup")
    xiaoqi("say", "--sample", "--as", "wang", "5栋1单元垃圾两天没人收")
    stored(lambda tx: tx.session.run(NOBODY_AT_WORK))

    refused = xiaoqi("restore", "a.backup")
    assert refused.code == 1
    assert "not empty" in refused.err
    assert xiaoqi("export", "orders", "o.csv").out.startswith("2 rows")

    assert xiaoqi("restore", "--replace", "a.backup").code == 0
    assert xiaoqi("export", "orders", "o.csv").out.startswith("1 rows")


@pytest.mark.usefixtures("lived")
def test_another_key_is_named(xiaoqi: Xiaoqi) -> None:
    xiaoqi("backup", "a.backup")
    Path("test.key").write_text(base64.b64encode(bytes(32)).decode(), encoding="ascii")

    for arguments in (["backup", "--verify", "a.backup"], ["restore", "--replace", "a.backup"]):
        refused = xiaoqi(*arguments)
        assert refused.code == 1
        assert "test.key" in refused.err
        assert "another master key" in refused.err


@pytest.mark.usefixtures("lived")
def test_a_backup_of_a_newer_version_is_refused(
    xiaoqi: Xiaoqi, stored: Stored, elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(lambda tx: tx.session.run(OF_TOMORROW))
    assert xiaoqi("backup", "a.backup").code == 1
    monkeypatch.setenv("XIAOQI_DATABASE__URL", elsewhere)

    refused = xiaoqi("restore", "a.backup")

    assert refused.code == 1
    assert "newer version" in refused.err


@pytest.mark.usefixtures("lived")
def test_a_backup_of_the_first_release_is_brought_up_to_date(
    xiaoqi: Xiaoqi,
    database_url: str,
    new_database_url: NewDatabase,
    elsewhere: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    xiaoqi("export", "orders", "before.csv")
    with new_database_url("sqlite", holding=None) as old:
        as_it_was_at_first(database_url, old)
        monkeypatch.setenv("XIAOQI_DATABASE__URL", old)
        made = xiaoqi("backup", "old.backup")
        assert made.code == 0, made.err
    monkeypatch.setenv("XIAOQI_DATABASE__URL", elsewhere)

    restored = xiaoqi("restore", "old.backup")

    assert restored.code == 0, restored.err
    assert xiaoqi("export", "orders", "after.csv").out.split()[0] == "1"
    assert Path("before.csv").read_bytes() == Path("after.csv").read_bytes()
    assert "照明，梧桐苑3栋2单元" in xiaoqi("say", "--sample", "--as", "wang", "查进度").out


def as_it_was_at_first(database_url: str, old: str) -> None:
    """Copies what the schema of the first release has room for into a new SQLite file."""
    migrate(old, revision="0001")
    with engine_of(database_url).begin() as now, engine_of(old).begin() as then:
        newest = reflected(now).tables
        for table in reflected(then).sorted_tables:
            if table.name == VERSION_TABLE:
                continue
            names = [one.name for one in table.columns]
            of_then = select(*(newest[table.name].columns[name] for name in names))
            found = now.execute(of_then.order_by(*newest[table.name].primary_key)).all()
            then.execute(table.delete())
            if found:
                then.execute(table.insert(), [dict(zip(names, row, strict=True)) for row in found])


@pytest.mark.usefixtures("lived")
def test_who_was_erased_since_is_erased_again(
    xiaoqi: Xiaoqi, stored: Stored, elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    xiaoqi("backup", "a.backup")

    def erase(tx: Transaction) -> None:
        known = tx.people.of_account("terminal", "wang")
        assert known is not None
        tx.people.erase(known[0].id)

    stored(erase)
    assert xiaoqi("export", "erasures", "erasures.csv").code == 0
    monkeypatch.setenv("XIAOQI_DATABASE__URL", elsewhere)

    restored = xiaoqi("restore", "a.backup", "--erasures", "erasures.csv")

    assert "1 people erased again" in restored.out
    known = stored(lambda tx: tx.people.of_account("terminal", "wang"), url=elsewhere)
    assert known is None
    (order,) = stored(lambda tx: tx.orders.newest(limit=9), url=elsewhere)
    assert (order.reporter, order.text) == (None, "")


@pytest.mark.usefixtures("lived")
def test_a_database_that_is_replaced_tells_who_was_erased(xiaoqi: Xiaoqi, stored: Stored) -> None:
    xiaoqi("backup", "a.backup")
    stored(lambda tx: tx.people.erase(tx.people.of_account("terminal", "wang")[0].id))

    restored = xiaoqi("restore", "a.backup", "--replace")

    assert "1 people erased again" in restored.out


def test_without_a_list_of_erasures_the_operator_is_warned(
    xiaoqi: Xiaoqi, elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    xiaoqi("say", "--sample", "你好")
    xiaoqi("backup", "a.backup")
    monkeypatch.setenv("XIAOQI_DATABASE__URL", elsewhere)

    assert "xiaoqi export erasures" in xiaoqi("restore", "a.backup").err


@pytest.mark.usefixtures("lived")
def test_what_was_under_way_is_settled(xiaoqi: Xiaoqi, stored: Stored) -> None:
    def speak(tx: Transaction) -> list[int]:
        rows = []
        for number, lane in enumerate((Lane.STAFF, Lane.STAFF, Lane.BROADCAST)):
            address = Address(channel="telegram", chat=f"c{number}")
            said = Outbound(id=0, address=address, lane=lane, text="x")
            rows.append(tx.outbox.add(said, person=None, phrase="x", values={}))
        claimed = tx.outbox.claim("telegram", token="t", limit=2)
        tx.outbox.sending([claimed[0].id], "t")
        tx.leases.take("relay:telegram", "dead", 0)
        return rows

    rows = stored(speak)
    xiaoqi("backup", "a.backup")
    restored = xiaoqi("restore", "a.backup", "--replace")

    assert "1 sends unknown" in restored.out
    assert "1 late reminders cancelled" in restored.out
    states = [stored(lambda tx, row=row: tx.outbox.get(row).state) for row in rows]
    assert states == [OutboxState.UNKNOWN, OutboxState.QUEUED, OutboxState.CANCELLED]
    (listed,) = xiaoqi("outbox", "--unknown", "--json").out.splitlines()
    assert json.loads(listed)["id"] == rows[0]


@pytest.mark.usefixtures("lived")
def test_a_running_service_is_not_replaced(
    xiaoqi: Xiaoqi, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backing_up, "LEFT_LEASES", 0.0)
    xiaoqi("backup", "a.backup")
    stored(lambda tx: tx.leases.take("relay:web", "alive-1", 60))

    refused = xiaoqi("restore", "a.backup", "--replace")

    assert refused.code == 1
    assert "the service is running (alive-1)" in refused.err


def test_a_backup_is_made_beside_a_writer(xiaoqi: Xiaoqi, database_url: str) -> None:
    xiaoqi("say", "--sample", "你好")
    if database_url.startswith("sqlite"):
        writer = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        assert xiaoqi("backup", "a.backup").code == 0
        writer.close()
    assert xiaoqi("backup", "b.backup").code == 0


def test_old_backups_of_a_folder_are_removed(xiaoqi: Xiaoqi, tmp_path: Path) -> None:
    xiaoqi("say", "--sample", "你好")
    folder = tmp_path / "backups"
    folder.mkdir()
    old = folder / f"xiaoqi-20200101-000000{SUFFIX}"
    (folder / "notes.txt").touch()
    old.touch()

    done = xiaoqi("backup", folder, "--keep-days", 14)

    assert done.code == 0, done.err
    assert not old.exists()
    assert sorted(one.suffix for one in folder.iterdir()) == [".txt", SUFFIX]
    assert xiaoqi("backup", "a.backup", "--keep-days", 14).code == 2


@pytest.mark.parametrize("named", ["nothing.backup", "test.key"])
def test_what_is_no_backup_is_named(xiaoqi: Xiaoqi, named: str) -> None:
    xiaoqi("say", "--sample", "你好")

    done = xiaoqi("restore", named)

    assert done.code == 1
    assert named in done.err
