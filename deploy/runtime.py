"""Leaves of requirements.lock only what the service needs to run, with its versions and hashes.

    python deploy/runtime.py < requirements.lock > runtime.lock
    python deploy/runtime.py hatchling < requirements.lock > build.lock    # and what builds it

Every stanza of the lock says by `# via` who asked for it; what only the tests asked for goes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator

OURS = "xiaoqi (pyproject.toml)"


def needed(lock: str, also: Iterable[str] = ()) -> Iterator[str]:
    """The stanzas of what is asked for by us, `also` or by something that is."""
    stanzas = re.findall(r"^[a-z0-9].*\n(?:[ ].*\n)*", lock, re.MULTILINE)
    asked_by = {_name(stanza): set(_askers(stanza)) for stanza in stanzas}
    kept = {name for name, askers in asked_by.items() if OURS in askers} | set(also)
    while more := {name for name, askers in asked_by.items() if askers & kept} - kept:
        kept |= more
    return (stanza for stanza in stanzas if _name(stanza) in kept)


def _name(stanza: str) -> str:
    return re.split(r"[=\[ ]", stanza, maxsplit=1)[0]


def _askers(stanza: str) -> Iterator[str]:
    comment = re.findall(r"^ +# +(?:via)? *(.*)$", stanza, re.MULTILINE)
    return (line.strip() for line in comment if line.strip())


if __name__ == "__main__":
    sys.stdout.write("".join(needed(sys.stdin.read(), sys.argv[1:])))
