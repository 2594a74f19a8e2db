"""The net that is checked: fresh copies of it, known weights, and what its ``fit`` takes off them.

The user's code runs in a process of its own; what decides is here.
"""

import copy
import dataclasses
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistbench.errors import NetError
from mnistbench.experiment import Spec
from mnistbench.nets import Floats, Layout, UserNet, read_layout

HIDDEN = 10  # units: as many as classes, so that a wrong axis or transpose still runs and is found
OTHER_HIDDEN = 30
DRAWN_HIDDEN = range(20, 41)  # in place of the other, where a secret draws it
WHY = ", which check needs to set known weights and to read the steps"


@dataclasses.dataclass(frozen=True)
class Batch:
    """Images, shape (m, 784), their labels, shape (m,), and the batch size that ``fit`` is asked for.

    It may also be a whole set of images, which ``fit`` cuts into batches.
    """

    images: Floats
    labels: NDArray[np.integer]
    batch_size: int

    def rows(self, rows: list[int]) -> "Batch":
        """Return some of the images as a batch."""
        return Batch(self.images[rows], self.labels[rows], self.batch_size)


class ShapeChangedError(NetError):
    """An array has another shape, or another number of arrays come, after ``fit``."""

    def __init__(self, name: str, before: tuple[int, ...], after: tuple[int, ...], batch: int) -> None:
        super().__init__(f"fit turns {name} of shape {before} into shape {after} by a batch of {batch}")
        self.name, self.before, self.after = name, before, after


class Subject:
    """A user's net of two hidden sizes; every step is made by a net of its own, at known weights.

    A secret draws the second size and the seeds, so that a net cannot know by them that it is asked.

    Raises:
        NetError: from every method: what the net did, in one sentence.
    """

    def __init__(self, net: str, deadline: float, secret: int = 0) -> None:
        self.net = net
        self.deadline = deadline
        drawn_by = np.random.default_rng(secret)
        self.other_hidden = int(drawn_by.choice(DRAWN_HIDDEN)) if secret else OTHER_HIDDEN
        self._seeds_from = int(drawn_by.integers(1_000_000)) if secret else 0
        self.seed = self._seeds_from + 1
        """Of a net that is asked as a run asks."""
        self._first: UserNet | None = None
        self._layouts: dict[int, Layout] = {}
        self._seeds_libraries = True

    def left(self) -> float:
        """Return the seconds that are left for the questions."""
        return self.deadline - time.monotonic()

    def unseeded(self) -> "Subject":
        """Return the subject in a new process, where no state of a library's own is seeded but by the net itself."""
        other = copy.copy(self)
        other._first, other._seeds_libraries = None, False
        return other

    def open(self, hidden_size: int, lr: float = 0.1, seed: int = 1) -> UserNet:
        """Construct a fresh net; what the libraries draw by a state of their own begins with the seed as well."""
        seeds = {"seed": self._seeds_from + seed, "seeds_libraries": self._seeds_libraries}
        named: Any = {"hidden_size": hidden_size, "lr": lr, **seeds}
        if self._first is None:
            self._first = UserNet(self.net, end=self.deadline, **named)
            for method in ("get_weights", "set_weights"):
                self._first.require(method, WHY)
            return self._first
        return self._first.fresh(**named)

    def alone(self, spec: Spec) -> UserNet:
        """Construct the net in a process of its own, of which nothing was asked before, as a run of the spec does.

        Its process knows of no deadline, as a run's does not: whoever asks it watches the time.
        """
        return UserNet(self.net, hidden_size=spec.hidden_size, lr=spec.lr, seed=spec.seed, alone=True)

    def libraries(self) -> list[str]:
        """Return which libraries that have nets of their own the net's process has loaded."""
        return self._first.libraries() if self._first else []

    def layout(self, hidden_size: int) -> Layout:
        """Return what the arrays of a fresh net are."""
        if hidden_size not in self._layouts:
            like = None if hidden_size == self.other_hidden else self.layout(self.other_hidden)
            made = self.open(hidden_size)
            self._layouts[hidden_size] = layout = read_layout(made.arrays(), like)
            known = _known_weights(layout)
            made.set_weights(layout.native(known))
            told = made.arrays()
            self._sharpen(hidden_size, told)
            self._require_same(made, self._layouts[hidden_size], known, told)
        return self._layouts[hidden_size]

    def _sharpen(self, hidden_size: int, arrays: list[Floats]) -> None:
        """Put down how finely a net holds its numbers, from known weights read back."""
        layout = self._layouts[hidden_size]
        self._layouts[hidden_size] = dataclasses.replace(layout, eps=_spacing(layout, arrays))

    def weights(self, hidden_size: int, seed: int = 0) -> list[Floats]:
        """Return known weights as plain arrays."""
        return _known_weights(self.layout(hidden_size), seed)

    def outputs(self, hidden_size: int, weights: list[Floats], images: Floats, seed: int = 1) -> Floats:
        """Return what ``predict`` of a fresh net tells at plain weights, whatever its shape."""
        made = self.open(hidden_size, seed=seed)
        made.set_weights(self.layout(hidden_size).native(weights))
        return made.outputs(images)

    def took(
        self,
        hidden_size: int,
        weights: list[Floats],
        batch: Batch,
        *,
        lr: float,
        epochs: int = 1,
        calls: int = 1,
        seed: int = 1,
        made: UserNet | None = None,
    ) -> list[Floats]:
        """Return what so many calls of ``fit`` take off plain weights, in plain arrays, float64.

        Where ``made``, a net that has been used before, is left out, it is a fresh one.
        """
        layout = self.layout(hidden_size)
        made = made or self.open(hidden_size, lr, seed)
        made.set_weights(layout.native(weights))
        before = made.arrays()
        self._require_same(made, layout, weights, before)
        for _ in range(calls):
            made.fit(batch.images, batch.labels, batch.batch_size, epochs)
        after = made.arrays()
        require_shapes(layout, after, len(batch.labels))
        if all((a != b).any() for a, b in zip(after, before, strict=True)):
            self._sharpen(hidden_size, after)
        return [b - a for b, a in zip(layout.plain(before), layout.plain(after), strict=True)]

    def _require_same(self, made: UserNet, layout: Layout, weights: list[Floats], before: list[Floats]) -> None:
        shapes = tuple(array.shape for array in before)
        same = shapes == layout.shapes
        far = [] if not same else [
            (name, float(np.abs(got - given).max()))
            for name, given, got in zip(layout.names, weights, layout.plain(before), strict=True)
            if not np.allclose(got, given, rtol=max(1e-5, 4 * layout.eps), atol=max(1e-6, layout.eps))
        ]  # fmt: skip
        if far or not same:
            name = f"another {far[0][0]}" if far else f"arrays of other shapes, {shapes},"
            size = f" (largest difference {far[0][1]:.2g})" if far else ""
            raise NetError(
                f"{made.place('set_weights')}: get_weights gives back {name} than set_weights was given{size}; let both"
                " use the arrays that fit trains."
            )


