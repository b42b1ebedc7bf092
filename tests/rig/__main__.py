"""Runs scenarios of the rig: python -m tests.rig kill_polling_sqlite --seed 7 --scale long

See docs/reliability.md.
"""

from __future__ import annotations

import argparse
import asyncio
import shlex
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rich.console import Console

from bot.progress import Step, progress
from tests.rig import report
from tests.rig.scenario import Scenario, Show, Verdict, discovered, play
from tests.rig.service import Bot

console = Console(highlight=False, soft_wrap=True)


def main() -> int:
    """0 when every scenario passed, 1 when one failed, 2 when there is none of that name."""
    # Being told to stop must still end the processes that were begun.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    scenarios = discovered()
    options = _options(scenarios)
    names = list(scenarios) if options.names == ["all"] else options.names
    if unknown := [name for name in names if name not in scenarios]:
        console.print(f"there is no {', '.join(unknown)}; one of {', '.join(scenarios)}")
        return 2
    runs = [_run(scenarios[name], options) for name in names]
    console.print(report.table(runs))
    if options.json:
        options.json.write_text(report.as_json(runs), encoding="utf-8")
    if options.write:
        report.write(options.write, runs)
    return 0 if all(run.verdict.passed for run in runs) else 1


def _run(scenario: Scenario, options: argparse.Namespace) -> report.Run:
    began = time.monotonic()
    with _shown(scenario.name) as show:
        try:
            verdict = asyncio.run(
                play(
                    scenario,
                    scale=options.scale,
                    seed=options.seed,
                    bot=Bot.named(options.bot) if options.bot else None,
                    show=show,
                    sizes=dict(options.size),
                    keep=options.keep,
                )
            )
        except Exception as failure:
            console.print(traceback.format_exc(), markup=False)
            verdict = Verdict(figures={}, failures=(f"broke off: {type(failure).__name__}",))
    sizes = "".join(f" --size {name}={value}" for name, value in options.size)
    named = f" --bot {shlex.quote(options.bot)}" if options.bot else ""
    return report.Run(
        name=scenario.name,
        promise=scenario.promise,
        command=f"python -m tests.rig {scenario.name} --seed {options.seed}"
        f" --scale {options.scale}{sizes}{named}",
        seconds=time.monotonic() - began,
        verdict=verdict,
    )


@contextmanager
def _shown(name: str) -> Iterator[Show]:
    """A bar for each thing that is done on a terminal, lines elsewhere."""
    with ExitStack() as bars:
        steps: dict[str, Step] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in steps:
                bars.close()
                steps[what] = bars.enter_context(progress(console, f"{name}: {what}", total))
            steps[what](done)

        yield show


def _options(scenarios: Mapping[str, Scenario]) -> argparse.Namespace:
    listed = "\n".join(f"  {name}: {one.promise}" for name, one in scenarios.items())
    parser = argparse.ArgumentParser(
        prog="python -m tests.rig",
        description=f"Scenarios:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="+", metavar="NAME", help="scenarios, or all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", choices=("short", "long"), default="short")
    parser.add_argument(
        "--size", type=_size, action="append", default=[], metavar="NAME=NUMBER",
        help="another size than that of the scale, such as kills=20",
    )  # fmt: skip
    parser.add_argument("--bot", help="the command of another bot; see tests/rig/service.py")
    parser.add_argument(
        "--keep", type=Path, help="where the logs, databases and histories of runs stay behind"
    )
    parser.add_argument("--json", type=Path, help="where to write everything as JSON")
    parser.add_argument("--write", type=Path, help="the document whose table is to be renewed")
    return parser.parse_args()


def _size(text: str) -> tuple[str, int | float]:
    name, _, value = text.partition("=")
    return name, int(value) if value.isdecimal() else float(value)


if __name__ == "__main__":
    sys.exit(main())
