"""Commands about what is learnt: train a model of the categories, list the models, choose one."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from bot import app
from bot.commands.base import (
    FAILED,
    Config,
    Sample,
    application,
    done,
    settings_of,
    stop,
    with_database,
)
from bot.training import Busy, TrainingFailed, train
from storage.models import Model

MOST_MODELS = 20
RULES_ALONE = 0

train_ = typer.Typer(
    name="train", help="Learn from what staff confirmed, and choose models.", no_args_is_help=True
)
application.add_typer(train_)


@train_.command()
def categories(config: Config = None, sample: Sample = False) -> None:
    """Train a category model of the orders whose category staff confirmed; it is used if it is
    better on those held back, otherwise kept aside with the reason.
    """

    async def work(house: app.Opened) -> Model | None:
        owner = f"command-{os.getpid()}"
        return await train(house.database, owner=owner, by_command=True)

    try:
        model = done(with_database(settings_of(config, sample=sample), work))
    except Busy:
        stop("another process is training", FAILED)
    except TrainingFailed as failure:
        stop(f"the training failed: {failure}", FAILED)
    if model is None:
        stop("the training was given up after breaking off several times", FAILED)
    typer.echo(_line(model))


@train_.command("list")
def list_(config: Config = None, sample: Sample = False) -> None:
    """List the models, newest first: which is in use, and why others are not."""

    async def work(house: app.Opened) -> tuple[Model, ...]:
        return await house.database.read(lambda tx: tx.models.newest(limit=MOST_MODELS))

    for model in done(with_database(settings_of(config, sample=sample), work)):
        typer.echo(_line(model))


@train_.command()
def use(
    model: Annotated[int, typer.Argument(help="its number in the list; 0: the rules alone")],
    config: Config = None,
    sample: Sample = False,
) -> None:
    """Use this model from now on, until it is trained or chosen anew by command."""
    which = None if model == RULES_ALONE else model

    async def work(house: app.Opened) -> bool:
        return await house.database.run(lambda tx: tx.models.use(which))

    if not done(with_database(settings_of(config, sample=sample), work)):
        stop(f"the weights of model {model} are not kept", FAILED)
    typer.echo("the rules alone are in use" if which is None else f"model {model} is in use")


def _line(model: Model) -> str:
    at = model.ended_at or model.asked_at
    figures = " ".join(f"{name}={value}" for name, value in model.figures.items())
    pinned = "pinned" if model.pinned else ""
    words = [str(model.id), f"{at:%Y-%m-%d %H:%MZ}", model.state.value, pinned, model.reason]
    return "  ".join(word for word in (*words, figures) if word)
