"""One step of SGD cut into its formulas, each of which can be replaced by a wrong one."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistbench.datasets import N_CLASSES
from mnistbench.nets import Floats, softmax

Labels = NDArray[np.integer]


@dataclasses.dataclass(frozen=True)
class Batch:
    """Images, shape (m, 784), their labels, shape (m,), and the batch size that ``fit`` is asked for, m or more."""

    images: Floats
    labels: Labels
    batch_size: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Formulas:
    """The formulas of one step; the defaults are the right ones, as in ``numpy_net``.

    δ₂ and δ₁ are the errors of the output, shape (m, 10), and of the hidden layer, shape (m, H).
    """

    inputs: Callable[[Floats], Floats] = lambda images: images
    targets: Callable[[Labels], Floats] = lambda labels: np.eye(N_CLASSES)[labels]
    output_error: Callable[[Floats, Floats, Floats], Floats] = lambda p, y, logits: p - y
    back: Callable[[Floats, Floats], Floats] = lambda W2, W2_after: W2.T
    derivative: Callable[[Floats], Any] = lambda v: v > 0
    errors: Callable[[Floats, Floats], tuple[Floats, Floats]] = lambda delta1, delta2: (delta1, delta2)
    bias: Callable[[Floats], Floats] = lambda delta: delta.sum(axis=0)
    biases: Callable[[Floats, Floats], tuple[Floats, Floats]] = lambda d_b1, d_b2: (d_b1, d_b2)
    scale: Callable[[int, int], float] = lambda m, batch_size: 1 / m
    kept: Callable[[int, int], float] = lambda m, batch_size: 1
    sign: float = 1
    rate: Callable[[float], float] = lambda lr: lr
    W1: float = 1
    b1: float = 1
    W2: float = 1
    b2: float = 1

    def steps(self, weights: list[Floats], batch: Batch, lr: float) -> list[Floats]:
        """Return what one step takes off [W1, b1, W2, b2]; the right one takes lr · gradient.

        Raises:
            ValueError: a wrong formula does not fit these shapes.
        """
        W1, b1, W2, b2 = weights
        m = len(batch.images)
        rate = self.sign * self.rate(lr) * self.scale(m, batch.batch_size) * self.kept(m, batch.batch_size)
        images = self.inputs(batch.images)
        v = images @ W1 + b1
        hidden = np.maximum(v, 0)
        logits = hidden @ W2 + b2
        delta2 = self.output_error(softmax(logits), self.targets(batch.labels), logits)
        W2_after = W2 - rate * self.W2 * (hidden.T @ delta2)
        delta1 = delta2 @ self.back(W2, W2_after) * self.derivative(v)
        delta1, delta2 = self.errors(delta1, delta2)
        d_b1, d_b2 = self.biases(self.bias(delta1), self.bias(delta2))
        gradients = [images.T @ delta1, d_b1, hidden.T @ delta2, d_b2]
        trained = [self.W1, self.b1, self.W2, self.b2]
        taken = [rate * factor * gradient for factor, gradient in zip(trained, gradients, strict=True)]
        if any(step.shape != array.shape for step, array in zip(taken, weights, strict=True)):
            raise ValueError("a wrong formula does not fit these shapes")
        return taken
