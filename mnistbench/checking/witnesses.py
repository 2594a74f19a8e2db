"""Witnesses: images that are seen to be trained, since each alone lights a pixel that all others leave black.

The gradient of a pixel's weights is xᵀδ₁/m: they stand still in a step whose images leave the pixel black. A net that
leaves out images, at whatever rate it trains the others, leaves the weights of their pixels where they are.
"""

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mnistbench.datasets import Dataset
from mnistbench.nets import Floats

FEWEST_WITNESSES = 20  # of them, to tell by
LEFT_OUT = 0.05  # of them; rounding leaves alone as many in a right net as in the reference, to 2.4 %
Pixels = NDArray[np.intp]


def witnessed(dataset: Dataset, secret: int) -> tuple[Dataset, Pixels]:
    """Return a dataset in which each pixel that no training image lights is lit by one, and these pixels.

    A secret draws the images. Labels and test images are as they were.
    """
    pixels = np.flatnonzero(~dataset.train_images.any(axis=0))
    images = dataset.train_images.copy()
    rows = np.random.default_rng([secret, 1]).choice(len(images), len(pixels), replace=False)
    images[rows, pixels] = images.max()
    return dataclasses.replace(dataset, train_images=images), pixels


def seen(trail: Sequence[list[Floats]], pixels: Pixels) -> int:
    """Return how many witnesses moved the weights of their pixel, added up over the calls of ``fit``.

    Args:
        trail: W1, shape (784, H), and whatever follows it, before the first call and after each.
        pixels: of the witnesses.
    """
    return sum(
        int(np.count_nonzero((before[0][pixels] != after[0][pixels]).any(axis=1)))
        for before, after in itertools.pairwise(trail)
    )
