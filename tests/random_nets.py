"""Right nets made by combining right parts at random, each as a file."""

import dataclasses
import random
from pathlib import Path

TEXT = """\
import numpy as np


class MyNet:
    def __init__(self, hidden_size, lr, seed):
        self.lr = lr
        self.rng = np.random.default_rng(seed)
        sizes = [784, hidden_size{more}, 10]
        self.W = [self.rng.normal(0, 2 / np.sqrt(n + m), (n, m)).astype("{dtype}") for n, m in zip(sizes, sizes[1:])]
        self.b = [np.zeros(m, "{dtype}") for m in sizes[1:]]

    def forward(self, x):
        values, sums = [x], []
        for W, b in zip(self.W, self.b):
            sums.append(values[-1] @ W + {bias} * b)
            v = sums[-1]
            values.append({activation})
        z = sums[-1]
        values[-1] = {output}
        return values, sums

    def gradients(self, x, labels):
        y = np.eye(10, dtype="{dtype}")[labels]
        values, sums = self.forward(x)
        a = values[-1]
        delta = ({error}) / len(x)
        d_W, d_b = [], []
        for k in range(len(self.W) - 1, -1, -1):
            d_W.insert(0, values[k].T @ delta)
            d_b.insert(0, delta.sum(axis=0))
            if k:
                v, h = sums[k - 1], values[k]
                delta = (delta @ self.W[k].T) * ({slope})
        return d_W, d_b

    def step(self, x, labels):
        x = x.astype("{dtype}")
        {gather}
        for k in range(len(self.W)):
            self.W[k] = (self.W[k] - self.lr * d_W[k]).astype("{dtype}")
            self.b[k] = (self.b[k] - {bias} * self.lr * d_b[k]).astype("{dtype}")

    def fit(self, images, labels, batch_size, epochs):
        for _ in range(epochs):
            order = self.rng.permutation(len(images))
            for start in range(0, len(images), batch_size):
                rows = order[start : start + batch_size]
                self.step(images[rows], labels[rows])

    def predict(self, images):
        return self.forward(images.astype("{dtype}"))[0][-1]

    def get_weights(self):
        pairs = [(W{turn}, b{told}) for W, b in zip(self.W, self.b)]
        return [array for pair in pairs for array in pair[: {arrays}]]

    def set_weights(self, weights):
        self.W = [np.array(W{turn}, "{dtype}") for W in weights[:: {arrays}]]
        if {arrays} == 2:
            self.b = [np.array(b, "{dtype}").ravel() for b in weights[1::2]]
"""
ACTIVATIONS = {
    "ReLU": ("np.maximum(v, 0)", "h > 0"),
    "sigmoid": ("1 / (1 + np.exp(-v))", "h * (1 - h)"),
    "tanh": ("np.tanh(v)", "1 - h**2"),
    "leaky ReLU": ("np.where(v > 0, v, v * v.dtype.type(0.01))", "np.where(v > 0, 1, 0.01).astype(v.dtype)"),
    "ELU": ("np.where(v > 0, v, np.exp(np.minimum(v, 0)) - 1)", "np.where(v > 0, 1, h + 1)"),
}
SOFTMAX = (
    "np.exp(z - z.max(axis=1, keepdims=True)) / np.exp(z - z.max(axis=1, keepdims=True)).sum(axis=1, keepdims=True)"
)
SIGMOID = "1 / (1 + np.exp(-z))"
LOSSES = {
    "cross-entropy": (SOFTMAX, "a - y"),
    "half the squared error of softmax": (SOFTMAX, "a * ((a - y) - (a * (a - y)).sum(axis=1, keepdims=True))"),
    "half the squared error": (SIGMOID, "(a - y) * a * (1 - a)"),
    "sigmoid cross-entropy": (SIGMOID, "a - y"),
}
GATHERS = (
    "d_W, d_b = self.gradients(x, labels)",
    "parts = [self.gradients(x[i : i + 1], labels[i : i + 1]) for i in range(len(x))]\n"
    "        d_W, d_b = ([sum(g) / len(x) for g in zip(*(part[j] for part in parts))] for j in (0, 1))",
)


@dataclasses.dataclass(frozen=True)
class Parts:
    """What a net is made of."""

    activation: str
    loss: str
    dtype: str
    gather: int
    layers: int
    biases: bool
    turned: bool
    wide_biases: bool

    @property
    def as_asked(self) -> bool:
        return self.activation == "ReLU" and self.loss == "cross-entropy" and self.layers == 2 and self.biases


def drawn(seed: int) -> Parts:
    """Draw a right net; every second one is the network that is asked for, in some style."""
    r = random.Random(seed)
    asked = seed % 2 == 0
    return Parts(
        activation="ReLU" if asked else r.choice(list(ACTIVATIONS)),
        loss="cross-entropy" if asked else r.choice(list(LOSSES)),
        dtype=r.choice(("float32", "float64")),
        gather=r.randrange(2),
        layers=2 if asked else r.choice((2, 3)),
        biases=asked or r.random() < 0.7,
        turned=r.random() < 0.5,
        wide_biases=r.random() < 0.5,
    )


def write(folder: Path, parts: Parts) -> str:
    """Write a net and return it as ``FILE.py:CLASS``."""
    activation, slope = ACTIVATIONS[parts.activation]
    output, error = LOSSES[parts.loss]
    text = TEXT.format(
        more=", 20" if parts.layers == 3 else "",
        dtype=parts.dtype,
        bias=1 if parts.biases else 0,
        activation=activation,
        slope=slope,
        output=output,
        error=error,
        gather=GATHERS[parts.gather],
        turn=".T" if parts.turned else "",
        told="[None]" if parts.wide_biases else "",
        arrays=2 if parts.biases else 1,
    )
    file = folder / "my_net.py"
    file.write_text(text)
    return f"{file}:MyNet"
