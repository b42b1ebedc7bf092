"""What must be kept in the audit is, by whichever way it was done."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from bot.exporting import export
from storage.schema import audit
from storage.statements import Statement
from storage.transaction import Transaction
from tests.town import Town

_ACTIONS = Statement(select(audit.c.action, audit.c.subject, audit.c.person).order_by(audit.c.id))


async def kept(town: Town) -> list[str]:
    """The actions kept, oldest first."""
    return [row.action for row in await town.read(lambda tx: tx.session.all(_ACTIONS))]


async def test_the_tables_of_the_operator_and_the_posts_in_them(town: Town) -> None:
    actions = await kept(town)
    assert actions.count("table.imported") >= 8
    assert actions.count("post.granted") >= 10


async def test_the_end_of_a_post_is_noted_once(town: Town) -> None:
    def leave(tx: Transaction) -> None:
        person = tx.people.coded("P04")
        assert person is not None
        for post in tx.people.posts_of(person, tx.now):
            tx.people.end_grant(person, post, tx.now)
            tx.people.end_grant(person, post, tx.now)

    await town.database.run(leave)
    assert (await kept(town)).count("post.ended") == 1


async def test_what_somebody_has_no_right_to(town: Town) -> None:
    await town.says("王阿姨", "3栋2单元楼道灯不亮了")
    (order,) = await town.orders("王阿姨")
    await town.says("小赵", f"弄好了 {order.number}", photo=True)
    await town.says("李叔", f"撤回 {order.number}")

    entries = await town.read(lambda tx: tx.audit.of(f"order:{order.number}"))
    denied = [row.entry for row in entries if row.entry.action == "act.denied"]
    assert [entry.detail["rule"] for entry in denied] == ["hidden", "not theirs"]
    assert denied[0].person not in (None, denied[1].person)


async def test_a_hand_over_names_who_listened(town: Town) -> None:
    await town.says("王阿姨", "转人工")
    await town.says("陈静", "接管")
    await town.says("陈静", "结束")

    actions = [action for action in await kept(town) if action.startswith("hand_over.")]
    assert actions == ["hand_over.waiting", "hand_over.active", "hand_over.ended"]


async def test_an_export_of_a_table_and_of_a_person(town: Town, tmp_path: Path) -> None:
    await export(town.database, "orders", tmp_path / "orders.csv", lambda done: None)
    await town.says("王阿姨", "我的数据")
    await town.press("王阿姨", "1")

    actions = await kept(town)
    assert "table.exported" in actions
    assert "person.exported" in actions


async def test_a_code_for_staff(town: Town) -> None:
    await town.database.run(lambda tx: tx.codes.make("invite", {"person": 1}, until=town.now))
    assert (await kept(town))[-1] == "invite.made"
