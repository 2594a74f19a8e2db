"""What answers in the process of a user's net (:mod:`~mnistbench.nets.apart`), where the net's code is run.

It answers one request at a time, as :mod:`~mnistbench.nets.wire` has them: it loads the file, makes nets, and calls
their methods. It gets images, training labels and weights; test labels never come here. Nothing that it says is
believed unread by :mod:`~mnistbench.nets.custom`, which asks.
"""

import contextlib
import inspect
import os
import random
import signal
import sys
import traceback
import types
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistbench.errors import NetError, printable
from mnistbench.experiment import net_files
from mnistbench.nets import own_code, wire

METHODS = {
    "__init__": "__init__(self, hidden_size, lr, seed)",
    "fit": "fit(self, images, labels, batch_size, epochs)",
    "predict": "predict(self, images), which returns probabilities of shape (n, 10)",
    "get_weights": "get_weights(self), which returns [W1 (784, H), b1 (H,), W2 (H, 10), b2 (10,)]",
    "set_weights": "set_weights(self, weights), which takes over [W1 (784, H), b1 (H,), W2 (H, 10), b2 (10,)]",
}
LIBRARIES = ("jax", "keras", "sklearn", "tensorflow", "torch", "mnistbench.nets.numpy_net")
Reply = tuple[dict[str, Any], Sequence[NDArray[Any]]]


class _TimeIsUpError(BaseException):
    """The seconds that a request may take are over; no ``except Exception`` of the user's stops it."""


class Host:
    """One user's class, the nets that were made of it, and the arrays that are kept for them."""

    def __init__(self) -> None:
        self._file: net_files.NetFile
        self._class: Any = None
        self._nets: dict[int, Any] = {}
        self._held: dict[str, NDArray[Any]] = {}
        self._work: dict[str, Callable[[dict[str, Any], list[NDArray[Any]]], Reply]] = {
            "load": self._load, "make": self._make, "hold": self._hold, "call": self._call, "tell": self._tell,
        }  # fmt: skip

    def answer(self, request: dict[str, Any], arrays: list[NDArray[Any]]) -> Reply:
        """Do what is asked; what goes wrong in the user's code is a sentence."""
        for number in request["forgotten"]:
            self._nets.pop(number, None)
        signal.setitimer(signal.ITIMER_REAL, request["seconds"])  # 0: without end
        try:
            return self._work[request["do"]](request, arrays)
        except NetError as error:
            if error.__cause__:
                traceback.print_exception(error.__cause__)  # for --verbose
            return {"error": str(error)}, ()
        except _TimeIsUpError as error:
            return {"late": place_of(error, self._file) or ""}, ()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _load(self, request: dict[str, Any], _: list[NDArray[Any]]) -> Reply:
        """Run the user's file as a module of its own; its neighbours can be imported, and shadow nothing."""
        self._file = file = net_files.require(request["net"])
        module = types.ModuleType("mnistbench_user_net")
        module.__file__ = str(file.path)
        sys.path.append(str(file.path.parent.absolute()))
        sys.modules[module.__name__] = module
        file.check()
        try:
            own_code.run(file, module.__dict__)
        except (Exception, SystemExit) as error:
            raise NetError(
                f"{place_of(error, file) or file.path}: importing the file raised {_raised(error)}"
                f"{own_code.why(error, file)}."
            ) from error
        found = getattr(module, file.class_name, None)
        if not isinstance(found, type):
            raise NetError(file.no_such_class([k for k, v in vars(module).items() if isinstance(v, type)]))
        self._class = found
        there = [name for name in METHODS if callable(getattr(found, name, None))]
        places = {name: own_code.place(getattr(found, name), file) for name in there}
        return {"places": places, "place": own_code.place(found, file)}, ()

    def _make(self, request: dict[str, Any], _: list[NDArray[Any]]) -> Reply:
        """Construct a net; what libraries draw by a state of their own begins with the seed where that is asked."""
        if request["seeds_libraries"]:
            _seed_libraries(request["seed"])
        named = {name: request[name] for name in ("hidden_size", "lr", "seed")}
        self._nets[request["number"]] = self._called("__init__", self._class, [], named)
        return {}, ()

    def _hold(self, request: dict[str, Any], arrays: list[NDArray[Any]]) -> Reply:
        """Keep arrays under their names, in place of those that were kept before."""
        self._held = dict(zip(request["names"], map(_read_only, arrays), strict=True))
        return {}, ()

    def _call(self, request: dict[str, Any], arrays: list[NDArray[Any]]) -> Reply:
        """Call a method of a net, and return what it gave."""
        method = request["method"]
        arguments: list[Any] = [self._argument(each, arrays) for each in request["arguments"]]
        if method == "set_weights":
            arguments = [arguments]
        given = self._called(method, getattr(self._nets[request["number"]], method), arguments, request["named"])
        if method == "get_weights" and isinstance(given, list | tuple):
            told = [_as_array(each) for each in given]
            header = {"given": [each[0] for each in told], "is": _describe(given)}
            return header, [array for _, array in told if array is not None]
        about, array = _as_array(given) if method in ("predict", "get_weights") else ({"is": ""}, None)
        return {"given": about}, () if array is None else (array,)

    def _argument(self, asked: dict[str, Any], arrays: list[NDArray[Any]]) -> NDArray[Any]:
        if "held" in asked:
            begin, end = asked["rows"]
            return self._held[asked["held"]][begin:end]
        array = arrays[asked["array"]]
        return array if asked["writable"] else _read_only(array)

    def _tell(self, _: dict[str, Any], __: list[NDArray[Any]]) -> Reply:
        """Tell which libraries that have nets of their own this process has loaded."""
        return {"libraries": [name for name in LIBRARIES if name in sys.modules]}, ()

    def _called(self, method: str, function: Callable[..., Any], arguments: list[Any], named: dict[str, Any]) -> Any:
        try:
            signature = inspect.signature(function)
            if any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in signature.parameters.values()) and not any(
                p.kind is inspect.Parameter.VAR_KEYWORD for p in signature.parameters.values()
            ):  # such as __init__(self, *sizes_and_the_rest), which takes no name
                arguments, named = [*arguments, *named.values()], {}
            signature.bind(*arguments, **named)
        except TypeError as error:
            place = own_code.place(getattr(self._class, method, self._class), self._file)
            raise NetError(
                f"{place}: {method} cannot be called as it is here ({error}); write {METHODS[method]}."
            ) from error
        except ValueError:  # a callable without a signature
            pass
        try:
            return function(*arguments, **named)
        except (Exception, SystemExit) as error:
            hint = own_code.why(error, self._file)
            if isinstance(error, ValueError) and "read-only" in str(error):
                hint = "; images and labels belong to the caller: copy them to change them"
            place = place_of(error, self._file) or own_code.place(getattr(self._class, method), self._file)
            raise NetError(f"{place}: {method} raised {_raised(error)}{hint}.") from error


