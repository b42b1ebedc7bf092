"""Erasing a person everywhere, giving one person's things to another, and telling all that is
known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, bindparam, delete, select, update

from storage import activity_people, broadcast_people, handing_out, quoted, schema
from storage.schema import stored
from storage.statements import Statement, adding

if TYPE_CHECKING:
    from storage.transaction import Transaction

_WHOSE: BindParameter[Any] = bindparam("whose")
_ERASE_PERSON = Statement(
    update(schema.people)
    .where(schema.people.c.id == _WHOSE)
    .values(erased=True, name_sealed=None, phone_sealed=None, phone_digest=None, code=None)
)
_CONTACT_DIGESTS = Statement(
    select(schema.contacts.c.account_digest, schema.contacts.c.chat_digest).where(
        schema.contacts.c.person == _WHOSE
    )
)
_ERASE_CONTACTS = Statement(
    update(schema.contacts)
    .where(schema.contacts.c.person == _WHOSE)
    .values(account_digest=None, chat_digest=None, private=None, reachable=False)
)
_ERASE_ORDERS = Statement(
    update(schema.orders)
    .where(schema.orders.c.reporter == _WHOSE)
    .values(
        reporter=None, private=None, reported_in_digest=None, version=schema.orders.c.version + 1
    )
)
_ERASE_EVENTS = Statement(
    update(schema.order_events)
    .where(schema.order_events.c.person == _WHOSE)
    .values(person=None, private=None)
)
_ERASE_EVENTS_OF_ORDERS = Statement(
    update(schema.order_events)
    .where(
        schema.order_events.c.order_id.in_(
            select(schema.orders.c.id).where(schema.orders.c.reporter == _WHOSE)
        )
    )
    .values(private=None)
)
_UNFOLLOW = Statement(delete(schema.followers).where(schema.followers.c.person == _WHOSE))
_ERASE_BYTES = Statement(
    delete(schema.attachment_bytes).where(
        schema.attachment_bytes.c.attachment.in_(
            select(schema.attachments.c.id).where(schema.attachments.c.person == _WHOSE)
        )
    )
)
_ERASE_ATTACHMENTS = Statement(
    update(schema.attachments)
    .where(schema.attachments.c.person == _WHOSE)
    .values(private=None, state=schema.AttachmentState.FAILED.value, reason="erased", person=None)
)
_ERASE_TRANSCRIPTS = Statement(
    delete(schema.transcripts).where(schema.transcripts.c.person == _WHOSE)
)
_ERASE_HAND_OVERS = Statement(
    update(schema.hand_overs).where(schema.hand_overs.c.person == _WHOSE).values(private=None)
)
_END_HAND_OVERS = Statement(
    update(schema.hand_overs)
    .where(schema.hand_overs.c.person == _WHOSE, schema.hand_overs.c.ended_at.is_(None))
    .values(state="ended", ended_at=bindparam("now"))
)
_RECORD = Statement(
    adding(schema.erasures, "digest", "at").on_conflict_do_nothing(index_elements=["digest"])
)
_FOLLOWED_ALREADY = Statement(
    delete(schema.followers).where(
        schema.followers.c.person == bindparam("drop"),
        schema.followers.c.order_id.in_(
            select(schema.followers.c.order_id).where(
                schema.followers.c.person == bindparam("keep")
            )
        ),
    )
)
_GIVE = [
    Statement(
        update(column.table)
        .where(column == bindparam("drop"))
        .values({column.name: bindparam("keep")})
    )
    for column in (
        schema.orders.c.reporter,
        schema.order_events.c.person,
        schema.followers.c.person,
        schema.attachments.c.person,
        schema.transcripts.c.person,
        schema.hand_overs.c.person,
        schema.hand_overs.c.staff,
        schema.policies.c.author,
        schema.policies.c.reviewer,
    )
]


def erase(tx: Transaction, person: int) -> None:
    """Remove what is personal, destroy the keys, and note digests of who it was."""
    db = tx.session
    now = stored(tx.now)
    digests = [tx.keyring.digest("person", str(person))]
    digests += [
        row.account_digest for row in db.all(_CONTACT_DIGESTS, whose=person) if row.account_digest
    ]
    for digest in digests:
        db.run(_RECORD, digest=digest, at=now)
    quoted.forget(tx, person)
    tx.outbox.cancel_for(person)
    tx.outbox.blank(person)
    tx.questions.blank(person)
    tx.inbox.blank(tx.conversations.digests_of(person))
    tx.conversations.forget(person)
    tx.audiences.forget(person)
    activity_people.forget(tx, person)
    broadcast_people.forget(tx, person)
    db.run(_END_HAND_OVERS, whose=person, now=now)
    for statement in (
        _ERASE_HAND_OVERS,
        _ERASE_EVENTS_OF_ORDERS,
        _ERASE_EVENTS,
        _ERASE_ORDERS,
        _UNFOLLOW,
        _ERASE_BYTES,
        _ERASE_ATTACHMENTS,
        _ERASE_TRANSCRIPTS,
        _ERASE_CONTACTS,
        _ERASE_PERSON,
    ):
        db.run(statement, whose=person)
    tx.orders.forget()
    tx.vault.destroy_keys_of(person)
    tx.tables.bump("keys")


def give_everything(tx: Transaction, *, keep: int, drop: int) -> None:
    """Whatever one person said, was told, asked or reported, the other did."""
    tx.session.run(_FOLLOWED_ALREADY, keep=keep, drop=drop)
    for statement in _GIVE:
        tx.session.run(statement, keep=keep, drop=drop)
    tx.outbox.give(keep=keep, drop=drop)
    tx.questions.give(keep=keep, drop=drop)
    tx.consents.give(keep=keep, drop=drop)
    tx.conversations.give(keep=keep, drop=drop)
    tx.audiences.give(keep=keep, drop=drop)
    activity_people.give(tx, keep=keep, drop=drop)
    broadcast_people.give(tx, keep=keep, drop=drop)
    tx.vault.move(keep=keep, drop=drop)
    tx.orders.forget()


def export(tx: Transaction, person: int) -> dict[str, Any]:
    """Everything kept about a person, for that person alone."""
    return handing_out.export(tx, person)
