"""What notices hold of a person: given to another, removed, and told when they ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, bindparam, delete, exists, select, update

from storage.schema import broadcast_answers, broadcasts, moment
from storage.statements import Statement

if TYPE_CHECKING:
    from storage.transaction import Transaction

_answers, _other = broadcast_answers, broadcast_answers.alias("other")


def _outdated(whose: str, others: str, *, is_newer: ColumnElement[bool]) -> Statement:
    return Statement(
        delete(_answers).where(
            _answers.c.person == bindparam(whose),
            exists().where(
                _other.c.person == bindparam(others),
                _other.c.broadcast == _answers.c.broadcast,
                is_newer,
            ),
        )
    )


# Of two answers to one notice the later stands, as if one person had given both.
_GIVE = (
    _outdated("drop", "keep", is_newer=_other.c.at >= _answers.c.at),
    _outdated("keep", "drop", is_newer=_other.c.at > _answers.c.at),
    *(
        Statement(
            update(column.table)
            .where(column == bindparam("drop"))
            .values({column.name: bindparam("keep")})
        )
        for column in (_answers.c.person, broadcasts.c.author, broadcasts.c.approver)
    ),
)
_FORGET = Statement(delete(_answers).where(_answers.c.person == bindparam("whose")))
_ANSWERED = Statement(
    select(broadcasts.c.number, _answers.c.value, _answers.c.at)
    .join(broadcasts, broadcasts.c.id == _answers.c.broadcast)
    .where(_answers.c.person == bindparam("whose"))
    .order_by(_answers.c.at)
)


def give(tx: Transaction, *, keep: int, drop: int) -> None:
    """Whatever one person answered, wrote and agreed to, the other did."""
    for statement in _GIVE:
        tx.session.run(statement, keep=keep, drop=drop)


def forget(tx: Transaction, person: int) -> None:
    """What they answered is nobody's any more, and gone."""
    tx.session.run(_FORGET, whose=person)


def export(tx: Transaction, person: int) -> dict[str, Any]:
    """What they answered to which notice, and when."""
    rows = tx.session.all(_ANSWERED, whose=person)
    answered = [{"number": row.number, "value": row.value, "at": moment(row.at)} for row in rows]
    return {"answers": answered}
