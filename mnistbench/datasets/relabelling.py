"""A dataset asked anew: pixels, classes and test images in another order, which a net that learns does not notice."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mnistbench.datasets.data import N_CLASSES, N_PIXELS, Dataset


def relabelled(dataset: Dataset, secret: int) -> Dataset:
    """Return a dataset permuted by a number: the 784 pixels of every image alike, the ten classes, the test images.

    Labels and weights that were carried along from the dataset as it is are worth nothing on it. 0 leaves all as it is.
    """
    if not secret:
        return dataset
    pixels, classes, rng = _permutations(secret)
    order = rng.permutation(len(dataset.test_labels))
    return dataclasses.replace(
        dataset,
        train_images=np.take(dataset.train_images, pixels, axis=1),
        train_labels=classes[dataset.train_labels],
        test_images=np.take(dataset.test_images[order], pixels, axis=1),
        test_labels=classes[dataset.test_labels[order]],
    )


def put_back(weights: Sequence[NDArray[np.floating]], secret: int) -> list[NDArray[np.floating]]:
    """Return [W1 (784, H), b1 (H,), W2 (H, 10), b2 (10,)], trained on a permuted dataset, for images as they are."""
    W1, b1, W2, b2 = weights
    if not secret:
        return [W1, b1, W2, b2]
    pixels, classes, _ = _permutations(secret)
    return [W1[np.argsort(pixels)], b1, W2[:, classes], b2[classes]]


def _permutations(secret: int) -> tuple[NDArray[np.int64], NDArray[np.int64], np.random.Generator]:
    rng = np.random.default_rng(secret)
    return rng.permutation(N_PIXELS), rng.permutation(N_CLASSES), rng
