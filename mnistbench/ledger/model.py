"""A trained net read back from its file: weights, and what they say of images. No trainer and no framework."""

import dataclasses
import tokenize
import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mnistbench.datasets import N_CLASSES, N_PIXELS
from mnistbench.errors import ModelError
from mnistbench.ledger.trajectory import PARAMETERS

Floats = NDArray[np.floating]

MAX_HIDDEN = 100_000  # as many as a config may ask for; a larger file is not read
PREDICT_ROWS = 1000  # at a time: keeps the hidden layer of 10,000 images out of memory


@dataclasses.dataclass(frozen=True, slots=True)
class Model:
    """The weights W1 (784, H), b1 (H,), W2 (H, 10), b2 (10,), finite floating point."""

    W1: Floats
    b1: Floats
    W2: Floats
    b2: Floats

    def predict(self, images: Floats) -> Floats:
        """Return class probabilities, shape (n, 10), for images in [0, 1], shape (n, 784)."""
        probabilities = np.empty((len(images), N_CLASSES))
        for start in range(0, len(images), PREDICT_ROWS):
            rows = slice(start, start + PREDICT_ROWS)
            logits = np.maximum(images[rows] @ self.W1 + self.b1, 0) @ self.W2 + self.b2
            exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
            probabilities[rows] = exponentials / exponentials.sum(axis=1, keepdims=True)
        return probabilities


def load_model(file: Path) -> Model:
    """Read a ``model.npz``; its headers are checked before any array is read, and nothing is unpickled.

    Raises:
        ModelError: it is missing, damaged, too large, or of another net.
    """
    if file.exists() and not file.is_file():  # a pipe would be waited for
        raise ModelError(f"{file}: is no file; give a model.npz that train wrote.")
    try:
        with zipfile.ZipFile(file) as archive:
            _check_shapes(file, [_shape(archive, name) for name in PARAMETERS])
            arrays = [_read(archive, name) for name in PARAMETERS]
    except (OSError, ValueError, KeyError, EOFError, RuntimeError, SyntaxError, tokenize.TokenError, zlib.error,
            zipfile.BadZipFile) as error:  # fmt: skip
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise ModelError(f"{file}: is no model of mnistbench ({reason}); give a model.npz that train wrote.") from error
    if not all(np.isfinite(array).all() for array in arrays):
        raise ModelError(f"{file}: holds weights that are not finite; train the net again.")
    return Model(*arrays)


def _check_shapes(file: Path, shapes: list[tuple[int, ...]]) -> None:
    hidden_size = shapes[0][1] if len(shapes[0]) == 2 else 0
    expected = [(N_PIXELS, hidden_size), (hidden_size,), (hidden_size, N_CLASSES), (N_CLASSES,)]
    if shapes != expected or not 1 <= hidden_size <= MAX_HIDDEN:
        found = ", ".join(f"{name} {shape}" for name, shape in zip(PARAMETERS, shapes, strict=True))
        raise ModelError(
            f"{file}: is the model of another net ({found}); W1 (784, H), b1 (H,), W2 (H, 10) and b2 (10,)"
            f" with H from 1 to {MAX_HIDDEN} are allowed, as train writes them."
        )


def _shape(archive: zipfile.ZipFile, name: str) -> tuple[int, ...]:
    with archive.open(f"{name}.npy") as member:
        read_header = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }.get(np.lib.format.read_magic(member))
        if read_header is None:
            raise ValueError(f"{name} is of a newer format")
        shape, _, dtype = read_header(member)
    if dtype.kind != "f":
        raise ValueError(f"{name} is of {dtype}, not floating point")
    return shape


def _read(archive: zipfile.ZipFile, name: str) -> Floats:
    with archive.open(f"{name}.npy") as member:
        array: Floats = np.lib.format.read_array(member, allow_pickle=False)
        return array
