"""Every scenario of the rig in its short form; a new one joins by itself."""

from __future__ import annotations

import pytest

from tests.rig.scenario import Scenario, discovered, play

SCENARIOS = discovered()


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
async def test_what_is_promised_holds(scenario: Scenario) -> None:
    verdict = await play(scenario, scale="short")

    assert verdict.failures == (), dict(verdict.figures)
