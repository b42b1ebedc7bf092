"""`xiaoqi bench NAME`: the service and the machine's own limits, side by side in one run."""

from __future__ import annotations

NAMES = ("broadcast", "clock", "intake")


def run(name: str, *, quick: bool, postgres: str = "") -> None:
    """Measures and prints; nothing is kept."""
    from bot.bench import broadcast, clock, intake

    if name == "broadcast":
        broadcast.run(quick=quick)
    if name == "clock":
        clock.run(quick=quick)
    if name == "intake":
        intake.run(quick=quick, postgres=postgres)
