"""`xiaoqi bench NAME`: the service and the machine's own limits, side by side in one run."""

NAMES = ("intake",)


def run(name: str, *, quick: bool, postgres: str = "") -> None:
    """Measures and prints."""
