"""Where the time goes: clocks inside the steps, the machine's peak, and the command that shows them."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import Cli, needs_two_cores
from right_net import RIGHT

from mnistbench.datasets import data
from mnistbench.experiment.spec import Spec
from mnistbench.ledger.results import Results
from mnistbench.machine import machine_peak, products
from mnistbench.nets.numpy_profile import PARTS, ProfiledTrainer
from mnistbench.nets.numpy_trainer import NumpyTrainer
from mnistbench.running import runner

SPEC = Spec(net="numpy", hidden_size=16, lr=0.1, batch_size=128, epochs=2, seed=1, threads=2)


@pytest.mark.parametrize("threads", [1, 2])
def test_clocks_change_no_number_and_see_no_scoring(threads: int, mnist: data.Dataset) -> None:
    spec = Spec(net="numpy", hidden_size=16, lr=0.1, batch_size=128, epochs=1, seed=1, threads=threads)
    profiled, plain = ProfiledTrainer(spec), NumpyTrainer(spec)
    for trainer in (profiled, plain):
        trainer.fit(mnist.train_images[:500], mnist.train_labels[:500])
    np.testing.assert_array_equal(profiled.W1, plain.W1)
    alone = {"waiting for other processes"} if profiled.processes == 1 else set()
    assert set(profiled.parts) == set(PARTS.values()) - alone
    assert all(seconds > 0 for seconds in profiled.parts.values())
    before = profiled.parts.copy()
    profiled.predict(mnist.test_images)
    assert profiled.parts == before


@pytest.mark.slow
@needs_two_cores
def test_profile_shows_the_parts_of_a_training_with_bars(config: Callable[..., Path], cli: Cli, tmp_path: Path) -> None:
    done = cli("profile", "--config", config(hidden_size=16, threads=2))
    assert done.returncode == 0, done.stderr
    assert "Where the training of numpy H=16" in done.stdout
    for part in {*PARTS.values(), "Python and other"}:
        assert part in done.stdout
    assert "█" * 30 in done.stdout
    (row,), _ = Results(tmp_path / "results" / "small-profile").read()
    assert sum(row.parts.values()) <= row.train_seconds
    assert "Where the training of" in (tmp_path / "results" / "small-profile" / "report.md").read_text()


@pytest.mark.slow
def test_profile_shows_the_phases_of_another_net(config: Callable[..., Path], cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "my_net.py").write_text(RIGHT)
    done = cli("profile", "--config", config(), "--net", "my_net.py:MyNet")
    assert done.returncode == 0, done.stderr
    for phase in ("import", "data", "build", "first epoch", "later epochs", "evaluate"):
        assert f"{phase} " in done.stdout.partition("Where the run of my_net.py:MyNet")[2]


def test_the_flop_of_an_epoch_are_those_of_its_products() -> None:
    """Of the shapes: x @ W1, x.T @ d1, hidden @ W2, hidden.T @ d2, d2 @ W2.T."""
    m, H = 3, 5
    shapes = [(m, 784, H), (784, m, H), (m, H, 10), (H, m, 10), (m, 10, H)]
    assert machine_peak.training_gflop(H, m) == pytest.approx(sum(2 * a * b * c for a, b, c in shapes) / 1e9)


@pytest.mark.slow
def test_percent_of_peak_is_the_rate_of_the_training_over_the_machines(
    config: Callable[..., Path], cli: Cli, tmp_path: Path
) -> None:
    assert cli("train", "--config", config()).returncode == 0
    (row,), _ = Results(tmp_path / "results" / "small").read()
    assert row.train_gflop == machine_peak.training_gflop(8, 720 * 2)
    rate = row.train_gflop / row.train_seconds
    assert row.percent_of_peak == pytest.approx(100 * rate / row.environment["peak_gflops"])
    assert 0 < row.percent_of_peak < 100


def test_where_onednn_is_installed_its_rate_stands_beside_numpys() -> None:
    if products.onednn() is None:
        pytest.skip("oneDNN is not installed")
    measured = machine_peak.measure("float32", [], dict(os.environ))
    assert set(measured) == {"peak_gflops", "numpy_product_gflops", "onednn_product_gflops"}
    assert all(rate > 1 for rate in measured.values())
    assert set(machine_peak.measure("float64", [], dict(os.environ))) == {"peak_gflops"}


def test_a_product_that_is_wrong_is_no_rate() -> None:
    with pytest.raises(AssertionError):
        products.gflops(lambda a, b, out: out.fill(0), n=4)


def test_trials_measure_no_peak_and_equal_settings_one() -> None:
    quick = Spec(net="numpy", hidden_size=8, lr=0.1, batch_size=128, epochs=1, seed=1, quick=True)
    assert runner.peaks([quick]) == {}
    measured = runner.peaks([SPEC, SPEC])
    assert list(measured) == [(2, "float32")]
    assert measured[2, "float32"]["peak_gflops"] > 0


def test_a_peak_that_cannot_be_measured_is_not_known() -> None:
    assert machine_peak.measure("no dtype", [], dict(os.environ)) == {}
    assert machine_peak.percent_of_peak(1.0, 1.0, None) is None
