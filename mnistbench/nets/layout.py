"""What the arrays of ``get_weights`` are: the layers of a perceptron where their shapes chain, or just arrays."""

import dataclasses
import math

import numpy as np

from mnistbench.datasets import N_CLASSES, N_PIXELS
from mnistbench.nets.numpy_net import Floats

Shape = tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Layer:
    """Where one layer's arrays stand in the list: its weights, turned or not, and its bias, if it has one."""

    weights: int
    turned: bool
    bias: int | None


@dataclasses.dataclass(frozen=True)
class Layout:
    """The arrays in the order of ``get_weights``, and the layers that they are from 784 pixels to 10 classes.

    ``eps`` is the spacing of the net's numbers around 1; ``layers`` is empty where the shapes do not chain. In the
    *plain* form the arrays stand as W1, b1, W2, b2, …, weights of shape (in, out), biases of shape (out,), all float64;
    without layers it is the order as it is.
    """

    shapes: tuple[Shape, ...]
    dtypes: tuple[np.dtype[np.floating], ...]
    layers: tuple[Layer, ...]
    eps: float

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the plain arrays."""
        if not self.layers:
            return tuple(f"array {i}" for i in range(1, len(self.shapes) + 1))
        pairs = ((f"W{k}", None if layer.bias is None else f"b{k}") for k, layer in enumerate(self.layers, 1))
        return tuple(name for pair in pairs for name in pair if name)

    @property
    def order(self) -> tuple[int, ...]:
        """Return the place in the net's list of each plain array."""
        if not self.layers:
            return tuple(range(len(self.shapes)))
        pairs = ((layer.weights, layer.bias) for layer in self.layers)
        return tuple(place for pair in pairs for place in pair if place is not None)

    @property
    def widths(self) -> tuple[int, ...]:
        """Return the numbers of units from the pixels to the classes; empty without layers."""
        out = [self.shapes[layer.weights][0 if layer.turned else 1] for layer in self.layers]
        return (N_PIXELS, *out) if out else ()

    @property
    def is_two_layers(self) -> bool:
        """Say whether the arrays are the W1, b1, W2 and b2 of a net with one hidden layer."""
        return self.names == ("W1", "b1", "W2", "b2")

    def plain(self, arrays: list[Floats]) -> list[Floats]:
        """Return the net's arrays in the plain form."""
        turned = {layer.weights for layer in self.layers if layer.turned}
        flat = {layer.bias for layer in self.layers}
        found: list[Floats] = []
        for place in self.order:
            array = arrays[place].T if place in turned else arrays[place]
            found.append(np.asarray(array.ravel() if place in flat else array, np.float64))
        return found

    def native(self, arrays: list[Floats]) -> list[Floats]:
        """Return plain arrays as the net has them: order, shapes and dtypes."""
        turned = {layer.weights for layer in self.layers if layer.turned}
        found: dict[int, Floats] = {}
        for place, array in zip(self.order, arrays, strict=True):
            shaped = array.T if place in turned else array.reshape(self.shapes[place])
            found[place] = np.array(shaped, self.dtypes[place], order="C")
        return [found[place] for place in range(len(self.shapes))]


def read_layout(arrays: list[Floats], like: Layout | None = None) -> Layout:
    """Return the layout of what ``get_weights`` returned.

    Args:
        arrays: as the net has them.
        like: the layout of the same net with another number of hidden units, which tells what a square array is.
    """
    shapes = tuple(array.shape for array in arrays)
    layers = like.layers if like and _fit(shapes, like.layers) else _layers(shapes)
    dtypes = tuple(array.dtype for array in arrays)
    return Layout(shapes, dtypes, layers, max(float(np.finfo(dtype).eps) for dtype in dtypes))


def _fit(shapes: tuple[Shape, ...], layers: tuple[Layer, ...]) -> bool:
    """Say whether arrays of these shapes are these layers."""
    width, used = N_PIXELS, 0
    for layer in layers:
        if max(layer.weights, layer.bias or 0) >= len(shapes):
            return False
        n_in, n_out = shapes[layer.weights][:: -1 if layer.turned else 1] if len(shapes[layer.weights]) == 2 else (0, 0)
        bias = None if layer.bias is None else shapes[layer.bias]
        if n_in != width or (bias is not None and (not bias or math.prod(bias) != n_out or max(bias) != n_out)):
            return False
        width, used = n_out, used + (1 if bias is None else 2)
    return bool(layers) and width == N_CLASSES and used == len(shapes)


def _layers(shapes: tuple[Shape, ...]) -> tuple[Layer, ...]:
    weights = [i for i, shape in enumerate(shapes) if len(shape) == 2 and min(shape) > 1]
    biases = [i for i in range(len(shapes)) if i not in weights]
    if any(sum(n > 1 for n in shapes[i]) != 1 for i in biases):
        return ()
    layers: list[Layer] = []
    width = N_PIXELS
    for i in weights:
        turned = shapes[i][0] != width
        if layers and shapes[i][0] == shapes[i][1]:  # it does not tell by itself: as the layer before
            turned = layers[-1].turned
        if shapes[i][1 if turned else 0] != width:
            return ()
        width = shapes[i][0 if turned else 1]
        bias = next((j for j in biases if max(shapes[j]) == width), None)
        if bias is not None:
            biases.remove(bias)
        layers.append(Layer(i, turned, bias))
    return tuple(layers) if layers and width == N_CLASSES and not biases else ()
