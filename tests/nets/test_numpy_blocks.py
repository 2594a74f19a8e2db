"""A net divided among processes is the same net, and leaves nothing behind whatever ends it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from conftest import FOREVER, Cli, child_of, command, needs_two_cores, wait_for

from mnistbench.datasets import data
from mnistbench.errors import LostProcessError
from mnistbench.ledger.results import Results
from mnistbench.nets.numpy_blocks import DividedNetwork
from mnistbench.nets.numpy_net import NeuralNetwork
from mnistbench.nets.numpy_trainer import choose_processes

Weights = list[np.ndarray]


def trained(net: NeuralNetwork, mnist: data.Dataset, **arguments: object) -> Weights:
    values = {"batch_size": 128, "epochs": 2} | arguments
    net.fit(mnist.train_images[:720], mnist.train_labels[:720], **values)  # 720 = 5 · 128 + 80
    return net.get_weights()


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("hidden_size", [16, 17, 2])
@pytest.mark.parametrize("processes", [1, 2, 3])
def test_a_divided_net_trains_as_the_whole_one(
    processes: int, hidden_size: int, shuffle: bool, mnist: data.Dataset
) -> None:
    """17 units do not divide evenly, 2 are fewer than 3 processes."""
    whole = trained(NeuralNetwork(hidden_size, seed=1, dtype=np.float64), mnist, shuffle=shuffle)
    divided = DividedNetwork(hidden_size, seed=1, dtype=np.float64, processes=processes)
    assert divided.processes == min(processes, hidden_size)
    for ours, theirs in zip(trained(divided, mnist, shuffle=shuffle), whole, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize("processes", [2, 3])
def test_equal_numbers_of_processes_give_equal_bits(processes: int, mnist: data.Dataset) -> None:
    first, second = (trained(DividedNetwork(30, seed=1, processes=processes), mnist) for _ in range(2))
    for ours, theirs in zip(first, second, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_one_net_is_seen_after_each_epoch_and_in_the_next_fit(mnist: data.Dataset) -> None:
    seen: list[Weights] = []
    divided, whole = (DividedNetwork(8, seed=1, dtype=np.float64, processes=n) for n in (2, 1))
    trained(divided, mnist, on_epoch_end=lambda: seen.append(divided.get_weights()))
    assert (seen[0][0] != seen[1][0]).any()
    np.testing.assert_array_equal(seen[1][0], divided.W1)
    divided.set_weights(seen[0])
    whole.set_weights(seen[0])
    again = [trained(net, mnist, epochs=1, shuffle=False) for net in (divided, whole)]
    for ours, theirs in zip(*again, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


def test_bytes_train_as_pixels_divided_by_255(mnist: data.Dataset) -> None:
    pixels = np.rint(mnist.train_images[:300] * 255).astype(np.uint8)
    nets = [DividedNetwork(16, seed=1, dtype=np.float64, processes=2) for _ in range(2)]
    for net, images in zip(nets, (pixels, mnist.train_images[:300]), strict=True):
        net.fit(images, mnist.train_labels[:300], epochs=2)
    np.testing.assert_allclose(nets[0].W1, nets[1].W1, rtol=0, atol=1e-13)
    np.testing.assert_allclose(nets[0].predict(pixels), nets[1].predict(mnist.train_images[:300]), rtol=0, atol=1e-13)


def test_what_the_caller_raises_ends_the_processes(mnist: data.Dataset) -> None:
    def stop() -> None:
        raise KeyError

    before = psutil.Process().children()  # other tests' nets, which nothing has let go of yet
    with pytest.raises(KeyError):
        trained(DividedNetwork(16, processes=2), mnist, on_epoch_end=stop)
    assert psutil.Process().children() == before


def test_a_lost_process_is_named(mnist: data.Dataset) -> None:
    def kill_one() -> None:
        psutil.Process().children()[1].kill()

    with pytest.raises(LostProcessError, match=r"process 3 of the 3 that the net is divided among was ended by SIGK"):
        trained(DividedNetwork(16, processes=3), mnist, on_epoch_end=kill_one)
    assert not psutil.Process().children()


def test_an_error_in_another_process_is_told(mnist: data.Dataset, capfd: pytest.CaptureFixture[str]) -> None:
    labels = mnist.train_labels[:200].copy()
    here = os.getpid()

    class Wrong(np.ndarray):
        def __getitem__(self, key: object) -> object:
            if os.getpid() != here:
                raise ZeroDivisionError
            return super().__getitem__(key)

    with pytest.raises(LostProcessError, match="process 2 of the 2 that the net is divided among was ended with an e"):
        DividedNetwork(16, processes=2).fit(mnist.train_images[:200], labels.view(Wrong))
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_each_process_has_enough_hidden_units_and_a_core() -> None:
    cores = len(os.sched_getaffinity(0))
    assert [choose_processes(300, threads) for threads in (1, 10_000)] == [1, min(cores, 37)]
    assert [choose_processes(hidden_size, 2) for hidden_size in (1, 15, 16)] == [1, 1, min(2, cores)]


@pytest.fixture
def divided_run(config: Callable[..., Path], tmp_path: Path) -> object:
    """Start an endless run of a divided net and wait until both processes train."""
    file = config(epochs=FOREVER, hidden_size=32, threads=2)
    run = subprocess.Popen(command("train", "--config", file), cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    try:
        child = wait_for(lambda: child_of(run.pid))
        forked = wait_for(lambda: child.children())
        yield run, child, forked, Results(tmp_path / "results" / "small")
    finally:
        run.kill()
        run.communicate()
    wait_for(lambda: not any(process.is_running() for process in (child, *forked)), seconds=5)


def is_gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


@pytest.mark.slow
@needs_two_cores
def test_kill_9_of_a_forked_process_is_a_row_and_leaves_nothing(divided_run: tuple) -> None:
    run, child, (forked,), results = divided_run
    forked.kill()
    run.communicate(timeout=30)
    ((row,), _) = results.read()
    assert row.status == "error"
    assert row.error == "process 2 of the 2 that the net is divided among was ended by SIGKILL."
    assert is_gone(child)
    assert is_gone(forked)


@pytest.mark.slow
@needs_two_cores
def test_the_shared_memory_has_no_name_that_could_stay_behind(divided_run: tuple) -> None:
    paths = {mapped.path for mapped in divided_run[1].memory_maps(grouped=True)}
    assert "/dev/zero" in paths  # as Linux calls memory that is anonymous and shared
    assert not [path for path in paths if path.startswith("/dev/shm")]


@pytest.mark.slow
@needs_two_cores
@pytest.mark.parametrize("victim", ["the command", "the child"])
def test_kill_9_of_what_started_it_ends_a_forked_process(divided_run: tuple, victim: str) -> None:
    run, child, (forked,), _ = divided_run
    (run if victim == "the command" else child).send_signal(signal.SIGKILL)
    wait_for(lambda: is_gone(child) and is_gone(forked), seconds=5)


@pytest.mark.slow
def test_a_divided_run_says_its_processes_and_uses_all_threads(config: Callable[..., Path], cli: Cli) -> None:
    done = cli("train", "--config", config(hidden_size=32, threads=2))
    assert done.returncode == 0, done.stderr
    (row,), _ = Results(Path(str(config())).parent / "results" / "small").read()
    assert row.processes == row.effective_threads == min(2, len(os.sched_getaffinity(0)))


def test_the_file_of_the_mathematics_knows_no_process_and_no_clock() -> None:
    lines = Path(sys.modules[NeuralNetwork.__module__].__file__).read_text().splitlines()
    imported = {line.split()[1] for line in lines if line.startswith(("import ", "from "))}
    assert imported == {"collections.abc", "typing", "numpy", "numpy.typing", "mnistbench.nets.metrics"}
