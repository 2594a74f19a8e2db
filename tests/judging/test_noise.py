"""Each sign of a disturbance by itself, on rows that are quiet otherwise."""

from typing import Any

import pytest

from mnistbench.experiment.spec import Spec
from mnistbench.judging import noise
from mnistbench.ledger.results import EpochScore, Row

QUIET = {"others_cpu_fraction": 0.01, "environment": {"cores": 2, "usable_cores": 2}}


def row(seed: int = 1, epoch_seconds: tuple[float, ...] = (3.0, 1.0, 1.0, 1.0), **values: Any) -> Row:
    """Return a quiet row of two threads, but for what is given."""
    spec = Spec(net="numpy", hidden_size=8, lr=0.1, batch_size=128, epochs=4, seed=seed, threads=2)
    history = [
        EpochScore(epoch=n, train_seconds=sum(epoch_seconds[:n]), test_accuracy=0.9, test_loss=0.1)
        for n in range(1, len(epoch_seconds) + 1)
    ]
    given = {"spec": spec, "status": "ok", "started_at": f"2026-01-01T00:00:0{seed}", "history": history}
    return Row(**given | QUIET | values)


def flags_of(one: Row) -> tuple[str, ...]:
    return noise.flags([one])[0]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"others_cpu_fraction": 0.051}, "others had 5 % of its cores' time while it trained"),
        ({"others_cpu_fraction": 0.5}, "others had 50 % of its cores' time while it trained"),
        ({"jobs": 2}, "4 threads on 2 cores"),
        ({"environment": {"usable_cores": 1}}, "2 threads on 1 cores"),
    ],
)
def test_evidence_from_outside_flags_a_run(values: dict[str, Any], reason: str) -> None:
    assert flags_of(row(**values)) == (reason,)


@pytest.mark.parametrize(
    "values",
    [
        {"others_cpu_fraction": 0.05}, {"others_cpu_fraction": None}, {"environment": {}},
        {"epoch_seconds": (1.0, 1.0, 1.0, 9.0)},  # a net's own unevenness
        {"load_before": 9.0}, {"involuntary_switches": 40_000},
        {"status": "timeout", "others_cpu_fraction": 0.9},
        {"spec": Spec(net="numpy", hidden_size=8, lr=0.1, batch_size=128, epochs=4, seed=1, threads=9, quick=True)},
    ],
)  # fmt: skip
def test_what_is_no_evidence_flags_no_run(values: dict[str, Any]) -> None:
    assert flags_of(row(**values)) == ()


def test_flagged_are_the_specs_whose_last_attempt_is_flagged() -> None:
    assert noise.flagged([row(1), row(2, others_cpu_fraction=0.3)]) == {row(2).spec}


def test_a_nets_own_unevenness_is_the_sd_of_its_later_epochs() -> None:
    assert row(epoch_seconds=(9.0, 1.0, 2.0, 3.0)).steady_epoch_sd == pytest.approx(1.0)
    assert row(epoch_seconds=(9.0, 1.0)).steady_epoch_sd is None
