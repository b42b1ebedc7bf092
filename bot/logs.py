"""Structured logs: one JSON line per event on standard error, keys and numbers only.

Two walls keep what is personal and what is secret out. The first: nobody logs text that came from
outside, and of an error only its kind, its code and where it happened are written, never its
words — databases put rows into them, HTTP clients addresses with tokens, parsers what they read.
The second: whatever still is in a field is tamed before it is written.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import PurePath
from traceback import walk_tb
from types import TracebackType
from typing import Any, TextIO, cast

import structlog
from structlog.typing import EventDict, WrappedLogger

LIBRARIES = ("apscheduler", "httpx", "telegram", "aiohttp", "alembic", "asyncio")
FRAMES = 30  # of an error, the innermost
LONGEST = 300  # characters of one field
# Of an error's own values these are codes, which tell what went wrong and nothing of anybody.
CODES = ("sqlstate", "sqlite_errorname", "errno", "code", "status")

_UNTAMED = re.compile(
    r"\d{5,}:[\w-]{20,}"  # a bot's token
    r"|(?<=://)[^/\s]*@"  # a name and password in a URL
    r"|\d(?:[ -]?\d){6,}[Xx]?"  # phones, numbers of ID cards, accounts
    r"|(?<!\w)[\w-]{43,}(?!\w)"  # tokens and keys
    r"|\"[^\"]*\"|'[^']*'|«[^»]*»"  # what an error quotes
    r"|[^\x20-\x7e]+"  # names and words, and what would end the line or colour it
)
_CONSTANT = re.compile(r"[A-Za-z ,.-]*")
logger = structlog.get_logger()


def begin(level: str, *, secrets: Iterable[str] = (), out: TextIO | None = None) -> None:
    """Sets up logging; libraries speak only of trouble, since some of them log whole messages.

    None of the `secrets` is ever written, whatever field it is in.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            errors_without_words,
            Tame(secrets),
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(cast(TextIO, Lossy(out or sys.stderr))),
        cache_logger_on_first_use=False,
    )
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.ERROR)
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, FromLibraries)]:
        root.removeHandler(handler)
    root.addHandler(FromLibraries(logging.WARNING))


class Lossy:
    """An output for lines that may get lost: a full disk must not end whoever logs onto it."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, line: str) -> None:
        """Writes the line where there is room for it."""
        with suppress(OSError):
            self._out.write(line)

    def flush(self) -> None:
        """Sends on what was written."""
        with suppress(OSError):
            self._out.flush()


def catch_everything() -> None:
    """Errors that nobody caught are logged like all others, not printed with their words."""

    def uncaught(kind: type[BaseException], error: BaseException, _: TracebackType | None) -> None:
        logger.critical("process broke", exc_info=error)

    def thread_broke(args: threading.ExceptHookArgs) -> None:
        logger.critical("thread broke", exc_info=args.exc_value)

    def unraisable(args: Any) -> None:
        logger.error("error in passing", exc_info=args.exc_value)

    sys.excepthook = uncaught
    threading.excepthook = thread_broke
    sys.unraisablehook = unraisable
    logging.captureWarnings(True)


class FromLibraries(logging.Handler):
    """What libraries log becomes one of our lines: who speaks, and the words that never change."""

    def emit(self, record: logging.LogRecord) -> None:
        """Logs the record."""
        error = record.exc_info[1] if record.exc_info else None
        constant = _CONSTANT.match(str(record.msg))
        structlog.get_logger().log(
            record.levelno,
            "library spoke",
            library=record.name,
            says=constant.group().strip() if constant else "",
            at=f"{_shown(record.pathname)}:{record.lineno}",
            exc_info=error,
        )


def errors_without_words(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """The error of the event, as its kind, its code and where it happened, and what caused it."""
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    if isinstance(given, tuple):
        given = given[1]
    if isinstance(given, BaseException):
        event["error_chain"] = list(_chain(given))
    return event


class Tame:
    """The second wall: every value of a field is short, on one line, and without anything that
    looks personal or secret.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        known = sorted((secret for secret in secrets if len(secret) > 3), key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, known))) if known else None

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        """The event, tame; its time and its chain of errors are our own and stay."""
        return {
            self._text(name): value if name == "timestamp" else self._tame(value)
            for name, value in event.items()
        }

    def _tame(self, value: Any) -> Any:
        match value:
            case None | bool() | int() | float():
                return value
            case str():
                return self._text(value)
            case Mapping():
                return {self._text(str(key)): self._tame(one) for key, one in value.items()}
            case list() | tuple() | set() | frozenset():
                return [self._tame(one) for one in value]
            case _:
                return type(value).__name__

    def _text(self, value: str) -> str:
        if self._secrets is not None:
            value = self._secrets.sub("[secret]", value)
        return _UNTAMED.sub("[...]", value[:LONGEST])


def _chain(error: BaseException) -> Iterable[dict[str, Any]]:
    """The error, then what it came from, as far as it is told."""
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield _told(following)
        if isinstance(following, BaseExceptionGroup):
            for one in following.exceptions:
                yield from _chain(one)
        hidden = following.__suppress_context__
        following = following.__cause__ or (None if hidden else following.__context__)


def _told(error: BaseException) -> dict[str, Any]:
    kind = type(error)
    codes = {name: code for name in CODES if (code := _code(error, name)) is not None}
    frames = [
        f"{_shown(frame.f_code.co_filename)}:{line} {frame.f_code.co_name}"
        for frame, line in walk_tb(error.__traceback__)
    ]
    return {"error": f"{kind.__module__}.{kind.__name__}", **codes, "at": frames[-FRAMES:]}


def _code(error: BaseException, name: str) -> str | int | None:
    found = getattr(error, name, None)
    return found if isinstance(found, int | str) else None


def _shown(path: str) -> str:
    """The end of a path: where it lies on this machine is nobody's business."""
    return "/".join(PurePath(path).parts[-2:])
