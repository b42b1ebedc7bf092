"""Links to pages about activities; what is in them is secret, so whoever has one may open it.

Most carry a keyed digest of what they open, 128 bits and more, and need no row. A person's own
calendar has a secret that they can change.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select, update

from domain.activities import Activity
from storage.schema import calendar_feeds, moment, stored
from storage.statements import Statement, Store, adding

if TYPE_CHECKING:
    from storage.transaction import Transaction

COLUMN = b"calendar_feeds.private"
SECRET_BYTES = 16
BOOK_LIFE = timedelta(hours=2)  # a link to names lives no longer than it takes to click
CHECK_IN = "ci-"

_WHOSE = calendar_feeds.c.person == bindparam("whose")
_OF = Statement(select(calendar_feeds).where(_WHOSE))
_BY_DIGEST = Statement(
    select(calendar_feeds.c.person).where(calendar_feeds.c.digest == bindparam("given"))
)
_ADD = Statement(
    adding(calendar_feeds, "person", "digest", "key", "private", "made_at").on_conflict_do_nothing(
        index_elements=["person"]
    )
)
_REVOKE = Statement(delete(calendar_feeds).where(_WHOSE))
_GIVE = Statement(
    update(calendar_feeds)
    .where(calendar_feeds.c.person == bindparam("drop"))
    .values(person=bindparam("keep"))
)


class ActivityLinks(Store):
    """Makes the links and says what one stands for; "" where nobody said how we are reached."""

    __slots__ = ("_base",)

    def __init__(self, tx: Transaction) -> None:
        super().__init__(tx)
        self._base = tx.rules.limits.activities.public_url.rstrip("/")

    def calendar(self, activity: Activity) -> str:
        """The activity as a file for a calendar."""
        return self._link(f"/activities/{self._signed('calendar', str(activity.id))}.ics")

    def poster(self, activity: Activity) -> str:
        """The page with the code and the QR picture to hang up at the door."""
        return self._link(f"/activities/{self._signed('poster', str(activity.id))}/poster")

    def check_in(self, activity: Activity) -> str:
        """What the QR picture says: the chat, where whoever opens it is checked in."""
        return self._link(f"/?start={self.check_in_payload(activity)}")

    def check_in_payload(self, activity: Activity) -> str:
        """The same as the payload of a deep link of any channel."""
        return CHECK_IN + self._signed("check in", str(activity.id))

    def code(self, activity: Activity) -> str:
        """Six digits that are told at the place."""
        mark = hmac.digest(
            self.tx.keyring.derived("check-in codes"), str(activity.id).encode(), "sha256"
        )
        return f"{int.from_bytes(mark[:8], 'big') % 1_000_000:06d}"

    def book(self, branch: int, year: int, ending: str) -> str:
        """The record book of a branch and year, for a while."""
        until = stored(self.tx.now + BOOK_LIFE)
        return self._link(f"/records/{self._signed('book', f'{branch}-{year}-{until}')}.{ending}")

    def opened(self, purpose: str, signed: str) -> str | None:
        """What a link of this purpose stands for; None when we did not make it."""
        said, _, _ = signed.rpartition("-")
        right = self._signed(purpose, said)
        return said if said and hmac.compare_digest(right.encode(), signed.encode()) else None

    def opened_book(self, signed: str) -> tuple[int, int] | None:
        """The branch and year of a record book, while its link lives."""
        said = self.opened("book", signed)
        if said is None:
            return None
        branch, year, until = (int(part) for part in said.split("-"))
        return (branch, year) if moment(until) > self.tx.now else None

    def feed(self, person: int) -> str:
        """The person's own calendar, made at the first asking."""
        secret = self._secret(person)
        if secret is None:
            key = self.tx.people.key_of(person)
            made = secrets.token_urlsafe(SECRET_BYTES)
            self.db.run(
                _ADD,
                person=person,
                digest=self.tx.keyring.digest("calendar feed", made),
                key=key,
                private=self.tx.vault.seal(key, COLUMN, made),
                made_at=stored(self.tx.now),
            )
            secret = self._secret(person) or made
        return self._link(f"/calendar/{secret}.ics")

    def owner_of_feed(self, secret: str) -> int | None:
        """Whose calendar it is."""
        found: int | None = self.db.value(
            _BY_DIGEST, given=self.tx.keyring.digest("calendar feed", secret)
        )
        return found

    def has_feed(self, person: int) -> bool:
        """Whether the person has a calendar of their own."""
        return self._secret(person) is not None

    def revoke_feed(self, person: int) -> bool:
        """The link opens nothing any more; whether there was one."""
        return self.db.run(_REVOKE, whose=person) > 0

    def give(self, *, keep: int, drop: int) -> None:
        """One person's calendar is the other's, unless that one has their own."""
        if self._secret(keep) is None:
            self.db.run(_GIVE, keep=keep, drop=drop)
        else:
            self.revoke_feed(drop)

    def expires(self) -> datetime:
        """Until when a link to a record book made now lives."""
        return self.tx.now + BOOK_LIFE

    def _secret(self, person: int) -> str | None:
        row = self.db.one(_OF, whose=person)
        return None if row is None else self.tx.vault.open(row.key, COLUMN, row.private)

    def _signed(self, purpose: str, said: str) -> str:
        mark = hmac.digest(
            self.tx.keyring.derived(f"activities: {purpose}"), said.encode(), "sha256"
        )
        return f"{said}-{mark[:16].hex()}"

    def _link(self, path: str) -> str:
        return f"{self._base}{path}" if self._base else ""
