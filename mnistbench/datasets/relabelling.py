"""A dataset asked anew: pixels, classes and test images in another order, which a net that learns does not notice."""

import dataclasses

import numpy as np

from mnistbench.datasets.data import N_CLASSES, N_PIXELS, Dataset


def relabelled(dataset: Dataset, secret: int) -> Dataset:
    """Return a dataset permuted by a number: the 784 pixels of every image alike, the ten classes, the test images.

    Labels and weights that were carried along from the dataset as it is are worth nothing on it. 0 leaves all as it is.
    """
    if not secret:
        return dataset
    rng = np.random.default_rng(secret)
    pixels, classes = rng.permutation(N_PIXELS), rng.permutation(N_CLASSES)
    order = rng.permutation(len(dataset.test_labels))
    return dataclasses.replace(
        dataset,
        train_images=np.take(dataset.train_images, pixels, axis=1),
        train_labels=classes[dataset.train_labels],
        test_images=np.take(dataset.test_images[order], pixels, axis=1),
        test_labels=classes[dataset.test_labels[order]],
    )