def place_of(error: BaseException, file: net_files.NetFile) -> str | None:
    """Return the innermost line of the user's file, or of a cell of it, that an exception came through."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if file.holds(frame.filename)]
    return f"{frames[-1].filename}, line {frames[-1].lineno}" if frames else None


def _raised(error: BaseException) -> str:
    try:
        words = str(error)
    except Exception:  # of a class of the user's own, whose words fail too
        words = "without words"
    return f"{type(error).__name__[:80]}: {' '.join(words.split())[:300]}"


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    view = array.view()
    view.flags.writeable = False
    return view


def _as_array(given: Any) -> tuple[dict[str, Any], NDArray[Any] | None]:
    """Return a description of what was given, and the array of numbers that it is, where it is one."""
    hint = ""
    array: NDArray[Any] | None = None
    try:
        array = np.asarray(given)
    except RuntimeError as error:  # torch refuses a tensor that still records its gradient, and says "detach"
        hint = ": return tensor.detach().numpy()" if "detach" in str(error) else ""
    except Exception:  # noqa: S110 (whatever an object of the user's own raises, it is no array)
        pass
    if array is not None and not wire.is_number(array):
        array = None
    return {"is": _describe(given), "hint": hint, "sent": array is not None}, array


def _describe(given: Any) -> str:
    if isinstance(given, np.ndarray):
        return f"an array of shape {given.shape} and dtype {given.dtype}"
    if isinstance(given, list | tuple):
        return f"a {type(given).__name__} of {len(given)}"
    return "None" if given is None else printable(f"a {type(given).__name__}")


def _seed_libraries(seed: int) -> None:
    """Let the generators that Python, NumPy, torch and TensorFlow share begin anew; none of them is imported."""
    random.seed(seed)
    np.random.seed(seed)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)
    if "tensorflow" in sys.modules:
        sys.modules["tensorflow"].random.set_seed(seed)


def answer_all() -> None:
    """Answer until nobody asks."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # a net that asks for input gets an error, and waits for nothing
    os.dup2(2, 1)  # whatever the net prints

    def end(*_: object) -> None:
        raise _TimeIsUpError

    signal.signal(signal.SIGALRM, end)
    host = Host()
    with contextlib.suppress(EOFError, OSError):
        while True:
            reply, arrays = host.answer(*wire.receive(requests, most=sys.maxsize))
            wire.send(replies, reply, arrays)
