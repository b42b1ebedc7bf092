"""Trains category models of what staff confirmed: examples from the work orders, a process apart
that learns and judges, and its outcome in the table of models.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress

import structlog

from knowledge.learning_worker import Lesson, Outcome, Task, lesson_of
from storage.bell import Topic, woken
from storage.database import Database, Unavailable
from storage.models import Model, Trained
from storage.schema import ModelState
from storage.transaction import Transaction

logger = structlog.get_logger()

WORKER = "knowledge.learning_worker"
LEASE_NAME, LEASE = "training", 3_600.0
PATIENCE = 3_000.0  # seconds for one training
AT_ONCE = 100  # orders read in one go
MOST_ORDERS = 200_000
LOOK = 60.0  # seconds between two looks whether a training is wanted


class TrainingFailed(Exception):
    """The training broke off: how."""


class Busy(Exception):
    """Another process is training."""


class Trainer:
    """Does the trainings that the clock asks for, one process at a time."""

    def __init__(self, database: Database, *, owner: str) -> None:
        self._database = database
        self._owner = owner
        self._wanted = asyncio.Event()

    def heard(self, topics: frozenset[str]) -> None:
        """A training may be wanted."""
        if not topics.isdisjoint({Topic.TRAINING, Topic.ALL}):
            self._wanted.set()

    async def run(self) -> None:
        """Trains whenever it is asked for, until cancelled."""
        while True:
            try:
                await self.once()
            except TrainingFailed as failure:
                logger.error("training failed", why=str(failure))
            except (Unavailable, Busy) as trouble:
                logger.info("training put off", why=type(trouble).__name__)
            await woken(self._wanted, self._database.between_looks(LOOK))

    async def once(self) -> Model | None:
        """The training that is wanted, done; None when there is none."""
        if await self._database.read(lambda tx: tx.models.asked()) is None:
            return None
        return await train(self._database, owner=self._owner)


async def train(database: Database, *, owner: str, by_command: bool = False) -> Model | None:
    """Trains once and says what came of it; by command also when nobody had asked.

    Raises Busy while another process does, and TrainingFailed.
    """
    token = await database.run(lambda tx: tx.leases.take(LEASE_NAME, owner, LEASE))
    if token is None:
        raise Busy
    try:
        return await _train(database, by_command=by_command)
    finally:
        with suppress(Unavailable):
            await database.run(lambda tx: tx.leases.release(LEASE_NAME, token))


async def _train(database: Database, *, by_command: bool) -> Model | None:
    asked = await database.run(lambda tx: _begun(tx, ask=by_command))
    if asked is None:
        return None
    task = await _task(database)
    outcome = await _worked(task)
    found = await database.run(lambda tx: _ended(tx, asked, outcome, by_command=by_command))
    logger.info("categories learned", model=found.id, state=found.state.value)
    return found


def _begun(tx: Transaction, *, ask: bool) -> Model | None:
    if ask:
        tx.models.ask()
    asked = tx.models.asked()
    return asked if asked is not None and tx.models.attempt(asked) else None


async def _task(database: Database) -> Task:
    """What there is to learn from at this moment; private data is masked before it is kept."""
    lessons: list[Lesson] = []
    after: int | None = 0
    while after is not None and len(lessons) < MOST_ORDERS:
        examples = await database.read(
            lambda tx, after=after: tx.models.examples(after, limit=AT_ONCE)  # type: ignore[misc]
        )
        lessons += [
            lesson_of(one.text, one.category, reporter=one.reporter, held_back=one.held_back)
            for one in examples
            if one.text
        ]
        after = examples[-1].order if len(examples) == AT_ONCE else None
        await asyncio.sleep(0)
    used = await database.read(lambda tx: tx.models.used())
    return Task(
        categories=database.catalogue.rules.categories,
        lessons=tuple(lessons),
        in_use=None if used is None else used.body,
    )


async def _worked(task: Task) -> Outcome:
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        WORKER,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            said, complained = await worker.communicate(task.as_json().encode())
    except TimeoutError:
        raise TrainingFailed("it took too long") from None
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.wait()
    if worker.returncode != 0:
        lines = complained.decode(errors="replace").strip().splitlines()
        raise TrainingFailed(lines[-1] if lines else f"it ended with {worker.returncode}")
    return Outcome.from_json(said.decode())


def _ended(tx: Transaction, asked: Model, outcome: Outcome, *, by_command: bool) -> Model:
    """The outcome in the table; a better model is used unless a command chose another one."""
    used = tx.models.used()
    pinned = used is not None and used.pinned and not by_command
    state = ModelState.USED if outcome.better and not pinned else ModelState.ASIDE
    reason = outcome.reason
    if outcome.better and pinned:
        reason = f"a command chose another model; {reason}"
    trained = Trained(
        state=state,
        reason=reason,
        figures=outcome.figures,
        digest=outcome.digest,
        body=outcome.body,
    )
    tx.models.end(asked.id, trained)
    found = tx.models.get(asked.id)
    assert found is not None
    return found
