"""Everybody the service knows, and the accounts that reach them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, bindparam, delete, select, update

from domain.messages import Address, ChatKind, Inbound, InboundKind
from domain.people import Contact, Person
from storage import erasing
from storage.posts import PostStore
from storage.schema import contacts, people, stored
from storage.statements import Statement, adding

if TYPE_CHECKING:
    from storage.transaction import Transaction

NAME = b"people.name_sealed"
PHONE = b"people.phone_sealed"
CONTACT = b"contacts.private"
# After these the person's private chat is known to be open to us.
OPENS = frozenset(
    {
        InboundKind.MESSAGE,
        InboundKind.EDIT,
        InboundKind.PRESS,
        InboundKind.START,
        InboundKind.BOT_ADDED,  # they no longer block us
    }
)

_WHOSE: BindParameter[Any] = bindparam("whose")
_GET = Statement(select(people).where(people.c.id == _WHOSE))
_KEY = Statement(select(people.c.key).where(people.c.id == _WHOSE))
_CODED = Statement(select(people).where(people.c.code == bindparam("of_code")))
_BY_PHONE = Statement(
    select(people).where(people.c.phone_digest == bindparam("digest"), ~people.c.erased)
)
_ADD = Statement(
    adding(
        people,
        "code",
        "key",
        "name_sealed",
        "phone_sealed",
        "phone_digest",
        "language",
        "created_at",
    ).returning(people.c.id)
)
_DROP = Statement(delete(people).where(people.c.id == _WHOSE))
_IMPORTED = Statement(
    update(people)
    .where(people.c.id == _WHOSE)
    .values(
        name_sealed=bindparam("name"), phone_sealed=bindparam("phone"), phone_digest=bindparam("d")
    )
)
_RENAME = Statement(
    update(people).where(people.c.id == _WHOSE).values(name_sealed=bindparam("name"))
)
_SET_LANGUAGE = Statement(
    update(people).where(people.c.id == _WHOSE).values(language=bindparam("spoken"))
)
_SET_WISHES = Statement(
    update(people)
    .where(people.c.id == _WHOSE)
    .values(quiet=bindparam("quiet"), withdrew=bindparam("withdrew"))
)
_MERGED = Statement(
    update(people)
    .where(people.c.id == bindparam("drop"))
    .values(
        merged_into=bindparam("keep"),
        name_sealed=None,
        phone_sealed=None,
        phone_digest=None,
        code=None,
    )
)
_ACCOUNT = Statement(
    select(contacts).where(
        contacts.c.channel == bindparam("on_channel"),
        contacts.c.account_digest == bindparam("digest"),
    )
)
_CONTACTS = Statement(
    select(contacts)
    .where(contacts.c.person == _WHOSE, contacts.c.account_digest.is_not(None))
    .order_by(contacts.c.heard_at.desc(), contacts.c.id.desc())
)
_ADD_CONTACT = Statement(
    adding(
        contacts,
        "person",
        "channel",
        "account_digest",
        "chat_digest",
        "key",
        "private",
        "reachable",
        "heard_at",
    )
    .on_conflict_do_nothing(index_elements=["channel", "account_digest"])
    .returning(contacts.c.id)
)
_KEEP_CONTACT = Statement(
    update(contacts)
    .where(contacts.c.id == bindparam("which"))
    .values(
        chat_digest=bindparam("chat"),
        private=bindparam("sealed"),
        reachable=bindparam("reached"),
        heard_at=bindparam("now"),
    )
)
_HEARD = Statement(
    update(contacts).where(contacts.c.id == bindparam("which")).values(heard_at=bindparam("now"))
)
_UNREACHABLE = Statement(
    update(contacts)
    .where(contacts.c.chat_digest == bindparam("chat"), contacts.c.reachable)
    .values(reachable=False)
)
_GIVE_CONTACTS = Statement(
    update(contacts).where(contacts.c.person == bindparam("drop")).values(person=bindparam("keep"))
)


class PersonStore(PostStore):
    """People with their contacts and posts; names, phones and accounts are sealed with the
    person's own key.
    """

    __slots__ = ("_keys", "_known")

    def __init__(self, tx: Transaction) -> None:
        super().__init__(tx)
        self._keys: dict[int, int] = {}
        self._known: dict[int, Person] = {}  # as read in this transaction

    def get(self, person: int) -> Person | None:
        """The person with this id; one who was merged into another is found as the other."""
        known = self._known.get(person)
        if known is not None:
            return known
        row = self.db.one(_GET, whose=person)
        while row is not None and row.merged_into is not None:
            row = self.db.one(_GET, whose=row.merged_into)
        if row is not None:
            known = self._known[person] = self._person(row)
        return known

    def key_of(self, person: int) -> int:
        """The key what concerns this person is sealed with."""
        key = self._keys.get(person)
        if key is None:
            key = self._keys[person] = self.db.value(_KEY, whose=person)
        return key

    def of_account(self, channel: str, account: str) -> tuple[Person, Contact] | None:
        """Who writes with this account."""
        row = self._account(channel, account)
        if row is None:
            return None
        person = self.get(row.person)
        return None if person is None else (person, self._contact(row))

    def arrive(self, inbound: Inbound) -> tuple[Person, Contact]:
        """Who said this, made known at the first word; their private chat, reach and shown name
        are kept fresh.
        """
        row = self._account(inbound.channel, inbound.account)
        if row is None:
            made = self._first_word(inbound)
            if made is not None:
                return made
            row = self._account(inbound.channel, inbound.account)  # another process was first
        person = self.get(row.person)
        assert person is not None  # contacts of people who are gone have no account
        known = self._contact(row)
        fresh = _refreshed(known, inbound)
        if fresh == known:
            self.db.run(_HEARD, which=row.id, now=stored(self.tx.now))
        else:
            self.db.run(
                _KEEP_CONTACT,
                which=row.id,
                chat=self._chat_digest(fresh),
                sealed=self._seal_contact(row.key, fresh),
                reached=fresh.reachable,
                now=stored(self.tx.now),
            )
        return person, fresh

    def contacts(self, person: int) -> tuple[Contact, ...]:
        """The person's accounts, the one heard from last first."""
        return tuple(self._contact(row) for row in self.db.all(_CONTACTS, whose=person))

    def coded(self, code: str) -> int | None:
        """The imported person with this code."""
        row = self.db.one(_CODED, of_code=code)
        return None if row is None else row.id

    def add(self, name: str) -> Person:
        """Somebody new, who has no account yet."""
        return Person(id=self._add(name=name), name=name)

    def with_phone(self, phone: str) -> tuple[Person, ...]:
        """The people with this phone number."""
        digest = self.tx.keyring.digest("phone", phone)
        return tuple(self._person(row) for row in self.db.all(_BY_PHONE, digest=digest))

    def imported(self, code: str, *, name: str, phone: str) -> int:
        """The person with this code, name and phone; made when there is none."""
        row = self.db.one(_CODED, of_code=code)
        if row is None:
            return self._add(name=name, phone=phone, code=code)
        if not row.erased:
            self._known.pop(row.id, None)
            self.db.run(_IMPORTED, whose=row.id, **self._sealed(row.key, name, phone))
        person: int = row.id
        return person

    def reached_by(self, person: int, channel: str, account: str) -> None:
        """The person has this account, whose private chat has the account's own name; kept if it
        is known.
        """
        key = self.key_of(person)
        contact = Contact(
            id=0, person=person, channel=channel, account=account, private_chat=account
        )
        self._add_contact(contact, key)

    def rename(self, person: int, name: str) -> None:
        """The person is called so."""
        key = self.key_of(person)
        self._known.pop(person, None)
        self.db.run(_RENAME, whose=person, name=self._seal_text(key, NAME, name))

    def set_language(self, person: int, language: str) -> None:
        """The person wants to be spoken to in this language."""
        self._known.pop(person, None)
        self.db.run(_SET_LANGUAGE, whose=person, spoken=language)

    def set_wishes(self, person: int, *, quiet: bool, withdrew: bool) -> None:
        """Whether the person wants answers only, and has taken back their consent."""
        self._known.pop(person, None)
        self.db.run(_SET_WISHES, whose=person, quiet=quiet, withdrew=withdrew)

    def phone(self, person: int) -> str:
        """The person's phone number, "" when none is known."""
        row = self.db.one(_GET, whose=person)
        if row is None:
            return ""
        return self.tx.vault.open(row.key, PHONE, row.phone_sealed) or ""

    def mark_unreachable(self, address: Address) -> bool:
        """The private chat no longer takes our messages; whether we thought it did."""
        return self.db.run(_UNREACHABLE, chat=self.tx.address_digest(address)) > 0

    def merge(self, keep: int, drop: int) -> None:
        """Two accounts turned out to be one person: everything of `drop` belongs to `keep` from
        now on.
        """
        self._known.clear()
        self.db.run(_GIVE_CONTACTS, keep=keep, drop=drop)
        self._give_posts(keep=keep, drop=drop)
        erasing.give_everything(self.tx, keep=keep, drop=drop)
        self.db.run(_MERGED, keep=keep, drop=drop)

    def erase(self, person: int) -> None:
        """Nothing personal of them is left: keys destroyed, words blanked, sends cancelled, posts
        ended.

        Their work orders stay countable, without words, room or reporter. That they were erased is
        kept as digests, so that a restored backup can erase them again.
        """
        self._known.clear()
        for post in self.posts_of(person, self.tx.now):
            self.end_grant(person, post, self.tx.now)
        erasing.erase(self.tx, person)

    def export(self, person: int) -> dict[str, Any]:
        """Everything kept about a person, as they may ask for it (个人信息保护法, 45)."""
        return erasing.export(self.tx, person)

    def _first_word(self, inbound: Inbound) -> tuple[Person, Contact] | None:
        language = "en" if inbound.language.lower().startswith("en") else "zh"
        person = self._add(language=language)
        contact = _refreshed(
            Contact(
                id=0,
                person=person,
                channel=inbound.channel,
                account=inbound.account,
                reachable=False,
            ),
            inbound,
        )
        added = self._add_contact(contact, self.key_of(person))
        if added is None:
            self.db.run(_DROP, whose=person)
            self.tx.vault.destroy_keys_of(person)
            return None
        return Person(id=person, language=language), replace(contact, id=added)

    def _add(
        self, *, name: str = "", phone: str = "", code: str | None = None, language: str = "zh"
    ) -> int:
        key = self.tx.vault.new_person_key()
        sealed = self._sealed(key, name, phone)
        person: int = self.db.value(
            _ADD,
            code=code,
            key=key,
            name_sealed=sealed["name"],
            phone_sealed=sealed["phone"],
            phone_digest=sealed["d"],
            language=language,
            created_at=stored(self.tx.now),
        )
        self.tx.vault.give(key, person)
        self._keys[person] = key
        return person

    def _add_contact(self, contact: Contact, key: int) -> int | None:
        added: int | None = self.db.value(
            _ADD_CONTACT,
            person=contact.person,
            channel=contact.channel,
            account_digest=self._account_digest(contact.channel, contact.account),
            chat_digest=self._chat_digest(contact),
            key=key,
            private=self._seal_contact(key, contact),
            reachable=contact.reachable,
            heard_at=stored(self.tx.now),
        )
        return added

    def _account(self, channel: str, account: str) -> Any:
        return self.db.one(
            _ACCOUNT, on_channel=channel, digest=self._account_digest(channel, account)
        )

    def _account_digest(self, channel: str, account: str) -> str:
        return self.tx.keyring.digest("account", f"{channel}:{account}")

    def _chat_digest(self, contact: Contact) -> str | None:
        if not contact.private_chat:
            return None
        address = Address(channel=contact.channel, chat=contact.private_chat)
        return self.tx.address_digest(address)

    def _sealed(self, key: int, name: str, phone: str) -> dict[str, Any]:
        return {
            "name": self._seal_text(key, NAME, name),
            "phone": self._seal_text(key, PHONE, phone),
            "d": self.tx.keyring.digest("phone", phone) if phone else None,
        }

    def _seal_text(self, key: int, column: bytes, text: str) -> bytes | None:
        return self.tx.vault.seal(key, column, text) if text else None

    def _seal_contact(self, key: int, contact: Contact) -> bytes:
        plain = [contact.account, contact.private_chat, contact.name]
        return self.tx.vault.seal(key, CONTACT, plain)

    def _person(self, row: Any) -> Person:
        self._keys[row.id] = row.key
        return Person(
            id=row.id,
            name=self.tx.vault.open(row.key, NAME, row.name_sealed) or "",
            language=row.language,
            erased=bool(row.erased),
            quiet=bool(row.quiet),
            withdrew=bool(row.withdrew),
        )

    def _contact(self, row: Any) -> Contact:
        account, chat, name = self.tx.vault.open(row.key, CONTACT, row.private) or ("", "", "")
        return Contact(
            id=row.id,
            person=row.person,
            channel=row.channel,
            account=account,
            private_chat=chat,
            reachable=bool(row.reachable),
            name=name,
        )


def _refreshed(contact: Contact, inbound: Inbound) -> Contact:
    fresh = replace(contact, name=inbound.name or contact.name)
    if inbound.chat_kind is ChatKind.PRIVATE and inbound.kind in OPENS:
        return replace(fresh, private_chat=inbound.chat, reachable=True)
    return fresh
