"""The master key outside the database: it wraps data keys and makes look-up digests."""

from __future__ import annotations

import base64
import hmac
import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
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
    """Wraps data keys under the master key, and digests look-up values."""

    def __init__(self, master: bytes) -> None:
        if len(master) != KEY_LENGTH:
            raise BadKey(f"the master key has {len(master)} bytes, not {KEY_LENGTH}")
        self._master = master
        self._wrapping = DataKey(self.derived("wrap"))
        self._lookup = self.derived("look up")

    @classmethod
    def from_file(cls, path: Path, *, create: bool = False) -> Keyring:
        """The keyring of the key in this file; `create` makes the file where there is none."""
        if create and not path.exists():
            _make_key_file(path)
        try:
            master = base64.b64decode(path.read_text("ascii"), validate=False)
        except (OSError, ValueError) as error:
            raise BadKey(f"the key file {path} cannot be read: {error}") from error
        if len(master) != KEY_LENGTH:
            raise BadKey(f"the key file {path} holds {len(master)} bytes, not {KEY_LENGTH}")
        return cls(master)

    def derived(self, purpose: str) -> bytes:
        """A key for one other purpose, such as signing cookies; tells nothing about the master
        key.
        """
        return hmac.digest(self._master, f"xiaoqi {purpose}".encode(), "sha256")

    def digest(self, kind: str, value: str) -> str:
        """What stands for a value in a look-up column: keyed, so it tells nothing by itself."""
        told = f"{kind}\0{value}".encode("utf-8", "surrogatepass")
        mac = hmac.digest(self._lookup, told, "sha256")
        return base64.urlsafe_b64encode(mac[:DIGEST_LENGTH])[:-2].decode()

    def new_key(self) -> tuple[DataKey, bytes]:
        """A new data key, open and wrapped."""
        key = AESGCM.generate_key(bit_length=8 * KEY_LENGTH)
        return DataKey(key), self._wrapping.seal(WRAPPED, key)

    def unwrap(self, wrapped: bytes) -> DataKey:
        """The data key; raises BadKey when another master key wrapped it."""
        return DataKey(self._wrapping.open(WRAPPED, wrapped))


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


def _make_key_file(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(base64.b64encode(os.urandom(KEY_LENGTH)).decode() + "\n")
        file.flush()
        os.fsync(file.fileno())
