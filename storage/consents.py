"""Which notice each person was shown, by which channel, and what they said to it."""

from __future__ import annotations

import hashlib

from sqlalchemy import bindparam, select, update

from domain.people import Consent, ConsentWord
from storage.schema import consents, moment, stored
from storage.statements import Statement, Store, adding

_ADD = Statement(adding(consents, "person", "word", "version", "channel", "at", "wording"))
_OF = Statement(
    select(consents).where(consents.c.person == bindparam("whose")).order_by(consents.c.id)
)
_GIVE = Statement(
    update(consents).where(consents.c.person == bindparam("drop")).values(person=bindparam("keep"))
)


class ConsentStore(Store):
    """Rows are only added: they prove what was said when."""

    __slots__ = ()

    def note(
        self, person: int, word: ConsentWord, *, version: str, channel: str, wording: str
    ) -> None:
        """This was said now; of the wording a hash is kept."""
        self.db.run(
            _ADD,
            person=person,
            word=word.value,
            version=version,
            channel=channel,
            at=stored(self.tx.now),
            wording=hashlib.sha256(wording.encode()).hexdigest(),
        )

    def of(self, person: int) -> tuple[Consent, ...]:
        """All that was said, oldest first."""
        return tuple(
            Consent(
                word=ConsentWord(row.word),
                version=row.version,
                channel=row.channel,
                at=moment(row.at),
                wording=row.wording,
            )
            for row in self.db.all(_OF, whose=person)
        )

    def give(self, *, keep: int, drop: int) -> None:
        """What one person said, the other did."""
        self.db.run(_GIVE, keep=keep, drop=drop)
