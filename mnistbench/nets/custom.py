"""A user's own net, ``FILE.py:CLASS``, behind guards, and as a trainer.

The class looks like a Keras model: ``__init__(hidden_size, lr, seed)``, ``fit(images, labels, batch_size,
epochs)``, ``predict(images)`` and, where it is to be proven, ``get_weights()`` and ``set_weights(weights)``.
What goes wrong in it becomes one sentence with the line in the user's file. This runs in the child alone.
"""

import copy
import inspect
import sys
import traceback
import types
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mnistbench.datasets import N_CLASSES, N_PIXELS
from mnistbench.errors import DivergedError, NetError
from mnistbench.experiment import Spec, net_files
from mnistbench.ledger import PARAMETERS
from mnistbench.machine import environment
from mnistbench.nets import own_code

Floats = NDArray[np.floating]

EXPECTED = {
    "__init__": "__init__(self, hidden_size, lr, seed)",
    "fit": "fit(self, images, labels, batch_size, epochs)",
    "predict": "predict(self, images), which returns probabilities of shape (n, 10)",
    "get_weights": "get_weights(self), which returns [W1 (784, H), b1 (H,), W2 (H, 10), b2 (10,)]",
    "set_weights": "set_weights(self, weights), which takes over [W1 (784, H), b1 (H,), W2 (H, 10), b2 (10,)]",
}
SUM_TOLERANCE = 1e-3  # of a row of probabilities, which may have been added up in float32


class UserNet:
    """A user's net; every call checks what comes back.

    Raises:
        NetError: from every method: what the net did, in one sentence.
    """

    def __init__(self, net: str, *, hidden_size: int, lr: float, seed: int) -> None:
        self.file = file = net_files.require(net)
        self._class = _load(file)
        for method in ("fit", "predict"):
            self.require(method)
        self._make(hidden_size, lr, seed)

    def fresh(self, *, hidden_size: int, lr: float, seed: int) -> "UserNet":
        """Return another net of the same class; the file is not run again."""
        other = copy.copy(self)
        other._make(hidden_size, lr, seed)
        return other

    def _make(self, hidden_size: int, lr: float, seed: int) -> None:
        self._shapes = [(N_PIXELS, hidden_size), (hidden_size,), (hidden_size, N_CLASSES), (N_CLASSES,)]
        self._net: Any = self._class
        self._net = self._call("__init__", self._class, hidden_size=hidden_size, lr=lr, seed=seed)

    def has(self, method: str) -> bool:
        """Say whether the class has a method."""
        return callable(getattr(self._class, method, None))

    def require(self, method: str, why: str = "") -> None:
        """Refuse a class that lacks a method."""
        if not self.has(method):
            raise NetError(
                f"{self.place()}: {self.file.class_name} has no method {method}{why}; write {EXPECTED[method]}."
            )

    def fit(self, images: Floats, labels: NDArray[np.integer], batch_size: int, epochs: int) -> None:
        """Train on images, shape (n, 784), and labels, shape (n,), which the net may not write to."""
        self._call("fit", self._net.fit, _read_only(images), _read_only(labels), batch_size=batch_size, epochs=epochs)

    def predict(self, images: Floats) -> Floats:
        """Return class probabilities, shape (n, 10), float64 unless the net's own are floats. They may be NaN."""
        outputs = self._array("predict", "the probabilities", self._predict(images), (len(images), N_CLASSES))
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

    def get_weights(self) -> list[Floats]:
        """Return copies of [W1 (784, H), b1 (H,), W2 (H, 10), b2 (10,)]."""
        self.require("get_weights")
        given = self._call("get_weights", self._net.get_weights)
        if not isinstance(given, list | tuple) or len(given) != len(PARAMETERS):
            raise NetError(
                f"{self.place('get_weights')}: get_weights returned {_describe(given)};"
                " expected a list of four arrays, [W1, b1, W2, b2]."
            )
        named = zip(PARAMETERS, given, self._shapes, strict=True)
        return [self._array("get_weights", name, array, shape).copy() for name, array, shape in named]

    def arrays(self) -> list[Floats]:
        """Return copies of the arrays of ``get_weights``, one or more of any number and shape, as floats."""
        self.require("get_weights")
        given = self._call("get_weights", self._net.get_weights)
        if not isinstance(given, list | tuple) or not given:
            raise NetError(
                f"{self.place('get_weights')}: get_weights returned {_describe(given)};"
                " expected a list of the arrays that fit trains, [W1, b1, W2, b2]."
            )
        return [self._array("get_weights", f"array {i}", array).copy() for i, array in enumerate(given, 1)]

    def set_weights(self, weights: list[Floats]) -> None:
        """Give the net copies of its arrays."""
        self.require("set_weights")
        self._call("set_weights", self._net.set_weights, [array.copy() for array in weights])

    def _predict(self, images: Floats) -> Any:
        return self._call("predict", self._net.predict, _read_only(images))

    def _call(self, method: str, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        try:
            signature = inspect.signature(function)
            if any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in signature.parameters.values()) and not any(
                p.kind is inspect.Parameter.VAR_KEYWORD for p in signature.parameters.values()
            ):  # such as __init__(self, *sizes_and_the_rest), which takes no name
                arguments, named = (*arguments, *named.values()), {}
            signature.bind(*arguments, **named)
        except TypeError as error:
            raise NetError(
                f"{self.place(method)}: {method} cannot be called as it is here ({error}); write {EXPECTED[method]}."
            ) from error
        except ValueError:  # a callable without a signature
            pass
        try:
            return function(*arguments, **named)
        except (Exception, SystemExit) as error:
            hint = own_code.why(error, self.file)
            if _is_write(error):
                hint = "; images and labels belong to the caller: copy them to change them"
            raise NetError(
                f"{place_of(error, self.file) or self.place(method)}: {method} raised"
                f" {type(error).__name__}: {' '.join(str(error).split())[:300]}{hint}."
            ) from error

    def _array(self, method: str, what: str, given: Any, shape: tuple[int, ...] | None = None) -> Floats:
        hint = ""
        try:
            array = np.asarray(given)
        except RuntimeError as error:  # torch refuses a tensor that still records its gradient, and says "detach"
            hint = ": return tensor.detach().numpy()" if "detach" in str(error) else ""
            array = np.asarray(None)
        except (TypeError, ValueError):
            array = np.asarray(None)
        if (shape is not None and array.shape != shape) or array.dtype.kind not in "fiu":
            expected = f"an array of numbers{f' of shape {shape}' if shape else ''}{hint}"
            raise NetError(
                f"{self.place(method)}: {method} returned {_describe(given)} for {what}; expected {expected}."
            )
        return array if array.dtype.kind == "f" else array.astype(np.float64)

    def place(self, method: str | None = None) -> str:
        """Return the user's file and the line where a method, or the class, begins."""
        return own_code.place(getattr(self._class, method) if method and self.has(method) else self._class, self.file)


