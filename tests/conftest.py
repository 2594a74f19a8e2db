"""What the tests share: a small real dataset, and the program run as its users run it."""

import contextlib
import fcntl
import gzip
import hashlib
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from mnistbench.datasets import data
from mnistbench.experiment.spec import Spec
from mnistbench.ledger.results import Results, Row
from mnistbench.machine.environment import usable_cores

ROOT = Path(__file__).parents[1]
FOREVER = 100_000  # epochs
N_TRAIN, N_TEST = 720, 200  # 720 = 5 · 128 + 80: the last batch is short

Cli = Callable[..., subprocess.CompletedProcess[str]]


needs_two_cores = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or usable_cores() < 2, reason="needs two cores, and affinity"
)


@pytest.fixture(autouse=True)
def no_net_left() -> Iterator[None]:
    """End the processes of users' nets that a test has made, which a traceback may hold beyond it."""
    yield
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error):
            if "mnistbench.nets.apart" in child.cmdline():
                child.kill()
                child.wait()


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no other run on this machine have a claim to a core."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def write_idx(file: Path, array: np.ndarray) -> None:
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    opened = gzip.open if file.suffix == ".gz" else open
    with opened(file, "wb") as stream:
        stream.write(header + array.astype(np.uint8).tobytes())


@pytest.fixture(scope="session")
def mnist() -> data.Dataset:
    return data.load("mnist", dtype=np.float64, quick=True)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all of pytest's processes have in common."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def once(folder: Path, make: Callable[[Path], object]) -> Path:
    """Return a folder that one of pytest's processes has made for all of them."""
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            unfinished = folder.with_suffix(".part")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(folder)
    return folder


@pytest.fixture(scope="session")
def tiny(shared: Path, mnist: data.Dataset) -> Path:
    """Return a folder with the first images of MNIST in four plain IDX files."""

    def make(folder: Path) -> None:
        for stem, images, labels, n in (
            ("train", mnist.train_images, mnist.train_labels, N_TRAIN),
            ("t10k", mnist.test_images, mnist.test_labels, N_TEST),
        ):
            pixels = np.rint(images[:n] * 255).reshape(n, 28, 28)
            write_idx(folder / f"{stem}-images-idx3-ubyte", pixels)
            write_idx(folder / f"{stem}-labels-idx1-ubyte", labels[:n])

    return once(shared / "tiny", make)


@pytest.fixture
def config(tmp_path: Path, tiny: Path) -> Callable[..., Path]:
    """Return a writer of small configs: NumPy alone on the tiny dataset, unless keys say otherwise."""

    def write(**keys: object) -> Path:
        values = {
            "name": "small", "nets": "[numpy]", "hidden_size": 8, "epochs": 2, "batch_size": 128,
            "threads": 1, "dataset": tiny,
        } | keys  # fmt: skip
        file = tmp_path / "small.yaml"
        file.write_text("".join(f"{key}: {value}\n" for key, value in values.items()))
        return file

    return write


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """Return a function that runs ``mnistbench ARGUMENTS`` in an empty folder and returns what it did."""

    def run(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(*arguments), cwd=tmp_path, env=os.environ | {"COLUMNS": "200"} | variables,
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip

    return run


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "mnistbench", *map(str, arguments)]


@pytest.fixture
def finished(config: Callable[..., Path], shared: Path, tmp_path: Path) -> Callable[..., Path]:
    """Return a function that gives a test its own copy of ``results/small`` as ``train`` or ``sweep`` has left it.

    The same command with the same config is run once for all tests that only begin where it ends.
    """

    def copied(name: str, **keys: object) -> Path:
        file = config(**keys)
        asked = hashlib.sha256(f"{name} {file.read_text()}".encode()).hexdigest()

        def run(folder: Path) -> None:
            subprocess.run(command(name, "--config", file), cwd=folder, capture_output=True, check=True)

        shutil.copytree(once(shared / f"finished-{asked[:16]}", run) / "results", tmp_path / "results")
        return tmp_path / "results" / "small"

    return copied


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return Results(tmp_path / "results" / "small")


@pytest.fixture
def spec(tiny: Path) -> Callable[..., Spec]:
    def make(**values: Any) -> Spec:
        defaults: dict[str, Any] = {
            "net": "numpy", "hidden_size": 8, "lr": 0.1, "batch_size": 128, "epochs": 2, "seed": 1,
            "threads": 1, "dataset": str(tiny),
        }  # fmt: skip
        return Spec(**defaults | values)

    return make


@pytest.fixture
def long_sweep(config: Callable[..., Path], tmp_path: Path) -> Any:
    """Start a sweep of one short run, one endless and one short again, and wait until the endless one trains."""
    file = config(epochs=f"[1, {FOREVER}, 2]", quick="true")
    sweep = subprocess.Popen(
        command("sweep", file), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )  # fmt: skip
    results = Results(tmp_path / "results" / "small")
    wait_for(lambda: len(list(results.runs.glob("*.json"))) == 1)
    child = wait_for(lambda: child_of(sweep.pid))
    yield sweep, child, results
    sweep.kill()
    sweep.communicate()


def wait_for(condition: Callable[[], Any], seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError(f"still not so after {seconds} s")


def child_of(pid: int) -> psutil.Process | None:
    """Return the run's own process, once it is training."""
    for child in psutil.Process(pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # another one may end while it is looked at
            if "mnistbench.running.worker" in child.cmdline():
                return child if child.cpu_times().user > 0.5 else None
    return None


def outcome(row: Row) -> tuple[Any, ...]:
    """Return what a run left that depends on its spec alone: all but times, memory, process and place."""
    scores = [(score.epoch, score.test_accuracy, score.test_loss) for score in row.history]
    figures = (row.test_accuracy, row.test_loss, row.train_accuracy, row.train_loss, row.effective_threads)
    return row.spec, row.status, row.error, row.weights_sha256, row.data_sha256, figures, scores


def processes_in(folder: Path) -> list[psutil.Process]:
    """Return the processes that work in a test's own folder: what it has started and has not ended."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.cwd() == str(folder) and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found
