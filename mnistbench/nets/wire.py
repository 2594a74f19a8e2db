"""What crosses between the referee and the process of a user's net: a line of JSON, and raw arrays behind it.

No object is ever pickled, and neither side runs what the other sends. Nothing numerical happens here.
"""

import json
import re
from collections.abc import Sequence
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from mnistbench.errors import MnistbenchError

MAX_HEADER = 2**20  # bytes
MAX_ARRAYS = 2**30  # bytes of all arrays of one message
MAX_SIDES = 8
NUMBERS = re.compile(r"[<>|][fiu](1|2|4|8|16)")


class WireError(MnistbenchError):
    """What came is no message."""


def send(stream: IO[bytes], header: dict[str, Any], arrays: Sequence[NDArray[Any]] = ()) -> None:
    """Write one message: the header, then arrays of numbers, of any shape.

    Raises:
        OSError: the other side is gone.
    """
    whole = [np.asarray(array, order="C") for array in arrays]
    described = [[array.dtype.str, list(array.shape)] for array in whole]
    stream.write(json.dumps(header | {"arrays": described}).encode() + b"\n")
    for array in whole:
        stream.write(array.reshape(-1).view(np.uint8).data)
    stream.flush()


def receive(stream: IO[bytes], most: int = MAX_ARRAYS) -> tuple[dict[str, Any], list[NDArray[Any]]]:
    """Read one message, with at most so many bytes of arrays.

    Raises:
        EOFError: the other side is gone.
        WireError: it is none; announced sizes are checked before anything is read.
    """
    line = stream.readline(MAX_HEADER)
    if not line:
        raise EOFError
    try:
        header = json.loads(line)
        described = [(np.dtype(_number(name)), tuple(map(int, shape))) for name, shape in header.pop("arrays")]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError) as error:
        raise WireError(f"it wrote {line[:80].decode(errors='replace')!r}") from error
    sizes = [dtype.itemsize * _count(shape) for dtype, shape in described]
    if sum(sizes) > most:
        raise WireError(f"it announced {sum(sizes)} bytes of arrays; {most} are allowed")
    return header, [_read(stream, dtype, shape) for dtype, shape in described]


def is_number(array: NDArray[Any]) -> bool:
    """Say whether an array can be sent."""
    return NUMBERS.fullmatch(array.dtype.str) is not None and array.nbytes <= MAX_ARRAYS // 8


def _number(name: str) -> str:
    if not NUMBERS.fullmatch(name):
        raise ValueError(name)
    return name


def _count(shape: tuple[int, ...]) -> int:
    product = 1
    if len(shape) > MAX_SIDES or max(shape, default=0) > MAX_ARRAYS:
        raise WireError(f"it announced an array of {len(shape)} sides, or of a side that none can have")
    for side in shape:
        if side < 0:
            raise WireError(f"it announced an array of shape {shape}")
        product *= side
    return product


def _read(stream: IO[bytes], dtype: "np.dtype[Any]", shape: tuple[int, ...]) -> NDArray[Any]:
    array = np.empty(_count(shape), dtype)
    into = memoryview(array.view(np.uint8))  # type: ignore[arg-type]
    while len(into):
        got = stream.readinto(into)  # type: ignore[attr-defined]
        if not got:
            raise EOFError
        into = into[got:]
    return array.reshape(shape)
