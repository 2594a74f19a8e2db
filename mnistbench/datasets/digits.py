"""A picture of a digit made into what MNIST would have made of it: 28 × 28, light ink on black, centred."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mnistbench.datasets import picture_files, strokes
from mnistbench.datasets.data import IMAGE_SHAPE
from mnistbench.errors import ImageError

Floats = NDArray[np.float64]

BOX = 20  # MNIST's digits fill a box of 20 × 20 …
CENTRE = 14  # … and have their centre of mass at this row and column of the 28 (measured: 13.99 and 14.00)
MIN_CONTRAST = 0.1  # of black to white; a picture with less shows nothing


def read(file: Path) -> Floats:
    """Return one digit as a net of MNIST takes it, shape (28, 28), in [0, 1].

    A ``.npy`` array of 28 × 28 (bytes, or numbers in [0, 1]) is taken as it stands; a PNG, JPEG, GIF, BMP or WebP of
    any size is levelled, inverted where it is dark on light, cut out, scaled and centred.

    Raises:
        ImageError: it is no picture, shows nothing or several figures, or is too large.
    """
    seen = read_each(file)
    require_one(seen, str(file))
    digit: Floats = seen[0]
    return digit


def read_each(file: Path) -> Floats:
    """Return every separate figure of a picture from left to right, shape (n, 28, 28), each as :func:`read` does.

    Raises:
        ImageError: it is no picture, shows nothing, or is too large.
    """
    if file.suffix.lower() != ".npy":
        return each_as_mnist(picture_files.read_picture(file), name=str(file))
    pixels = picture_files.read_array(file)
    if pixels.max() < MIN_CONTRAST:
        raise ImageError(f"{file}: shows no digit, all of it is nearly black; give a picture of one digit.")
    return pixels[None]


def as_mnist(grey: Floats, *, name: str = "image") -> Floats:
    """Centre a digit as MNIST does (LeCun et al. 1998, http://yann.lecun.com/exdb/mnist/).

    Args:
        grey: any shape (height, width), in [0, 1].
        name: what an error calls it.

    Returns:
        shape (28, 28), in [0, 1]: the digit keeps its aspect in a box of 20 × 20, its centre of mass in the middle.

    Raises:
        ImageError: the picture shows nothing, or several figures.
    """
    seen = each_as_mnist(grey, name=name)
    require_one(seen, name)
    digit: Floats = seen[0]
    return digit


def each_as_mnist(grey: Floats, *, name: str = "image") -> Floats:
    """Centre each figure of a picture from left to right, shape (n, 28, 28); see :func:`as_mnist`.

    Raises:
        ImageError: the picture shows nothing.
    """
    drawn, contrast = strokes.ink(grey)
    if contrast < MIN_CONTRAST:
        raise ImageError(f"{name}: shows no digit, all of it is nearly one shade; give a picture of one digit.")
    return np.stack([_framed(figure) for figure in strokes.figures(drawn)])


def require_one(seen: NDArray[np.floating], name: str) -> None:
    """Refuse a picture of several figures, shape (n, 28, 28).

    Raises:
        ImageError: there are several.
    """
    if len(seen) > 1:
        raise ImageError(
            f"{name}: shows {len(seen)} figures apart from each other; give a picture of one digit, or read them one"
            " by one, left to right, with --each."
        )


def _framed(figure: Floats) -> Floats:
    """Scale a figure's ink, any shape, into the box and set its centre of mass into the middle of (28, 28)."""
    from PIL import Image

    scale = BOX / max(figure.shape)
    size = [max(1, round(scale * side)) for side in figure.shape[::-1]]
    picture = Image.fromarray(figure.astype(np.float32)).resize((size[0], size[1]), Image.Resampling.BICUBIC)
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
