"""The command line `xiaoqi`. Exit codes: 0 done, 1 the work failed, 2 wrong usage or settings."""

from __future__ import annotations

from bot.commands import application


def main() -> None:
    """Runs the command named on the command line."""
    application()


if __name__ == "__main__":
    main()
