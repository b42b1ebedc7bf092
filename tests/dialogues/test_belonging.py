"""Who speaks in a unit's group, or reports something there, belongs to it from then on."""

from __future__ import annotations

from storage.transaction import Transaction
from tests.town import Town


async def units_of(town: Town, who: str) -> set[str]:
    account = town.accounts[who]

    def look(tx: Transaction) -> set[str]:
        person, _ = tx.people.of_account(*account) or (None, None)
        assert person is not None
        return {tx.org.unit(one.unit).code for one in tx.audiences.of_person(person.id)}

    return set(await town.read(look))


async def test_who_speaks_in_a_group_belongs_to_its_unit(town: Town) -> None:
    await town.says("周姐", "大家早上好", group=True)
    assert await units_of(town, "周姐") == {"C01"}


async def test_who_reports_belongs_to_the_grid_of_the_place(town: Town) -> None:
    await town.says("周姐", "3栋2单元的路灯坏了")
    assert await units_of(town, "周姐") == {"G01"}


async def test_my_data_says_where_i_belong(town: Town) -> None:
    await town.says("周姐", "3栋2单元的路灯坏了")
    await town.says("周姐", "我的数据")
    pages = await town.says("周姐", "2")
    assert "属于：第一网格" in "".join(pages)


async def test_a_member_of_the_party_belongs_by_the_tag_that_notices_name(town: Town) -> None:
    await town.says("王阿姨", "我的数据")
    pages = await town.says("王阿姨", "2")
    assert "属于：梧桐社区（党员）" in "".join(pages)
