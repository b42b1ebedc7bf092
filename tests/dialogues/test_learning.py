"""What staff confirm is learnt, and nothing else: from the front door to the next report."""

from __future__ import annotations

from dataclasses import replace

from bot.training import Trainer, train
from domain.orders import Status
from storage.models import Example, Model
from storage.schema import ModelState
from storage.transaction import Transaction
from tests.town import Town

ENOUGH = 32
BOXES = ("快递柜打不开", "快递柜又坏了", "快递柜坏了取不出件", "快递柜门坏了", "快递柜屏幕坏了")


async def says_and_is_put_right(town: Town, number: int) -> str:
    """A resident reports a parcel locker, which the rules take for a door; the desk corrects."""
    building, entrance = number % 6 + 1, number % 2 + 1
    await town.says(
        f"住户{number}", f"{building}栋{entrance}单元门口的{BOXES[number % len(BOXES)]}"
    )
    (order,) = await town.orders(f"住户{number}")
    await town.says("陈静", f"改类别 {order.number} 0408")
    return order.number


async def confirmed(town: Town, many: int = ENOUGH) -> list[str]:
    return [await says_and_is_put_right(town, number) for number in range(many)]


async def trained(town: Town) -> Model:
    model = await train(town.database, owner="test", by_command=True)
    assert model is not None
    await town.database.refresh()
    town.understanding.refresh(town.database.catalogue)
    return model


async def examples(town: Town) -> tuple[Example, ...]:
    found: tuple[Example, ...] = await town.read(lambda tx: tx.models.examples(0, limit=5_000))
    return found


async def category_of(town: Town, who: str, text: str) -> str:
    await town.says(who, text)
    (order,) = await town.orders(who)
    return order.category


async def test_what_the_desk_puts_right_is_read_so_the_next_time(town: Town) -> None:
    assert await category_of(town, "先来的", "5栋2单元门口的快递柜门打不开了") == "0403"
    await confirmed(town)
    model = await trained(town)
    assert model.state is ModelState.USED, model.reason
    assert await category_of(town, "新来的", "4栋2单元门口的快递柜都打不开了") == "0408"
    assert await category_of(town, "别人", "3栋2单元楼道灯不亮了") == "0402"


async def test_what_is_learnt_is_taken_back_by_command(town: Town) -> None:
    await confirmed(town)
    model = await trained(town)
    again = await trained(town)
    assert again.state is ModelState.ASIDE
    assert "not better" in again.reason
    assert await town.database.run(lambda tx: tx.models.use(None))
    await town.database.refresh()
    town.understanding.refresh(town.database.catalogue)
    assert await category_of(town, "新来的", "4栋2单元门口的快递柜都打不开了") == "0403"
    # The night's training does not undo what somebody chose by hand; a command may.
    await town.database.run(lambda tx: tx.models.ask())
    nightly = await Trainer(town.database, owner="night").once()
    assert nightly is not None
    assert nightly.state is ModelState.ASIDE
    assert "a command chose another model" in nightly.reason
    assert await town.database.run(lambda tx: tx.models.use(model.id))
    used = await town.read(lambda tx: tx.models.used())
    assert (used.id, used.pinned) == (model.id, True)


async def test_what_residents_say_is_no_example(town: Town) -> None:
    await town.says("王阿姨", "3栋2单元楼道灯不亮了")
    (order,) = await town.orders("王阿姨")
    await town.says("王阿姨", f"更正 {order.number} 不是灯，是垃圾没人收")
    assert await examples(town) == ()
    await town.says("王阿姨", f"撤回 {order.number}")
    await town.says("李叔", "3栋2单元楼道灯不亮了")
    (other,) = await town.orders("李叔")
    await town.says("陈静", f"不予受理 {other.number} 不归我们")
    assert await examples(town) == ()


async def test_an_owner_who_resolves_and_does_not_challenge_confirms(town: Town) -> None:
    await town.says("王阿姨", "5栋1单元楼道灯不亮了")
    (order,) = await town.orders("王阿姨")
    await town.says("小李", f"接单 {order.number}")
    await town.says("小李", f"办结 {order.number} 灯泡换好了", photo=True)
    assert await examples(town) == ()  # the resident has not said so, nor been silent for days
    await town.press("王阿姨", "解决了")
    assert (await town.order(order.number)).status is Status.CLOSED
    (example,) = await examples(town)
    assert (example.category, example.text) == ("0402", "5栋1单元楼道灯不亮了")


async def test_words_of_the_erased_are_no_examples(town: Town) -> None:
    await says_and_is_put_right(town, 1)
    (example,) = await examples(town)
    assert example.text
    assert example.reporter is not None
    await town.database.run(lambda tx: tx.people.erase(example.reporter))
    (left,) = await examples(town)
    assert left.text == ""


async def test_a_thousand_wrong_reports_of_one_resident_change_nothing(town: Town) -> None:
    """They are no examples: nobody who works here said what they are about."""
    await says_and_is_put_right(town, 1)

    def flood(tx: Transaction) -> None:
        found = tx.people.of_account(*town.accounts["住户1"])
        assert found is not None
        (one,) = tx.orders.of_reporter(found[0].id, running_only=False, limit=100)
        for number in range(1_000):
            wrong = {"id": None, "number": f"X{number:06}", "version": 0, "category": "0301"}
            tx.orders.save(replace(one, text="快递柜打不开了", history=(), **wrong))

    await town.database.run(flood)
    assert len(await examples(town)) == 1
    assert (await trained(town)).state is ModelState.ASIDE


async def test_the_clock_asks_for_a_training_every_night(town: Town) -> None:
    await town.pass_time(hours=1)
    await town.pass_time(days=1)
    asked = await town.read(lambda tx: tx.models.asked())
    assert asked is not None
    model = await Trainer(town.database, owner="night").once()
    assert model is not None
    assert model.state is ModelState.ASIDE
    assert model.reason.startswith("too few")
    assert await Trainer(town.database, owner="night").once() is None
