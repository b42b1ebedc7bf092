"""What is named exists, and what exists is used and described (docs/adding-things.md)."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from pydantic import BaseModel

from bot.settings import CoreSettings, channel_modules
from domain.acts import RuleBroken
from domain.conversations import STANDING
from domain.orders import Status
from domain.people import Role
from handlers.command import Command
from handlers.emergency import KINDS
from handlers.router import routes
from knowledge.intents import Intents
from knowledge.phrasebook import Phrasebook
from scheduler.jobs import JOBS

ROOT = Path(__file__).parent.parent
PACKAGES = ("bot", "domain", "handlers", "knowledge", "scheduler", "storage", "web")
CODE = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
DOCS = "\n".join(file.read_text("utf-8") for file in sorted((ROOT / "docs").glob("*.md")))
BOOK = Phrasebook.load()
PHRASES = frozenset(BOOK.names())
INTENTS = sorted(intent.name for intent in Intents.load())
GROUPS = frozenset(name.split(".")[0] for name in PHRASES)

CHINESE = re.compile("[\u4e00-\u9fff]")
# Handlers for what no sentence asks for: events, emergencies, and the last resort.
WITHOUT_SENTENCES = {"chat_event", "emergency", "not_understood", "wordless"}
# Words that are heard and not said: commands and titles as people write them, the name we are
# called by, which letters are Chinese, and what the bench says to the service.
MAY_HOLD_CHINESE = {
    "bot/bench/load.py",
    "bot/bench/stand_ins.py",
    "bot/bench/whole.py",
    "bot/channels/telegram_reading.py",
    "bot/channels/web_reading.py",
    "handlers/language.py",
    "storage/posts.py",
}


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def named(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def strings(node: ast.AST) -> Iterator[str | re.Pattern[str]]:
    """The texts an expression may become; one with values in it as a pattern."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=one, orelse=other):
            yield from (*strings(one), *strings(other))
        case ast.JoinedStr(values=parts):
            pieces = [
                re.escape(str(part.value)) if isinstance(part, ast.Constant) else "[a-z0-9_.]+"
                for part in parts
            ]
            yield re.compile("".join(pieces))


def calls(file: Path, *names: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in names:
                yield node


def phrases_named(file: Path) -> Iterator[str | re.Pattern[str]]:
    """Every phrase this module says by name."""
    for call in calls(file, "say"):
        yield from strings(call.args[0]) if call.args else ()
    for call in calls(file, "ask"):
        yield from strings(call.args[1]) if len(call.args) > 1 else ()
    for call in calls(file, "ask_for"):
        yield from (f"{file.stem}.ask_{part}" for part in strings(call.args[3]))
    for call in calls(file, "Refusal"):
        yield from strings(call.args[0]) if call.args else ()
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.keyword) and node.arg == "phrase":
            yield from strings(node.value)


def steps_named(file: Path) -> Iterator[str | re.Pattern[str]]:
    """Every step at which this module asks something."""
    for call in calls(file, "ask", "asking"):
        yield from strings(call.args[0]) if call.args else ()
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.keyword) and node.arg == "step":
            yield from strings(node.value)


def all_strings() -> tuple[frozenset[str], tuple[re.Pattern[str], ...]]:
    """Every text and every pattern of a text in the code."""
    texts: set[str] = set()
    patterns: list[re.Pattern[str]] = []
    for file in CODE:
        for node in ast.walk(tree(file)):
            for found in strings(node):
                if isinstance(found, str):
                    texts.add(found)
                elif re.match(r"[a-z_]+(\\\.|\.)", found.pattern):
                    patterns.append(found)
    return frozenset(texts), tuple(patterns)


def rules(kind: type[RuleBroken] = RuleBroken) -> Iterator[type[RuleBroken]]:
    for rule in kind.__subclasses__():
        yield rule
        yield from rules(rule)


def exists(named: str | re.Pattern[str], among: frozenset[str]) -> bool:
    if isinstance(named, str):
        return named in among
    return any(named.fullmatch(name) for name in among)


def test_every_intent_has_a_handler_and_every_handler_its_intent() -> None:
    intents = set(INTENTS)

    assert intents - {"emergency"} <= routes().handlers.keys()
    assert routes().handlers.keys() - intents <= WITHOUT_SENTENCES


@pytest.mark.parametrize("file", CODE, ids=named)
def test_every_phrase_that_is_named_exists(file: Path) -> None:
    missing = [phrase for phrase in phrases_named(file) if not exists(phrase, PHRASES)]

    assert not missing


