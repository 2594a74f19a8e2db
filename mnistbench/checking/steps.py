"""What one call of a user's ``fit`` takes off known weights, beside what it should take off.

The user's code runs here, so this runs in the child alone.
"""

import dataclasses
import itertools

import numpy as np

from mnistbench.checking.formulas import Batch, Labels
from mnistbench.datasets import Dataset
from mnistbench.errors import NetError
from mnistbench.ledger import PARAMETERS
from mnistbench.nets import Floats, NeuralNetwork, UserNet

TOLERANCE = 1e-4  # relative, in the norm of a parameter's step


@dataclasses.dataclass(frozen=True)
class Step:
    """What ``fit`` took off the weights [W1, b1, W2, b2], in the net's dtype, and what it should have taken off.

    ``should`` is lr · gradient, by ``numpy_net`` in float64. The batch may also be a whole set, trained in several
    steps.
    """

    weights: list[Floats]
    batch: Batch
    lr: float
    took: list[Floats]
    should: list[Floats]

    def errors(self, expected: list[Floats]) -> list[float]:
        """Return ‖took − expected‖ / ‖expected‖ for each parameter; where nothing is expected, / ‖should‖."""
        return [float(_norm(t - e) / s) if np.isfinite(t).all() else np.inf
                for t, e, s in zip(self.took, expected, self._sizes(expected), strict=True)]  # fmt: skip

    def fits(self, expected: list[Floats]) -> bool:
        """Say whether the step is the expected one, as far as it can be read."""
        return all(e <= t for e, t in zip(self.errors(expected), self.tolerances(expected), strict=True))

    def tolerances(self, expected: list[Floats]) -> list[float]:
        """Return the error that each parameter may have: a small step off large weights leaves few digits."""
        return [
            min(1e-2, TOLERANCE + float(np.finfo(took.dtype).eps * _norm(weights) / size))
            for took, weights, size in zip(self.took, self.weights, self._sizes(expected), strict=True)
        ]

    def _sizes(self, expected: list[Floats]) -> list[float]:
        norms = ((_norm(e), _norm(s)) for e, s in zip(expected, self.should, strict=True))
        return [e if e > 1e-9 * s else s for e, s in norms]


def known_weights(hidden_size: int) -> list[Floats]:
    """Return [W1, b1, W2, b2], float64, drawn as the NumPy net draws them, with biases that are not 0."""
    weights = NeuralNetwork(hidden_size, seed=hidden_size, dtype=np.float64).get_weights()
    rng = np.random.default_rng(hidden_size)
    return [w if w.any() else rng.normal(0, 0.2, w.shape) for w in weights]


def open_net(net: str, hidden_size: int, lr: float, seed: int = 1) -> UserNet:
    """Construct a user's net that can be checked.

    Raises:
        NetError: it lacks a method, or cannot be constructed.
    """
    made = UserNet(net, hidden_size=hidden_size, lr=lr, seed=seed)
    for method in ("get_weights", "set_weights"):
        made.require(method, ", which check needs to set known weights and to read the steps")
    return made


def trained(net: UserNet, weights: list[Floats], batch: Batch, epochs: int = 1) -> list[Floats]:
    """Return what ``fit`` takes off known weights, in the net's own dtype.

    Raises:
        NetError: the net fails, or does not give back the weights that it was given.
    """
    net.set_weights(weights)
    before = net.get_weights()
    for name, given, got in zip(PARAMETERS, weights, before, strict=True):
        if not np.allclose(got, given, rtol=1e-5, atol=1e-6):
            raise NetError(
                f"{net.file.path}: get_weights gives back another {name} than set_weights was given (largest"
                f" difference {np.abs(got - given).max():.2g}); let both use the arrays that fit trains."
            )
    net.fit(batch.images, batch.labels, batch.batch_size, epochs)
    return [b - a for b, a in zip(before, net.get_weights(), strict=True)]


def chosen(dataset: Dataset, digits: list[int], *, repeated: bool = False) -> tuple[Floats, Labels]:
    """Return training images, float32, of these digits: the first of each, or the same one again."""
    found = {digit: itertools.cycle(np.flatnonzero(dataset.train_labels == digit)[: 1 if repeated else None])
             for digit in set(digits)}  # fmt: skip
    rows = [next(found[digit]) for digit in digits]
    return dataset.train_images[rows], dataset.train_labels[rows]


def reference_step(weights: list[Floats], batch: Batch, lr: float) -> list[Floats]:
    """Return what a right step takes off the weights, by ``numpy_net`` in float64."""
    net = NeuralNetwork(weights[1].size, dtype=np.float64)
    net.set_weights(weights)
    return [lr * gradient for gradient in net.gradients(batch.images, batch.labels)]


def _norm(array: Floats) -> float:
    return float(np.linalg.norm(array))
