"""Every trainer passes the same tests, each net in real children: a process can hold one Keras backend only."""

import dataclasses
import importlib.util
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import N_TRAIN, once

from mnistbench.datasets import data
from mnistbench.experiment.spec import NETS, Spec
from mnistbench.ledger.results import Results, Row
from mnistbench.ledger.trajectory import PARAMETERS, recorded
from mnistbench.nets import metrics
from mnistbench.nets.base import trainer_class
from mnistbench.nets.numpy_net import NeuralNetwork
from mnistbench.running import runner
from mnistbench.running.child import Limits
from mnistbench.running.local_executor import LocalExecutor

EPOCHS = 3
# Keras multiplies in float32 on PyTorch: see nets/keras_torch.py.
TOLERANCE = dict.fromkeys(NETS, 1e-14) | {"keras-torch": 1e-6}


@dataclasses.dataclass
class Run:
    """One run of a net, and the weights that it left."""

    row: Row
    weights: dict[str, np.ndarray]
    results: Results


@pytest.fixture(
    scope="module",
    params=[pytest.param(net, marks=() if net == "numpy" else pytest.mark.slow) for net in NETS],
)
def net(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def run_in(tiny: Path, shared: Path, net: str) -> Callable[..., list[Run]]:
    """Return a function that runs the net with two threads, once for all tests, and returns the runs."""

    def run(name: str, seeds: tuple[int, ...] = (1,), **values: str) -> list[Run]:
        specs = [
            Spec(net=net, hidden_size=16, lr=0.1, batch_size=128, epochs=EPOCHS, seed=seed, threads=2,
                 dataset=str(tiny), **values) for seed in seeds
        ]  # fmt: skip

        def make(folder: Path) -> None:
            with Results(folder).locked():
                runner.run(specs, Results(folder), LocalExecutor(Limits(300)), lambda *_: None)

        results = Results(once(shared / f"{net}-{name}", make))
        rows, _ = results.read()
        skip_if_its_library_is_missing(rows[0])
        return [Run(row, dict(np.load(results.model_file(row.spec))), results) for row in rows]

    return run


def skip_if_its_library_is_missing(row: Row) -> None:
    if row.status == "skipped":
        (library,) = re.findall(r"needs (\w+),", row.error)
        assert importlib.util.find_spec(library) is None
        pytest.skip(row.error)


@pytest.fixture(scope="module")
def shipped(run_in: Callable[..., list[Run]]) -> list[Run]:
    """Return the runs of the seeds 1 and 2."""
    return run_in("shipped", seeds=(1, 2))


@pytest.fixture(scope="module")
def controlled(run_in: Callable[..., list[Run]]) -> Run:
    return run_in("controlled", protocol="controlled", dtype="float64")[0]


def test_the_test_loss_falls_with_each_epoch(shipped: list[Run]) -> None:
    losses = [score.test_loss for score in shipped[0].row.history]
    assert len(losses) == EPOCHS
    assert 2.4 > losses[0] > losses[1] > losses[2]


def test_weights_have_keras_order_and_shapes_and_the_dtype_of_the_spec(shipped: list[Run], controlled: Run) -> None:
    for run in (shipped[0], controlled):
        assert [run.weights[name].shape for name in PARAMETERS] == [(784, 16), (16,), (16, 10), (10,)]
        assert {str(array.dtype) for array in run.weights.values()} == {run.row.spec.dtype}


def test_a_seed_gives_the_same_weights_bit_for_bit_and_another_seed_others(
    shipped: list[Run], run_in: Callable[..., list[Run]]
) -> None:
    first, other = (run.row.weights_sha256 for run in shipped)
    (again,) = run_in("again")
    assert again.row.weights_sha256 == first != other


def test_scikit_learn_has_a_fresh_order_each_epoch(tiny: Path) -> None:
    """At a tiny rate two epochs in one order would lower the loss by the same, to one part in ten thousand.

    In another order the last batch, 80 images that weigh as much as the 640 before them, has other images.
    """
    pytest.importorskip("sklearn")
    dataset = data.load(str(tiny), dtype=np.float64)
    spec = Spec(net="sklearn", hidden_size=16, lr=1e-5, batch_size=640, epochs=3, seed=1, dtype="float64")
    trainer, losses = trainer_class("sklearn")(spec), []
    trainer.fit(
        dataset.train_images, dataset.train_labels, batch_size=640, epochs=3,
        on_epoch_end=lambda: losses.append(
            metrics.log_loss(trainer.predict(dataset.test_images), dataset.test_labels)),
    )  # fmt: skip
    assert abs((losses[0] - losses[1]) / (losses[1] - losses[2]) - 1) > 1e-3


def test_every_epoch_equals_the_numpy_nets_from_the_same_start(net: str, controlled: Run, tiny: Path) -> None:
    """The third proof: an independent implementation takes the same steps, the last of them over a short batch."""
    assert N_TRAIN % 128 == 80
    dataset = data.load(str(tiny), dtype=np.float64)
    ours = NeuralNetwork(16, lr=0.1, dtype=np.float64)
    spec = controlled.row.spec
    orders = data.batch_orders(N_TRAIN, spec.seed)
    with recorded(controlled.results.trajectory_file(spec)) as theirs:
        ours.set_weights([theirs.array(0, name) for name in PARAMETERS])
        for epoch in range(1, EPOCHS + 1):
            order = next(orders)
            ours.fit(dataset.train_images[order], dataset.train_labels[order], batch_size=128, shuffle=False)
            for name, mine in zip(PARAMETERS, ours.get_weights(), strict=True):
                np.testing.assert_allclose(theirs.array(epoch, name), mine, rtol=0, atol=TOLERANCE[net])
            loss = ours.loss(dataset.test_images, dataset.test_labels)
            assert controlled.row.history[epoch - 1].test_loss == pytest.approx(loss, rel=0, abs=TOLERANCE[net])


def test_threads_are_those_of_the_spec_or_fewer(shipped: list[Run]) -> None:
    assert 1 <= shipped[0].row.effective_threads <= 2
