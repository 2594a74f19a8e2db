"""A user's own net, ``FILE.py:CLASS``, as the referee sees it, and as a trainer.

The class looks like a Keras model: ``__init__(hidden_size, lr, seed)``, ``fit(images, labels, batch_size,
epochs)``, ``predict(images)`` and, where it is to be proven, ``get_weights()`` and ``set_weights(weights)``. It lives
in a process of its own (:mod:`~mnistbench.nets.apart`); here its answers are arrays, and checked. What goes wrong
becomes one sentence with the line in the user's file.
"""

import copy
import functools
import itertools
import tempfile
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import IO, ClassVar

import numpy as np
from numpy.typing import NDArray

from mnistbench.datasets import N_CLASSES, N_PIXELS
from mnistbench.errors import DivergedError, NetError
from mnistbench.experiment import Spec, net_files
from mnistbench.machine import environment, mapped_files
from mnistbench.nets.host import LIBRARIES, METHODS
from mnistbench.nets.layout import Layout, read_layout
from mnistbench.nets.net_process import Given, NetProcess, facts, places

Floats = NDArray[np.floating]

_AHEAD: dict[str, NetProcess] = {}  # processes that were started before their net is made
# The folder of each library's machine code.
NATIVE = {"jax": "jaxlib", "sklearn": "sklearn", "tensorflow": "tensorflow", "torch": "torch"}
SUM_TOLERANCE = 1e-3  # of a row of probabilities, which may have been added up in float32


