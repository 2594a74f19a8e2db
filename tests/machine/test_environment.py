"""What is told of a machine."""

import sys

import pytest

from mnistbench.machine import environment


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells it")
def test_processors_of_one_name_are_told_apart_by_family_model_and_stepping() -> None:
    with open("/proc/cpuinfo") as told:
        known = dict(line.replace("\t", "").strip().split(":", 1) for line in told if ":" in line)
    expected = " ".join(known[name].strip() for name in ("cpu family", "model", "stepping") if name in known)
    assert environment.machine()["cpu_model"] == (expected or None)
    assert environment.machine()["cpu"]
