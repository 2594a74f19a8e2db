"""The same network in JAX: an epoch is one compiled function, a ``lax.scan`` over its whole batches.

Compiling is done within the first epoch. The one-hot form of the cross-entropy compiles to a quicker gradient on
a CPU than picking the label's own logit.
"""

import functools
from collections.abc import Callable
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from mnistbench.experiment import Spec
from mnistbench.machine import environment

Weights = list[jax.Array]


def _logits(weights: Weights, images: jax.Array) -> jax.Array:
    W1, b1, W2, b2 = weights
    return jax.nn.relu(images @ W1 + b1) @ W2 + b2


def _loss(weights: Weights, images: jax.Array, labels: jax.Array) -> jax.Array:
    log_probabilities = jax.nn.log_softmax(_logits(weights, images))
    return -jnp.sum(log_probabilities * jax.nn.one_hot(labels, 10, dtype=images.dtype), axis=1).mean()


@functools.partial(jax.jit, donate_argnames="weights", static_argnames="batch_size")
def _epoch(
    weights: Weights, images: jax.Array, labels: jax.Array, order: jax.Array, lr: float, batch_size: int
) -> Weights:
    """Return the weights after one pass over the images in the given order, shape (n,)."""

    def step(weights: Weights, batch: jax.Array) -> tuple[Weights, None]:
        gradients = jax.grad(_loss)(weights, images[batch], labels[batch])
        return [w - lr * d for w, d in zip(weights, gradients, strict=True)], None

    whole = len(order) // batch_size * batch_size
    weights, _ = jax.lax.scan(step, weights, order[:whole].reshape(-1, batch_size))
    return step(weights, order[whole:])[0] if whole < len(order) else weights  # the last, short batch


class JaxTrainer:
    """The weights, and the compiled epoch that makes new ones of them."""

    libraries: ClassVar[tuple[str, ...]] = ("numpy", "jax", "jaxlib")

    def __init__(self, spec: Spec) -> None:
        jax.config.update("jax_enable_x64", spec.dtype == "float64")  # else JAX makes every float64 a float32
        self.lr = spec.lr
        self._rng = np.random.default_rng(spec.seed)
        glorot, keys = jax.nn.initializers.glorot_uniform(dtype=spec.dtype), jax.random.split(jax.random.key(spec.seed))
        self.weights = [
            glorot(keys[0], (784, spec.hidden_size)), jnp.zeros(spec.hidden_size, spec.dtype),
            glorot(keys[1], (spec.hidden_size, 10)), jnp.zeros(10, spec.dtype),
        ]  # fmt: skip

    @property
    def effective_threads(self) -> int:
        """The cores that this process may use: JAX has no setter and starts a thread for each."""
        return environment.usable_cores()

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
        """Train, one call of the compiled epoch after another; see :class:`~mnistbench.nets.base.Trainer`."""
        inputs, targets = jnp.asarray(images), jnp.asarray(labels, jnp.int32)
        for _ in range(epochs):
            # NumPy's shuffle takes a millisecond, JAX's own sorts three times.
            order = self._rng.permutation(len(labels)) if shuffle else np.arange(len(labels))
            self.weights = _epoch(self.weights, inputs, targets, order.astype(np.int32), self.lr, batch_size)
            jax.block_until_ready(self.weights)  # a call returns before it has computed
            on_epoch_end()

    def predict(self, images: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return class probabilities, shape (n, 10), for images, shape (n, 784)."""
        return np.asarray(jax.nn.softmax(_logits(self.weights, jnp.asarray(images))))

    def get_weights(self) -> list[NDArray[np.floating]]:
        """Return copies of [W1 (784, H), b1 (H,), W2 (H, 10), b2 (10,)]."""
        return [np.array(weights) for weights in self.weights]

    def set_weights(self, weights: list[NDArray[np.floating]]) -> None:
        """Take over [W1, b1, W2, b2]."""
        self.weights = [jnp.array(new, mine.dtype) for mine, new in zip(self.weights, weights, strict=True)]
