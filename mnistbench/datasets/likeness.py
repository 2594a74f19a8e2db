"""How like a digit of MNIST an image is, by the nearest of MNIST's own. No net is asked: a net is sure of anything."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mnistbench.datasets import data

Floats = NDArray[np.float32]

N_NEIGHBOURS = 10_000  # the first training images are what an image is held against
LIMIT = 0.39
N_DIRECTIONS = 8
N_CELLS = 7  # a side
CELL_SIGMA = 1.5  # pixels, of a cell's weight
EDGE_SIGMA = 0.7  # pixels, of the blur before gradients are taken


def distances(images: NDArray[np.floating]) -> Floats:
    """Return each image's distance to the nearest of the first 10,000 training images, shape (n,).

    An image, shape (28, 28) in [0, 1], is described by its strokes' edges: the gradient in 8 directions, summed in
    7 × 7 soft cells, its square root taken and its length made 1 (392 numbers; after Dalal and Triggs, "Histograms of
    oriented gradients", 2005). The distance is Euclidean, from 0 to √2. An image farther than ``LIMIT`` is not like
    a digit of MNIST; the limit is what 98 % of the test images 1,000 to 3,999 keep.

    Measured by ``python tests/benchmark.py predict``, on others: of the first 1,000 test images 1.0 % are refused, of
    120 printed digits 2.5 %; of 1,000 pictures of no digit 53 % of the letters are told (the others, such as S, Z, q
    and J, look like digits), 98 % of the shapes, and all of the noise (20 % of it as several figures).
    """
    known = data.load("mnist", dtype=np.uint8).train_images[:N_NEIGHBOURS]
    given = _described(np.asarray(images, np.float32))
    nearest = np.full(len(given), np.inf, np.float32)
    for chunk in np.array_split(known, 10):  # one at a time: gradients take eight times an image's memory
        alike = given @ _described(chunk.reshape(-1, *data.IMAGE_SHAPE).astype(np.float32) / np.float32(255)).T
        nearest = np.minimum(nearest, np.sqrt(np.maximum(2 - 2 * alike.max(axis=1), 0)))
    return nearest


def is_like(distance: float) -> bool:
    """Say whether an image at this distance is like a digit of MNIST."""
    return distance <= LIMIT


def _described(images: Floats) -> Floats:
    """Return the edges of images, shape (n, 28, 28), as rows of length 1, shape (n, 8 · 49)."""
    blurred = ndimage.gaussian_filter(images, (0, EDGE_SIGMA, EDGE_SIGMA))
    down, right = np.gradient(blurred, axis=(1, 2))
    strength = np.hypot(right, down) + np.float32(1e-9)
    cells = _cells()
    parts = []
    for angle in np.arange(N_DIRECTIONS) * (2 * np.pi / N_DIRECTIONS):
        along = np.clip(right * np.float32(np.cos(angle)) + down * np.float32(np.sin(angle)), 0, None)
        parts.append((along**2 / strength).reshape(len(images), -1) @ cells)
    rows = np.sqrt(np.concatenate(parts, axis=1))
    described: Floats = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return described


def _cells() -> Floats:
    """Return the weight of each pixel in each cell, shape (784, 49)."""
    side = data.IMAGE_SHAPE[0]
    centres = (np.arange(N_CELLS) + 0.5) * side / N_CELLS
    weights = np.exp(-0.5 * ((np.arange(side)[:, None] - centres) / CELL_SIGMA) ** 2)
    weights /= weights.sum(axis=0)
    cells: Floats = np.einsum("ia,jb->ijab", weights, weights).reshape(side**2, N_CELLS**2).astype(np.float32)
    return cells
