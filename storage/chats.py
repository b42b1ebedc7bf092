"""Group chats, and the unit each one speaks for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select, update

from domain.conversations import Chat, GroupMode
from domain.messages import Address, ChatKind, Inbound, InboundKind
from storage.schema import chats
from storage.statements import Statement, Store, adding

TITLE_LENGTH = 200
GONE = frozenset({InboundKind.BOT_REMOVED, InboundKind.MIGRATED})

_THIS = (chats.c.channel == bindparam("on_channel"), chats.c.chat == bindparam("named"))
_GET = Statement(select(chats).where(*_THIS))
_ADD = Statement(
    adding(chats, "channel", "chat", "kind", "title", "mode").on_conflict_do_nothing(
        index_elements=["channel", "chat"]
    )
)
_REFRESH = Statement(update(chats).where(*_THIS).values(title=bindparam("called"), active=True))
_BIND = Statement(update(chats).where(*_THIS).values(unit=bindparam("to_unit")))
_SET_MODE = Statement(update(chats).where(*_THIS).values(mode=bindparam("to_mode")))
_DEACTIVATE = Statement(update(chats).where(*_THIS).values(active=False))
_MOVED = Statement(
    update(chats).where(*_THIS).values(active=False, moved_to=bindparam("new_name"))
)
_STAYS = Statement(update(chats).where(*_THIS).values(active=True, moved_to=None))
_INHERIT = Statement(
    update(chats)
    .where(*_THIS)
    .values(title=bindparam("called"), unit=bindparam("to_unit"), mode=bindparam("to_mode"))
)
_BOUND = Statement(
    select(chats).where(chats.c.unit.is_not(None), chats.c.active).order_by(chats.c.chat)
)

_UNBOUND = Statement(
    select(chats)
    .where(chats.c.unit.is_(None), chats.c.active, chats.c.kind == ChatKind.GROUP.value)
    .order_by(chats.c.channel, chats.c.chat)
)


class ChatStore(Store):
    """Groups the service sits in. A private chat is not kept here: it belongs to a person's
    contact.
    """

    __slots__ = ()

    def get(self, address: Address) -> Chat | None:
        """The group at this address; one that moved is found under its new name."""
        way = self._way_from(address)
        return _chat(way[-1]) if way else None

    def seen(self, inbound: Inbound) -> Chat:
        """The chat this was said in; a group is made known at the first word, its title kept
        fresh.
        """
        if inbound.chat_kind is ChatKind.PRIVATE:
            return Chat(address=inbound.address, kind=ChatKind.PRIVATE)
        title = _plain(inbound.chat_title)
        known = self._row(inbound.address)
        if known is None:
            self._add(inbound.address, title)
        elif _is_stale(known, title) and inbound.kind not in GONE:
            self.db.run(_REFRESH, called=title or known.title, **_name(inbound.address))
        chat = self.get(inbound.address)
        assert chat is not None
        return chat

    def bind(self, address: Address, unit: int) -> None:
        """The group speaks for this unit."""
        self.db.run(_BIND, to_unit=unit, **_name(address))

    def set_mode(self, address: Address, mode: GroupMode) -> None:
        """When to speak in the group without being addressed."""
        self.db.run(_SET_MODE, to_mode=mode.value, **_name(address))

    def deactivate(self, address: Address) -> None:
        """We were removed from the group."""
        self.db.run(_DEACTIVATE, **_name(address))

    def migrate(self, old: Address, new: Address) -> None:
        """The platform gave the group a new name: everything goes on there, the old name leads to
        it.
        """
        if old == new:
            return
        before = self._row(old)
        if before is None or before.moved_to == new.chat:
            return
        self._add(new, before.title)
        if any(row.chat == before.chat for row in self._way_from(new)):
            self.db.run(_STAYS, **_name(new))  # it moved there once, and is back
        self.db.run(
            _INHERIT,
            called=before.title,
            to_unit=before.unit,
            to_mode=before.mode,
            **_name(new),
        )
        self.db.run(_MOVED, new_name=new.chat, **_name(old))
        self.tx.outbox.move(old, new)
        self.tx.recipients.move(old, new)
        self.tx.conversations.move(old, new)
        self.tx.orders.move(old, new)

    def bound_to(self, unit: int) -> tuple[Chat, ...]:
        """The groups that speak for this unit or one within it."""
        return tuple(
            _chat(row) for row in self.db.all(_BOUND) if self.tx.org.within(row.unit, unit)
        )

    def unbound(self) -> tuple[Chat, ...]:
        """The groups we sit in that speak for no unit yet."""
        return tuple(_chat(row) for row in self.db.all(_UNBOUND))

    def of_channel(self, channel: str) -> tuple[Chat, ...]:
        """The groups of a channel that speak for a unit."""
        return tuple(_chat(row) for row in self.db.all(_BOUND) if row.channel == channel)

    def _add(self, address: Address, title: str) -> None:
        self.db.run(
            _ADD,
            channel=address.channel,
            chat=_plain(address.chat),
            kind=ChatKind.GROUP.value,
            title=title,
            mode=GroupMode.CLEAR_REPORTS.value,
        )

    def _way_from(self, address: Address) -> list[Any]:
        """The rows from this name to where the group is now; none twice."""
        way: list[Any] = []
        row = self._row(address)
        while row is not None and all(row.chat != before.chat for before in way):
            way.append(row)
            name = row.moved_to
            row = None if name is None else self._row(Address(channel=address.channel, chat=name))
        return way

    def _row(self, address: Address) -> Any:
        return self.db.one(_GET, **_name(address))


def _is_stale(row: Any, title: str) -> bool:
    renamed = title not in {"", row.title}
    return row.moved_to is None and (renamed or not row.active)


def _name(address: Address) -> dict[str, str]:
    return {"on_channel": address.channel, "named": _plain(address.chat)}


def _plain(text: str) -> str:
    """The text as both databases can hold it: no NUL, no lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:TITLE_LENGTH]


def _chat(row: Any) -> Chat:
    return Chat(
        address=Address(channel=row.channel, chat=row.chat),
        kind=ChatKind(row.kind),
        title=row.title,
        unit=row.unit,
        mode=GroupMode(row.mode),
        active=bool(row.active),
    )
