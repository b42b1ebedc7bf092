"""The real service, supervised, with a mistake in one handler or in the reader.

    python -m tests.flow.poisoned SPOT DEED

SPOT is `handler`, `look` or `reader`; DEED what it does with 帮助: a name in DEEDS. A file named
`mended` in the working folder ends the mistake; the file `attempts` gets a letter at each attempt.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import re
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot import app, handling, logs
from bot.settings import read_settings
from bot.supervisor import supervise
from bot.vitals import Heart
from handlers import router
from knowledge.reader import Reader
from tests.flow.means import HELP, Poison

HEART = "--heart"


def fail() -> None:
    raise Poison


def hang() -> None:
    time.sleep(600)


def backtrack() -> None:
    """A regular expression that would take years, and keeps the interpreter to itself."""
    re.match(r"(a+)+$", "a" * 64 + "b")


def hold() -> None:
    """Compiled code that never lets go of the interpreter."""
    ctypes.PyDLL(None).sleep(600)


def crash() -> None:
    ctypes.string_at(0)


def leave() -> None:
    sys.exit(0)


def vanish() -> None:
    os._exit(0)


def devour() -> None:
    """Asks for memory until there is none."""
    eaten = []
    while True:
        eaten.append(bytes(64 << 20))


DEEDS: dict[str, Callable[[], None]] = {
    deed.__name__: deed for deed in (fail, hang, backtrack, hold, crash, leave, vanish, devour)
}


def poisoned(whole: Callable[..., Any], deed: Callable[[], None], text: Callable[..., str]) -> Any:
    """The same function, which does the deed first when it hears 帮助."""

    def meet(*given: Any, **more: Any) -> Any:
        if text(*given) == HELP and not Path("mended").exists():
            with Path("attempts").open("a") as attempts:
                attempts.write("x")
            deed()
        return whole(*given, **more)

    return meet


def spoil(spot: str, deed: Callable[[], None]) -> None:
    """Puts the mistake into its place."""
    if spot == "reader":
        Reader.read = poisoned(Reader.read, deed, lambda _, said, *__: said)  # type: ignore[method-assign]
    elif spot == "look":
        look = poisoned(handling.Handling._look, deed, lambda _, __, rows: rows[0].inbound.text)
        handling.Handling._look = look  # type: ignore[method-assign]
    else:
        known = router.routes()
        bad = poisoned(known.handlers["help"], deed, lambda turn: turn.heard.text)
        spoiled = replace(known, handlers={**known.handlers, "help": bad})
        router.routes = lambda: spoiled  # type: ignore[assignment]


if __name__ == "__main__":
    if HEART not in sys.argv:
        command = [sys.executable, "-m", "tests.flow.poisoned", *sys.argv[1:]]
        sys.exit(supervise(command, heart=HEART, silent_for=3))
    _, spot, deed, _, heart = sys.argv
    spoil(spot, DEEDS[deed])
    logs.begin("warning")
    asyncio.run(app.run(read_settings(None, sample=True), heart=Heart.named(heart)))
