"""How fast everybody speaks: one row for each source that spoke lately."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import bindparam, delete, select, update

from domain.flooding import Bucket
from storage.schema import buckets, moment, stored
from storage.statements import Statement, Store, adding, among

FORGOTTEN_AT_ONCE = 2_000
FULL = 0  # a moment that is past whenever one looks

_LOCK = Statement(
    select(buckets)
    .where(among(buckets.c.digest, "digests"))
    .order_by(buckets.c.digest)
    .with_for_update()
)
_ADD = Statement(
    adding(buckets, "digest", "full_at").on_conflict_do_nothing(index_elements=["digest"])
)
_SAVE = Statement(
    update(buckets)
    .where(buckets.c.digest == bindparam("which"))
    .values(full_at=bindparam("full"), held=bindparam("so_many"))
)
_FORGET = Statement(
    delete(buckets).where(
        buckets.c.digest.in_(
            select(buckets.c.digest)
            .where(buckets.c.full_at <= bindparam("now"))
            .limit(FORGOTTEN_AT_ONCE)
        )
    )
)


class BucketStore(Store):
    """Buckets by the name of their source, which is kept as a digest only.

    They are locked all at once and in one order, after the conversation and before any work
    order, so that two messages never wait for each other and no token is spent twice.
    """

    __slots__ = ()

    def lock(self, *names: str) -> dict[str, Bucket]:
        """The buckets of these sources, ours alone until the commit; a full one where none was."""
        digests = {self._digest(name): name for name in names}
        rows = self.db.all(_LOCK, digests=list(digests))
        if len(rows) < len(digests):
            known = {row.digest for row in rows}
            fresh = [
                {"digest": digest, "full_at": FULL} for digest in sorted(digests.keys() - known)
            ]
            self.db.many(_ADD, fresh)
            rows = self.db.all(_LOCK, digests=list(digests))
        return {
            digests[row.digest]: Bucket(full_at=moment(row.full_at), held=row.held) for row in rows
        }

    def save(self, changed: Mapping[str, Bucket]) -> None:
        """What is left in them."""
        self.db.many(
            _SAVE,
            [
                {
                    "which": self._digest(name),
                    "full": stored(bucket.full_at),
                    "so_many": bucket.held,
                }
                for name, bucket in changed.items()
            ],
        )

    def forget(self) -> bool:
        """Drop a share of the full ones; whether there are more."""
        return self.db.run(_FORGET, now=stored(self.tx.now)) == FORGOTTEN_AT_ONCE

    def _digest(self, name: str) -> str:
        return self.tx.keyring.digest("bucket", name)
