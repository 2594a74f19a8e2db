"""What others take of a run's cores is told, by a real neighbour."""

import os
import subprocess
import sys

import pytest
from conftest import needs_two_cores

SPIN = "while True: pass"
# One core, for half a second of work, beside a child of its own if it is told to.
WATCH = """
import os, subprocess, sys, time
os.sched_setaffinity(0, {int(sys.argv[1])})
child = subprocess.Popen([sys.executable, "-c", "while True: pass"]) if sys.argv[2] == "child" else None
from mnistbench.machine import Neighbours
neighbours, end = Neighbours(), time.perf_counter() + float(sys.argv[3])
while time.perf_counter() < end: pass
print(neighbours.fraction())
if child: child.kill()
"""


def told(core: int, company: str, seconds: float) -> str:
    words = [sys.executable, "-c", WATCH, str(core), company, str(seconds)]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def fraction(core: int, company: str) -> float:
    return float(told(core, company, 1))


@pytest.mark.slow
@needs_two_cores
def test_a_neighbour_on_the_same_core_is_seen_and_a_process_of_ones_own_is_none() -> None:
    core = min(os.sched_getaffinity(0))
    beside_own = fraction(core, "child")
    with subprocess.Popen(
        [sys.executable, "-c", f"import os; os.sched_setaffinity(0, {{{core}}})\n{SPIN}"]
    ) as spinning:
        beside_another = fraction(core, "alone")
        spinning.kill()
    assert beside_another > 0.25
    assert beside_own < beside_another


@pytest.mark.slow
@needs_two_cores
def test_nothing_is_told_of_a_time_too_short_for_the_systems_clock() -> None:
    core = min(os.sched_getaffinity(0))
    assert told(core, "alone", 0.05) == "None"
    assert told(core, "alone", 0.6) != "None"
