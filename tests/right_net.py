"""The text of one right net, and the places in it where a mistake can be put."""

from pathlib import Path

RIGHT = """\
import numpy as np


class MyNet:
    def __init__(self, hidden_size, lr, seed):
        self.lr = lr
        self.rng = np.random.default_rng(seed)
        self.W1 = self.rng.normal(0, 2 / np.sqrt(784 + hidden_size), (784, hidden_size))
        self.b1 = np.zeros(hidden_size)
        self.W2 = self.rng.normal(0, 2 / np.sqrt(hidden_size + 10), (hidden_size, 10))
        self.b2 = np.zeros(10)

    def forward(self, x):
        hidden = np.maximum(x @ self.W1 + self.b1, 0)
        logits = hidden @ self.W2 + self.b2
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        return hidden, e / e.sum(axis=1, keepdims=True)

    def fit(self, images, labels, batch_size, epochs):
        for _ in range(epochs):
            order = self.rng.permutation(len(images))
            images, labels = images[order], labels[order]
            for start in range(0, len(images), batch_size):
                self.step(images[start : start + batch_size], labels[start : start + batch_size], batch_size)

    def step(self, x, labels, batch_size):
        m = len(x)
        y = np.eye(10)[labels]
        hidden, p = self.forward(x)
        delta2 = p - y
        delta1 = (delta2 @ self.W2.T) * (hidden > 0)
        d_W1 = x.T @ delta1 / m
        d_b1 = delta1.sum(axis=0) / m
        d_W2 = hidden.T @ delta2 / m
        d_b2 = delta2.sum(axis=0) / m
        self.W1 = self.W1 - self.lr * d_W1
        self.b1 = self.b1 - self.lr * d_b1
        self.W2 = self.W2 - self.lr * d_W2
        self.b2 = self.b2 - self.lr * d_b2

    def predict(self, images):
        return self.forward(images)[1]

    def get_weights(self):
        return [self.W1, self.b1, self.W2, self.b2]

    def set_weights(self, weights):
        self.W1, self.b1, self.W2, self.b2 = weights
"""

INHERITED = """
import os, psutil
from mnistbench.nets.numpy_net import NeuralNetwork

class Mine(NeuralNetwork):
    def __init__(self, hidden_size, lr, seed):
        super().__init__(hidden_size, lr=lr, seed=seed)
"""
"""A right net without a line of its own, for classes that do something else."""

Changes = dict[str, str]

GRADIENT_W2 = "        d_W2 = hidden.T @ delta2 / m\n"
UPDATE_W1 = "        self.W1 = self.W1 - self.lr * d_W1\n"
UPDATE_B1 = "        self.b1 = self.b1 - self.lr * d_b1\n"
UPDATE_W2 = "        self.W2 = self.W2 - self.lr * d_W2\n"
UPDATE_B2 = "        self.b2 = self.b2 - self.lr * d_b2\n"
ONE_ORDER = "images, labels = images[order], labels[order]"
STEP = "def step(self, x, labels, batch_size):"
LOOP = "range(0, len(images), batch_size)"
SHIFTED = "np.exp(logits - logits.max(axis=1, keepdims=True))"
JACOBIAN = "p * ((p - y) - (p * (p - y)).sum(axis=1, keepdims=True))"
TAKE_OVER = "self.W1, self.b1, self.W2, self.b2 = weights"

EPOCH = "        for _ in range(epochs):\n"
BATCHES = "            for start in range(0, len(images), batch_size):\n"
CALL = "self.step(images[start : start + batch_size], labels[start : start + batch_size], batch_size)"
INIT_W1 = "self.rng.normal(0, 2 / np.sqrt(784 + hidden_size), (784, hidden_size))"
INIT_W2 = "self.rng.normal(0, 2 / np.sqrt(hidden_size + 10), (hidden_size, 10))"
INIT_B2 = "        self.b2 = np.zeros(10)\n"
UPDATES = UPDATE_W1 + UPDATE_B1 + UPDATE_W2 + UPDATE_B2
FORWARD_FIT = "hidden, p = self.forward(x)"
HIDDEN = "hidden = np.maximum(x @ self.W1 + self.b1, 0)"
PREDICT = "return self.forward(images)[1]"
GRADS = "[d_W1, d_b1, d_W2, d_b2]"
NAMES = "self.W1, self.b1, self.W2, self.b2"
WEIGHTS = f"[{NAMES}]"


def updated(rule: str, before: str = "") -> Changes:
    """Let every weight w with gradient g and state v be updated by a rule; the state is kept in the net."""
    lines = (
        f"        grads = {GRADS}\n{before}"
        "        if self.state is None:\n            self.state = [np.zeros_like(g) for g in grads]\n"
        f"        old = {WEIGHTS}\n        new, states = [], []\n"
        "        for w, g, v in zip(old, grads, self.state):\n"
        f"{rule}            new.append(w)\n            states.append(v)\n"
        f"        self.state = states\n        {NAMES} = new\n"
    )
    return {INIT_B2: INIT_B2 + "        self.state = None\n        self.t = 0\n", UPDATES: lines}


def write(folder: Path, *changes: Changes) -> str:
    """Write the right net with these changes and return it as a net, ``FILE.py:CLASS``.

    Raises:
        ValueError: a text to change is not there.
    """
    text = RIGHT
    for old, new in (change for some in changes for change in some.items()):
        if old not in text:
            raise ValueError(f"{old!r} is not in the text")
        text = text.replace(old, new)
    file = folder / "my_net.py"
    file.write_text(text)
    return f"{file}:MyNet"
