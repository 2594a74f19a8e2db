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
LEFT_OUT = 0.06  # of those that the reference trains; in a right net up to 1 % seem so, and 4 % in batches of 16
LEAST = 1e-3  # of what the reference moves: when it has its turn changes that by a factor of 4, one standard deviation
Pixels = NDArray[np.intp]
Trail = Sequence[list[Floats]]  # a net's arrays before the first call of fit and after each, in the plain form


def witnessed(dataset: Dataset, secret: int) -> tuple[Dataset, Pixels]:
    """Return a dataset in which each pixel that no training image lights is lit by one, and these pixels.

    A secret draws the images. Labels and test images are as they were.
    """
    pixels = np.flatnonzero(~dataset.train_images.any(axis=0))
    images = dataset.train_images.copy()
    rows = np.random.default_rng([secret, 1]).choice(len(images), len(pixels), replace=False)
    images[rows, pixels] = images.max()
    return dataclasses.replace(dataset, train_images=images), pixels


def trained(mine: Trail, theirs: Trail, pixels: Pixels) -> tuple[int, int]:
    """Return how many witnesses moved the weights of their pixel in two trainings from one start, call by call.

    In the first only those count that moved them by a thousandth, or more, of what they did in the second.

    Args:
        mine: W1, shape (784, H), and whatever follows it, before the first call of ``fit`` and after each.
        theirs: those of the reference.
        pixels: of the witnesses.
    """
    moved, due = (
        np.array(
            [np.linalg.norm((after[0] - before[0])[pixels], axis=1) for before, after in itertools.pairwise(trail)]
        )
        for trail in (mine, theirs)
    )
    return int(np.count_nonzero((moved > 0) & (moved >= LEAST * due))), int(np.count_nonzero(due))
