"""The weights after each epoch of a controlled run: one file beside the ledger, written as the run goes.

The child writes it and the certificate reads it; what the differences mean is :mod:`mnistbench.judging.certificate`'s.
"""

import contextlib
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistbench.ledger.atomic import replacing

READ_BYTES = 257 * 2**20  # no more is unpacked, whatever a file announces; one of ours has headers above its limit
PARAMETERS = ("W1", "b1", "W2", "b2")
# From measurement: NumPy and Keras agree to 1e-15 over 20 epochs of MNIST in float64, and to 4e-7 after one epoch
# in float32. There, rounding then sends a hidden unit to the other side of 0, and right nets drift apart.
LIMITS = {"float64": 1e-9, "float32": 1e-5}
MAX_BYTES = 256 * 2**20  # of one run's file; the epochs after that are trained and scored, and not recorded


@contextlib.contextmanager
def recording(file: Path) -> Iterator["Recorder"]:
    """Write a run's file, an uncompressed ``.npz``, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    with replacing(file) as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        yield Recorder(archive)


class Recorder:
    """Puts a run's epochs into its file.

    The arrays are ``<epoch>/W1``, ``b1``, ``W2``, ``b2``, and ``<epoch>/predictions``, the classes given to the
    test images, shape (n,), uint8. Epoch 0 is the start.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._zip = archive

    def add(self, epoch: int, weights: list[NDArray[np.floating]], probabilities: NDArray[np.floating]) -> None:
        """Put one epoch into the file, unless the file would pass its limit."""
        arrays: dict[str, NDArray[Any]] = dict(zip(PARAMETERS, weights, strict=True))
        arrays["predictions"] = probabilities.argmax(axis=1).astype(np.uint8)
        size = sum(info.file_size for info in self._zip.infolist())
        if size + sum(array.nbytes for array in arrays.values()) > MAX_BYTES:
            return
        for name, array in arrays.items():
            with self._zip.open(f"{epoch}/{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


@contextlib.contextmanager
def recorded(file: Path) -> Iterator["Trajectory"]:
    """Open a run's file.

    Raises:
        OSError, ValueError, zipfile.BadZipFile: it is missing or damaged.
    """
    with zipfile.ZipFile(file) as archive:
        if sum(member.file_size for member in archive.infolist()) > READ_BYTES:
            raise ValueError(f"{file}: announces more than {READ_BYTES} bytes")
    with np.load(file, allow_pickle=False) as arrays:
        yield Trajectory(arrays)


class Trajectory:
    """A run's recorded epochs, each read from the file as it is asked for."""

    def __init__(self, arrays: "np.lib.npyio.NpzFile") -> None:
        self._arrays = arrays
        self.epochs = sorted({int(name.partition("/")[0]) for name in arrays.files})

    def array(self, epoch: int, name: str) -> NDArray[Any]:
        """Return ``W1``, ``b1``, ``W2``, ``b2`` or ``predictions`` after an epoch.

        Raises:
            ValueError: it is damaged, or announces more than it holds.
        """
        try:
            array: NDArray[Any] = self._arrays[f"{epoch}/{name}"]
        except (MemoryError, EOFError, zlib.error, NotImplementedError) as error:
            raise ValueError(f"{epoch}/{name} cannot be read ({error})") from error
        return array
