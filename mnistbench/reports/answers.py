"""What one trained net answers to the test images: its mistakes, read from its saved weights."""

import dataclasses
import hashlib

import numpy as np
from numpy.typing import NDArray

from mnistbench.datasets import data
from mnistbench.errors import DataError, ModelError
from mnistbench.experiment import Experiment
from mnistbench.ledger import PARAMETERS, Results, Row, load_model


@dataclasses.dataclass(frozen=True)
class Answers:
    """Test images in [0, 1], shape (n, 784), their labels (n,), and a net's probabilities (n, 10) and W1 (784, H)."""

    row: Row
    images: NDArray[np.floating]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.floating]
    W1: NDArray[np.floating]

    @property
    def digits(self) -> NDArray[np.int64]:
        """The answers, shape (n,)."""
        digits: NDArray[np.int64] = self.probabilities.argmax(axis=1)
        return digits

    @property
    def confusion(self) -> NDArray[np.int64]:
        """How often each digit (row) was taken for each digit (column), shape (10, 10)."""
        counts = np.zeros((data.N_CLASSES, data.N_CLASSES), np.int64)
        np.add.at(counts, (self.labels, self.digits), 1)
        return counts

    @property
    def name(self) -> str:
        """The net and its point, as a title has it: ``numpy (H = 128)``."""
        return f"{self.row.spec.net} (H = {self.row.spec.hidden_size})"

    @property
    def most_confused(self) -> tuple[int, int]:
        """The digit and the answer of the most frequent mistake."""
        counts = self.confusion
        np.fill_diagonal(counts, 0)
        label, digit = np.unravel_index(counts.argmax(), counts.shape)
        return int(label), int(digit)

    def worst(self, n: int) -> NDArray[np.int64]:
        """Return the indices of at most ``n`` wrong answers, that with the least probability for its label first."""
        wrong = np.flatnonzero(self.digits != self.labels)
        right_probability = self.probabilities[wrong, self.labels[wrong]]
        worst: NDArray[np.int64] = wrong[np.argsort(right_probability, kind="stable")][:n]
        return worst


def of_single_net(experiment: Experiment, rows: list[Row], results: Results) -> tuple[Answers | None, list[str]]:
    """Return the answers of an experiment's one net (its first seed's), and a sentence where they cannot be had.

    An experiment of several nets or points has none, nor has a run that is not ok or saved no weights.
    """
    specs = experiment.specs()
    row = next((row for row in rows if row.spec == specs[0]), None)
    is_single = len({dataclasses.replace(spec, seed=0) for spec in specs}) == 1
    if not is_single or row is None or row.status != "ok" or row.weights_sha256 is None:
        return None, []
    try:
        net = load_model(results.model_file(row.spec))
        digest = hashlib.sha256(b"".join(getattr(net, name).tobytes() for name in PARAMETERS)).hexdigest()
        images, labels, sha256 = data.load_test(row.spec.dataset, quick=row.spec.quick)
    except (ModelError, DataError) as error:
        return None, [f"no picture of the net's mistakes: {error}"]
    if (digest, sha256) != (row.weights_sha256, row.data_sha256):
        return None, ["no picture of the net's mistakes: its weights or its data have changed since; train it again."]
    return Answers(row, images, labels, net.predict(images), net.W1), []
