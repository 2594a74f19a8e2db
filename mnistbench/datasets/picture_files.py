"""A file with a picture as an array of greys: what it may be, and how large, is decided before it is decoded."""

import stat
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mnistbench.datasets.data import IMAGE_SHAPE
from mnistbench.errors import ImageError

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

Floats = NDArray[np.float64]

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP")
FORMAT_NAMES = "PNG, JPEG, GIF, BMP or WebP"
MAX_PIXELS = 50_000_000
MAX_SIDE = 20_000
WORKING_SIDE = 1_500  # a larger picture is made smaller: a digit's strokes are many pixels wide even so


def read_picture(file: Path) -> Floats:
    """Return a picture as grey in [0, 1], shape (height, width), at most 1,500 a side; what is transparent is white.

    Of a picture that moves the first frame is taken.

    Raises:
        ImageError: it is no plain file, no picture of a known format, damaged, or too large by its header.
    """
    from PIL import Image

    require_plain(file, "a picture of one digit")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is lower
            opened = Image.open(file, formats=FORMATS)
        with opened:
            if opened.width * opened.height > MAX_PIXELS or max(opened.size) > MAX_SIDE:
                raise ImageError(_too_large(file, f"{opened.width} × {opened.height} pixels"))
            return _grey(opened)
    except Image.DecompressionBombError as error:
        raise ImageError(_too_large(file, "far more pixels")) from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise ImageError(
            f"{file}: cannot be read, it is no {FORMAT_NAMES}, or a damaged one; give a picture of one digit."
        ) from error


def read_array(file: Path) -> Floats:
    """Return a ``.npy`` array of 28 × 28 (bytes, or numbers in [0, 1]) as it stands, in [0, 1].

    Raises:
        ImageError: it is no plain file, or no such array.
    """
    require_plain(file, "a .npy file of 28 × 28 pixels")
    try:
        array = np.load(file, mmap_mode="r", allow_pickle=False)  # mapped: a large file is not read to be refused
    except (OSError, ValueError, EOFError) as error:
        raise ImageError(
            f"{file}: cannot be read, it is no array of numbers; give a .npy file of 28 × 28 pixels."
        ) from error
    if array.shape != IMAGE_SHAPE or array.dtype.kind not in "uif":
        raise ImageError(f"{file}: is an array of {array.dtype}, shape {array.shape}; give 28 × 28 numbers.")
    pixels = np.asarray(array, np.float64) / (255 if array.dtype.kind in "ui" else 1)
    if not (pixels.min() >= 0 and pixels.max() <= 1):
        raise ImageError(f"{file}: has pixels outside the range; bytes from 0 to 255 or numbers in [0, 1] are allowed.")
    return pixels


def require_plain(file: Path, wanted: str) -> None:
    """Refuse what is no plain file before it is opened: a pipe would be waited for, a device never ends.

    Raises:
        ImageError: there is none, or it is something else.
    """
    try:
        mode = file.stat().st_mode
    except (OSError, ValueError) as error:
        missing = isinstance(error, FileNotFoundError)
        reason = "there is no such file" if missing else getattr(error, "strerror", None) or error
        raise ImageError(f"{file}: cannot be read, {reason}; give {wanted}.") from error
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "a pipe, a socket or a device"
        raise ImageError(f"{file}: is {kind} and no file; give {wanted}.")


def _grey(opened: "ImageFile") -> Floats:
    from PIL import Image, ImageOps

    picture = ImageOps.exif_transpose(opened)
    if picture.mode.startswith("I"):  # 16 bits a pixel
        grey = Image.fromarray(np.asarray(picture, np.float32) / 65535)
    else:
        on_white = Image.new("RGBA", picture.size, "white")
        on_white.alpha_composite(picture.convert("RGBA"))
        grey = on_white.convert("L")
    factor = -(-max(grey.size) // WORKING_SIDE)
    reduced = grey.reduce(factor) if factor > 1 else grey
    return np.asarray(reduced, np.float64) / (255 if reduced.mode == "L" else 1)


def _too_large(file: Path, found: str) -> str:
    return (
        f"{file}: is too large ({found}); at most {MAX_PIXELS:,} pixels and {MAX_SIDE:,} a side are read,"
        " so make it smaller."
    )
