"""A dataset is permuted by a number, and what was trained on it is put back."""

import numpy as np

from mnistbench.datasets import Dataset, put_back, relabelled

rng = np.random.default_rng(3)
IMAGES, LABELS = rng.random((50, 784)), np.arange(50) % 10
DATASET = Dataset(IMAGES, LABELS, IMAGES[:20], LABELS[:20], "0" * 64)


def test_the_secret_permutes_pixels_classes_and_test_images_and_0_does_not() -> None:
    permuted = relabelled(DATASET, 7)
    assert np.array_equal(np.sort(permuted.train_images), np.sort(IMAGES))
    assert not np.array_equal(permuted.train_images, IMAGES)
    assert (permuted.train_labels != LABELS).any()
    assert sorted(permuted.test_labels) == sorted(permuted.train_labels[:20])
    assert relabelled(DATASET, 0) is DATASET


def test_weights_that_were_put_back_give_the_same_logits_for_images_as_they_are() -> None:
    weights = [rng.normal(size=shape) for shape in ((784, 6), (6,), (6, 10), (10,))]
    permuted = relabelled(DATASET, 7)
    classes = permuted.train_labels[:10]  # of the labels 0 to 9
    given, back = logits(permuted.train_images, weights), logits(IMAGES, put_back(weights, 7))
    np.testing.assert_allclose(back, given[:, classes], rtol=1e-12, atol=1e-12)
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(put_back(weights, 0), weights, strict=True))


def logits(images: np.ndarray, weights: list[np.ndarray]) -> np.ndarray:
    W1, b1, W2, b2 = weights
    return np.maximum(images @ W1 + b1, 0) @ W2 + b2
