"""The command line `xiaoqi`. Exit codes: 0 done, 1 the work failed, 2 wrong usage or settings."""

from __future__ import annotations

import sys

from bot.supervisor import HEART, SUPERVISED, supervise


def main() -> None:
    """Runs the command named on the command line; `run` under a supervisor."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["run"] and SUPERVISED not in arguments:
        command = [sys.executable, "-m", "bot", *arguments, SUPERVISED]
        raise SystemExit(supervise(command, heart=HEART))
    from bot.commands import application  # 100 MB that a supervisor does without

    application()


if __name__ == "__main__":
    main()
