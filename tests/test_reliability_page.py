"""What docs/reliability.md calls proven is there: every test, every scenario, every fault."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.rig.scenario import discovered

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "reliability.md"
COMPARED = frozenset({"echo_bot_polling", "echo_bot_webhook"})  # another bot beside ours


def rows() -> list[tuple[str, list[str]]]:
    """Every fault of the page's tables, and what is said to prove that it is met."""
    text = PAGE.read_text(encoding="utf-8")
    (section,) = re.findall(
        r"^## Faults, and the test that proves each\n(.*?)^## ", text, re.MULTILINE | re.DOTALL
    )
    cells = [line.strip("|").split("|") for line in section.splitlines() if line[:2] == "| "]
    return [
        (fault.strip(), re.findall(r"`([^`]+)`", proof))
        for fault, _, proof in cells
        if fault.strip() != "what goes wrong"
    ]


@cache
def names_in(file: Path) -> frozenset[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, functions))


@pytest.mark.parametrize(
    ("fault", "proofs"), rows(), ids=lambda one: one if isinstance(one, str) else ""
)
def test_every_fault_has_a_test_that_is_there(fault: str, proofs: list[str]) -> None:
    assert proofs, fault
    for proof in proofs:
        scenario = proof.removeprefix("rig:")
        if scenario != proof:
            assert scenario in discovered()
            continue
        file, _, name = proof.partition("::")
        assert name.startswith("test_"), proof
        assert name in names_in(TESTS / file), proof


def test_every_scenario_of_the_rig_proves_something() -> None:
    named = {proof.removeprefix("rig:") for _, proofs in rows() for proof in proofs}

    assert discovered().keys() - COMPARED <= named
