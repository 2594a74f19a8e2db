"""The same network as a Keras user writes it today, on any backend: ``Dense`` layers and ``SGD``."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

import keras
import numpy as np
from numpy.typing import NDArray

from mnistbench.experiment import Spec


class KerasTrainer(ABC):
    """A compiled ``keras.Sequential``, trained by one call of its own ``fit``, with accuracy as metric.

    Keras takes its backend from ``KERAS_BACKEND`` as it is first imported; each backend has a subclass,
    which limits its threads.
    """

    libraries: ClassVar[tuple[str, ...]] = ("numpy", "keras")
    compile_options: ClassVar[dict[str, Any]] = {"metrics": ["accuracy"]}

    def __init__(self, spec: Spec) -> None:
        self.limit_threads(spec.threads)
        keras.config.set_floatx(spec.dtype)
        keras.config.set_dtype_policy(spec.dtype)
        keras.utils.set_random_seed(spec.seed)
        self.model = keras.Sequential(
            [
                keras.Input((784,)),
                keras.layers.Dense(spec.hidden_size, activation="relu"),
                keras.layers.Dense(10, activation="softmax"),
            ]
        )
        self.model.compile(
            optimizer=keras.optimizers.SGD(spec.lr), loss="sparse_categorical_crossentropy", **self.compile_options
        )

    @abstractmethod
    def limit_threads(self, threads: int) -> None:
        """Tell the backend how many threads it may use, before it starts any."""

    @property
    @abstractmethod
    def effective_threads(self) -> int:
        """How many threads the backend will use."""

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
        """Train by ``Model.fit``, with its own shuffle if any; see :class:`~mnistbench.nets.base.Trainer`."""
        epoch_end = keras.callbacks.LambdaCallback(on_epoch_end=lambda _epoch, _logs: on_epoch_end())
        self.model.fit(
            images, labels, batch_size=batch_size, epochs=epochs, shuffle=shuffle, verbose=0, callbacks=[epoch_end]
        )

    def predict(self, images: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return class probabilities, shape (n, 10), for images, shape (n, 784)."""
        probabilities: NDArray[np.floating] = self.model.predict(images, batch_size=1000, verbose=0)
        return probabilities

    def get_weights(self) -> list[Any]:
        """Return [W1 (784, H), b1 (H,), W2 (H, 10), b2 (10,)]."""
        weights: list[Any] = self.model.get_weights()
        return weights

    def set_weights(self, weights: list[Any]) -> None:
        """Take over [W1, b1, W2, b2]."""
        self.model.set_weights(weights)