class UserNet:
    """A user's net; every call checks what comes back.

    With ``seeds_libraries`` the generators that libraries share begin with the seed as well. One that is ``alone``
    shares nothing with the processes before it, what it prints included, by which they could leave it a word.

    Raises:
        NetError: from every method: what the net did, in one sentence.
        TimeIsUpError: from every method, once ``process.end`` has come.
    """

    def __init__(
        self,
        net: str,
        *,
        hidden_size: int,
        lr: float,
        seed: int,
        end: float = float("inf"),
        seeds_libraries: bool = False,
        alone: bool = False,
    ) -> None:
        self.file = net_files.require(net)
        self.file.check()
        self.process = _started(self.file, tempfile.TemporaryFile()) if alone else _taken(self.file)  # noqa: SIM115
        self.process.end = end
        told, _ = self.process.ask("importing the file", {"do": "load", "net": net})
        self._places = places(told.get("places"), list(METHODS))
        self._place = places({"class": told.get("place")}, ["class"])["class"]
        for method in ("fit", "predict"):
            self.require(method)
        self._make(hidden_size, lr, seed, seeds_libraries=seeds_libraries)

    def fresh(self, *, hidden_size: int, lr: float, seed: int, seeds_libraries: bool = False) -> "UserNet":
        """Return another net of the same class, in the same process; the file is not run again."""
        other = copy.copy(self)
        other._make(hidden_size, lr, seed, seeds_libraries=seeds_libraries)
        return other

    def _make(self, hidden_size: int, lr: float, seed: int, *, seeds_libraries: bool) -> None:
        self._number = next(self.process.numbers)
        asked = {"number": self._number, "hidden_size": hidden_size, "lr": lr, "seed": seed}
        self.process.ask("__init__", {"do": "make", "seeds_libraries": seeds_libraries, **asked})
        weakref.finalize(self, self.process.forget, self._number)

    def has(self, method: str) -> bool:
        """Say whether the class has a method."""
        return method in self._places

    def require(self, method: str, why: str = "") -> None:
        """Refuse a class that lacks a method."""
        if not self.has(method):
            raise NetError(
                f"{self.place()}: {self.file.class_name} has no method {method}{why}; write {METHODS[method]}."
            )

    def fit(self, images: Floats, labels: NDArray[np.integer], batch_size: int, epochs: int) -> None:
        """Train on images, shape (n, 784), and labels, shape (n,), which the net may not write to."""
        self.process.call(self._number, "fit", [images, labels], batch_size=batch_size, epochs=epochs)

    def predict(self, images: Floats) -> Floats:
        """Return class probabilities, shape (n, 10), float64 unless the net's own are floats. They may be NaN."""
        given = self._predict(images)
        outputs = self._array("predict", "the probabilities", given, (len(images), N_CLASSES))
        sums = outputs.sum(axis=1)
        wrong = np.flatnonzero((np.abs(sums - 1) > SUM_TOLERANCE) | (outputs < 0).any(axis=1))
        if len(wrong):
            row = wrong[0]
            raise NetError(
                f"{self.place('predict')}: predict returned rows that are no probabilities ({len(wrong)} of"
                f" {len(outputs)}; row {row} adds up to {sums[row]:.4g}, its smallest is {outputs[row].min():.4g});"
                " expected numbers from 0 to 1 that add up to 1 in each row."
            )
        return outputs

    def outputs(self, images: Floats) -> Floats:
        """Return whatever numbers ``predict`` makes of images, shape (n, 784), in whatever shape, as floats."""
        return self._array("predict", "the probabilities", self._predict(images))

    def arrays(self) -> list[Floats]:
        """Return copies of the arrays of ``get_weights``, one or more of any number and shape, as floats."""
        self.require("get_weights")
        given = self.process.call(self._number, "get_weights")
        if not isinstance(given, list) or not given:
            words = "an empty list" if isinstance(given, list) else given.words
            raise NetError(
                f"{self.place('get_weights')}: get_weights returned {words}; expected a list of the arrays that fit"
                " trains, [W1, b1, W2, b2]."
            )
        return [self._array("get_weights", f"array {i}", array) for i, array in enumerate(given, 1)]

    def set_weights(self, weights: list[Floats]) -> None:
        """Give the net copies of its arrays."""
        self.require("set_weights")
        self.process.call(self._number, "set_weights", weights)

    def libraries(self) -> list[str]:
        """Return which libraries that have nets of their own its process has loaded: by its memory, and by its word."""
        seen = {name for file in mapped_files(self.process.pid) for name in _packages(Path(file).parts)}
        told = facts(self.process.ask("telling its libraries", {"do": "tell"})[0].get("libraries"), LIBRARIES)
        return [name for name in LIBRARIES if name in told or NATIVE.get(name) in seen]

    def _predict(self, images: Floats) -> Given:
        given = self.process.call(self._number, "predict", [images])
        return given if isinstance(given, Given) else Given("nothing that can be told")

    def _array(self, method: str, what: str, given: Given, shape: tuple[int, ...] | None = None) -> Floats:
        array = given.array
        if array is None or (shape is not None and array.shape != shape):
            expected = f"an array of numbers{f' of shape {shape}' if shape else ''}{given.hint}"
            raise NetError(f"{self.place(method)}: {method} returned {given.words} for {what}; expected {expected}.")
        return array if array.dtype.kind == "f" else array.astype(np.float64)

    def place(self, method: str | None = None) -> str:
        """Return the user's file and the line where a method, or the class, begins."""
        return self._places.get(method or "", self._place)


def _packages(parts: tuple[str, ...]) -> list[str]:
    """Return the names that stand right below where packages are installed: an environment may be called torch too."""
    return [name for above, name in itertools.pairwise(parts) if above in ("site-packages", "dist-packages")]


def _taken(file: net_files.NetFile) -> NetProcess:
    """Return the process that was started ahead for a file, or a new one."""
    return _AHEAD.pop(file.net) if file.net in _AHEAD else NetProcess(file.net, file.path.parent)


def _started(file: net_files.NetFile, output: IO[bytes] | None = None) -> NetProcess:
    """Return a process that has imported what it needs besides the net."""
    process = NetProcess(file.net, file.path.parent, output)
    process.ask("starting", {"do": "tell"})
    return process


