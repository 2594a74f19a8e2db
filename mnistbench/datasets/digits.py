"""A picture of a digit made into what MNIST would have made of it: 28 × 28, light ink on black, centred."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mnistbench.datasets.data import IMAGE_SHAPE
from mnistbench.errors import ImageError

Floats = NDArray[np.float64]

BOX = 20  # MNIST's digits fill a box of 20 × 20 …
CENTRE = 14  # … and have their centre of mass at this row and column of the 28 (measured: 13.99 and 14.00)
MAX_PIXELS = 50_000_000
MIN_CONTRAST = 0.1  # of black to white; a picture with less shows nothing
MIN_INK = 0.2  # of the darkest ink; less is paper, shadow or noise, and does not widen the box


def read_all(files: Sequence[Path]) -> Floats:
    """Return the digits of several files, shape (n, 28, 28); see :func:`read`."""
    return np.stack([read(file) for file in files])


def read(file: Path) -> Floats:
    """Return one digit as a net of MNIST takes it, shape (28, 28), in [0, 1].

    A ``.npy`` array of 28 × 28 (bytes, or numbers in [0, 1]) is taken as it stands; a PNG or JPEG of any size is
    cut out, inverted where it is dark on light, scaled and centred.

    Raises:
        ImageError: it is no picture, shows nothing, or is too large.
    """
    if file.suffix.lower() == ".npy":
        return _read_array(file)
    return as_mnist(_read_picture(file), name=str(file))


def as_mnist(grey: Floats, *, name: str = "image") -> Floats:
    """Centre a digit as MNIST does (LeCun et al. 1998, http://yann.lecun.com/exdb/mnist/).

    Args:
        grey: any shape (height, width), in [0, 1]; the colour at its border counts as its paper.
        name: what an error calls it.

    Returns:
        shape (28, 28), in [0, 1]: the digit keeps its aspect in a box of 20 × 20, its centre of mass in the middle.

    Raises:
        ImageError: the picture shows nothing.
    """
    from PIL import Image

    paper = np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]]))
    is_dark_on_light = paper - grey.min() > grey.max() - paper
    ink = np.clip(paper - grey if is_dark_on_light else grey - paper, 0, None)
    if ink.max() < MIN_CONTRAST:
        raise ImageError(f"{name}: shows no digit, all of it is nearly one shade; give a picture of one digit.")
    ink /= ink.max()
    rows, columns = (np.flatnonzero((ink >= MIN_INK).any(axis=axis)) for axis in (1, 0))
    digit = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = BOX / max(digit.shape)
    size = [max(1, round(scale * side)) for side in digit.shape[::-1]]
    picture = Image.fromarray(digit.astype(np.float32)).resize((size[0], size[1]), Image.Resampling.BICUBIC)
    small = np.clip(np.asarray(picture, np.float64), 0, None)
    small /= small.max()
    framed = np.zeros(IMAGE_SHAPE)
    top, left = (_offset(small.sum(axis=1 - axis), IMAGE_SHAPE[axis]) for axis in (0, 1))
    framed[top : top + small.shape[0], left : left + small.shape[1]] = small
    return framed


def _offset(profile: Floats, length: int) -> int:
    """Return where a line of masses begins, so that its centre is in the middle and none of it is cut off."""
    centre = float(np.average(np.arange(len(profile)), weights=profile))
    return min(max(round(CENTRE - centre), 0), length - len(profile))


def _read_picture(file: Path) -> Floats:
    """Return a PNG or JPEG as grey in [0, 1]; what is transparent counts as white."""
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is lower
            opened = Image.open(file, formats=("PNG", "JPEG"))
        with opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise ImageError(_too_large(file, f"{opened.width} × {opened.height} pixels"))
            picture = ImageOps.exif_transpose(opened)
            if picture.mode.startswith("I"):  # 16 bits a pixel
                return np.asarray(picture, np.float64) / 65535
            on_white = Image.new("RGBA", picture.size, "white")
            on_white.alpha_composite(picture.convert("RGBA"))
            return np.asarray(on_white.convert("L"), np.float64) / 255
    except Image.DecompressionBombError as error:
        raise ImageError(_too_large(file, "far more pixels")) from error
    except (OSError, ValueError, SyntaxError) as error:
        missing = isinstance(error, FileNotFoundError)
        reason = "there is no such file" if missing else "it is no PNG or JPEG, or a damaged one"
        raise ImageError(f"{file}: cannot be read, {reason}; give a picture of one digit.") from error


def _too_large(file: Path, found: str) -> str:
    return f"{file}: is too large ({found}); at most {MAX_PIXELS:,} pixels are read, so make it smaller."


def _read_array(file: Path) -> Floats:
    try:
        array = np.load(file, mmap_mode="r", allow_pickle=False)  # mapped: a large file is not read to be refused
    except (OSError, ValueError, EOFError) as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else "it is no array of numbers"
        raise ImageError(f"{file}: cannot be read, {reason}; give a .npy file of 28 × 28 pixels.") from error
    if array.shape != IMAGE_SHAPE or array.dtype.kind not in "uif":
        raise ImageError(f"{file}: is an array of {array.dtype}, shape {array.shape}; give 28 × 28 numbers.")
    pixels = np.asarray(array, np.float64) / (255 if array.dtype.kind in "ui" else 1)
    if not (pixels.min() >= 0 and pixels.max() <= 1):
        raise ImageError(f"{file}: has pixels outside the range; bytes from 0 to 255 or numbers in [0, 1] are allowed.")
    if pixels.max() < MIN_CONTRAST:
        raise ImageError(f"{file}: shows no digit, all of it is nearly black; give a picture of one digit.")
    return pixels
