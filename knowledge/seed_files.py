"""The files of `knowledge/seeds`: [what those below it are], a sentence a line, # a remark."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources


def labelled(folder: str) -> Iterator[tuple[str, str, str]]:
    """Every sentence of a folder, with its file's name and its label: file, label, sentence."""
    for file in sorted(
        (resources.files("knowledge") / "seeds" / folder).iterdir(), key=lambda entry: entry.name
    ):
        label = ""
        for line in file.read_text(encoding="utf-8").splitlines():
            said = line.strip()
            if said.startswith("[") and said.endswith("]"):
                label = said[1:-1]
            elif said and not said.startswith("#"):
                yield file.name, label, said
