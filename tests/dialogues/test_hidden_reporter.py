"""Who wished to stay unnamed is in no table that goes out, no listing and no count."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from bot.exporting import KINDS, export
from domain.orders import Privacy
from storage import operating, schema
from storage.statements import Statement
from tests.town import Town

WISHES = {
    Privacy.CONFIDENTIAL: "，别告诉别人是我说的",
    Privacy.ANONYMOUS: "，我想匿名反映",
}
NAME, ACCOUNT, ROOM = "欧阳保密", "canary-account", "707"
_AUDIT = Statement(select(schema.audit))
_EVENTS = Statement(select(schema.order_events))


@pytest.mark.parametrize("wish", WISHES)
async def test_nothing_that_goes_out_tells_who_it_was(
    wish: Privacy, town: Town, tmp_path: Path
) -> None:
    town.move_in(NAME, channel="web", account=ACCOUNT)
    await town.says(NAME, f"3栋2单元{ROOM}楼道灯不亮了{WISHES[wish]}")
    (order, *_) = await town.orders()
    assert order.privacy is wish
    await town.says(NAME, f"催一下 {order.number}")
    await town.says("小李", f"看电话 {order.number} 回访")
    known = await town.read(lambda tx: tx.people.of_account("web", ACCOUNT))
    person = known[0].id
    for kind in KINDS:
        file = tmp_path / f"{kind}.csv"
        await export(town.database, kind, file, lambda done: None)
        text = file.read_text(encoding="utf-8-sig")
        assert not [one for one in (NAME, ACCOUNT, f"{ROOM}室") if one in text], kind
        header = text.splitlines()[0].split(",")
        assert not {"reporter", "person", "followers", "room", "text"} & {*header}, kind
    about = [
        row
        for row in await town.read(lambda tx: tx.session.all(_AUDIT))
        if row.subject == f"order:{order.number}"
    ]
    if wish is Privacy.ANONYMOUS:
        assert not [row for row in about if row.person == person]
    assert not [row for row in about if NAME in row.detail or ROOM in row.detail]
    doubted = await town.read(lambda tx: operating.doubted(tx, after=0, reveal=False))
    assert NAME not in repr(doubted)
    assert ROOM not in repr(doubted)


async def test_of_an_anonymous_one_not_even_the_rows_tell(town: Town) -> None:
    town.move_in(NAME, channel="web", account=ACCOUNT)
    await town.says(NAME, f"3栋2单元楼道灯不亮了{WISHES[Privacy.ANONYMOUS]}")
    (order, *_) = await town.orders()
    known = await town.read(lambda tx: tx.people.of_account("web", ACCOUNT))
    events = await town.read(lambda tx: tx.session.all(_EVENTS))
    assert order.reporter is None
    assert known[0].id not in [row.person for row in events]
    assert known[0].id not in order.followers
