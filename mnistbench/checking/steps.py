"""What one call of ``fit`` takes off known weights, beside what it should take off.

The user's code runs in a process of its own; this runs in the referee.
"""

import dataclasses
import functools
import itertools

import numpy as np

from mnistbench.checking.subject import HIDDEN, Batch, ShapeChangedError, Subject
from mnistbench.datasets import Dataset
from mnistbench.errors import NetError
from mnistbench.nets import Floats

TOLERANCE = 1e-4  # relative, in the norm of an array's step
NOTHING = 1e-12  # a step whose every array is smaller is 0, and its numbers are what rounding left

# Hidden units, where none are given those of the second size; lr, and the batches: digits, whether they are one image
# repeated, and the batch size asked for. Few sizes, since some libraries compile for each.
PLAN: tuple[tuple[int | None, float, tuple[tuple[list[int], bool, int], ...]], ...] = (
    (HIDDEN, 0.2, (([1, 9, 4, 8], False, 4), ([3], False, 1), ([7] * 6, True, 6), ([9] * 6, False, 32),
                   ([6, 3, 8, 0], False, 4))),
    (HIDDEN, 0.5, (([5] * 10, True, 10), ([*range(10)], False, 10), ([6], False, 1))),
    (None, 0.2, (([2, 0, 7, 5], False, 4),)),
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Step:
    """What ``fit`` took off plain weights, in float64; ``None`` where it raised ``error``.

    The batch may also be a whole set, trained in several steps. ``eps`` is the spacing of the net's numbers around 1.
    """

    weights: list[Floats]
    batch: Batch
    lr: float
    took: list[Floats] | None
    eps: float
    hidden_size: int
    error: NetError | None = None

    @property
    def gradients(self) -> list[Floats]:
        """Return what was taken, divided by lr."""
        return [array / self.lr for array in self.took or []]

    @property
    def digits(self) -> int:
        """Return the number of different digits."""
        return len(np.unique(self.batch.labels))

    def errors(self, expected: list[Floats]) -> list[float]:
        """Return ‖took − expected‖ / ‖expected‖ for each array; where nothing is expected, of all arrays' norm."""
        return [
            float(np.linalg.norm(t - e) / size) if np.isfinite(t).all() and np.isfinite(e).all() else np.inf
            for t, e, size in zip(self.took or [], expected, _sizes(expected), strict=True)
        ]

    def fits(self, expected: list[Floats]) -> bool:
        """Say whether the step is the expected one, as far as it can be read."""
        if self.took is None:
            return False
        # The small arrays, which stand last, come first: thousands of wrong formulas are turned down by them.
        for took, due, tolerance in reversed(list(zip(self.took, expected, self.tolerances(expected), strict=True))):
            left = took - due
            allowed = (tolerance[0] * tolerance[1]) ** 2
            if not (float((left * left).sum()) <= allowed < np.inf):
                return False
        return True

    def tolerances(self, expected: list[Floats]) -> list[tuple[float, float]]:
        """Return for each array the relative error that it may have, and of what.

        A small step off large weights leaves few digits.
        """
        sizes = _sizes(expected)
        return [
            (min(1e-2, TOLERANCE + self.eps * norm / size), size) for norm, size in zip(self._norms, sizes, strict=True)
        ]

    @functools.cached_property
    def _norms(self) -> list[float]:
        return [_norm(array) for array in self.weights]


def observe(subject: Subject, dataset: Dataset) -> list[Step]:
    """Return every step of the plan, each made by a fresh net.

    Raises:
        ShapeChangedError: an array has another shape after fit.
    """
    steps = []
    for given, lr, batches in PLAN:
        hidden_size = given or subject.other_hidden
        weights = subject.weights(hidden_size)
        for digits, repeated, batch_size in batches:
            batch = Batch(*chosen(dataset, digits, repeated=repeated), batch_size)
            steps.append(measured(subject, hidden_size, weights, batch, lr=lr))
    return steps


def measured(
    subject: Subject,
    hidden_size: int,
    weights: list[Floats],
    batch: Batch,
    *,
    lr: float,
    epochs: int = 1,
    seed: int = 1,
) -> Step:
    """Return the step of a fresh net, or what it raised.

    Raises:
        ShapeChangedError: an array has another shape after fit.
    """
    eps = subject.layout(hidden_size).eps
    try:
        took = subject.took(hidden_size, weights, batch, lr=lr, epochs=epochs, seed=seed)
    except ShapeChangedError:
        raise
    except NetError as error:
        return Step(weights, batch, lr, None, eps, hidden_size, error)
    return Step(weights, batch, lr, took, eps, hidden_size)


def chosen(dataset: Dataset, digits: list[int], *, repeated: bool = False) -> tuple[Floats, np.ndarray]:
    """Return training images, float32, of these digits: the first of each, or the same one again."""
    found = {digit: itertools.cycle(np.flatnonzero(dataset.train_labels == digit)[: 1 if repeated else None])
             for digit in set(digits)}  # fmt: skip
    rows = [next(found[digit]) for digit in digits]
    return dataset.train_images[rows], dataset.train_labels[rows]


def _sizes(expected: list[Floats]) -> list[float]:
    norms = [_norm(e) for e in expected]
    whole = max(norms)
    whole = whole if whole > NOTHING else 1.0
    return [norm if norm > 1e-9 * whole else whole for norm in norms]


def _norm(array: Floats) -> float:
    flat = array.ravel()
    return float(np.sqrt(flat @ flat))
