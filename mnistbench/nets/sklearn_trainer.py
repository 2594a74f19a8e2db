"""The same network as scikit-learn has it: ``MLPClassifier`` with plain SGD, an epoch for each ``partial_fit``."""

from collections.abc import Callable
from typing import ClassVar

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier

from mnistbench.errors import DivergedError
from mnistbench.experiment import Spec
from mnistbench.machine import environment

TINY_LR = 1e-300  # a step that moves no weight, in either dtype


class SklearnTrainer:
    """An ``MLPClassifier`` without momentum, penalty and early stopping.

    Its layers are allocated in their first call of ``partial_fit``, which also takes a step. Weights as drawn are
    those of a twin of the same seed that takes that step with a learning rate of nothing.
    """

    libraries: ClassVar[tuple[str, ...]] = ("numpy", "scipy", "scikit-learn")

    def __init__(self, spec: Spec) -> None:
        sklearn.set_config(assume_finite=True)  # else each call looks through all images for NaN
        self.lr = spec.lr
        self.model = _classifier(spec, spec.lr)
        twin = _classifier(spec, TINY_LR)
        self.set_weights([twin.coefs_[0], twin.intercepts_[0], twin.coefs_[1], twin.intercepts_[1]])

    @property
    def effective_threads(self) -> int:
        """The threads of NumPy's BLAS, which does the matrix products; all else runs on one."""
        return environment.blas_threads()

    def fit(
        self,
        images: NDArray[np.floating],
        labels: NDArray[np.int64],
        *,
        batch_size: int,
        epochs: int,
        shuffle: bool = True,
        on_epoch_end: Callable[[], None],
    ) -> None:
        """Train by ``partial_fit``; see :class:`~mnistbench.nets.base.Trainer`."""
        self.model.set_params(batch_size=min(batch_size, len(labels)), shuffle=shuffle)
        for _ in range(epochs):
            try:
                self.model.partial_fit(images, labels)
            except ValueError as error:  # scikit-learn's own check, after an epoch
                if all(np.isfinite(weights).all() for weights in self._weights()):
                    raise
                raise DivergedError(f"the weights are no longer finite; choose a smaller lr than {self.lr}.") from error
            on_epoch_end()

    def predict(self, images: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return class probabilities, shape (n, 10), for images, shape (n, 784)."""
        probabilities: NDArray[np.floating] = self.model.predict_proba(images)
        return probabilities

    def _weights(self) -> list[NDArray[np.floating]]:
        (W1, W2), (b1, b2) = self.model.coefs_, self.model.intercepts_
        return [W1, b1, W2, b2]

    def get_weights(self) -> list[NDArray[np.floating]]:
        """Return copies of [W1 (784, H), b1 (H,), W2 (H, 10), b2 (10,)]."""
        return [weights.copy() for weights in self._weights()]

    def set_weights(self, weights: list[NDArray[np.floating]]) -> None:
        """Take over [W1, b1, W2, b2]."""
        for mine, new in zip(self._weights(), weights, strict=True):
            mine[...] = new


def _classifier(spec: Spec, lr: float) -> MLPClassifier:
    """Return a classifier that has taken one step on a blank image."""
    # A number as random_state would give every call of partial_fit, and so every epoch, the same order.
    classifier = MLPClassifier(
        [spec.hidden_size], solver="sgd", learning_rate_init=lr, momentum=0, nesterovs_momentum=False, alpha=0,
        batch_size=1, random_state=np.random.RandomState(spec.seed),
    )  # fmt: skip
    return classifier.partial_fit(np.zeros((1, 784), spec.dtype), [0], classes=range(10))
