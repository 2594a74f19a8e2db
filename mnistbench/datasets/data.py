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
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import DTypeLike, NDArray

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

# SHA-256 of the uncompressed files of MNIST.
MNIST_SHA256 = {
    "train-images": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


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
        dataset: ``mnist`` (bundled), ``keras`` (through ``keras.datasets.mnist``), or a folder with four IDX files.
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


def check(dataset: str) -> str:
    """Read a dataset once for its faults, before any run is started, and return its SHA-256.

    Raises:
        DataError: as :func:`load`.
    """
    if dataset == "keras" and not KERAS_CACHE.expanduser().exists():
        _download_with_keras()
    return (_load_keras() if dataset == "keras" else _load_folder(dataset))[1]


def batch_orders(n_images: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Yield for each epoch the order, a permutation of shape (n_images,), in which controlled runs see the images."""
    rng = np.random.default_rng([seed, n_images])
    while True:
        yield rng.permutation(n_images)


def _normalise(images: NDArray[np.uint8], dtype: DTypeLike) -> Images:
    """Turn bytes, shape (n, 28, 28), into pixels / 255, shape (n, 784); uint8 keeps them."""
    rows = images.reshape(len(images), N_PIXELS)
    if np.dtype(dtype) == np.uint8:
        return rows
    normalised: NDArray[np.floating] = np.divide(rows, np.dtype(dtype).type(255), dtype=dtype)
    return normalised


def _load_folder(dataset: str) -> tuple[dict[str, NDArray[np.uint8]], str]:
    folder = BUNDLED if dataset == "mnist" else Path(dataset)
    if not folder.is_dir():
        raise DataError(
            f"dataset {dataset}: there is no such folder; give mnist, keras, or a folder with four IDX files."
        )
    parts, digests = {}, {}
    files = {stem: _find(folder, stem) for stem in MNIST_SHA256}
    for stem, file in files.items():
        parts[stem], digests[stem] = _read_idx(file, n_dimensions=3 if stem.endswith("images") else 1)
        if dataset == "mnist" and digests[stem] != MNIST_SHA256[stem]:
            raise DataError(f"{file}: is not the file of MNIST (its SHA-256 differs); install mnistbench again.")
    _check_pairs(parts, files)
    return parts, hashlib.sha256("".join(digests.values()).encode()).hexdigest()


def _find(folder: Path, stem: str) -> Path:
    kind = "idx3-ubyte" if stem.endswith("images") else "idx1-ubyte"
    names = [f"{stem}{separator}{kind}{suffix}" for separator in "-." for suffix in ("", ".gz")]
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise DataError(
        f"{folder}: has no file {names[0]}; a dataset's folder holds four IDX files"
        f" (also with .gz, or named {names[2]})."
    )


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
    for prefix in ("train", "t10k"):
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
        with zipfile.ZipFile(file) as archive:
            if sum(member.file_size for member in archive.infolist()) > KERAS_CACHE_BYTES:
                raise ValueError("it is too large")
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            parts = {
                "train-images": arrays["x_train"], "train-labels": arrays["y_train"],
                "t10k-images": arrays["x_test"], "t10k-labels": arrays["y_test"],
            }  # fmt: skip
    except (
        OSError, ValueError, LookupError, TypeError, EOFError, MemoryError, NotImplementedError, zlib.error,
        zipfile.BadZipFile,
    ) as error:  # fmt: skip
        raise DataError(
            f"{file}: is not the file of keras.datasets.mnist ({error}); delete it, or use dataset: mnist."
        ) from error
    digests = []
    for stem, array in parts.items():
        header = bytes([0, 0, 0x08, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
        digests.append(hashlib.sha256(header + array.tobytes()).hexdigest())
        if digests[-1] != MNIST_SHA256[stem]:
            raise DataError(f"{file}: its {stem} are not those of MNIST; delete it, or use dataset: mnist.")
    return parts, hashlib.sha256("".join(digests).encode()).hexdigest()


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
