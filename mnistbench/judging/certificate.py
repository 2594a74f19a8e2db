"""Weights to proofs: whether two nets that started alike and saw the same batches are the same network.

A certificate is a pure function of two controlled runs' rows and recorded epochs.
"""

import dataclasses
import zipfile
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from mnistbench.experiment import REFERENCE_NET, Spec
from mnistbench.ledger import LIMITS, MAX_BYTES, PARAMETERS, Results, Row, Trajectory, recorded

FLOAT32_JUDGED_EPOCHS = 1
# In float32 rounding flips a ReLU in one epoch of some thirty, which moves weights by up to 1e-2 (measured; a wrong
# net's may be as far away, and float64 tells them apart).
FLOAT32_FLIP = 2e-2
TOO_LARGE = f"no epoch's weights were kept, since a run keeps {MAX_BYTES // 2**20} MiB at most"


@dataclasses.dataclass(frozen=True)
class Difference:
    """How far apart two runs are after one epoch; epoch 0 is the start.

    ``weights`` has the largest absolute difference of each of W1, b1, W2, b2, and ``classified_differently``
    counts test images. The loss is in nats and ``None`` at the start.
    """

    epoch: int
    weights: dict[str, float]
    test_loss: float | None
    classified_differently: int
    judged: bool

    @property
    def largest(self) -> str:
        """Return the parameter that differs most; one that is not finite comes first."""
        return max(self.weights, key=lambda name: np.nan_to_num(self.weights[name], nan=np.inf))

    def beyond(self, limit: float) -> str:
        """Return what differs by more than a limit: a parameter, or else the test loss, or nothing."""
        if not self.weights[self.largest] <= limit:  # NaN is beyond it too
            return self.largest
        return "" if self.test_loss is None or self.test_loss <= limit else "the test loss"


@dataclasses.dataclass(frozen=True)
class Certificate:
    """What two runs of one point and seed prove: ``spec`` against ``reference``, epoch by epoch."""

    spec: Spec
    reference: Spec
    differences: list[Difference]
    obstacle: str = ""

    @property
    def limit(self) -> float:
        """Return the largest difference of a weight, or of the test loss, that counts as rounding."""
        return LIMITS[self.spec.dtype]

    @property
    def first_difference(self) -> Difference | None:
        """Return the first judged epoch with anything beyond the limit."""
        return next((each for each in self.differences if each.judged and each.beyond(self.limit)), None)

    @property
    def passed(self) -> bool | None:
        """Say whether it is the same network; ``None`` where that cannot be told."""
        return None if self.doubt else self.first_difference is None

    @property
    def doubt(self) -> str:
        """Return why nothing can be told; empty where it can."""
        first = self.first_difference
        if self.obstacle or not first or not first.epoch or self.spec.dtype != "float32" or first.beyond(FLOAT32_FLIP):
            return self.obstacle
        return (f"{first.beyond(self.limit)} differs by more than {self.limit:.0e} after the first epoch, which in"
                " float32 rounding can do to right nets too; --dtype float64 tells them apart")  # fmt: skip

    @property
    def verdict(self) -> str:
        """Return the verdict in words."""
        if self.doubt:
            return f"no verdict: {self.doubt}"
        first, last = self.first_difference, self.differences[-1].epoch
        if first:
            return f"different from epoch {first.epoch}, first in {first.beyond(self.limit)}"
        return "same network" + (f" up to epoch {last}, the last one kept" if last < self.spec.epochs else "")


def issue(rows: Iterable[Row], results: Results) -> list[Certificate]:
    """Return a certificate for each pair of controlled runs, from the weights beside the ledger."""
    certificates = []
    for row, reference in pairs(rows):
        found = obstacle(row, reference)
        proof = Certificate(row.spec, reference.spec, [], found)
        if not found:
            files = (results.trajectory_file(run.spec) for run in (row, reference))
            try:
                with recorded(next(files)) as ours, recorded(next(files)) as theirs:
                    proof = certify(row, reference, ours, theirs)
            except (OSError, ValueError, LookupError, zipfile.BadZipFile):
                proof = dataclasses.replace(proof, obstacle="weights after each epoch are missing or damaged")
        certificates.append(proof)
    return certificates


def pairs(rows: Iterable[Row]) -> list[tuple[Row, Row]]:
    """Return each controlled run with the reference's at the same point and seed: NumPy's, or else the first net's."""
    alike: dict[Spec, list[Row]] = {}
    for row in rows:
        if row.spec.protocol == "controlled":
            alike.setdefault(dataclasses.replace(row.spec, net=""), []).append(row)
    return [
        (row, reference)
        for group in alike.values()
        for reference in [next((row for row in group if row.spec.net == REFERENCE_NET), group[0])]
        for row in group
        if row is not reference
    ]


def obstacle(row: Row, reference: Row) -> str:
    """Say why two runs prove nothing about each other; empty where they may."""
    for run in (row, reference):
        if run.status != "ok":
            return f"{run.spec.net}: {run.status}"
    return "they were trained on different data" if row.data_sha256 != reference.data_sha256 else ""


def certify(row: Row, reference: Row, ours: Trajectory, theirs: Trajectory) -> Certificate:
    """Compare two runs after each epoch that both have recorded."""
    losses = {score.epoch: score.test_loss for score in row.history}
    reference_losses = {score.epoch: score.test_loss for score in reference.history}
    differences = [
        Difference(
            epoch,
            {name: _largest(ours.array(epoch, name), theirs.array(epoch, name)) for name in PARAMETERS},
            abs(losses[epoch] - reference_losses[epoch]) if epoch in losses else None,
            int(np.count_nonzero(ours.array(epoch, "predictions") != theirs.array(epoch, "predictions"))),
            judged=row.spec.dtype == "float64" or epoch <= FLOAT32_JUDGED_EPOCHS,
        )
        for epoch in sorted({*ours.epochs} & {*theirs.epochs})
    ]
    kept = any(difference.epoch for difference in differences)
    return Certificate(row.spec, reference.spec, differences, "" if kept else TOO_LARGE)


def _largest(ours: NDArray[np.floating], theirs: NDArray[np.floating]) -> float:
    return float(np.max(np.abs(ours.astype(np.float64) - theirs)))
