"""The mathematics of the two-layer network, written from scratch: no files, no clock, no config.

One image x (784 pixels in [0, 1]) passes a hidden layer of H units and an output layer of 10 classes:

    v = x W1 + b1        hidden = max(v, 0)           (ReLU)
    z = hidden W2 + b2   p = exp(z) / sum(exp(z))     (logits, softmax)

and costs the cross-entropy -log p[label]. Below, m images are handled at once, one a row.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike, NDArray

from mnistbench.metrics import log_loss

Floats = NDArray[np.floating]

PREDICT_ROWS = 1000  # at a time: keeps the hidden layer of 60,000 images out of memory


class NeuralNetwork:
    """A 784–H–10 perceptron with ReLU, softmax and cross-entropy, trained by plain mini-batch SGD."""

    def __init__(
        self,
        hidden_size: int,
        lr: float = 0.1,
        seed: int | None = None,
        *,
        dtype: DTypeLike = np.float32,
        n_inputs: int = 784,
        n_classes: int = 10,
    ) -> None:
        """Draw the starting weights.

        They are σ·N(0, 1) with σ = 2/√(n_in + n_out), as the original has it: √2 wider than the normal
        initialisation of Glorot & Bengio (2010, https://proceedings.mlr.press/v9/glorot10a.html). They are
        drawn in float64 whatever the dtype, so that a seed names the same net in both. Biases start at 0.
        """
        self.lr = lr
        self.dtype = np.dtype(dtype)
        self._rng = np.random.default_rng(seed)
        self.W1 = self._draw(n_inputs, hidden_size)
        self.b1 = np.zeros(hidden_size, self.dtype)
        self.W2 = self._draw(hidden_size, n_classes)
        self.b2 = np.zeros(n_classes, self.dtype)

    def _draw(self, n_in: int, n_out: int) -> Floats:
        sigma = 2 / np.sqrt(n_in + n_out)
        weights: Floats = (sigma * self._rng.standard_normal((n_in, n_out))).astype(self.dtype)
        return weights

    def forward(self, images: Floats) -> tuple[Floats, Floats]:
        """Return the hidden activations, shape (m, H), and the logits, shape (m, 10)."""
        hidden = images @ self.W1
        hidden += self.b1
        np.maximum(hidden, 0, out=hidden)
        logits = hidden @ self.W2
        logits += self.b2
        return hidden, logits

    def loss(self, images: Floats, labels: NDArray[np.integer]) -> float:
        """Return the mean cross-entropy in nats of images, shape (m, 784), with labels, shape (m,)."""
        return log_loss(self.forward(images)[1], labels, from_logits=True)

    def gradients(self, images: Floats, labels: NDArray[np.integer]) -> list[Floats]:
        """Return [d_W1, d_b1, d_W2, d_b2], the derivatives of :meth:`loss` on this batch.

        Softmax and cross-entropy are differentiated together, which leaves p - y for the output's error
        (Bishop 2006, *Pattern Recognition and Machine Learning*, equation 4.109 and section 5.3).
        """
        m = len(images)
        hidden, logits = self.forward(images)
        delta2 = softmax(logits)  # becomes (p - y) / m
        delta2[np.arange(m), labels] -= 1
        delta2 /= m
        delta1 = delta2 @ self.W2.T
        delta1 *= hidden > 0  # ReLU passes an error back only where it passed a value on
        return [images.T @ delta1, delta1.sum(axis=0), hidden.T @ delta2, delta2.sum(axis=0)]

    def step(self, images: Floats, labels: NDArray[np.integer]) -> None:
        """Take one step of SGD on one batch: each weight W becomes W - lr · d_W."""
        for weights, gradient in zip(self._weights, self.gradients(images, labels), strict=True):
            gradient *= self.lr
            weights -= gradient

    def fit(
        self,
        images: Floats,
        labels: NDArray[np.integer],
        batch_size: int = 128,
        epochs: int = 1,
        *,
        shuffle: bool = True,
        on_epoch_end: Callable[[], None] | None = None,
    ) -> None:
        """Train on images, shape (n, 784), and labels, shape (n,), in a fresh random order each epoch.

        Without ``shuffle`` the images are taken as they stand.
        The last batch of an epoch may be short (60000 mod 128 = 96); its gradient is the mean over its own images.
        """
        for _ in range(epochs):
            order = self._rng.permutation(len(images)) if shuffle else np.arange(len(images))
            for start in range(0, len(order), batch_size):
                batch = order[start : start + batch_size]
                self.step(images[batch], labels[batch])
            if on_epoch_end is not None:
                on_epoch_end()

    def predict(self, images: Floats) -> Floats:
        """Return class probabilities, shape (n, 10), for images, shape (n, 784)."""
        probabilities = np.empty((len(images), len(self.b2)), self.dtype)
        for start in range(0, len(images), PREDICT_ROWS):
            rows = slice(start, start + PREDICT_ROWS)
            probabilities[rows] = softmax(self.forward(images[rows])[1])
        return probabilities

    @property
    def _weights(self) -> list[Floats]:
        return [self.W1, self.b1, self.W2, self.b2]

    def get_weights(self) -> list[Floats]:
        """Return copies of [W1 (784, H), b1 (H,), W2 (H, 10), b2 (10,)], in Keras's order and shapes."""
        return [weights.copy() for weights in self._weights]

    def set_weights(self, weights: list[Floats]) -> None:
        """Take over [W1, b1, W2, b2], converted to this net's dtype.

        Raises:
            ValueError: another number of arrays, or another shape.
        """
        expected, given = [w.shape for w in self._weights], [np.shape(w) for w in weights]
        if expected != given:
            raise ValueError(f"set_weights was given arrays of the shapes {given}; this net has {expected}.")
        for mine, new in zip(self._weights, weights, strict=True):
            mine[...] = new


def softmax(logits: Floats) -> Floats:
    """Return class probabilities, shape (m, 10), each row shifted by its maximum so that no exponent overflows."""
    probabilities: Floats = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return probabilities
