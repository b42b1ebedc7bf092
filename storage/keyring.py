"""The master keys outside the database: the newest wraps data keys, the first makes digests.

The key file holds one key a line, the oldest first. Its first key is the root: everything derived
from it (digests by which accounts and phones are found, the chain of the audit, signatures of
pages) stays what it is for as long as the data lives, because what was digested is often known no
more — of erased people nothing but the digest is left. A rotation adds a key at the end; the ones
before still open what was wrapped under them.
"""

from __future__ import annotations

import base64
import hmac
import os
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_LENGTH = 32
NONCE_LENGTH = 12
DIGEST_LENGTH = 16
REMEMBERED_KEYS = 20_000
WRAPPED = b"keys.wrapped"


class BadKey(Exception):
    """The master key cannot be read, or is not the one the data was sealed with."""


class DataKey:
    """An unwrapped data key; seals and opens the values of one column at a time."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, column: bytes, value: bytes) -> bytes:
        """The value, readable only with this key and only as this column ("table.column")."""
        nonce = os.urandom(NONCE_LENGTH)
        return nonce + self._cipher.encrypt(nonce, value, column)

    def open(self, column: bytes, sealed: bytes) -> bytes:
        """What was sealed; raises BadKey when key, column or bytes do not fit."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_LENGTH], sealed[NONCE_LENGTH:], column)
        except InvalidTag:
            raise BadKey(f"a value of {column.decode()} does not open with its key") from None


class Keyring:
    """Wraps data keys under the newest master key, and digests look-up values under the first."""

    def __init__(self, *masters: bytes, path: Path | None = None) -> None:
        self._path = path
        self._root = b""
        self._wrapping: list[DataKey] = []  # the newest first
        self._masters: tuple[bytes, ...] = ()
        self._take(masters)
        self._newest = self._wrapping[0]  # in use: one added since may not be known everywhere
        self._lookup = self.derived("look up")

    @classmethod
    def from_file(cls, path: Path, *, create: bool = False) -> Keyring:
        """The keyring of the keys in this file; `create` makes the file where there is none."""
        if create and not path.exists():
            _make_key_file(path)
        return cls(*_read(path), path=path)

    @property
    def size(self) -> int:
        """How many master keys there are."""
        return len(self._masters)

    def derived(self, purpose: str) -> bytes:
        """A key for one other purpose, such as signing cookies; tells nothing about the master
        keys.
        """
        return _derived(self._root, purpose)

    def digest(self, kind: str, value: str) -> str:
        """What stands for a value in a look-up column: keyed, so it tells nothing by itself."""
        told = f"{kind}\0{value}".encode("utf-8", "surrogatepass")
        mac = hmac.digest(self._lookup, told, "sha256")
        return base64.urlsafe_b64encode(mac[:DIGEST_LENGTH])[:-2].decode()

    def new_key(self) -> tuple[DataKey, bytes]:
        """A new data key, open and wrapped."""
        key = AESGCM.generate_key(bit_length=8 * KEY_LENGTH)
        return DataKey(key), self._newest.seal(WRAPPED, key)

    def unwrap(self, wrapped: bytes) -> DataKey:
        """The data key; raises BadKey when none of our master keys wrapped it."""
        return DataKey(self._opened(wrapped)[1])

    def age(self, wrapped: bytes) -> int:
        """How many master keys are newer than the one that wrapped this; BadKey when none did."""
        return self._opened(wrapped)[0]

    def wrapped_anew(self, wrapped: bytes) -> bytes | None:
        """The same data key under the newest master key; None when it is under that already."""
        age, key = self._opened(wrapped)
        return self._wrapping[0].seal(WRAPPED, key) if age else None

    def reload(self) -> bool:
        """Take up what was added to the file, or dropped from it, since; whether anything was.

        A file that cannot be read now, or has another root, changes nothing.
        """
        if self._path is None:
            return False
        try:
            masters = _read(self._path)
        except BadKey:
            return False
        if masters == self._masters or masters[0] != self._root:
            return False
        self._take(masters)
        return True

    def use_newest(self) -> None:
        """Wrap under the newest key of the file from now on: it is known everywhere."""
        self.reload()
        self._newest = self._wrapping[0]

    def add_master(self) -> None:
        """A new master key, in the file before anything is wrapped under it."""
        self._rewrite((*self._masters, os.urandom(KEY_LENGTH)))

    def keep_masters(self, ages: Collection[int]) -> int:
        """Drop from the file every key but the root and those of these ages; how many went."""
        newest = len(self._masters) - 1
        kept = tuple(
            master
            for number, master in enumerate(self._masters)
            if number == 0 or newest - number in ages
        )
        dropped = len(self._masters) - len(kept)
        if dropped:
            self._rewrite(kept)
        return dropped

    def _rewrite(self, masters: tuple[bytes, ...]) -> None:
        if self._path is None:
            raise BadKey("these master keys are in no file")
        _write(self._path, masters)
        self._take(masters)

    def _take(self, masters: tuple[bytes, ...]) -> None:
        for master in masters:
            if len(master) != KEY_LENGTH:
                raise BadKey(f"a master key has {len(master)} bytes, not {KEY_LENGTH}")
        if not masters:
            raise BadKey("there is no master key")
        self._root = masters[0]
        self._wrapping = [DataKey(_derived(one, "wrap")) for one in reversed(masters)]
        self._masters = masters

    def _opened(self, wrapped: bytes) -> tuple[int, bytes]:
        for _ in range(2):
            for age, wrapping in enumerate(self._wrapping):
                with suppress(BadKey):
                    return age, wrapping.open(WRAPPED, wrapped)
            if not self.reload():  # else another process may have wrapped it under a newer key
                break
        raise BadKey("a data key was wrapped under another master key")


