"""The perceptron that a net's ``predict`` computes, found by trying known functions, with its exact derivatives."""

import dataclasses
import itertools
from collections.abc import Iterator

import numpy as np

from mnistbench.checking.functions import ACTIVATIONS, INPUTS, OUTPUTS, RELU, SOFTMAX, Activation, Error, Output
from mnistbench.datasets import N_CLASSES
from mnistbench.nets import Floats, Layout

SMOOTHED = {  # targets in words, from the rows of zeros and ones
    "0 and 1": lambda y: y,
    "smoothed by 0.1": lambda y: 0.9 * y + 0.1 / N_CLASSES,
    "smoothed by 0.2": lambda y: 0.8 * y + 0.2 / N_CLASSES,
    "0.01 and 0.99": lambda y: 0.98 * y + 0.01,
    "0.1 and 0.9": lambda y: 0.8 * y + 0.1,
    "-1 and 1": lambda y: 2 * y - 1,
}
ROUNDED_INPUTS = 3e-6  # that outputs may be off by: images come as float32, and so may what a net makes of them


@dataclasses.dataclass(frozen=True)
class Network:
    """A perceptron over plain arrays: its activation, output and inputs, and which of its biases it adds.

    ``unused`` are the names of the arrays that change nothing.
    """

    layout: Layout
    activation: Activation = RELU
    output: Output = SOFTMAX
    inputs: str = "x"
    unused: frozenset[str] = frozenset()

    def told(self, arrays: list[Floats], images: Floats) -> Floats:
        """Return what ``predict`` tells of images, shape (n, 784)."""
        told: Floats = self.output.told(self.output.value(self._sums(arrays, images)[1][-1]))
        return told

    def gradient(self, arrays: list[Floats], images: Floats, targets: Floats, error: Error) -> list[Floats]:
        """Return the mean over the images of the derivatives of a loss by each plain array (Bishop 2006, 5.3)."""
        values, sums = self._sums(arrays, images)
        delta = error(self.output.value(sums[-1]), targets, sums[-1]) / len(images)
        found: dict[str, Floats] = {}
        named = dict(zip(self.layout.names, arrays, strict=True))
        for k in range(len(sums), 0, -1):
            found[f"W{k}"] = values[k - 1].T @ delta
            found[f"b{k}"] = delta.sum(axis=0) * (f"b{k}" not in self.unused)
            if k > 1:
                delta = (delta @ named[f"W{k}"].T) * self.activation.slope(sums[k - 2], values[k - 1])
        return [found[name] for name in self.layout.names]

    def _sums(self, arrays: list[Floats], images: Floats) -> tuple[list[Floats], list[Floats]]:
        """Return what goes into each layer, the images first, and each layer's sums, the logits last."""
        named = dict(zip(self.layout.names, arrays, strict=True))
        values, sums = [np.asarray(INPUTS[self.inputs](images.astype(np.float64)))], []
        for k in range(1, len(self.layout.layers) + 1):
            bias = named.get(f"b{k}", 0.0) if f"b{k}" not in self.unused else 0.0
            sums.append(values[-1] @ named[f"W{k}"] + bias)
            values.append(self.activation.value(sums[-1]))
        return values[:-1], sums

    def words(self) -> str:
        """Return the network in words: its widths, its hidden layer and its output."""
        layers = len(self.layout.layers)
        hidden = f"{self.activation.words} hidden layer{'s' * (layers > 2)}" if layers > 1 else "no hidden layer"
        bare = not any(name.startswith("b") for name in self.layout.names)
        inputs = "" if self.inputs == "x" else f"inputs taken as {self.inputs}, "
        return f"{inputs}{hidden}, {self.output.words} output{', no biases' if bare else ''}"

    @property
    def is_as_asked(self) -> bool:
        """Say whether it is 784–H–10 with ReLU, softmax and all its biases."""
        return (
            self.layout.is_two_layers and self.activation is RELU and self.output is SOFTMAX
            and self.inputs == "x" and not self.unused
        )  # fmt: skip


def identify(
    layout: Layout, weights: list[list[Floats]], images: Floats, told: list[Floats], unused: frozenset[str]
) -> Network | None:
    """Return the perceptron whose outputs at each of the weights are those of ``predict``, or ``None``.

    Args:
        layout: what the arrays are.
        weights: lists of plain arrays.
        images: shape (n, 784).
        told: of each list of arrays, what ``predict`` returned, shape (n, 10).
        unused: the names of arrays that do not change it.
    """
    if not layout.layers or any(t.shape != (len(images), N_CLASSES) for t in told):
        return None
    tolerance = max(1e-9, 2e3 * layout.eps, *(2e3 * float(np.finfo(t.dtype).eps) for t in told))
    nearest, least = None, ROUNDED_INPUTS
    with np.errstate(all="ignore"):
        for network in _candidates(layout, unused):
            apart = max(_apart(network.told(w, images), t) for w, t in zip(weights, told, strict=True))
            if apart <= tolerance:
                return network
            if network.inputs != "x" and apart < least:
                nearest, least = network, apart
    return nearest


def _apart(outputs: Floats, told: Floats) -> float:
    """Return by how much outputs differ at most, beside 1 and what was told; infinity where they are not finite."""
    apart = float(np.max(np.abs(outputs - told) / (1 + np.abs(told))))
    return apart if np.isfinite(apart) else np.inf


def _candidates(layout: Layout, unused: frozenset[str]) -> Iterator[Network]:
    for inputs, output, activation in itertools.product(INPUTS, OUTPUTS, ACTIVATIONS):
        yield Network(layout, activation, output, inputs, unused)
