"""双月抽查: drawn by a stored seed, listed for the street, and each result kept."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from domain.orders import EventKind, Status
from domain.spot_checks import LEAST, MOST, draw
from storage import spot_checks
from storage.transaction import Transaction
from tests.dialogues.test_supervision import reported
from tests.town import Town


async def closed(town: Town, count: int) -> list[str]:
    """So many matters of June that residents called solved."""
    numbers = []
    for entrance in range(count):
        building, entrance = divmod(entrance, 3)
        number = await reported(town, f"{building + 1}栋{entrance + 1}单元楼道灯不亮了")
        await town.says("小李", f"弄好了 {number}", photo=True)
        await town.says("王阿姨", "解决了")
        assert (await town.order(number)).status is Status.CLOSED
        numbers.append(number)
    return numbers


async def first_of_july(town: Town) -> None:
    """Tick on the day before, so that the first draw is no missed one, then at 09:10."""
    await town.pass_time(days=21)
    await town.pass_time(hours=23, minutes=10)


async def test_the_street_gets_a_sample_that_can_be_drawn_again(town: Town) -> None:
    numbers = await closed(town, 7)
    await first_of_july(town)
    (told,) = [line for line in await town.heard("何伟") if "抽查" in line]
    units = await town.read(lambda tx: [unit.id for unit in tx.org])
    check = await town.read(lambda tx: spot_checks.latest(tx, units))
    found = await town.read(lambda tx: spot_checks.results(tx, check))
    assert len(found) == LEAST
    assert check.seed in told
    assert check.drawn_from == 7
    assert tuple(found) == draw(numbers, check.seed)
    await town.pass_time(days=1)
    assert not any("抽查" in line for line in await town.heard("何伟"))


async def test_results_are_kept_and_a_bad_one_is_told(town: Town) -> None:
    await closed(town, 6)
    await first_of_july(town)
    units = await town.read(lambda tx: [unit.id for unit in tx.org])

    def drawn(tx: Transaction) -> dict[str, bool | None]:
        check = spot_checks.latest(tx, units)
        assert check is not None
        return spot_checks.results(tx, check)

    one, two, three, *_ = await town.read(drawn)
    await town.heard("陈静")
    assert "合格" in (await town.says("何伟", f"抽查 {one} 合格"))[0]
    assert "不合格" in (await town.says("何伟", f"抽查 {two} 不合格 灯还是不亮"))[0]
    await town.says("何伟", f"抽查 {three}")
    await town.press("何伟", "合格")
    found = await town.read(drawn)
    assert (found[one], found[two], found[three]) == (True, False, True)
    assert any("灯还是不亮" in line for line in await town.heard("陈静"))
    assert (await town.order(two)).events(EventKind.SPOT_CHECKED)
    (listed,) = await town.says("何伟", "抽查名单")
    assert "已核实 3" in listed
    assert "不合格 1" in listed


async def test_only_the_street_keeps_results(town: Town) -> None:
    (number, *_) = await closed(town, 5)
    await first_of_july(town)
    for who in ("小李", "陈静", "王阿姨"):
        await town.says(who, f"抽查 {number} 合格")
    assert not (await town.order(number)).events(EventKind.SPOT_CHECKED)


async def test_with_nothing_closed_nothing_is_drawn(town: Town) -> None:
    await first_of_july(town)
    assert not any("抽查" in line for line in await town.heard("何伟"))
    assert "还没有抽查名单" in (await town.says("何伟", "抽查"))[0]


@given(st.sets(st.integers(0, 10**9), max_size=800), st.text(max_size=20), st.randoms())
def test_the_same_seed_draws_the_same(
    numbers: set[int], seed: str, shuffled: random.Random
) -> None:
    listed = [str(number) for number in numbers]
    drawn = draw(listed, seed)
    shuffled.shuffle(listed)
    assert draw(listed, seed) == drawn
    assert set(drawn) <= set(listed)
    assert min(len(listed), LEAST) <= len(drawn) <= MOST
