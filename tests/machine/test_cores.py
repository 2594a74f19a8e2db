import os
import tempfile

import pytest
from conftest import needs_two_cores

from mnistbench.machine import cores

pytestmark = [needs_two_cores, pytest.mark.usefixtures("alone")]


def test_claims_are_disjoint_as_long_as_there_are_cores_and_end_with_their_block() -> None:
    for _ in range(2):
        with cores.claimed(1) as one, cores.claimed(1) as other:
            assert len(one) == len(other) == 1
            assert one != other


def test_where_all_are_taken_cores_are_shared_evenly() -> None:
    usable = sorted(os.sched_getaffinity(0))
    with cores.claimed(len(usable)) as everything, cores.claimed(1) as one, cores.claimed(1) as other:
        assert everything == usable
        assert one != other


def test_there_are_cores_where_no_claim_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    with cores.claimed(1) as one:
        assert one == sorted(os.sched_getaffinity(0))[:1]
