"""Bonuses and the ledger under whatever people and time may do, in any order: the invariants hold after every step."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from bonus_model import machine
from bonus_model.company import found_company
from bonus_model.machine import BonusMachine
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

SOAK = bool(os.environ.get("VINKKI_SOAK"))
RUNS, PARTS, STEPS = int(os.environ.get("VINKKI_RUNS", "20000" if SOAK else "2000")), 10, 50  # in parts, so that workers share them
BUDGET = settings(
    max_examples=max(RUNS // PARTS, 1), stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True,
    phases=list(Phase) if SOAK else [Phase.explicit, Phase.reuse, Phase.generate],
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def company(sqlite_template: Path) -> Iterator[None]:
    machine.company[:] = [found_company(sqlite_template)]
    yield
    machine.company.pop().close()


@pytest.mark.long
@pytest.mark.timeout(0 if SOAK else 600)
@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_happens_the_invariants_hold(part: int) -> None:
    run_state_machine_as_test(BonusMachine, settings=BUDGET)
