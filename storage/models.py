"""What was learnt of categories: the examples, read anew each time, and every model with its fate.

Texts are read from the work orders when they are learnt from and copied nowhere, so what is erased
there is no example any more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update

from domain.changes import AuditEntry
from storage.bell import Topic
from storage.order_rows import PRIVATE
from storage.schema import ModelState, models, moment, orders, stored
from storage.statements import Session, Statement, Store, adding

KIND = "model"  # of the version that is raised
KEPT = 10  # models of which the weights are kept
MOST_ATTEMPTS = 3

_EXAMPLES = Statement(
    select(
        orders.c.id,
        orders.c.category,
        orders.c.reporter,
        orders.c.key,
        orders.c.private,
        orders.c.held_back,
    )
    .where(orders.c.held_back.is_not(None), orders.c.id > bindparam("after"))
    .order_by(orders.c.id)
    .limit(bindparam("many"))
)
_COLUMNS = [column for column in models.c if column.name != "body"]
_USED = Statement(select(models).where(models.c.state == ModelState.USED.value))
_ASKED = Statement(select(*_COLUMNS).where(models.c.state == ModelState.ASKED.value))
_GET = Statement(select(models).where(models.c.id == bindparam("which")))
_NEWEST = Statement(select(*_COLUMNS).order_by(models.c.id.desc()).limit(bindparam("many")))
_ASK = Statement(adding(models, "state", "asked_at").on_conflict_do_nothing())
_ATTEMPT = Statement(
    update(models)
    .where(models.c.id == bindparam("which"), models.c.state == ModelState.ASKED.value)
    .values(attempts=models.c.attempts + 1)
)
_ADD = Statement(
    adding(
        models,
        "state",
        "asked_at",
        "ended_at",
        "pinned",
        "reason",
        "figures",
        "digest",
        "body",
    ).returning(models.c.id)
)
_ENDED = Statement(
    update(models)
    .where(models.c.id == bindparam("which"))
    .values(
        state=bindparam("becomes"),
        ended_at=bindparam("at"),
        reason=bindparam("why"),
        figures=bindparam("told"),
        digest=bindparam("checksum"),
        body=bindparam("weights"),
    )
)
_RETIRE = Statement(
    update(models)
    .where(models.c.state == ModelState.USED.value)
    .values(state=ModelState.RETIRED.value, pinned=False)
)
_USE = Statement(
    update(models)
    .where(models.c.id == bindparam("which"))
    .values(state=ModelState.USED.value, pinned=bindparam("pin"), reason=bindparam("why"))
)
_FORGET_OLD = Statement(
    update(models)
    .where(models.c.id < bindparam("before"), models.c.state != ModelState.USED.value)
    .values(body=None)
)
_OLDEST_KEPT = Statement(
    select(func.min(models.c.id)).where(
        models.c.id.in_(
            select(models.c.id)
            .where(models.c.body.is_not(None))
            .order_by(models.c.id.desc())
            .limit(bindparam("many"))
        )
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A work order whose category a person confirmed; `text` is empty once it was erased."""

    order: int
    text: str
    category: str
    reporter: int | None
    held_back: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model and its fate; without a body it stands for the rules alone."""

    id: int
    state: ModelState
    asked_at: datetime
    ended_at: datetime | None
    attempts: int
    pinned: bool
    reason: str
    figures: Mapping[str, Any]
    digest: str
    body: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What a training came to."""

    state: ModelState
    reason: str
    figures: Mapping[str, Any]
    digest: str = ""
    body: bytes | None = None


def read_used(db: Session) -> Model | None:
    """The model in use, with its weights."""
    row = db.one(_USED)
    return None if row is None else _model(row, body=row.body)


