"""What the tests share: a small real dataset, and the program run as its users run it."""

import gzip
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mnistbench import data

ROOT = Path(__file__).parents[1]
N_TRAIN, N_TEST = 720, 200  # 720 = 5 · 128 + 80: the last batch is short

Cli = Callable[..., subprocess.CompletedProcess[str]]


def write_idx(file: Path, array: np.ndarray) -> None:
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    opened = gzip.open if file.suffix == ".gz" else open
    with opened(file, "wb") as stream:
        stream.write(header + array.astype(np.uint8).tobytes())


@pytest.fixture(scope="session")
def mnist() -> data.Dataset:
    return data.load("mnist", dtype=np.float64, quick=True)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory, mnist: data.Dataset) -> Path:
    """Return a folder with the first images of MNIST in four plain IDX files."""
    folder = tmp_path_factory.mktemp("tiny")
    for stem, images, labels, n in (
        ("train", mnist.train_images, mnist.train_labels, N_TRAIN),
        ("t10k", mnist.test_images, mnist.test_labels, N_TEST),
    ):
        pixels = np.rint(images[:n] * 255).reshape(n, 28, 28)
        write_idx(folder / f"{stem}-images-idx3-ubyte", pixels)
        write_idx(folder / f"{stem}-labels-idx1-ubyte", labels[:n])
    return folder


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