def test_every_rule_that_is_broken_has_its_words() -> None:
    missing = {rule.phrase for rule in rules() if rule.phrase not in PHRASES}

    assert not missing


@pytest.mark.parametrize("kind", sorted(KINDS.values()))
def test_every_kind_of_danger_has_its_words_and_its_question(kind: str) -> None:
    assert {f"emergency.{kind}", f"emergency.ask_{kind}"} <= PHRASES


def test_every_phrase_is_used() -> None:
    texts, patterns = all_strings()
    texts |= {name for file in CODE for name in phrases_named(file) if isinstance(name, str)}
    written = "\n".join(
        file.read_text(encoding="utf-8")
        for file in (ROOT / "knowledge" / "phrases").glob("*.toml")
    )
    families = {spec.removesuffix("*") for spec in re.findall(r":([a-z_.]+\.\*)\}", written)}
    inside = set(re.findall(r":([a-z_]+\.[a-z_.]+)\}", written))

    def is_used(name: str) -> bool:
        last = name.split(".", 1)[1]
        return (
            name in texts
            or name in inside
            or name.startswith(tuple(families))
            or (name.startswith(("choice.", "refused.")) and last in texts)
            or any(pattern.fullmatch(name) for pattern in patterns)
        )

    assert [name for name in sorted(PHRASES) if not is_used(name)] == []


@pytest.mark.parametrize("file", CODE, ids=named)
def test_every_choice_has_its_word(file: Path) -> None:
    values: list[str | re.Pattern[str]] = []
    for call in calls(file, "Choice"):
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        if "label" not in given and "value" in given:
            values += strings(given["value"])
    for call in calls(file, "asking"):
        values += [text for argument in call.args[1:] for text in strings(argument)]
    words = frozenset(name.removeprefix("choice.") for name in PHRASES if "choice." in name)

    assert [value for value in values if not exists(value, words)] == []


@pytest.mark.parametrize("kind", [Status, Role])
def test_every_status_and_role_has_its_word(kind: type[Status] | type[Role]) -> None:
    assert {f"word.{member.value}" for member in kind} <= PHRASES


def test_every_status_is_told_to_who_waits() -> None:
    assert {f"standing.{status.value}" for status in Status} <= PHRASES


@pytest.mark.parametrize("file", CODE, ids=named)
def test_every_question_has_somebody_who_takes_the_answer(file: Path) -> None:
    steps = frozenset(routes().answers)

    assert [
        step for step in steps_named(file) if "." in str(step) and not exists(step, steps)
    ] == []


def test_every_question_that_hangs_for_days_is_one_that_is_asked() -> None:
    assert routes().answers.keys() >= STANDING


def test_every_staff_command_takes_both_of_its_answers() -> None:
    for name in routes().handlers:
        module = importlib.import_module(f"handlers.{name}")
        for found in vars(module).values():
            if isinstance(found, Command):
                assert {f"{found.name}.which", f"{found.name}.more"} <= routes().answers.keys()


@pytest.mark.parametrize(
    "file",
    [
        file
        for file in CODE
        if named(file).startswith(("bot/", "handlers/", "scheduler/", "storage/"))
    ],
    ids=named,
)
def test_no_chinese_is_written_outside_knowledge(file: Path) -> None:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree(file))
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    found = [
        node.value
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if id(node) not in docstrings and CHINESE.search(node.value)
    ]

    assert not found or named(file) in MAY_HOLD_CHINESE


def settings_named() -> Iterator[str]:
    sections = {name: module.Settings for name, module in channel_modules().items()}
    for name, field in CoreSettings.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            sections[name] = kind
        else:
            yield name
    for section, kind in sections.items():
        yield from (f"{section}.{name}" for name in kind.model_fields)


@pytest.mark.parametrize("name", list(settings_named()))
def test_every_setting_is_described(name: str) -> None:
    assert f"`{name}`" in (ROOT / "docs" / "running-it.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", INTENTS)
def test_every_intent_is_described(name: str) -> None:
    assert f"`{name}`" in DOCS


@pytest.mark.parametrize("name", [job.name for job in JOBS])
def test_every_job_is_described(name: str) -> None:
    assert f"`{name}`" in DOCS


@pytest.mark.parametrize("status", Status)
def test_every_status_is_described(status: Status) -> None:
    assert re.search(rf"\b{status.value}\b", DOCS)
