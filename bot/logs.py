"""Structured logs: one JSON line per event on standard error, keys and numbers only."""

from __future__ import annotations

import logging
import sys

import structlog
import structlog.tracebacks

LIBRARIES = ("apscheduler", "httpx", "telegram", "aiohttp", "alembic", "asyncio")


def begin(level: str) -> None:
    """Sets up logging; libraries speak only of trouble, since some of them log whole messages."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # Without the values of variables: they hold names, numbers and messages.
            structlog.processors.ExceptionRenderer(
                structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
            ),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.ERROR)
