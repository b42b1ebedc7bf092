"""What one process at a time may do, and for how long."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, case, select, update

from storage.bell import Topic
from storage.schema import leases
from storage.statements import Statement, Store, adding

_insert = adding(leases, "name", "owner", "token", "until")
_IS_MINE = leases.c.owner == _insert.excluded.owner
_TAKE = Statement(
    _insert.on_conflict_do_update(
        index_elements=["name"],
        set_={
            "owner": _insert.excluded.owner,
            "until": _insert.excluded.until,
            # Taken again in time it is the same hold; else whoever slept through it must not pass
            # for us.
            "token": case(
                (_IS_MINE & (leases.c.until > bindparam("clock")), leases.c.token),
                else_=leases.c.token + 1,
            ),
        },
        where=_IS_MINE | (leases.c.until <= bindparam("clock")),
    ).returning(leases.c.token)
)
_HELD = Statement(
    select(leases.c.owner, leases.c.token).where(
        leases.c.name == bindparam("named"), leases.c.until > bindparam("clock")
    )
)
_MINE = (leases.c.name == bindparam("named"), leases.c.token == bindparam("held"))
_RENEW = Statement(
    update(leases)
    .where(*_MINE, leases.c.until > bindparam("clock"))
    .values(until=bindparam("ends"))
)
_INHERIT = Statement(
    update(leases)
    .where(leases.c.owner.startswith(bindparam("family")), leases.c.owner != bindparam("me"))
    .values(until=0)
    .returning(leases.c.name, leases.c.token)
)
_RELEASE = Statement(update(leases).where(*_MINE).values(until=0))


class LeaseStore(Store):
    """Leases run by the database's clock; every new hold has a greater fencing token."""

    __slots__ = ()

    def take(self, name: str, owner: str, seconds: float) -> str | None:
        """The fencing token of our hold, kept while we take it again in time; None while another
        holds it.

        Whoever only waits for it looks, and neither writes nor locks.
        """
        held = self._held(name)
        if held is not None and held.owner != owner:
            return None
        token = self.db.value(
            _TAKE,
            name=name,
            owner=owner,
            token=1,
            until=self.tx.clock_after(seconds),
            clock=self.tx.clock_after(0),
        )
        return None if token is None else str(token)

    def holds(self, name: str, token: str) -> bool:
        """Whether this hold has not been lost: what is done under it may be begun."""
        held = self._held(name)
        return held is not None and str(held.token) == token

    def renew(self, name: str, token: str, seconds: float) -> bool:
        """Hold it longer; False when it was lost."""
        touched = self.db.run(
            _RENEW,
            named=name,
            held=int(token),
            clock=self.tx.clock_after(0),
            ends=self.tx.clock_after(seconds),
        )
        return touched == 1

    def release(self, name: str, token: str) -> None:
        """Let go of it at once."""
        self.db.run(_RELEASE, named=name, held=int(token))
        self.tx.ring(Topic.LEASES)

    def inherit(self, owner: str) -> tuple[tuple[str, str], ...]:
        """What former lives of this owner ("name.3": "name.1", "name.2") held is free, since they
        are dead: its names, and under which token they held it.
        """
        family, _, _ = owner.rpartition(".")
        rows = self.db.all(_INHERIT, family=f"{family}.", me=owner)
        return tuple((row.name, str(row.token)) for row in rows)

    def _held(self, name: str) -> Any | None:
        return self.db.one(_HELD, named=name, clock=self.tx.clock_after(0))
