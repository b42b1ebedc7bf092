"""The log: one line of JSON for each event, and in none of them anything personal or secret."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from bot import logs
from bot.settings import read_settings

Lines = Callable[[], list[dict[str, Any]]]
TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
HOSTILE = "a\r\nb\x1b[31mc\u2028d\x85e\x00f\ud800g\x9b2J"


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What was logged since the test began, each line parsed."""
    out, root = io.StringIO(), logging.getLogger()
    others = root.handlers[:]
    logs.begin("debug", secrets={"s3cret-pass"}, out=out)
    yield lambda: [without_time(json.loads(line)) for line in out.getvalue().splitlines()]
    structlog.reset_defaults()
    root.handlers[:] = others


def library_says(text: str) -> None:
    """Past pytest's own handlers: xdist cannot send half a character to its master."""
    root = logging.getLogger()
    every = root.handlers[:]
    root.handlers[:] = [one for one in every if isinstance(one, logs.FromLibraries)]
    logging.getLogger("aiohttp.server").error(text)
    root.handlers[:] = every


def without_time(line: dict[str, Any]) -> dict[str, Any]:
    assert line.pop("timestamp")
    return line


def text_of(lines: list[dict[str, Any]]) -> str:
    return json.dumps(lines, ensure_ascii=False)


def test_of_an_error_only_its_kind_and_place_are_written(lines: Lines) -> None:
    try:
        try:
            int("王桂兰 13912345678")
        except ValueError as cause:
            raise KeyError("310115198001012345") from cause
    except KeyError as failure:
        structlog.get_logger().error("handling failed", exc_info=failure)

    (line,) = lines()
    assert [one["error"] for one in line["error_chain"]] == [
        "builtins.KeyError",
        "builtins.ValueError",
    ]
    assert "edge/test_logs.py" in line["error_chain"][0]["at"][-1]
    assert not any(part in text_of([line]) for part in ("王桂兰", "139123", "31011519"))


def test_the_errors_of_a_group_are_told_one_by_one(lines: Lines) -> None:
    group = ExceptionGroup("王桂兰", [ValueError("李四"), OSError(28, "full", "/home/wang")])
    structlog.get_logger().error("task broke", exc_info=group)

    (line,) = lines()
    assert [one["error"] for one in line["error_chain"]] == [
        "builtins.ExceptionGroup",
        "builtins.ValueError",
        "builtins.OSError",
    ]
    assert line["error_chain"][2]["errno"] == 28
    assert "wang" not in text_of([line])


@pytest.mark.parametrize(
    "value",
    [
        TOKEN,
        f"POST https://api.telegram.org/bot{TOKEN}/sendMessage",
        "postgresql://xiaoqi:hunter2@db/xiaoqi",
        "connection with s3cret-pass failed",
        "139 1234 5678",
        "31011519800101234X",
        'Unsupported start tag "wang-gui-lan" at byte offset 3',
        "王桂兰",
        "Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFy",
    ],
)
def test_what_looks_personal_or_secret_is_tamed(value: str, lines: Lines) -> None:
    structlog.get_logger().info(
        "something", why=value, deep={"list": [value], value: 1}, thing=Exception(value)
    )

    said = text_of(lines())
    for part in ("AAHdq", "hunter2", "s3cret", "1234", "3101", "gui-lan", "桂", "Zm9v"):
        assert part not in said


def test_nothing_that_is_said_begins_a_line_or_colours_one(lines: Lines) -> None:
    for _ in range(3):
        structlog.get_logger().info(HOSTILE, **{HOSTILE: HOSTILE}, list=[HOSTILE])
        library_says(HOSTILE)

    assert len(lines()) == 6
    assert text_of(lines()).isprintable()


def test_a_library_is_quoted_only_with_words_that_never_change(lines: Lines) -> None:
    try:
        raise RuntimeError("王桂兰")
    except RuntimeError:
        logging.getLogger("aiohttp.server").exception("Error handling request from %s", "王")
    logging.getLogger("asyncio").error("Exception in callback f('王桂兰')")
    logging.getLogger("httpx").info("HTTP Request: POST %s", TOKEN)

    first, second = lines()
    assert first["says"] == "Error handling request from"
    assert first["error_chain"][0]["error"] == "builtins.RuntimeError"
    assert second["says"] == "Exception in callback f"
    assert "王" not in text_of(lines())


def test_keys_and_numbers_are_left_as_they_are(lines: Lines) -> None:
    structlog.get_logger().info("message tried", message="AbC-_0123xyzAbC-_0123x", outbox=7)

    (line,) = lines()
    assert line["message"] == "AbC-_0123xyzAbC-_0123x"
    assert line["outbox"] == 7


def test_every_secret_of_the_settings_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIAOQI_DATABASE__URL", "postgresql://xiaoqi:p%40ss-word@db/xiaoqi")
    monkeypatch.setenv("XIAOQI_TELEGRAM__TOKEN", TOKEN)
    monkeypatch.setenv("XIAOQI_TELEGRAM__SECRET", "webhook-secret")

    known = read_settings().secrets()

    assert {TOKEN, "webhook-secret", "p@ss-word", "p%40ss-word"} <= known


def test_what_nobody_caught_is_logged_without_its_words(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("excepthook", "unraisablehook"):
        monkeypatch.setattr(f"sys.{name}", None)
    monkeypatch.setattr("threading.excepthook", None)
    logs.catch_everything()
    import sys

    error = ValueError("王桂兰")
    sys.excepthook(ValueError, error, None)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("王桂兰", stacklevel=1)
    logging.captureWarnings(False)

    assert [line["event"] for line in lines()] == ["process broke", "library spoke"]
    assert "王" not in text_of(lines())
