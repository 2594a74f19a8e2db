"""Question 2, which images make which steps: several different images, read back by regression.

With an lr so small that the weights hardly move, what ``fit`` takes off them is a sum of the single images' gradients
there, and the share of each is read by least squares: in one epoch of 8 images in batches of 5, five images have 1/5
and three 1/3. The sizes are such that other loops leave other shares. The user's code runs in a process of its own;
this runs in the referee.
"""

import copy
import dataclasses
from collections.abc import Callable

import numpy as np

from mnistbench.checking.steps import chosen
from mnistbench.checking.subject import HIDDEN, Batch, Subject
from mnistbench.datasets import Dataset
from mnistbench.nets import Floats

DIGITS = [5, 0, 4, 1, 9, 2, 3, 6, 7, 8, 0, 1]
Stepper = Callable[[list[Floats], Batch, float], list[Floats]]


@dataclasses.dataclass(frozen=True)
class Composition:
    """The share of each image's gradient in what so many epochs took, and what of it no image explains."""

    images: int
    batch_size: int
    epochs: int
    """Of all calls together."""
    shares: tuple[float, ...]
    left: float
    seed: int

    @property
    def words(self) -> str:
        """Return the numbers as evidence."""
        shares = ", ".join(f"{share:.3g}" for share in self.shares)
        rest = f"; {self.left:.1%} of the step is none of theirs" if self.left > 0.02 else ""
        return f"{self.images} images in batches of {self.batch_size}, {self.epochs} epochs: shares {shares}{rest}"


class Composer:
    """Reads the shares of images; each image's own gradient is asked for once."""

    def __init__(self, subject: Subject, dataset: Dataset, stepper: Stepper, skip: int = 0) -> None:
        self._subject = subject
        self.all = Batch(*chosen(dataset, DIGITS), 1)
        self.weights = _far_from_kinks(subject, self.all.images, skip)
        eps = subject.layout(HIDDEN).eps
        rounding = eps * float(np.linalg.norm(self._flat(self.weights)))
        for lr in (2e-5, 2e-4, 2e-3) if eps > 1e-10 else (1e-6,):  # as small as rounding allows
            self.lr = lr
            lonely = [stepper(self.weights, self.all.rows([i]), lr) for i in range(len(DIGITS))]
            self._columns = np.array([self._flat(step) for step in lonely]).T
            if np.linalg.norm(self._columns, axis=0).min() > 50 * rounding:
                break

    def of(self, subject: Subject) -> "Composer":
        """Return what reads the shares of the same net in another process."""
        other = copy.copy(self)
        other._subject = subject
        return other

    @property
    def readable(self) -> bool:
        """Say whether every image moves the weights, by little, and in its own direction."""
        if not np.isfinite(self._columns).all():
            return False
        sizes = np.linalg.norm(self._columns, axis=0)
        small = sizes.max() < 0.05 * np.sqrt(sum((w * w).sum() for w in self.weights))
        return bool(sizes.min() > 0 and small and np.linalg.cond(self._columns / sizes) < 1e3)

    def compose(self, images: int, batch_size: int, epochs: int = 1, seed: int = 1, calls: int = 1) -> Composition:
        """Return the shares of the first so many images in one call of ``fit`` or several, each of so many epochs.

        Raises:
            NetError: the net fails on them.
        """
        batch = Batch(self.all.images[:images], self.all.labels[:images], batch_size)
        took = self._subject.took(HIDDEN, self.weights, batch, lr=self.lr, epochs=epochs, calls=calls, seed=seed)
        flat = self._flat(took)
        shares, *_ = np.linalg.lstsq(self._columns[:, :images], flat, rcond=None)
        left = np.linalg.norm(flat - self._columns[:, :images] @ shares) / max(float(np.linalg.norm(flat)), 1e-300)
        return Composition(images, batch_size, calls * epochs, tuple(map(float, shares)), float(left), seed)

    def _flat(self, arrays: list[Floats]) -> Floats:
        """Return all arrays as one vector; each weighs as much as its rounding lets it."""
        return np.concatenate([a.ravel() / max(float(np.abs(w).max()), 1e-300)
                               for a, w in zip(arrays, self.weights, strict=True)])  # fmt: skip


def _far_from_kinks(subject: Subject, images: Floats, skip: int) -> list[Floats]:
    """Return known weights where no unit of the first layer is so near 0 that a small step sends it across.

    Args:
        subject: the net.
        images: those that are asked, shape (n, 784).
        skip: so many such weights are passed over.
    """
    for seed in range(60 if subject.layout(HIDDEN).layers else 0):
        weights = subject.weights(HIDDEN, seed)
        bias = weights[1] if subject.layout(HIDDEN).names[1].startswith("b") else 0.0
        if np.abs(images @ weights[0] + bias).min() > 0.01:
            skip -= 1
            if skip < 0:
                return weights
    return subject.weights(HIDDEN, skip)


def matches(shares: tuple[float, ...], pattern: list[float], tolerance: float) -> bool:
    """Say whether shares are these, in whatever order."""
    return len(shares) == len(pattern) and bool(
        np.allclose(sorted(shares), sorted(pattern), rtol=tolerance, atol=tolerance / 3)
    )


def cut(n: int, size: int) -> list[int]:
    """Return the sizes of batches when n images are cut into slices of a size."""
    return [min(size, n - start) for start in range(0, n, size)]
