"""Whoever is erased is found in no column, no file and no sealed value that still opens (P1)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy import select

from bot.image_worker import plain
from domain.messages import Address, Inbound, Lane, Outbound
from domain.orders import Status, WorkOrder
from domain.people import Contact, Person
from storage import schema
from storage.keyring import BadKey
from storage.statements import Statement
from storage.transaction import Transaction
from tests.town import Town

GONE, STAYS = "王阿姨", "李叔"


class Canaries:
    """What is known of one person and of nobody else, for each place it may be kept in."""

    def __init__(self, who: str, phone: str, colour: str, rgb: tuple[int, int, int]) -> None:
        self.who, self.phone = who, phone
        self.texts = [phone, f"{colour}的铁皮箱", f"{colour}的布帘", f"群里那把{colour}的伞"]
        self.texts += [f"{colour}袖标", f"{colour}评语", f"{colour}的死信", f"想问{colour}的公章"]
        self.texts += [f"{colour}补充", f"{colour}回话", f"{colour}的路灯"]
        self.texts += [f"{colour}的门牌"]
        self.photo = _picture(rgb)
        self.voice = b"OggS voice of " + colour.encode()

    def all(self) -> Iterator[bytes]:
        for text in self.texts:
            yield text.encode()
        yield plain(self.photo)  # as it is kept
        yield self.voice


def _picture(rgb: tuple[int, int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), rgb).save(out, "JPEG")
    return out.getvalue()


def everything(tx: Transaction) -> list[tuple[str, bytes]]:
    """Every value of every column, and whatever of it opens with any key that is left."""
    keys = [
        tx.keyring.unwrap(bytes(row.wrapped))
        for row in tx.session.all(Statement(select(schema.keys)))
        if row.wrapped is not None
    ]
    found = []
    for table in schema.metadata.sorted_tables:
        for row in tx.session.all(Statement(select(table))):
            for column, value in zip(table.columns, row, strict=True):
                place = f"{table.name}.{column.name}"
                if not isinstance(value, (bytes, memoryview)):
                    found.append((place, str(value).encode("utf-8", "surrogatepass")))
                    continue
                found.append((place, bytes(value)))
                found += [(place, opened) for opened in _opened(keys, place, bytes(value))]
    return found


def _opened(keys: list[Any], place: str, sealed: bytes) -> Iterator[bytes]:
    for key in keys:
        try:
            yield key.open(place.encode(), sealed)
        except (BadKey, ValueError):
            continue


def leaks(rows: list[tuple[str, bytes]], canaries: Canaries) -> list[tuple[str, bytes]]:
    listed = [*canaries.all()]
    return [(place, canary) for place, value in rows for canary in listed if canary in value]


def found_in(rows: list[tuple[str, bytes]], canaries: Canaries) -> set[bytes]:
    return {canary for _, canary in leaks(rows, canaries)}


async def _sends(town: Town, who: str, text: str, data: bytes, **more: Any) -> list[str]:
    heard: Inbound = town.inbound(who, text, **more)
    for attachment in heard.attachments:
        media_type = "audio/ogg" if more.get("voice") else "image/jpeg"
        town.channels[heard.channel].files[attachment.reference] = (media_type, data)
    return await town.hears(heard)


async def _lives(town: Town, one: Canaries) -> None:
    """Talks to us in every way there is."""
    who = one.who
    await town.says(who, "你好")
    await town.says(who, f"我电话{one.phone}，3栋2单元楼道灯坏了，{one.texts[1]}挡着")
    number = (await town.orders(who))[0].number
    await _sends(town, who, f"补充 {number} {one.texts[8]}", one.photo, photo=True)
    await _sends(town, who, "", one.voice, voice=True)
    await town.says("小李", f"接单 {number}")
    await town.says("小李", f"备注 {number} 住户{one.phone}说{one.texts[1]}是他的")
    await town.says(who, "转人工")
    await town.press("陈静", "接")
    await town.says(who, f"{one.texts[9]}")
    await town.says("陈静", f"{one.phone}您好，{one.texts[4]}的事知道了")
    await town.says("陈静", "结束会话")
    await town.says("小李", f"办结 {number} {one.texts[2]}换好了", photo=True)
    await town.says(who, f"2星，{one.texts[5]}")
    await town.says(who, f"{one.texts[10]}，4栋1单元门禁坏了", group=True, at=True)
    await town.says(who, f"{one.texts[3]}谁看见了", group=True)
    await town.says(who, f"{one.texts[7]}去哪盖？")
    await town.says(who, "合并账号")


async def _dies(town: Town, one: Canaries) -> None:
    """Something that is given up."""
    heard = town.inbound(one.who, one.texts[6])

    def bury(tx: Transaction) -> None:
        row, _ = tx.inbox.accept(heard, owner="test")
        tx.inbox.bury([row])

    await town.database.run(bury)


def _counted(orders: list[WorkOrder]) -> list[Any]:
    return [
        (
            order.number,
            order.category,
            order.grid,
            order.status,
            order.created_at,
            order.promised_at,
            [(event.kind, event.at) for event in order.history],
        )
        for order in orders
    ]


def _files(url: str) -> list[tuple[str, bytes]]:
    if not url.startswith("sqlite"):
        return []
    path = Path(url.removeprefix("sqlite:///"))
    return [(file.name, file.read_bytes()) for file in path.parent.glob(f"{path.name}*")]


async def _shown_on_pages(town: Town) -> None:
    """What was said and heard stands on the pages of the web chat, too."""

    def show(tx: Transaction) -> None:
        for row in tx.session.all(Statement(select(schema.outbox))):
            queued = tx.outbox.get(row.id)
            assert queued is not None
            told = queued.outbound
            _show(tx, told.address, "out", told.text, row.person, row.created_at, outbox=row.id)
        for row in tx.session.all(Statement(select(schema.inbox))):
            heard = tx.vault.open(row.key, b"inbox.private", row.private)
            known = tx.people.of_account(row.channel, heard["account"])
            address = Address(channel=row.channel, chat=heard["chat"])
            whose = known[0].id if known else None
            text, at = heard.get("text", ""), row.received_at
            _show(tx, address, "in", text, whose, at, key=row.digest)

    await town.database.run(show)


def _show(
    tx: Transaction,
    address: Address,
    direction: str,
    text: str,
    person: int | None,
    at: int,
    *,
    outbox: int | None = None,
    key: str | None = None,
) -> None:
    tx.transcripts.add(
        address,
        direction=direction,
        content={"text": text},
        at=schema.moment(at),
        person=person,
        outbox=outbox,
        request_key=key,
    )


async def test_nothing_of_who_was_erased_is_left_anywhere(town: Town, town_url: str) -> None:
    gone = Canaries(GONE, "13912345671", "赤橙", (250, 120, 0))
    stays = Canaries(STAYS, "13812345672", "青紫", (90, 0, 200))
    for one in (gone, stays):
        await _lives(town, one)
        await _dies(town, one)
    theirs = (await town.orders(STAYS))[-1].number
    await town.says(GONE, f"补充 {theirs} {gone.texts[-1]}")
    await _shown_on_pages(town)
    rows = await town.read(everything)
    before = {one.who: found_in(rows, one) for one in (gone, stays)}
    assert before[STAYS] == {*stays.all()} - {stays.texts[-1].encode()}
    assert before[GONE] == {*gone.all()}
    counted = _counted(await town.orders())

    await town.says(GONE, "删除我")
    await town.press(GONE, "去掉我的名字")

    rows = await town.read(everything)
    left = sorted(set(leaks([*rows, *_files(town_url)], gone)))
    assert not left, [(place, canary.decode("utf-8", "replace")) for place, canary in left]
    assert found_in(rows, stays) == before[STAYS]
    assert _counted(await town.orders()) == counted


async def test_what_waits_to_be_said_of_who_was_erased_is_not_said_empty(town: Town) -> None:
    await town.says(GONE, "你好")
    await town.says(STAYS, "你好")

    def queue_and_erase(tx: Transaction) -> int:
        (gone, _), (stays, contact) = (
            _known(tx, town.accounts[GONE]),
            _known(tx, town.accounts[STAYS]),
        )
        outbound = Outbound(
            id=0,
            address=Address(channel="web", chat=contact.private_chat),
            text="说起过",
            lane=Lane.STAFF,
        )
        row = tx.outbox.add(outbound, person=stays.id, about=gone.id, phrase="x", values={})
        tx.people.erase(gone.id)
        return row

    sent = len(town.channels["web"].sent)
    row = await town.database.run(queue_and_erase)
    await town.settle()
    assert len(town.channels["web"].sent) == sent
    queued = await town.read(lambda tx: tx.outbox.get(row))
    assert queued.state is schema.OutboxState.REFUSED


def _known(tx: Transaction, account: tuple[str, str]) -> tuple[Person, Contact]:
    known = tx.people.of_account(*account)
    assert known is not None
    return known


async def test_who_withdraws_all_is_erased_and_those_in_charge_are_told(town: Town) -> None:
    await town.says(GONE, "3栋2单元楼道灯坏了")
    (order,) = await town.orders(GONE)
    await town.heard("小李")
    await town.says(GONE, "删除我")
    await town.press(GONE, "都撤回")
    assert (await town.order(order.number)).status is Status.WITHDRAWN
    told = await town.heard("小李")
    assert any(order.number in line for line in told), told