class OpenKeys:
    """The open data keys of one database, those used lately; only keys of committed rows."""

    def __init__(self) -> None:
        self._open: OrderedDict[int, DataKey] = OrderedDict()
        self._shared: dict[str, int] = {}
        self._lock = threading.Lock()

    def remembered(self, key: int) -> DataKey | None:
        """The open key with this id, if it was used lately."""
        with self._lock:
            found = self._open.get(key)
            if found is not None:
                self._open.move_to_end(key)
            return found

    def shared(self, purpose: str) -> int | None:
        """The id of the key of a day or of the service, if it was used lately."""
        with self._lock:
            return self._shared.get(purpose)

    def remember(self, keys: Mapping[int, DataKey], shared: Mapping[str, int]) -> None:
        """Keep open keys at hand; the least lately used go first."""
        with self._lock:
            self._open.update(keys)
            self._shared.update(shared)
            while len(self._open) > REMEMBERED_KEYS:
                self._open.popitem(last=False)

    def forget(self, keys: Iterable[int]) -> None:
        """Drop destroyed keys."""
        with self._lock:
            for key in keys:
                self._open.pop(key, None)
            self._shared.clear()

    def forget_all(self) -> None:
        """Drop every open key: some were destroyed by another process."""
        with self._lock:
            self._open.clear()
            self._shared.clear()


def _derived(master: bytes, purpose: str) -> bytes:
    return hmac.digest(master, f"xiaoqi {purpose}".encode(), "sha256")


def _read(path: Path) -> tuple[bytes, ...]:
    try:
        lines = path.read_text("ascii").split()
        masters = tuple(base64.b64decode(line, validate=True) for line in lines)
    except (OSError, ValueError) as error:
        raise BadKey(f"the key file {path} cannot be read: {error}") from error
    if not masters:
        raise BadKey(f"the key file {path} is empty")
    for master in masters:
        if len(master) != KEY_LENGTH:
            raise BadKey(f"the key file {path} holds {len(master)} bytes, not {KEY_LENGTH}")
    return masters


def _make_key_file(path: Path) -> None:
    """Whole or not at all: of several processes that start at once all read the same key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.urandom(8).hex()}")
    _put(beside, (os.urandom(KEY_LENGTH),))
    try:
        with suppress(FileExistsError):
            os.link(beside, path)  # a link never takes the place of a file
    finally:
        beside.unlink()


def _write(path: Path, masters: tuple[bytes, ...]) -> None:
    """All of them or, after a crash at any moment, still the ones before."""
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    _put(beside, masters)
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _put(path: Path, masters: tuple[bytes, ...]) -> None:
    """Into a file that must not be there yet, for us alone."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.writelines(base64.b64encode(master).decode() + "\n" for master in masters)
        file.flush()
        os.fsync(file.fileno())
