"""The functions that nets are made of: activations with their slopes, outputs, losses with their errors, inputs.

Shapes: v and h are (m, units), logits, outputs a and targets y are (m, 10), images are (m, 784).
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from mnistbench.datasets import N_CLASSES
from mnistbench.nets import Floats, softmax

Error = Callable[[Floats, Floats, Floats], Any]  # of what is compared, the targets, and the logits

MEAN, STD = 0.1307, 0.3081  # of MNIST's training pixels, as published code has them


@dataclasses.dataclass(frozen=True)
class Activation:
    """A function of a layer's sums, and its slope from the sums v and the values h."""

    words: str
    value: Callable[[Floats], Any]
    slope: Callable[[Floats, Floats], Any]


@dataclasses.dataclass(frozen=True)
class Output:
    """What the logits become in ``predict``, and the errors of the losses that nets pair with it.

    ``value`` gives what the losses compare with the targets, ``told`` what ``predict`` returns of it. ``errors`` maps
    a loss, in words, to the derivative of one image's loss by its logits.
    """

    words: str
    value: Callable[[Floats], Any]
    errors: dict[str, Error]
    told: Callable[[Floats], Any] = lambda a: a


def logistic(v: Floats) -> Floats:
    """Return 1 / (1 + exp(-v)), finite for every v."""
    value: Floats = 0.5 * (1 + np.tanh(v / 2))
    return value


def softmax_jacobian(p: Floats, error: Floats) -> Floats:
    """Return the error, shape (m, 10), taken back through softmax: p ⊙ (e − Σ p e) (Bishop 2006, eq. 4.106)."""
    back: Floats = p * (error - (p * error).sum(axis=1, keepdims=True))
    return back


def _leaky(slope: float) -> Activation:
    return Activation(f"leaky ReLU ({slope:g})", lambda v: np.where(v > 0, v, slope * v),
                      lambda v, h: np.where(v > 0, 1, slope))  # fmt: skip


RELU = Activation("ReLU", lambda v: np.maximum(v, 0), lambda v, h: v > 0)
ACTIVATIONS = (
    RELU,
    Activation("sigmoid", logistic, lambda v, h: h * (1 - h)),
    Activation("tanh", np.tanh, lambda v, h: 1 - h**2),
    _leaky(0.01),
    _leaky(0.1),
    _leaky(0.2),
    _leaky(0.05),
    _leaky(0.001),
    Activation("linear", lambda v: v, lambda v, h: np.ones_like(v)),
    Activation("ELU", lambda v: np.where(v > 0, v, np.expm1(np.minimum(v, 0))),
               lambda v, h: np.where(v > 0, 1, np.exp(np.minimum(v, 0)))),
    Activation("softplus", lambda v: np.logaddexp(0, v), lambda v, h: logistic(v)),
    Activation("SiLU", lambda v: v * logistic(v), lambda v, h: logistic(v) * (1 + v * (1 - logistic(v)))),
    Activation("ReLU6", lambda v: np.clip(v, 0, 6), lambda v, h: (v > 0) & (v < 6)),
    Activation("sine", np.sin, lambda v, h: np.cos(v)),
    Activation("step", lambda v: (v > 0) * 1.0, lambda v, h: np.zeros_like(v)),
)  # fmt: skip

