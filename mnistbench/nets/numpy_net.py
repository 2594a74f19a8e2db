"""The mathematics of the two-layer network, written from scratch: no files, no clock, no config.

One image x (784 pixels in [0, 1]) passes a hidden layer of H units and an output layer of 10 classes:

    v = x W1 + b1        hidden = max(v, 0)           (ReLU)
    z = hidden W2 + b2   p = exp(z) / sum(exp(z))     (logits, softmax)

and costs the cross-entropy -log p[label]. Below, m images are handled at once, one a row; uint8 images are
bytes that stand for pixel / 255.

The same class serves a block of a net whose hidden units are divided among processes (``numpy_blocks``): a
block has some of the columns of W1, their part of b1 and the matching rows of W2. Its hidden @ W2 is its part
of a sum, which ``_all_reduce`` completes; all else is the same.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from mnistbench.nets.metrics import log_loss

Floats = NDArray[np.floating]
Images = NDArray[Any]  # floating point in [0, 1], or uint8

PREDICT_ROWS = 1000  # at a time: keeps the hidden layer of 60,000 images out of memory


class Workspace:
    """Arrays that step after step writes into: memory allocated anew would be slower than the mathematics on it."""

    def __init__(self) -> None:
        self._arrays: dict[tuple[str, tuple[int, ...]], NDArray[Any]] = {}

    def array(self, name: str, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """Return an array with anything in it, the same one whenever the name comes with this shape."""
        if (name, shape) not in self._arrays:
            self._arrays[name, shape] = np.empty(shape, dtype)
        return self._arrays[name, shape]


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
        self._work = Workspace()
        self.W1 = self._draw(n_inputs, hidden_size)
        self.b1 = np.zeros(hidden_size, self.dtype)
        self.W2 = self._draw(hidden_size, n_classes)
        self.b2 = np.zeros(n_classes, self.dtype)

    def _draw(self, n_in: int, n_out: int) -> Floats:
        sigma = 2 / np.sqrt(n_in + n_out)
        weights: Floats = (sigma * self._rng.standard_normal((n_in, n_out))).astype(self.dtype)
        return weights

    def forward(self, images: Images) -> tuple[Floats, Floats]:
        """Return the hidden activations, shape (m, H), and the logits, shape (m, 10)."""
        work = Workspace()
        return self._forward(self._floats(images, work), work)

    def _forward(self, x: Floats, work: Workspace) -> tuple[Floats, Floats]:
        hidden = self._product(x, self.W1, work.array("hidden", (len(x), len(self.b1)), self.dtype))
        self._activate(hidden)
        # By columns, since softmax takes the maximum and the sum over ten of them: NumPy is quick along the other axis.
        logits = self._product(hidden, self.W2, work.array("logits", (len(self.b2), len(x)), self.dtype).T)
        self._all_reduce(logits)
        logits += self.b2
        return hidden, logits

    def loss(self, images: Images, labels: NDArray[np.integer]) -> float:
        """Return the mean cross-entropy in nats of images, shape (m, 784), with labels, shape (m,)."""
        return log_loss(self.forward(images)[1], labels, from_logits=True)

    def gradients(self, images: Images, labels: NDArray[np.integer]) -> list[Floats]:
        """Return [d_W1, d_b1, d_W2, d_b2], the derivatives of :meth:`loss` on this batch."""
        work = Workspace()
        return self._gradients(self._floats(images, work), labels, 1 / len(images), work)

    def _gradients(self, x: Floats, labels: NDArray[np.integer], scale: float, work: Workspace) -> list[Floats]:
        """Return the derivatives of ``scale`` times the sum of the images' losses.

        Softmax and cross-entropy are differentiated together, which leaves p - y for the output's error
        (Bishop 2006, *Pattern Recognition and Machine Learning*, equation 4.109 and section 5.3). It is scaled
        here, where it is small; all that follows is linear in it.
        """
        hidden, logits = self._forward(x, work)
        delta2 = self._output_error(logits, labels)
        delta2 *= scale
        return self._backward(x, hidden, delta2, work)

    def step(self, images: Images, labels: NDArray[np.integer]) -> None:
        """Take one step of SGD on one batch: each weight W becomes W - lr · d_W."""
        x = self._floats(images, self._work)
        self._update(self._gradients(x, labels, self.lr / len(images), self._work))

    def fit(
        self,
        images: Images,
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
            self.train_one_epoch(images, labels, batch_size, shuffle=shuffle)
            if on_epoch_end is not None:
                on_epoch_end()

    def train_one_epoch(self, images: Images, labels: NDArray[np.integer], batch_size: int, *, shuffle: bool) -> None:
        """Take a step on each batch of one epoch; see :meth:`fit`."""
        order = self._rng.permutation(len(images)) if shuffle else np.arange(len(images))
        for start in range(0, len(order), batch_size):
            self.step(*self._gather(images, labels, order[start : start + batch_size]))

    # The parts of a step, each of which ``profile`` can put behind a clock.

    def _gather(
        self, images: Images, labels: NDArray[np.integer], batch: NDArray[np.integer]
    ) -> tuple[Images, NDArray[np.integer]]:
        """Return the images and the labels of a batch, side by side in memory."""
        gathered = self._work.array("images", (len(batch), images.shape[1]), images.dtype)
        # "clip" never clips here; the usual "raise" would go through a copy, to write nothing where an index is bad.
        return np.take(images, batch, axis=0, out=gathered, mode="clip"), labels[batch]

    def _floats(self, images: Images, work: Workspace) -> Floats:
        """Return images as this net computes: of its dtype, and bytes as pixel / 255."""
        if images.dtype == self.dtype:
            return images
        x = work.array("x", images.shape, self.dtype)
        np.copyto(x, images, casting="same_kind")
        if images.dtype == np.uint8:
            x *= 1 / 255  # which is quicker than a division
        return x

    def _product(self, inputs: Floats, weights: Floats, out: Floats) -> Floats:
        return np.matmul(inputs, weights, out=out)

    def _activate(self, v: Floats) -> None:
        v += self.b1
        np.maximum(v, 0, out=v)  # ReLU

    def _all_reduce(self, logits: Floats) -> None:
        """Add up the parts of the logits that the blocks of a net have; a whole net has them all."""

    def _output_error(self, logits: Floats, labels: NDArray[np.integer]) -> Floats:
        """Turn logits into p - y, in place."""
        delta2 = softmax(logits, out=logits)
        delta2[np.arange(len(labels)), labels] -= 1
        return delta2

    def _backward(self, x: Floats, hidden: Floats, delta2: Floats, work: Workspace) -> list[Floats]:
        """Return the derivatives with respect to [W1, b1, W2, b2], given those with respect to the logits."""
        delta1 = np.matmul(delta2, self.W2.T, out=work.array("delta1", hidden.shape, self.dtype))
        delta1 *= hidden > 0  # ReLU passes an error back only where it passed a value on
        d_W1 = np.matmul(x.T, delta1, out=work.array("d_W1", self.W1.shape, self.dtype))
        d_W2 = np.matmul(hidden.T, delta2, out=work.array("d_W2", self.W2.shape, self.dtype))
        return [d_W1, delta1.sum(axis=0), d_W2, delta2.sum(axis=0)]

    def _update(self, changes: list[Floats]) -> None:
        for weights, change in zip(self._weights, changes, strict=True):
            weights -= change

    def predict(self, images: Images) -> Floats:
        """Return class probabilities, shape (n, 10), for images, shape (n, 784)."""
        probabilities = np.empty((len(images), len(self.b2)), self.dtype)
        work = Workspace()
        for start in range(0, len(images), PREDICT_ROWS):
            rows = slice(start, start + PREDICT_ROWS)
            _, logits = self._forward(self._floats(images[rows], work), work)
            softmax(logits, out=probabilities[rows])
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


def softmax(logits: Floats, out: Floats | None = None) -> Floats:
    """Return class probabilities, shape (m, 10), each row shifted by its maximum so that no exponent overflows."""
    probabilities: Floats = np.subtract(logits, logits.max(axis=1, keepdims=True), out=out)
    np.exp(probabilities, out=probabilities)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return probabilities
