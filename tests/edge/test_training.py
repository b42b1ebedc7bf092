"""`xiaoqi train`: what is said when there is little to learn, and how a model is chosen."""

from __future__ import annotations

import pytest

from bot import training
from bot.training import Trainer, TrainingFailed, train
from knowledge.learning import digest_of, packed
from knowledge.learning_fit import Examples, fit
from knowledge.learning_prior import Label, Prior
from storage.models import KEPT, Trained
from storage.schema import ModelState
from storage.transaction import Transaction
from tests.edge.conftest import Xiaoqi
from tests.edge.test_check import found
from tests.town import Town

PRIOR = Prior((Label(code="0402", name="照明", words=("灯+坏",)),))
BODY = packed(fit(Examples(texts=("灯坏",), codes=("0402",)), PRIOR))


def learnt(tx: Transaction, body: bytes = BODY) -> int:
    tx.models.ask()
    asked = tx.models.asked()
    assert asked is not None
    figures = {"right": 9, "held_back": 10}
    outcome = Trained(
        state=ModelState.USED, reason="test", figures=figures, digest=digest_of(BODY), body=body
    )
    tx.models.end(asked.id, outcome)
    return asked.id


def test_too_little_to_learn_is_said_and_listed(xiaoqi: Xiaoqi) -> None:
    said = xiaoqi("train", "categories", "--sample")
    assert said.code == 0
    assert "too few" in said.out
    assert xiaoqi("train", "list").out == said.out


def test_the_rules_alone_can_be_chosen_and_nothing_that_is_not_kept(xiaoqi: Xiaoqi) -> None:
    assert xiaoqi("train", "use", 0).out == "the rules alone are in use\n"
    refused = xiaoqi("train", "use", 99)
    assert refused.code == 1
    assert "not kept" in refused.err


async def test_check_says_which_model_is_in_use(town: Town) -> None:
    model = await town.database.run(learnt)
    (line,) = [line for line in await found(town) if f"类别模型 {model} 自" in line]
    assert "10 件里判对 9 件" in line


async def test_a_damaged_model_is_named_and_the_rules_go_on(town: Town) -> None:
    await town.database.run(lambda tx: learnt(tx, BODY[:-9]))
    assert any("用不了" in line for line in await found(town))
    town.understanding.refresh(town.database.catalogue)
    await town.says("王阿姨", "3栋2单元楼道灯不亮了")
    (order,) = await town.orders("王阿姨")
    assert order.category == "0402"


async def test_of_all_models_the_newest_keep_their_weights(town: Town) -> None:
    ids = [await town.database.run(learnt) for _ in range(KEPT + 2)]
    kept = [await town.read(lambda tx, one=one: tx.models.get(one)) for one in ids]
    assert [model.body is not None for model in kept] == [False, False] + [True] * KEPT
    assert [model.state for model in kept].count(ModelState.USED) == 1


async def test_a_training_that_breaks_off_is_given_up_in_the_end(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "WORKER", "knowledge.no_such_module")
    await town.database.run(lambda tx: tx.models.ask())
    for _ in range(3):
        with pytest.raises(TrainingFailed):
            await Trainer(town.database, owner="night").once()
    assert await Trainer(town.database, owner="night").once() is None
    assert await town.read(lambda tx: tx.models.asked()) is None
    assert any("没有训练成" in line for line in await found(town))


async def test_only_one_process_trains(town: Town) -> None:
    token = await town.database.run(
        lambda tx: tx.leases.take(training.LEASE_NAME, "another", training.LEASE)
    )
    assert token is not None
    with pytest.raises(training.Busy):
        await train(town.database, owner="ours", by_command=True)