AS_IF_ALONE = "cross-entropy as of softmax alone"
CROSS_ENTROPY, HALF_SQUARED, SQUARED = "cross-entropy", "half the squared error", "squared error"
_SIGMOID_ERRORS: dict[str, Error] = {
    HALF_SQUARED: lambda a, y, z: (a - y) * a * (1 - a),
    SQUARED: lambda a, y, z: 2 * (a - y) * a * (1 - a),
    "mean squared error over the classes": lambda a, y, z: 2 / N_CLASSES * (a - y) * a * (1 - a),
    "sigmoid cross-entropy": lambda a, y, z: a - y,
    "mean sigmoid cross-entropy over the classes": lambda a, y, z: (a - y) / N_CLASSES,
}
_SOFTMAX_ERRORS: dict[str, Error] = {
    CROSS_ENTROPY: lambda p, y, z: p - y,
    HALF_SQUARED: lambda p, y, z: softmax_jacobian(p, p - y),
    SQUARED: lambda p, y, z: softmax_jacobian(p, 2 * (p - y)),
    "mean squared error over the classes": lambda p, y, z: softmax_jacobian(p, 2 / N_CLASSES * (p - y)),
    "sigmoid cross-entropy of softmax": lambda p, y, z: softmax_jacobian(p, (p - y) / (p * (1 - p))),
    "mean sigmoid cross-entropy of softmax": lambda p, y, z: softmax_jacobian(p, (p - y) / (p * (1 - p)) / N_CLASSES),
}
SOFTMAX = Output("softmax", softmax, _SOFTMAX_ERRORS)
OUTPUTS = (
    SOFTMAX,
    Output("sigmoid", logistic, _SIGMOID_ERRORS),
    Output("sigmoid", logistic, _SIGMOID_ERRORS, lambda a: a / a.sum(axis=1, keepdims=True)),
    Output("softmax of ReLU", lambda z: softmax(np.maximum(z, 0)), {
        CROSS_ENTROPY: lambda a, y, z: (a - y) * (z > 0), AS_IF_ALONE: lambda a, y, z: a - y,
    }),
    Output("softmax of sigmoid", lambda z: softmax(logistic(z)), {
        CROSS_ENTROPY: lambda a, y, z: (a - y) * logistic(z) * (1 - logistic(z)),
        AS_IF_ALONE: lambda a, y, z: a - y,
    }),
    Output("softmax of tanh", lambda z: softmax(np.tanh(z)), {
        CROSS_ENTROPY: lambda a, y, z: (a - y) * (1 - np.tanh(z) ** 2),
        AS_IF_ALONE: lambda a, y, z: a - y,
    }),
    Output("softmax of softmax", lambda z: softmax(softmax(z)), {
        CROSS_ENTROPY: lambda a, y, z: softmax_jacobian(softmax(z), a - y),
        AS_IF_ALONE: lambda a, y, z: a - y,
        "cross-entropy of the first softmax": lambda a, y, z: softmax(z) - y,
    }),
    Output("logits", lambda z: z, {
        HALF_SQUARED: lambda a, y, z: a - y, SQUARED: lambda a, y, z: 2 * (a - y),
        CROSS_ENTROPY: lambda a, y, z: softmax(a) - y,
    }),
    Output("log-softmax", lambda z: z - np.log(np.exp(z - z.max(1, keepdims=True)).sum(1, keepdims=True))
           - z.max(1, keepdims=True), {CROSS_ENTROPY: lambda a, y, z: np.exp(a) - y}),
    Output("ReLU", lambda z: np.maximum(z, 0), {}),
)  # fmt: skip

INPUTS: dict[str, Callable[[Floats], Any]] = {
    "x": lambda x: x,
    "255 x": lambda x: 255 * x,
    "x / 255": lambda x: x / 255,
    "x / 256": lambda x: x / 256,
    f"(x - {MEAN}) / {STD}": lambda x: (x - MEAN) / STD,
    f"x - {MEAN}": lambda x: x - MEAN,
    "(x - 0.5) / 0.5": lambda x: (x - 0.5) / 0.5,
    "x - 0.5": lambda x: x - 0.5,
    "0.99 x + 0.01": lambda x: 0.99 * x + 0.01,
    "1 - x": lambda x: 1 - x,
    "x / 2": lambda x: x / 2,
    "x rounded down to whole numbers": np.trunc,
    "x rounded to 0 and 1": np.rint,
    "x > 0": lambda x: (x > 0) * 1.0,
    "x - x.mean(axis=1)": lambda x: x - x.mean(axis=1, keepdims=True),
    "x standardised image by image": lambda x: (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True),
    "x divided by its length": lambda x: x / np.linalg.norm(x, axis=1, keepdims=True),
    "the batch standardised by its own mean and deviation": lambda x: (x - x.mean()) / x.std(),
    "each pixel less its mean over the batch": lambda x: x - x.mean(axis=0),
    "each pixel standardised over the batch": lambda x: (x - x.mean(axis=0)) / (x.std(axis=0) + 1e-8),
    "the batch less its own mean": lambda x: x - x.mean(),
    "the rows and columns of each picture swapped": lambda x: x.reshape(-1, 28, 28).transpose(0, 2, 1).reshape(x.shape),
}
