"""Sealing inside one transaction: whose key a value is sealed with, and opening it again."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update

from storage.keyring import BadKey, DataKey
from storage.schema import keys
from storage.statements import Statement, Store, adding, among

if TYPE_CHECKING:
    from storage.transaction import Transaction

PERSON = "person"
SERVICE = "service"
REWRAPPED_AT_ONCE = 1_000

_ADD = Statement(adding(keys, "purpose", "person", "wrapped").returning(keys.c.id))
_ADD_SHARED = Statement(
    adding(keys, "purpose", "wrapped")
    .on_conflict_do_nothing(index_elements=["purpose"], index_where=keys.c.purpose != PERSON)
    .returning(keys.c.id)
)
_SHARED = Statement(
    select(keys.c.id).where(keys.c.purpose == bindparam("purpose"), keys.c.purpose != PERSON)
)
_GIVE = Statement(
    update(keys).where(keys.c.id == bindparam("key")).values(person=bindparam("owner"))
)
_WRAPPED = Statement(select(keys.c.wrapped).where(keys.c.id == bindparam("key")))
_ANY = Statement(
    select(keys.c.wrapped).where(keys.c.wrapped.is_not(None)).order_by(keys.c.id.desc()).limit(1)
)
_OF_PERSON = Statement(select(keys.c.id).where(keys.c.person == bindparam("owner")))
_MOVE = Statement(
    update(keys).where(keys.c.person == bindparam("drop")).values(person=bindparam("keep"))
)
_DESTROY = Statement(update(keys).where(among(keys.c.id, "ids")).values(wrapped=None))
_WRAPPED_AFTER = Statement(
    select(keys.c.id, keys.c.wrapped)
    .where(keys.c.id > bindparam("after"), keys.c.wrapped.is_not(None))
    .order_by(keys.c.id)
    .limit(bindparam("many"))
)
_WRAPPED_AFTER_LOCKED = Statement(
    select(keys.c.id, keys.c.wrapped)
    .where(keys.c.id > bindparam("after"), keys.c.wrapped.is_not(None))
    .order_by(keys.c.id)
    .limit(bindparam("many"))
    .with_for_update()
)
_REWRAP = Statement(
    update(keys).where(keys.c.id == bindparam("which")).values(wrapped=bindparam("anew"))
)


class Vault(Store):
    """Seals values under data keys.

    Keys opened here are remembered for others only once the transaction has committed, because the
    row of a new key may still be rolled back and its id given to another.
    """

    __slots__ = ("destroyed", "opened", "shared")

    def __init__(self, tx: Transaction) -> None:
        super().__init__(tx)
        self.opened: dict[int, DataKey] = {}
        self.shared: dict[str, int] = {}
        self.destroyed: list[int] = []

    def check_master_key(self) -> None:
        """Raises BadKey when this database was sealed under another master key."""
        wrapped = self.db.value(_ANY)
        if wrapped is not None:
            self.tx.keyring.unwrap(wrapped)

    def new_person_key(self) -> int:
        """A fresh key that nobody owns yet; `give` says whose it is."""
        key, wrapped = self.tx.keyring.new_key()
        made: int = self.db.value(_ADD, purpose=PERSON, person=None, wrapped=wrapped)
        self.opened[made] = key
        return made

    def give(self, key: int, person: int) -> None:
        """The key is this person's: it goes when they are erased."""
        self.db.run(_GIVE, key=key, owner=person)

    def move(self, *, keep: int, drop: int) -> None:
        """Everything sealed for one person now belongs to another."""
        self.db.run(_MOVE, keep=keep, drop=drop)

    def day_key(self, at: datetime) -> int:
        """The key of this day (UTC), for what belongs to nobody and is not kept."""
        return self._shared(f"day:{at:%Y-%m-%d}")

    def service_key(self) -> int:
        """The key of what belongs to nobody and is kept."""
        return self._shared(SERVICE)

    def destroy(self, keys: list[int]) -> None:
        """Nothing sealed with these keys can be opened again."""
        self.db.run(_DESTROY, ids=keys)
        self.destroyed.extend(keys)
        for key in keys:
            self.opened.pop(key, None)

    def destroy_keys_of(self, person: int) -> None:
        """The same for every key of a person."""
        self.destroy([row.id for row in self.db.all(_OF_PERSON, owner=person)])

    def is_destroyed(self, key: int) -> bool:
        """Whether nothing sealed with this key can be opened any more."""
        return self._key(key) is None

    def rewrap(self, after: int) -> tuple[int | None, int]:
        """Wrap the next data keys under the newest master key; where the next ones begin (None
        after the last) and how many were under an older one.
        """
        rows = self.db.all(_WRAPPED_AFTER_LOCKED, after=after, many=REWRAPPED_AT_ONCE)
        moved = [
            {"which": row.id, "anew": anew}
            for row in rows
            if self._age(bytes(row.wrapped))
            and (anew := self.tx.keyring.wrapped_anew(bytes(row.wrapped))) is not None
        ]
        self.db.many(_REWRAP, moved)
        return (rows[-1].id if len(rows) == REWRAPPED_AT_ONCE else None), len(moved)

    def ages(self, after: int) -> tuple[int | None, Counter[int | None]]:
        """How many of the next data keys are under a master key of which age (0 is the newest,
        None is one we do not have), and where the ones after them begin.
        """
        rows = self.db.all(_WRAPPED_AFTER, after=after, many=REWRAPPED_AT_ONCE)
        ages = Counter(self._age(bytes(row.wrapped)) for row in rows)
        return (rows[-1].id if len(rows) == REWRAPPED_AT_ONCE else None), ages

    def seal(self, key: int, column: bytes, value: Any) -> bytes:
        """The value (text, numbers, lists and dicts of these; times as ISO text), sealed."""
        data_key = self._key(key)
        if data_key is None:  # its owner was erased: nothing more may be kept under it
            data_key = self._key(self.service_key())
            value = None
        assert data_key is not None
        return data_key.seal(column, _encode(value).encode("utf-8", "surrogatepass"))

    def open(self, key: int, column: bytes, sealed: bytes | None) -> Any:
        """What was sealed, or None where there is nothing or its key was destroyed."""
        if not sealed:
            return None
        data_key = self._key(key)
        if data_key is None:
            return None
        return json.loads(data_key.open(column, sealed))

    def seal_bytes(self, key: int, column: bytes, value: bytes) -> bytes:
        """Bytes, such as a photo, sealed."""
        data_key = self._key(key)
        if data_key is None:
            return b""
        return data_key.seal(column, value)

    def open_bytes(self, key: int, column: bytes, sealed: bytes) -> bytes | None:
        """The bytes, or None when their key was destroyed."""
        data_key = self._key(key)
        return None if data_key is None or not sealed else data_key.open(column, sealed)

    def _age(self, wrapped: bytes) -> int | None:
        try:
            return self.tx.keyring.age(wrapped)
        except BadKey:
            return None

    def _shared(self, purpose: str) -> int:
        known = self.shared.get(purpose) or self.tx.open_keys.shared(purpose)
        if known is None:
            known = self.shared[purpose] = self._find_or_add(purpose)
        return known

    def _find_or_add(self, purpose: str) -> int:
        known: int | None = self.db.value(_SHARED, purpose=purpose)
        if known is None:
            key, wrapped = self.tx.keyring.new_key()
            known = self.db.value(_ADD_SHARED, purpose=purpose, wrapped=wrapped)
            if known is not None:
                self.opened[known] = key
        if known is None:  # another process was first
            known = self.db.value(_SHARED, purpose=purpose)
            assert known is not None
        return known

    def _key(self, key: int) -> DataKey | None:
        found = self.opened.get(key)
        if found is not None:
            return found
        if key in self.destroyed:
            return None
        found = self.tx.open_keys.remembered(key)
        if found is None:
            wrapped = self.db.value(_WRAPPED, key=key)
            if wrapped is None:
                return None
            found = self.tx.keyring.unwrap(wrapped)
        self.opened[key] = found
        return found


def _as_text(value: Any) -> Any:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} cannot be stored")


# One encoder for all: json.dumps makes a new one at every call.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_as_text).encode