class ModelStore(Store):
    """Models are numbered as they come; at most one is in use, and at most one is asked for."""

    __slots__ = ()

    def examples(self, after: int, *, limit: int) -> tuple[Example, ...]:
        """The next work orders behind this id whose category a person confirmed."""
        return tuple(
            Example(
                order=row.id,
                text=(self.tx.vault.open(row.key, PRIVATE, row.private) or {}).get("text", ""),
                category=row.category,
                reporter=row.reporter,
                held_back=bool(row.held_back),
            )
            for row in self.db.all(_EXAMPLES, after=after, many=limit)
        )

    def ask(self) -> None:
        """A training is wanted; once is enough."""
        self.db.run(_ASK, state=ModelState.ASKED.value, asked_at=stored(self.tx.now))
        self.tx.ring(Topic.TRAINING)

    def asked(self) -> Model | None:
        """The training that is wanted."""
        row = self.db.one(_ASKED)
        return None if row is None else _model(row)

    def attempt(self, model: Model) -> bool:
        """Counts an attempt before it is made; False, and it has failed, after too many."""
        if model.attempts < MOST_ATTEMPTS:
            return self.db.run(_ATTEMPT, which=model.id) == 1
        reason = f"the training broke off {MOST_ATTEMPTS} times"
        self.end(model.id, Trained(state=ModelState.FAILED, reason=reason, figures={}))
        return False

    def end(self, asked: int, trained: Trained) -> None:
        """What the training that was asked for came to; a used one takes its place at once."""
        if trained.state is ModelState.USED:
            self.db.run(_RETIRE)
        self.db.run(
            _ENDED,
            which=asked,
            becomes=trained.state.value,
            at=stored(self.tx.now),
            why=trained.reason,
            told=_as_json(trained.figures),
            checksum=trained.digest,
            weights=trained.body,
        )
        self._tidied(asked, trained.state)

    def use(self, model: int | None) -> bool:
        """From now on this one is used (None: the rules alone), until a command says otherwise;
        False when it is not kept.
        """
        if model is None:
            self.db.run(_RETIRE)
            now = stored(self.tx.now)
            added = self.db.value(
                _ADD,
                state=ModelState.USED.value,
                asked_at=now,
                ended_at=now,
                pinned=True,
                reason="by command: the rules alone",
                figures="{}",
                digest="",
                body=None,
            )
            self._tidied(added, ModelState.USED)
            return True
        kept = self.get(model)
        if kept is None or kept.body is None:
            return False
        self.db.run(_RETIRE)
        self.db.run(_USE, which=model, pin=True, why="by command")
        self._tidied(model, ModelState.USED)
        return True

    def used(self) -> Model | None:
        """The model in use, with its weights."""
        return read_used(self.db)

    def get(self, model: int) -> Model | None:
        """One model, with its weights."""
        row = self.db.one(_GET, which=model)
        return None if row is None else _model(row, body=row.body)

    def newest(self, *, limit: int) -> tuple[Model, ...]:
        """The latest models, newest first, without their weights."""
        return tuple(_model(row) for row in self.db.all(_NEWEST, many=limit))

    def _tidied(self, model: int, state: ModelState) -> None:
        oldest = self.db.value(_OLDEST_KEPT, many=KEPT)
        if oldest is not None:
            self.db.run(_FORGET_OLD, before=oldest)
        entry = AuditEntry(action=f"model.{state.value}", subject=f"model:{model}")
        self.tx.audit.add(entry)
        if state is ModelState.USED:
            self.tx.tables.bump(KIND)


def _as_json(figures: Mapping[str, Any]) -> str:
    return json.dumps(figures, ensure_ascii=False)


def _model(row: Any, *, body: bytes | None = None) -> Model:
    return Model(
        id=row.id,
        state=ModelState(row.state),
        asked_at=moment(row.asked_at),
        ended_at=None if row.ended_at is None else moment(row.ended_at),
        attempts=row.attempts,
        pinned=bool(row.pinned),
        reason=row.reason,
        figures=json.loads(row.figures),
        digest=row.digest or "",
        body=None if body is None else bytes(body),
    )
