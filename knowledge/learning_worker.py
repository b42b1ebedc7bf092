"""The process in which a category model is trained and judged: examples in, weights out.

Run by `bot/training.py`, so that neither the time nor the memory of it is the service's. It reads
one JSON object (`Task`) and writes one (`Outcome`).
"""

from __future__ import annotations

import base64
import json
import os
import resource
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from domain.orders import URGENT, OrderClass
from domain.rules import Category
from knowledge.categories import CategoryFinder
from knowledge.learning import BadModel, Learned, digest_of, packed, unpacked
from knowledge.learning_features import masked
from knowledge.learning_prior import Prior, labels_of

MEMORY = 3 << 29  # bytes
SECONDS = 1_800  # of the processor
POLITENESS = 10
ENOUGH, ENOUGH_HELD_BACK = 20, 5  # examples, below which nothing is learnt or judged
MOST = 40_000  # the newest count
MOST_OF_ONE = 20  # of one reporter in one category: nobody teaches alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A masked text, its category, who reported it, and whether it is only judged by."""

    text: str
    code: str
    reporter: int | None
    held_back: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What to train on, the category table, and the model in use."""

    categories: Mapping[str, Category]
    lessons: tuple[Lesson, ...]
    in_use: bytes | None

    def as_json(self) -> str:
        """As it is handed to the process."""
        rows = [
            [one.code, one.name, one.english, one.order_class, list(one.words)]
            for one in self.categories.values()
        ]
        in_use = None if self.in_use is None else base64.b64encode(self.in_use).decode()
        lessons = [asdict(lesson) for lesson in self.lessons]
        return json.dumps({"categories": rows, "lessons": lessons, "in_use": in_use})

    @classmethod
    def from_json(cls, text: str) -> Task:
        """As the process takes it."""
        given = json.loads(text)
        categories = {
            code: Category(
                code=code,
                name=name,
                english=english,
                order_class=None if order_class is None else OrderClass(order_class),
                words=tuple(words),
            )
            for code, name, english, order_class, words in given["categories"]
        }
        in_use = None if given["in_use"] is None else base64.b64decode(given["in_use"])
        lessons = tuple(Lesson(**lesson) for lesson in given["lessons"])
        return cls(categories=categories, lessons=lessons, in_use=in_use)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The model, unless there is none; whether it is better than the one in use; and why."""

    better: bool
    reason: str
    figures: Mapping[str, Any]
    body: bytes | None = None
    digest: str = ""

    def as_json(self) -> str:
        """As the process writes it."""
        body = None if self.body is None else base64.b64encode(self.body).decode()
        return json.dumps(
            {
                "better": self.better,
                "reason": self.reason,
                "figures": self.figures,
                "body": body,
                "digest": self.digest,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Outcome:
        """As the service takes it."""
        given = json.loads(text)
        body = None if given["body"] is None else base64.b64decode(given["body"])
        return cls(**{**given, "body": body})


def train(task: Task) -> Outcome:
    """Learns from what is not held back, and compares with what is in use on what is."""
    held, lessons = _parted(task)
    counts = {"examples": len(lessons), "held_back": len(held)}
    if len(lessons) < ENOUGH or len(held) < ENOUGH_HELD_BACK:
        wanted = f"at least {ENOUGH} examples and {ENOUGH_HELD_BACK} held back"
        return Outcome(better=False, reason=f"too few: {wanted} are needed", figures=counts)
    from knowledge.learning_fit import Examples, fit

    prior = Prior(labels_of(task.categories))
    examples = Examples(
        texts=tuple(lesson.text for lesson in lessons),
        codes=tuple(lesson.code for lesson in lessons),
    )
    try:
        body = packed(fit(examples, prior))
    except BadModel as bad:
        return Outcome(better=False, reason=str(bad), figures=counts)
    # Judged is what will be used: the weights as they come out of the database.
    new = _right(CategoryFinder(task.categories, Learned(unpacked(body), prior)), held)
    old = _right(CategoryFinder(task.categories, _in_use(task, prior)), held)
    figures = {
        **counts,
        "right": sum(new),
        "right_in_use": sum(old),
        "accuracy": round(sum(new) / len(held), 4),
        "accuracy_in_use": round(sum(old) / len(held), 4),
        "bytes": len(body),
    }
    better, reason = _verdict(task, held, new, old)
    return Outcome(
        better=better, reason=reason, figures=figures, body=body, digest=digest_of(body)
    )


def _parted(task: Task) -> tuple[list[Lesson], list[Lesson]]:
    """What to judge by, and what to learn from: the newest, little of each reporter, and nothing
    that says the same as what is judged by.
    """
    known = [
        lesson
        for lesson in task.lessons[-MOST:]
        if lesson.text.strip() and lesson.code in task.categories
    ]
    taught: Counter[tuple[int, str, bool]] = Counter()
    held: list[Lesson] = []
    lessons: list[Lesson] = []
    for lesson in reversed(known):
        if lesson.reporter is not None:
            taught[lesson.reporter, lesson.code, lesson.held_back] += 1
            if taught[lesson.reporter, lesson.code, lesson.held_back] > MOST_OF_ONE:
                continue
        (held if lesson.held_back else lessons).append(lesson)
    judged = {lesson.text for lesson in held}
    return held, [lesson for lesson in lessons if lesson.text not in judged]


def _in_use(task: Task, prior: Prior) -> Learned | None:
    try:
        return None if task.in_use is None else Learned(unpacked(task.in_use), prior)
    except BadModel:
        return None


def _right(finder: CategoryFinder, held: Sequence[Lesson]) -> list[bool]:
    found = []
    for lesson in held:
        said = finder.readable(lesson.text)
        match = finder.best(said) or finder.learned(said)
        found.append(match is not None and match.code == lesson.code)
    return found


def _verdict(
    task: Task, held: Sequence[Lesson], new: Sequence[bool], old: Sequence[bool]
) -> tuple[bool, str]:
    lost = [
        lesson.code
        for lesson, now, before in zip(held, new, old, strict=True)
        if before and not now and task.categories[lesson.code].order_class in URGENT
    ]
    told = f"{sum(new)} of {len(held)} held back are right, {sum(old)} with what is in use"
    if lost:
        return False, f"it misses what is urgent ({', '.join(sorted(set(lost)))}); {told}"
    if sum(new) <= sum(old):
        return False, f"it is not better: {told}"
    return True, f"it is better: {told}"


def lesson_of(text: str, code: str, *, reporter: int | None, held_back: bool) -> Lesson:
    """A lesson of this text, masked."""
    return Lesson(text=masked(text), code=code, reporter=reporter, held_back=held_back)


def main() -> int:
    """Reads, limits itself, writes."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    os.nice(POLITENESS)
    task = Task.from_json(sys.stdin.buffer.read().decode())
    sys.stdout.buffer.write(train(task).as_json().encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
