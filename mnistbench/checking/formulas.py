"""One step of SGD cut into its formulas, each of which can be replaced by a wrong one."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistbench.checking.subject import Batch
from mnistbench.datasets import N_CLASSES
from mnistbench.nets import Floats, softmax

Labels = NDArray[np.integer]
Pair = tuple[Floats, Floats]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Formulas:
    """The formulas of one step; the defaults are the right ones, as in ``numpy_net``.

    δ₂ and δ₁ are the errors of the output, shape (m, 10), and of the hidden layer, shape (m, H); v are the hidden
    layer's sums, z the logits.
    """

    inputs: Callable[[Floats], Any] = lambda images: images
    targets: Callable[[Labels], Any] = lambda labels: np.eye(N_CLASSES)[labels]
    activation: Callable[[Floats], Any] = lambda v: np.maximum(v, 0)
    outputs: Callable[[Floats], Any] = softmax
    forward: tuple[float, float] = (1, 1)  # what each bias counts in the forward pass
    output_error: Callable[[Floats, Floats, Floats], Any] = lambda p, y, z: p - y
    back: Callable[[Floats, Floats], Floats] = lambda W2, W2_after: W2.T
    derivative: Callable[[Floats, Floats], Any] = lambda v, hidden: v > 0
    through: Callable[[Floats, Any], Any] = lambda error, slope: error * slope
    values: Callable[[Floats, Floats], Any] = lambda v, hidden: hidden
    errors: Callable[[Floats, Floats], Pair] = lambda delta1, delta2: (delta1, delta2)
    bias: Callable[[Floats], Floats] = lambda delta: delta.sum(axis=0)
    biases: Callable[[Floats, Floats, int], Pair] = lambda d_b1, d_b2, m: (d_b1, d_b2)
    products: Callable[[Floats, Floats, int], Pair] = lambda d_W1, d_W2, m: (d_W1, d_W2)
    scale: Callable[[int, int], float] = lambda m, batch_size: 1 / m
    kept: Callable[[int, int], float] = lambda m, batch_size: 1
    sign: float = 1
    rate: Callable[[float], float] = lambda lr: lr
    bias_rate: Callable[[float], float] = lambda lr: lr
    W1: float = 1
    b1: float = 1
    W2: float = 1
    b2: float = 1
    added: Callable[[list[Floats], list[Floats]], list[Floats]] = lambda gradients, weights: gradients

    def steps(self, weights: list[Floats], batch: Batch, lr: float) -> list[Floats]:
        """Return what one step takes off [W1, b1, W2, b2]; the right one takes lr · gradient.

        Raises:
            ValueError: a wrong formula does not fit these shapes.
        """
        W1, b1, W2, b2 = weights
        m = len(batch.images)
        scale = self.sign * self.scale(m, batch.batch_size) * self.kept(m, batch.batch_size)
        rates = [rate(lr) * scale for rate in (self.rate, self.bias_rate)]
        images = np.asarray(self.inputs(batch.images), np.float64)
        v = images @ W1 + self.forward[0] * b1
        hidden = self.activation(v)
        logits = hidden @ W2 + self.forward[1] * b2
        delta2 = self.output_error(self.outputs(logits), self.targets(batch.labels), logits)
        W2_after = W2 - rates[0] * self.W2 * (hidden.T @ delta2)
        delta1 = self.through(delta2 @ self.back(W2, W2_after), self.derivative(v, hidden))
        delta1, delta2 = self.errors(delta1, delta2)
        d_b1, d_b2 = self.biases(self.bias(delta1), self.bias(delta2), m)
        d_W1, d_W2 = self.products(images.T @ delta1, self.values(v, hidden).T @ delta2, m)
        factors = [self.W1, self.b1, self.W2, self.b2]
        if any(g.shape != w.shape for g, w in zip((d_W1, d_b1, d_W2, d_b2), weights, strict=True)):
            raise ValueError("a wrong formula does not fit these shapes")
        means = [factor * scale * g for factor, g in zip(factors, (d_W1, d_b1, d_W2, d_b2), strict=True)]
        whole = self.added(means, weights)
        taken = (self.rate(lr), self.bias_rate(lr)) * 2
        return [rate * g for rate, g in zip(taken, whole, strict=True)]
