"""Policy entries and the questions that have no good answer yet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import bindparam, select, update

from domain.changes import AuditEntry
from domain.policies import (
    OpenQuestion,
    Policy,
    PolicyState,
    QuestionKind,
    QuestionState,
    Situation,
)
from storage.errors import Conflict
from storage.schema import moment, orders, policies, policy_questions, stored
from storage.statements import Statement, Store, adding, among

KIND = "policies"
_COLUMNS = ("unit", "state", "content", "author", "reviewer", "version")
_KEEP = Statement(
    adding(policies, "code", *_COLUMNS).on_conflict_do_update(
        index_elements=["code"],
        set_={
            **{name: bindparam(name) for name in _COLUMNS if name != "version"},
            "version": policies.c.version + 1,
        },
    )
)
_ADD = Statement(adding(policies, "code", *_COLUMNS))
_SAVE = Statement(
    update(policies)
    .where(policies.c.code == bindparam("which"), policies.c.version == bindparam("seen"))
    .values(
        state=bindparam("new_state"),
        content=bindparam("new_content"),
        author=bindparam("written_by"),
        reviewer=bindparam("by"),
        version=policies.c.version + 1,
    )
)
_GET = Statement(select(policies).where(policies.c.code == bindparam("which")))
_SOME = Statement(select(policies).where(among(policies.c.code, "codes")))
_IN_STATE = Statement(
    select(policies).where(policies.c.state == bindparam("state")).order_by(policies.c.id)
)
_OF_UNITS = Statement(
    select(policies)
    .where(policies.c.state == bindparam("state"), among(policies.c.unit, "units"))
    .order_by(policies.c.id)
)
_EVERYBODYS = Statement(
    select(policies)
    .where(policies.c.state == bindparam("state"), policies.c.unit.is_(None))
    .order_by(policies.c.id)
)
_ENDING = Statement(
    select(policies)
    .where(
        policies.c.state == PolicyState.PUBLISHED.value,
        policies.c.id > bindparam("after"),
        policies.c.content.like('%"valid_until": "%'),
    )
    .order_by(policies.c.id)
    .limit(bindparam("many"))
)
_RATE = {
    helpful: Statement(
        update(policies).where(policies.c.code == bindparam("which")).values({column: column + 1})
    )
    for helpful, column in ((True, policies.c.helpful), (False, policies.c.unhelpful))
}
_RATINGS = Statement(
    select(policies.c.helpful, policies.c.unhelpful).where(policies.c.code == bindparam("which"))
)
_WITH_NUMBER = select(policy_questions, orders.c.number).select_from(
    policy_questions.join(orders, orders.c.id == policy_questions.c.order_id)
)
_ASK = Statement(
    adding(
        policy_questions, "order_id", "unit", "kind", "policy", "state", "asked_at"
    ).on_conflict_do_nothing(index_elements=["order_id"])
)
_OPEN = Statement(
    _WITH_NUMBER.where(
        policy_questions.c.state == QuestionState.OPEN.value,
        among(policy_questions.c.unit, "units"),
    )
    .order_by(policy_questions.c.id)
    .limit(bindparam("many"))
)
_QUESTION = Statement(_WITH_NUMBER.where(policy_questions.c.id == bindparam("which")))
_OF_ENTRY = Statement(
    _WITH_NUMBER.where(policy_questions.c.entry == bindparam("code")).order_by(
        policy_questions.c.id
    )
)
_MOVE = Statement(
    update(policy_questions)
    .where(policy_questions.c.id == bindparam("which"))
    .values(state=bindparam("new_state"), entry=bindparam("made"), ended_at=bindparam("ended"))
)


class PolicyStore(Store):
    """Entries by their code; every change tells all processes to read them again."""

    __slots__ = ()

    def replace(self, rows: Iterable[Mapping[str, Any]], units: Mapping[str, int]) -> None:
        """Takes over imported rows; an entry that is not among them stays as it is."""
        for row in rows:
            unit = units[row["unit"]] if row["unit"] else None
            policy = Policy(**{**row, "unit": unit, "state": PolicyState(row["state"])})
            self.db.run(_KEEP, code=policy.code, **_columns(policy))

    def add(self, policy: Policy) -> None:
        """Keeps a new entry."""
        self.db.run(_ADD, code=policy.code, **_columns(policy))
        self._changed(policy)

    def save(self, policy: Policy, *, by_clock: bool = False) -> None:
        """Keeps how an entry goes on; raises Conflict when somebody was faster."""
        kept = self.db.run(
            _SAVE,
            which=policy.code,
            seen=policy.version,
            new_state=policy.state.value,
            new_content=_content(policy),
            written_by=policy.author,
            by=policy.reviewer,
        )
        if not kept:
            raise Conflict(f"policy {policy.code}", policy.version)
        self._changed(policy, by_clock=by_clock)

    def get(self, code: str) -> Policy | None:
        """The entry with this code."""
        row = self.db.one(_GET, which=code)
        return None if row is None else _policy(row)

    def some(self, codes: Sequence[str]) -> list[Policy]:
        """The entries with these codes, in their order."""
        found = {row.code: _policy(row) for row in self.db.all(_SOME, codes=list(codes))}
        return [found[code] for code in codes if code in found]

    def published(self) -> list[Policy]:
        """Every entry that may be an answer."""
        return self.in_state(PolicyState.PUBLISHED)

    def known(self) -> list[Policy]:
        """Every published entry, and what expired on its last day: the desk is asked about it."""
        expired = self.in_state(PolicyState.EXPIRED)
        return [*self.published(), *(one for one in expired if one.valid_until is not None)]

    def in_state(self, state: PolicyState) -> list[Policy]:
        """Every entry that stands there, oldest first."""
        return [_policy(row) for row in self.db.all(_IN_STATE, state=state.value)]

    def of_units(
        self, state: PolicyState, units: Iterable[int], *, everybodys: bool
    ) -> list[Policy]:
        """Those that stand there and are for these units, or for everybody; oldest first."""
        rows = self.db.all(_OF_UNITS, state=state.value, units=list(units))
        rows += self.db.all(_EVERYBODYS, state=state.value) if everybodys else []
        return [_policy(row) for row in rows]

    def ending(self, after: int, many: int) -> list[Policy]:
        """Published entries with a last day, by id from `after` on."""
        rows = self.db.all(_ENDING, after=after, many=many)
        return [_policy(row) for row in rows]

    def rate(self, code: str, *, helpful: bool) -> None:
        """Somebody said whether it helped."""
        self.db.run(_RATE[helpful], which=code)

    def ratings(self, code: str) -> tuple[int, int]:
        """How many said that it helped, and that it did not."""
        row = self.db.one(_RATINGS, which=code)
        return (0, 0) if row is None else (row.helpful, row.unhelpful)

    def ask(self, order: int, unit: int, kind: QuestionKind, *, policy: str = "") -> None:
        """Puts the question of this work order on the list of its community."""
        self.db.run(
            _ASK,
            order_id=order,
            unit=unit,
            kind=kind.value,
            policy=policy,
            state=QuestionState.OPEN.value,
            asked_at=stored(self.tx.now),
        )

    def open_questions(self, units: Iterable[int], limit: int) -> list[OpenQuestion]:
        """What waits for an answer at these communities, oldest first."""
        rows = self.db.all(_OPEN, units=list(units), many=limit)
        return [_question(row) for row in rows]

    def question(self, which: int) -> OpenQuestion | None:
        """The question with this id."""
        row = self.db.one(_QUESTION, which=which)
        return None if row is None else _question(row)

    def questions_of(self, entry: str) -> list[OpenQuestion]:
        """The questions that the entry was made from."""
        return [_question(row) for row in self.db.all(_OF_ENTRY, code=entry)]

    def move(self, question: OpenQuestion, state: QuestionState, *, entry: str = "") -> None:
        """Where a question stands from now on."""
        ended = state in (QuestionState.ANSWERED, QuestionState.DROPPED)
        self.db.run(
            _MOVE,
            which=question.id,
            new_state=state.value,
            made=entry or question.entry,
            ended=stored(self.tx.now) if ended else None,
        )

    def _changed(self, policy: Policy, *, by_clock: bool = False) -> None:
        by = policy.reviewer if policy.reviewer is not None else policy.author
        by = None if by_clock else by
        subject = f"policy:{policy.code}"
        self.tx.audit.add(
            AuditEntry(action=f"policy.{policy.state.value}", subject=subject, person=by)
        )
        self.tx.tables.bump(KIND)


def _columns(policy: Policy) -> dict[str, Any]:
    return {
        "unit": policy.unit,
        "state": policy.state.value,
        "content": _content(policy),
        "author": policy.author,
        "reviewer": policy.reviewer,
        "version": 0,
    }


_BESIDES = frozenset({"id", "code", *_COLUMNS})
_DAYS = ("valid_from", "valid_until", "updated_on")


def _content(policy: Policy) -> str:
    plain = {name: value for name, value in asdict(policy).items() if name not in _BESIDES}
    return json.dumps(plain, ensure_ascii=False, default=date.isoformat)


def _policy(row: Any) -> Policy:
    content = json.loads(row.content)
    days = {name: content[name] and date.fromisoformat(content[name]) for name in _DAYS}
    return Policy(
        **{
            **content,
            **days,
            "alternatives": tuple(content["alternatives"]),
            "situations": tuple(Situation(**one) for one in content["situations"]),
        },
        id=row.id,
        code=row.code,
        state=PolicyState(row.state),
        unit=row.unit,
        author=row.author,
        reviewer=row.reviewer,
        version=row.version,
    )


def _question(row: Any) -> OpenQuestion:
    return OpenQuestion(
        id=row.id,
        unit=row.unit,
        kind=QuestionKind(row.kind),
        order=row.number,
        policy=row.policy,
        entry=row.entry,
        state=QuestionState(row.state),
        asked_at=moment(row.asked_at),
        ended_at=None if row.ended_at is None else moment(row.ended_at),
    )
