"""Questions people were asked, and which of them an answer answers."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, or_, select, update

from domain.conversations import Question
from domain.messages import Address, Choice
from storage.schema import OutboxState, moment, outbox, questions, stored
from storage.statements import Statement, Store, adding

COLUMN = b"questions.private"
TOKEN_BYTES = 12  # 16 characters; a platform's button carries 64

_OPEN = questions.c.answered_at.is_(None)
_THIS = questions.c.token == bindparam("which")
_ADD = Statement(
    adding(
        questions,
        "token",
        "person",
        "address_digest",
        "key",
        "private",
        "step",
        "number",
        "order_version",
        "asked_at",
        "until",
        "answered_at",
        "outbox",
    )
)
_OPEN_FOR = Statement(
    select(questions)
    .select_from(questions.outerjoin(outbox, outbox.c.id == questions.c.outbox))
    .where(
        _OPEN,
        questions.c.person == bindparam("whom"),
        questions.c.address_digest == bindparam("where"),
        questions.c.until > bindparam("now"),
        questions.c.asked_at <= bindparam("said"),
        or_(
            questions.c.outbox.is_(None),
            outbox.c.state.not_in([OutboxState.REFUSED.value, OutboxState.CANCELLED.value]),
        ),
    )
    .order_by(questions.c.id.desc())
    .limit(1)
)
_GET = Statement(select(questions).where(_THIS))
_ANSWERED = Statement(update(questions).where(_THIS, _OPEN).values(answered_at=bindparam("now")))
_DROP = Statement(
    update(questions)
    .where(
        _OPEN,
        questions.c.person == bindparam("whom"),
        questions.c.address_digest == bindparam("where"),
        questions.c.step == bindparam("of_step"),
    )
    .values(answered_at=bindparam("now"))
)
_BLANK = Statement(
    update(questions)
    .where(questions.c.person == bindparam("whom"))
    .values(private=None, answered_at=bindparam("now"))
)
_GIVE = Statement(
    update(questions)
    .where(questions.c.person == bindparam("drop"))
    .values(person=bindparam("keep"))
)


def new_token() -> str:
    """A token nobody can guess, short enough for a button."""
    return secrets.token_urlsafe(TOKEN_BYTES)


class QuestionStore(Store):
    """Append-only: a question is asked once, and closed by its answer or by time."""

    __slots__ = ()

    def ask(self, question: Question, *, outbox: int | None = None) -> None:
        """Keep what was asked, and by which outgoing message."""
        key = self.tx.people.key_of(question.person)
        private = {
            "channel": question.address.channel,
            "chat": question.address.chat,
            "choices": [[choice.value, choice.label] for choice in question.choices],
            "context": dict(question.context),
        }
        answered = question.answered_at
        self.db.run(
            _ADD,
            token=question.token,
            person=question.person,
            address_digest=self.tx.address_digest(question.address),
            key=key,
            private=self.tx.vault.seal(key, COLUMN, private),
            step=question.step,
            number=question.number,
            order_version=question.version,
            asked_at=stored(question.asked_at),
            until=stored(question.until),
            answered_at=None if answered is None else stored(answered),
            outbox=outbox,
        )

    def open_for(
        self, person: int, address: Address, *, said_at: datetime | None = None
    ) -> Question | None:
        """The newest question this person was really asked here, before `said_at` when that is
        given, and has not answered in time.
        """
        row = self.db.one(
            _OPEN_FOR,
            whom=person,
            where=self.tx.address_digest(address),
            now=stored(self.tx.now),
            said=stored(said_at or self.tx.now),
        )
        return None if row is None else self._question(row)

    def by_token(self, token: str) -> Question | None:
        """The question with this token, answered or not."""
        row = self.db.one(_GET, which=_ascii(token))
        return None if row is None else self._question(row)

    def pressed(self, token: str) -> tuple[Question, str] | None:
        """The question a button ("<token>.<index>") belongs to, and the value it stands for."""
        name, _, index = token.rpartition(".")
        question = self.by_token(name)
        if question is None or not index.isdecimal() or len(index) > 3:
            return None
        if int(index) >= len(question.choices):
            return None
        return question, question.choices[int(index)].value

    def answered(self, token: str) -> bool:
        """The question is closed; False when it was already."""
        if self.db.run(_ANSWERED, which=token, now=stored(self.tx.now)) != 1:
            return False
        row = self.db.one(_GET, which=token)
        if row is not None and (question := self._question(row)) is not None:
            self.tx.transcripts.close(question, row.outbox)
        return True

    def drop(self, person: int, address: Address, step: str) -> int:
        """Close every open question of this step here; how many there were."""
        return self.db.run(
            _DROP,
            whom=person,
            where=self.tx.address_digest(address),
            of_step=step,
            now=stored(self.tx.now),
        )

    def blank(self, person: int) -> None:
        """Remove what a person was asked."""
        self.db.run(_BLANK, whom=person, now=stored(self.tx.now))

    def give(self, *, keep: int, drop: int) -> None:
        """What one person was asked, the other was."""
        self.db.run(_GIVE, keep=keep, drop=drop)

    def _question(self, row: Any) -> Question | None:
        plain = self.tx.vault.open(row.key, COLUMN, row.private)
        if plain is None:
            return None
        return Question(
            token=row.token,
            person=row.person,
            address=Address(channel=plain["channel"], chat=plain["chat"]),
            step=row.step,
            choices=tuple(Choice(value=value, label=label) for value, label in plain["choices"]),
            number=row.number,
            version=row.order_version,
            context=plain["context"],
            asked_at=moment(row.asked_at),
            until=moment(row.until),
            answered_at=None if row.answered_at is None else moment(row.answered_at),
        )


def _ascii(token: str) -> str:
    """The token as a database takes it: anything strange in it matches nothing."""
    return token if token.isascii() and token.isprintable() else ""