def require_shapes(layout: Layout, after: list[Floats], batch: int) -> None:
    """Refuse arrays that ``fit`` has given other shapes than those that the layout has."""
    if len(after) != len(layout.shapes):
        raise NetError(f"get_weights returns {len(after)} arrays after fit, and {len(layout.shapes)} before it.")
    for place, name in zip(layout.order, layout.names, strict=True):
        if after[place].shape != layout.shapes[place]:
            raise ShapeChangedError(name, layout.shapes[place], after[place].shape, batch)


def _spacing(layout: Layout, arrays: list[Floats]) -> float:
    """Return the spacing around 1 of the numbers that a net holds, whatever dtype it tells them in."""
    filled = [array for array in arrays if (array % 1).any()]  # whole numbers are exact in any
    for dtype in (np.float16, np.float32):
        if filled and all(np.array_equal(array, array.astype(dtype)) for array in filled):
            return max(layout.eps, float(np.finfo(dtype).eps))
    return layout.eps


def _known_weights(layout: Layout, seed: int = 0) -> list[Floats]:
    """Return plain arrays, float64, drawn as the NumPy net draws its weights, with biases that are not 0.

    What is a layer's has σ = 2/√(n_in + n_out), and its bias σ = 0.2; other arrays are drawn alike.
    """
    drawn: list[Floats] = []
    for place, name in zip(layout.order, layout.names, strict=True):
        shape = layout.shapes[place]
        rng = np.random.default_rng([seed, len(drawn), *shape])
        wide = sorted(n for n in shape if n > 1)[-2:]
        sigma = 2 / np.sqrt(sum(wide)) if len(wide) == 2 and not name.startswith("b") else 0.2
        array = sigma * rng.standard_normal(shape)
        drawn.append(array.astype(layout.dtypes[place]))
    arrays: list[Floats] = [np.zeros(0)] * len(layout.shapes)
    for place, array in zip(layout.order, drawn, strict=True):
        arrays[place] = array
    return layout.plain(arrays)
