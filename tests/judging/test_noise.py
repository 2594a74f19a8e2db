"""Each sign of a disturbance by itself, on rows that are quiet otherwise."""

from typing import Any

import pytest

from mnistbench.experiment.spec import Spec
from mnistbench.judging import noise
from mnistbench.ledger.results import EpochScore, Row

QUIET = {
    "time_seconds": 10.0, "train_seconds": 10.0, "cpu_seconds": 19.5, "involuntary_switches": 400, "load_before": 2.0,
    "environment": {"cores": 2, "usable_cores": 2},
    "life_seconds": 12.4, "import_seconds": 0.5, "data_seconds": 0.5, "build_seconds": 0.5, "evaluate_seconds": 0.5,
}  # fmt: skip


def row(seed: int = 1, epoch_seconds: tuple[float, ...] = (3.0, 1.0, 1.0, 1.0), **values: Any) -> Row:
    """Return a quiet row of two threads, but for what is given; a slow first epoch is no sign."""
    spec = Spec(net="numpy", hidden_size=8, lr=0.1, batch_size=128, epochs=4, seed=seed, threads=2)
    history = [
        EpochScore(epoch=n, train_seconds=sum(epoch_seconds[:n]), test_accuracy=0.9, test_loss=0.1)
        for n in range(1, len(epoch_seconds) + 1)
    ]
    started = f"2026-01-01T00:00:0{seed}"
    return Row(**{"spec": spec, "status": "ok", "started_at": started, "history": history} | QUIET | values)


def flags_of_last(*rows: Row) -> tuple[str, ...]:
    return noise.flags(rows)[-1]


def test_quiet_runs_have_no_flag() -> None:
    assert noise.flags([row(1), row(2), row(3)]) == [(), (), ()]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"load_before": 3.1}, "load 3.1 on 2 cores before it"),
        ({"cpu_seconds": 5.9}, "kept 0.59 threads busy while training: it waited for a core"),
        ({"cpu_seconds": 21.1}, "kept 2.11 threads busy while training, more than the 2 asked for"),
        ({"life_seconds": 12.7}, "its phases and its life differ by 0.70 s"),
        ({"life_seconds": 11.3}, "its phases and its life differ by 0.70 s"),
        ({"jobs": 2}, "4 threads on 2 cores"),
        ({"environment": {"usable_cores": 1}}, "2 threads on 1 cores"),
        ({"epoch_seconds": (1.0, 1.0, 1.0, 1.2)}, "later epochs differ by 11 % (sd)"),
    ],
)
def test_a_disturbed_run_is_flagged_by_itself(values: dict[str, Any], reason: str) -> None:
    assert flags_of_last(row(**values)) == (reason,)


@pytest.mark.parametrize(
    "values",
    [
        {"load_before": 3.0}, {"cpu_seconds": 6.0}, {"life_seconds": 12.6}, {"life_seconds": None},
        {"cpu_seconds": 21.0}, {"epoch_seconds": (1.0, 1.0, 1.0, 1.17)},
        {"epoch_seconds": (1.0, 2.0)}, {"epoch_seconds": ()}, {"involuntary_switches": 40_000},
        dict.fromkeys(QUIET) | {"environment": {}},
    ],
)  # fmt: skip
def test_what_lies_within_the_limits_or_was_not_recorded_is_no_sign(values: dict[str, Any]) -> None:
    assert flags_of_last(row(**values)) == ()


def test_a_slow_first_run_is_flagged_beside_the_later_ones() -> None:
    slow = row(1, time_seconds=11.1)
    assert noise.flags([row(2), slow, row(3)]) == [(), ("the first run, 1.11 times as long as the later ones",), ()]
    assert noise.flags([row(1), row(2, time_seconds=11.1), row(3)]) == [(), (), ()]
    assert noise.flags([row(1, time_seconds=10.9), row(2), row(3)]) == [(), (), ()]
    assert noise.flags([row(1, time_seconds=99), row(2)]) == [(), ()]
    usual_is_that_of_the_later_ones = [row(1, time_seconds=11.6), row(2), row(3, time_seconds=11.0)]
    assert noise.flags(usual_is_that_of_the_later_ones)[0] == ("the first run, 1.10 times as long as the later ones",)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"cpu_seconds": 17.0}, "kept 1.70 threads busy while training, usually 1.95"),
        ({"involuntary_switches": 1100}, "lost the processor 110 times a second, usually 40"),
    ],
)
def test_a_run_unlike_its_fellows_is_flagged_once_there_are_three(values: dict[str, Any], reason: str) -> None:
    assert flags_of_last(row(1), row(2), row(3, **values)) == (reason,)
    assert flags_of_last(row(1), row(3, **values)) == ()


def test_what_is_usual_is_told_within_one_point_and_net() -> None:
    other = row(3).spec
    for change in ({"net": "keras"}, {"hidden_size": 9}, {"threads": 1}):
        values = {name: getattr(other, name) for name in other.__slots__} | change
        unlike = row(3, spec=Spec(**values), cpu_seconds=10.0)
        assert flags_of_last(row(1), row(2), unlike) == ()


def test_a_rate_that_is_rare_is_no_sign_though_it_is_unusual() -> None:
    quiet = {"involuntary_switches": 10}
    assert flags_of_last(row(1, **quiet), row(2, **quiet), row(3, involuntary_switches=900)) == ()


def test_a_run_that_is_not_ok_is_not_flagged() -> None:
    assert flags_of_last(row(load_before=9.0, status="timeout")) == ()


def test_flagged_specs_are_those_of_the_last_attempts() -> None:
    first = row(1, load_before=9.0)
    assert noise.flagged([row(1), row(2, load_before=9.0)], [first]) == {row(2).spec}


def test_runs_beside_others_or_of_another_machine_tell_nothing_of_what_is_usual() -> None:
    alone = [row(seed) for seed in (1, 2, 3)]
    slower = row(4, cpu_seconds=15.0)
    assert flags_of_last(*alone, slower)
    four_cores = {"cores": 4, "usable_cores": 4}
    assert not flags_of_last(*alone, slower.model_copy(update={"jobs": 2, "environment": four_cores}))
    assert not flags_of_last(*alone, slower.model_copy(update={"environment": {"cores": 2, "cpu": "another"}}))