class CustomTrainer:
    """A user's net as a trainer. ``fit`` is called once an epoch; controlled, once a batch, which has no order."""

    libraries: ClassVar[tuple[str, ...]] = ("numpy",)

    def __init__(self, spec: Spec) -> None:
        self.net = UserNet(spec.net, hidden_size=spec.hidden_size, lr=spec.lr, seed=spec.seed)
        if spec.protocol == "controlled":
            for method in ("get_weights", "set_weights"):
                self.net.require(method, ", which a controlled run needs")

    @property
    def effective_threads(self) -> int:
        """The threads of NumPy's BLAS; what else the net may use is not known."""
        return environment.blas_threads()

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
        """Return copies of [W1, b1, W2, b2]; ``None`` where the net does not tell them."""
        return self.net.get_weights() if self.net.has("get_weights") else None

    def set_weights(self, weights: list[Floats]) -> None:
        """Take over [W1, b1, W2, b2]."""
        self.net.set_weights(weights)


def _load(file: net_files.NetFile) -> type:
    """Run the user's file as a module of its own; its neighbours can be imported, and shadow nothing."""
    module = types.ModuleType("mnistbench_user_net")
    module.__file__ = str(file.path)
    sys.path.append(str(file.path.parent.absolute()))
    sys.modules[module.__name__] = module
    file.check()
    try:
        own_code.run(file, module.__dict__)
    except (Exception, SystemExit) as error:
        raise NetError(
            f"{place_of(error, file) or file.path}: importing the file raised"
            f" {type(error).__name__}: {' '.join(str(error).split())[:300]}{own_code.why(error, file)}."
        ) from error
    found = getattr(module, file.class_name, None)
    if not isinstance(found, type):
        raise NetError(file.no_such_class([k for k, v in vars(module).items() if isinstance(v, type)]))
    return found


def place_of(error: BaseException, file: net_files.NetFile) -> str | None:
    """Return the innermost line of the user's file, or of a cell of it, that an exception came through."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if file.holds(frame.filename)]
    return f"{frames[-1].filename}, line {frames[-1].lineno}" if frames else None


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    view = array.view()
    view.flags.writeable = False
    return view


def _is_write(error: BaseException) -> bool:
    return isinstance(error, ValueError) and "read-only" in str(error)


def _describe(given: Any) -> str:
    if isinstance(given, np.ndarray):
        return f"an array of shape {given.shape} and dtype {given.dtype}"
    if isinstance(given, list | tuple):
        return f"a {type(given).__name__} of {len(given)}"
    return "None" if given is None else f"a {type(given).__name__}"