class CustomTrainer:
    """A user's net as a trainer. ``fit`` is called once an epoch; controlled, once a batch, which has no order."""

    libraries: ClassVar[tuple[str, ...]] = ("numpy",)

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.net = UserNet(spec.net, hidden_size=spec.hidden_size, lr=spec.lr, seed=spec.seed)
        if spec.protocol == "controlled":
            for method in ("get_weights", "set_weights"):
                self.net.require(method, ", which a controlled run needs")
            self._require_layout()

    @classmethod
    def ahead(cls, spec: Spec) -> None:
        """Start the net's process, and wait until it has imported what it needs besides the net."""
        file = net_files.require(spec.net)
        _AHEAD[file.net] = _started(file)

    @property
    def effective_threads(self) -> int:
        """The threads of NumPy's BLAS; what else the net may use is not known."""
        return environment.blas_threads()

    @property
    def pid(self) -> int:
        """The process in which the net computes."""
        return self.net.process.pid

    def arrays(self) -> list[Floats]:
        """Return copies of the arrays of ``get_weights``, as they are; none where it has no such method."""
        return self.net.arrays() if self.net.has("get_weights") else []

    def prepare(self, images: Floats, labels: NDArray[np.int64]) -> None:
        """Send what ``fit`` is going to be given, so that it need not be sent on the clock."""
        self.net.process.hold(images=images, labels=labels)

    def fit(
        self,
        images: Floats,
        labels: NDArray[np.int64],
        *,
        batch_size: int,
        epochs: int,
        shuffle: bool = True,
        on_epoch_end: Callable[[], None],
    ) -> None:
        """Train by the net's own ``fit``; see :class:`~mnistbench.nets.base.Trainer`."""
        rows = len(images) if shuffle else batch_size
        for _ in range(epochs):
            for start in range(0, len(images), rows):
                part = slice(start, start + rows)
                self.net.fit(images[part], labels[part], batch_size, 1)
            on_epoch_end()

    def predict(self, images: Floats) -> Floats:
        """Return class probabilities, shape (n, 10), for images, shape (n, 784).

        Raises:
            DivergedError: some are not finite.
        """
        outputs = self.net.predict(images)
        wrong = np.count_nonzero(~np.isfinite(outputs).all(axis=1))
        if wrong:
            raise DivergedError(
                f"{self.net.place('predict')}: predict returned NaN or infinity for {wrong} of {len(images)} images;"
                " expected probabilities: choose a smaller lr, or shift the logits by their maximum in softmax."
            )
        return outputs

    def get_weights(self) -> list[Floats] | None:
        """Return copies of [W1, b1, W2, b2], however the net lays them out; ``None`` where it tells none, or others."""
        arrays = self.arrays()
        layout = self._layout(arrays)
        if layout is None:
            return None
        plain = zip(layout.order, layout.plain(arrays), strict=True)
        return [array.astype(arrays[place].dtype) for place, array in plain]

    def set_weights(self, weights: list[Floats]) -> None:
        """Take over [W1, b1, W2, b2], as the net lays them out."""
        self.net.set_weights(self._require_layout().native(weights))

    def _require_layout(self) -> Layout:
        arrays = self.arrays()
        layout = self._layout(arrays)
        if layout is None:
            shapes = ", ".join(str(array.shape) for array in arrays)
            raise NetError(
                f"{self.net.place('get_weights')}: get_weights returned arrays of shape {shapes}; a controlled run"
                f" needs W1 ({N_PIXELS}, {self.spec.hidden_size}), b1, W2 and b2 ({N_CLASSES},), which may be turned."
            )
        return layout

    def _layout(self, arrays: list[Floats]) -> Layout | None:
        """Return the layout of arrays that are those of 784–H–10, turned or not."""
        layout = read_layout(arrays, self._of_another_size) if arrays else None
        return layout if layout and layout.is_two_layers and layout.widths[1] == self.spec.hidden_size else None

    @functools.cached_property
    def _of_another_size(self) -> Layout | None:
        """The layout of a net of another size, where an array does not tell by its own shape what it is."""
        asked = self.spec
        if asked.hidden_size not in (1, N_PIXELS, N_CLASSES):
            return None
        try:
            return read_layout(self.net.fresh(hidden_size=asked.hidden_size + 1, lr=asked.lr, seed=asked.seed).arrays())
        except NetError:  # it refuses the other size
            return None
