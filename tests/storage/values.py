"""Values that storage tests speak of."""

from __future__ import annotations

from typing import Any

from domain.messages import Address, ChatKind, Inbound, Lane, Outbound
from domain.orders import WorkOrder
from domain.places import OrderPlace
from storage.transaction import Transaction


def said(text: str, *, key: str, account: str = "wang", **other: Any) -> Inbound:
    """A message in a private web chat, unless told otherwise."""
    values: dict[str, Any] = {"channel": "web", "chat": account, "order": 1, "name": "王桂兰"}
    return Inbound(text=text, key=key, account=account, **{**values, **other})


def said_in_group(text: str, *, key: str, account: str = "wang", **other: Any) -> Inbound:
    """The same in the group of 3 号楼."""
    values: dict[str, Any] = {"channel": "telegram", "chat": "-100", "chat_title": "3 号楼"}
    return said(text, key=key, account=account, chat_kind=ChatKind.GROUP, **{**values, **other})


def draft(tx: Transaction, number: str, **other: Any) -> WorkOrder:
    """A work order of 梧桐社区 that nobody has stored yet."""
    community = tx.org.coded("wutong").id
    values: dict[str, Any] = {
        "number": number,
        "community": community,
        "category": "0303",
        "text": "楼道灯不亮",
        "place": OrderPlace(estate="梧桐苑", building="3", room="501", spot="门口"),
        "created_at": tx.now,
    }
    return WorkOrder(**{**values, **other})


def outgoing(text: str, *, chat: str = "wang", lane: Lane = Lane.DIALOGUE) -> Outbound:
    """Something to say in a web chat."""
    return Outbound(id=0, address=Address(channel="web", chat=chat), lane=lane, text=text)


def queue(tx: Transaction, text: str, *, chat: str = "wang", lane: Lane = Lane.DIALOGUE) -> int:
    """Queue it, for nobody in particular."""
    return tx.outbox.add(
        outgoing(text, chat=chat, lane=lane), person=None, phrase="test", values={}
    )
