"""Images and labels as arrays: finds the files, checks them, and gives a run what it trains and tests on.

Nothing here knows a net. The bundled MNIST needs no network; ``keras`` alone may download.
"""

import dataclasses
import gzip
import hashlib
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import DTypeLike, NDArray

from mnistbench.datasets import dataset_files
from mnistbench.errors import DataError

BUNDLED = Path(__file__).parent / "mnist"
KERAS_CACHE = Path("~/.keras/datasets/mnist.npz")
KERAS_CACHE_BYTES = 64 * 2**20  # unpacked; it has 55 million
N_CLASSES = 10
IMAGE_SHAPE = (28, 28)
N_PIXELS = IMAGE_SHAPE[0] * IMAGE_SHAPE[1]
MAX_IMAGES = 1_000_000
Images = NDArray[Any]  # floating point or uint8
QUICK_TRAIN_IMAGES, QUICK_TEST_IMAGES = 6_000, 1_000

NPZ_NAMES = {"train-images": "x_train", "train-labels": "y_train", "t10k-images": "x_test", "t10k-labels": "y_test"}

# SHA-256 of the uncompressed files of MNIST.
MNIST_SHA256 = {
    "train-images": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
PACKED_SHA256 = "65b7f74485091be7aefb57f695aae39b5d3c29296530d2e6ce5f6a89c7b3be77"  # of the four, one after another


@dataclasses.dataclass(frozen=True, slots=True)
class Dataset:
    """What one run trains and tests on.

    Images have shape (n, 784), floating point in [0, 1] or bytes in 0 … 255; labels have shape (n,), int64 in 0 … 9.
    ``sha256`` identifies the content of the source, whatever part of it is used.
    """

    train_images: Images
    train_labels: NDArray[np.int64]
    test_images: Images
    test_labels: NDArray[np.int64]
    sha256: str


def load(dataset: str, *, dtype: DTypeLike = np.float32, quick: bool = False) -> Dataset:
    """Read, check and normalise a dataset.

    Args:
        dataset: ``mnist`` (bundled), ``keras`` (through ``keras.datasets.mnist``), a folder with four IDX files, those
            of EMNIST's digits and torchvision's root included, or an ``.npz`` file of the form of Keras's.
        dtype: of the images; ``uint8`` leaves them as the bytes they are.
        quick: keep only the first 6,000 training and 1,000 test images.

    Raises:
        DataError: a file is missing, damaged, of another kind, or does not match its partner.
    """
    parts, digest = _load_keras() if dataset == "keras" else _load_folder(dataset)
    train, test = (QUICK_TRAIN_IMAGES, QUICK_TEST_IMAGES) if quick else (None, None)
    # One array at a time, so that the bytes of one are free before the next is widened.
    return Dataset(
        train_images=_normalise(parts.pop("train-images")[:train], dtype),
        train_labels=parts.pop("train-labels")[:train].astype(np.int64),
        test_images=_normalise(parts.pop("t10k-images")[:test], dtype),
        test_labels=parts.pop("t10k-labels")[:test].astype(np.int64),
        sha256=digest,
    )


def load_test(dataset: str, *, quick: bool = False) -> tuple[Images, NDArray[np.int64], str]:
    """Return a dataset's test images, float32, their labels, and the SHA-256 of the whole; else as :func:`load`.

    Of the bundled MNIST nothing else is read: what its training files would be is known.
    """
    parts, digest = _load_keras() if dataset == "keras" else _load_folder(dataset, test_only=True)
    test = QUICK_TEST_IMAGES if quick else None
    return _normalise(parts["t10k-images"][:test], np.float32), parts["t10k-labels"][:test].astype(np.int64), digest


def is_here(dataset: str) -> bool:
    """Say whether a dataset can be read without a download."""
    return dataset != "keras" or KERAS_CACHE.expanduser().exists()


def check(dataset: str) -> str:
    """Look once for a dataset's faults, before any run is started, and return its SHA-256.

    Raises:
        DataError: as :func:`load`.
    """
    if dataset == "mnist" and _is_bundled_as_shipped():
        return _of_all(MNIST_SHA256.values())
    if not is_here(dataset):
        _download_with_keras()
    return (_load_keras() if dataset == "keras" else _load_folder(dataset))[1]


def batch_orders(n_images: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Yield for each epoch the order, a permutation of shape (n_images,), in which controlled runs see the images."""
    rng = np.random.default_rng([seed, n_images])
    while True:
        yield rng.permutation(n_images)


def _is_bundled_as_shipped() -> bool:
    """Say whether the bundled files are whole, by their packed bytes: a tenth of the work. Each run checks the rest."""
    files = dataset_files.find(str(BUNDLED)).files
    try:
        packed = b"".join(files[stem].read_bytes() for stem in MNIST_SHA256)
    except OSError:
        return False  # reading them says why
    return hashlib.sha256(packed).hexdigest() == PACKED_SHA256


def _of_all(digests: Iterable[str]) -> str:
    """Return the one SHA-256 that stands for those of the four files."""
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def _normalise(images: NDArray[np.uint8], dtype: DTypeLike) -> Images:
    """Turn bytes, shape (n, 28, 28), into pixels / 255, shape (n, 784); uint8 keeps them."""
    rows = images.reshape(len(images), N_PIXELS)
    if np.dtype(dtype) == np.uint8:
        return rows
    normalised: NDArray[np.floating] = np.divide(rows, np.dtype(dtype).type(255), dtype=dtype)
    return normalised


def _load_folder(dataset: str, *, test_only: bool = False) -> tuple[dict[str, NDArray[np.uint8]], str]:
    if Path(dataset).suffix == ".npz" and Path(dataset).is_file():
        return _load_npz(Path(dataset))
    found = dataset_files.find(str(BUNDLED) if dataset == "mnist" else dataset)
    unread = [stem for stem in MNIST_SHA256 if stem.startswith("train")] if test_only and dataset == "mnist" else []
    parts, digests = {}, {stem: MNIST_SHA256[stem] for stem in unread}
    for stem, file in found.files.items():
        if stem in unread:
            continue
        parts[stem], digests[stem] = _read_idx(file, n_dimensions=3 if stem.endswith("images") else 1)
        if dataset == "mnist" and digests[stem] != MNIST_SHA256[stem]:
            raise DataError(f"{file}: is not the file of MNIST (its SHA-256 differs); install mnistbench again.")
        if found.is_transposed and stem.endswith("images"):
            parts[stem] = np.ascontiguousarray(parts[stem].transpose(0, 2, 1))
    _check_pairs(parts, found.files)
    return parts, _of_all(digests.values())


def _read_idx(file: Path, *, n_dimensions: int) -> tuple[NDArray[np.uint8], str]:
    """Read unsigned bytes in the IDX format, https://yann.lecun.org/exdb/mnist/, and their file's SHA-256.

    No more is read than the header announces, and the header may announce no more than a million images.
    """
    header_size = 4 + 4 * n_dimensions
    try:
        with _open(file) as stream:
            header = stream.read(header_size)
            shape = _idx_shape(file, header, n_dimensions)
            size = int(np.prod(shape))
            content = stream.read(size)
            extra = stream.read(1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{file}: is truncated or damaged ({error}); get the file again.") from error
    if len(content) < size or extra:
        raise DataError(
            f"{file}: is {'too long' if extra else 'truncated'}: its header announces {size} bytes after"
            f" itself and {'more' if extra else len(content)} follow; get the file again."
        )
    digest = hashlib.sha256(header)
    digest.update(content)
    return np.frombuffer(content, np.uint8).reshape(shape), digest.hexdigest()


def _open(file: Path) -> BinaryIO:
    return gzip.open(file) if file.suffix == ".gz" else file.open("rb")  # type: ignore[return-value]


def _idx_shape(file: Path, header: bytes, n_dimensions: int) -> tuple[int, ...]:
    kind = "images (n, 28, 28)" if n_dimensions == 3 else "labels (n,)"
    magic = bytes([0, 0, 0x08, n_dimensions])  # two zeros, type code 8 (unsigned byte), number of dimensions
    if len(header) < 4 + 4 * n_dimensions or header[:4] != magic:
        raise DataError(
            f"{file}: is no IDX file of {kind} in unsigned bytes: it begins with {header[:4].hex() or 'nothing'},"
            f" not {magic.hex()}; give the right file."
        )
    shape = struct.unpack(f">{n_dimensions}I", header[4:])
    if not 1 <= shape[0] <= MAX_IMAGES or shape[1:] != IMAGE_SHAPE[: n_dimensions - 1]:
        raise DataError(f"{file}: announces the shape {shape}; {kind} with n from 1 to {MAX_IMAGES} are allowed.")
    return shape


def _check_pairs(parts: dict[str, NDArray[np.uint8]], files: dict[str, Path]) -> None:
    for prefix in dict.fromkeys(stem.partition("-")[0] for stem in parts):
        images, labels = parts[f"{prefix}-images"], parts[f"{prefix}-labels"]
        if len(images) != len(labels):
            raise DataError(
                f"{files[f'{prefix}-labels']}: has {len(labels)} labels for the {len(images)} images of"
                f" {files[f'{prefix}-images'].name}; give files that belong together."
            )
        if labels.max() >= N_CLASSES:
            raise DataError(f"{files[f'{prefix}-labels']}: has the label {labels.max()}; labels run from 0 to 9.")


def _load_keras() -> tuple[dict[str, NDArray[np.uint8]], str]:
    """Read the file that ``keras.datasets.mnist`` keeps, without importing Keras."""
    file = KERAS_CACHE.expanduser()
    try:
        parts = _read_npz(file, max_bytes=KERAS_CACHE_BYTES)
    except ValueError as error:
        raise DataError(
            f"{file}: is not the file of keras.datasets.mnist ({error}); delete it, or use dataset: mnist."
        ) from error
    digests = {stem: _digest(array) for stem, array in parts.items()}
    for stem, digest in digests.items():
        if digest != MNIST_SHA256[stem]:
            raise DataError(f"{file}: its {stem} are not those of MNIST; delete it, or use dataset: mnist.")
    return parts, _of_all(digests.values())


def _load_npz(file: Path) -> tuple[dict[str, NDArray[np.uint8]], str]:
    """Read a user's own file of the form of Keras's."""
    try:
        parts = _read_npz(file, max_bytes=2 * MAX_IMAGES * N_PIXELS)
    except ValueError as error:
        raise DataError(
            f"{file}: is no dataset ({error}); it takes x_train and x_test, bytes (n, 28, 28), y_train and y_test,"
            " bytes (n,)."
        ) from error
    for stem, array in parts.items():
        rest = IMAGE_SHAPE if stem.endswith("images") else ()
        if array.dtype != np.uint8 or array.shape[1:] != rest or not 1 <= len(array) <= MAX_IMAGES:
            raise DataError(
                f"{file}: its {NPZ_NAMES[stem]} is {array.dtype}, shape {array.shape}; bytes (uint8) of shape"
                f" (n{''.join(f', {side}' for side in rest) or ','}) with n from 1 to {MAX_IMAGES} are allowed."
            )
    _check_pairs(parts, {stem: file.with_name(f"{file.name}, {name}") for stem, name in NPZ_NAMES.items()})
    return parts, _of_all(map(_digest, parts.values()))


def _read_npz(file: Path, *, max_bytes: int) -> dict[str, NDArray[np.uint8]]:
    """Return the four arrays of an archive that unpacks to no more than so many bytes.

    Raises:
        ValueError: it is another file, or damaged.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            if sum(member.file_size for member in archive.infolist()) > max_bytes:
                raise ValueError("it is too large")
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            return {stem: np.atleast_1d(arrays[name]) for stem, name in NPZ_NAMES.items()}
    except (
        OSError, ValueError, LookupError, TypeError, EOFError, MemoryError, NotImplementedError, zlib.error,
        zipfile.BadZipFile,
    ) as error:  # fmt: skip
        raise ValueError(str(error)) from error


def _digest(array: NDArray[np.uint8]) -> str:
    """Return the SHA-256 of the IDX file that would hold an array."""
    header = bytes([0, 0, 0x08, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return hashlib.sha256(header + array.tobytes()).hexdigest()


def _download_with_keras() -> None:
    """Let Keras fetch its copy, in a process of its own, so that no other process holds Keras."""
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "mnistbench.datasets.keras_mnist"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        assert child.stderr is not None  # noqa: S101 (for the type checker)
        lines = child.stderr.read().strip().splitlines() or ["no reason given"]
    if child.returncode != 0:
        raise DataError(
            f"dataset keras: Keras could not load MNIST ({lines[-1]}); use dataset: mnist, which needs no network."
        )
