"""Question 4: is it the same network after an epoch, trained in step with the reference, batch by batch.

The user's code runs in a process of its own; this runs in the referee.
"""

import time
from typing import Any

import numpy as np

from mnistbench.checking.subject import OTHER_HIDDEN, Subject
from mnistbench.datasets import data
from mnistbench.ledger import LIMITS, PARAMETERS
from mnistbench.nets import Floats, NeuralNetwork, UserNet

HIDDEN, LR, BATCH_SIZE = OTHER_HIDDEN, 0.1, 128
BELOW = 0.03  # of test accuracy, that an ordinary epoch may end below the reference's: seeds move it by 0.004 (sd)
EPSILON = (
    "The weights differ from the reference's by an epsilon, more than rounding in float64 and less than in float32: a"
    " clipped probability, a small number added in a logarithm or a divisor, or arithmetic in float32. A controlled run"
    " in float64 tells such a net from the NumPy net."
)


def prove(subject: Subject, dataset: data.Dataset, *, exact: bool, turned: bool, seconds: float) -> dict[str, Any]:
    """Train one epoch in step with the reference and compare weights and test images.

    Args:
        subject: a net of two layers, whose steps are right.
        dataset: all of it, as bytes.
        exact: it computes in float64. It is held to the limit of float64, and what is further away by no more than the
            limit of float32 passes as an epsilon.
        turned: ``predict`` returns one column an image.
        seconds: stop after the batch that passes this time.
    """
    end = time.monotonic() + seconds
    dtype = "float64" if exact else "float32"
    layout = subject.layout(HIDDEN)
    mine = subject.open(HIDDEN, LR)
    reference = NeuralNetwork(HIDDEN, lr=LR, seed=1, dtype=dtype)
    mine.set_weights(layout.native(reference.get_weights()))
    begin = time.monotonic()
    images = _train(mine, reference, dataset, end)
    took = time.monotonic() - begin
    pairs = zip(PARAMETERS, layout.plain(mine.arrays()), reference.get_weights(), strict=True)
    differences = {name: float(np.abs(theirs - ours).max()) for name, theirs, ours in pairs}
    worst = max(differences.values()) if all(np.isfinite(d) for d in differences.values()) else np.inf
    tests = pixels(dataset.test_images[: None if time.monotonic() < end else 100])
    told = mine.outputs(tests)
    classes, due = (told.T if turned else told).argmax(axis=1), reference.predict(tests).argmax(axis=1)
    return {
        "passed": bool(worst < LIMITS["float32"]),
        "epsilon": bool(LIMITS[dtype] <= worst < LIMITS["float32"]),
        "images": images,
        "of_images": len(dataset.train_labels),
        "dtype": dtype,
        "limit": LIMITS[dtype],
        "largest_difference": {name: d if np.isfinite(d) else None for name, d in differences.items()},
        "test_images": len(tests),
        "classified_differently": int(np.count_nonzero(classes != due)),
        "test_accuracy": float(np.mean(due == dataset.test_labels[: len(tests)])),
        "seconds": took,
    }


def ordinary(subject: Subject, dataset: data.Dataset, *, turned: bool) -> float:
    """Return the test accuracy of a fresh net after one call of ``fit`` with all images, as any training has it.

    A net that was asked for small steps until now may tell that it is asked; here it cannot.
    """
    made = subject.open(HIDDEN, LR)
    made.set_weights(subject.layout(HIDDEN).native(NeuralNetwork(HIDDEN, lr=LR, seed=1).get_weights()))
    made.fit(pixels(dataset.train_images), dataset.train_labels, BATCH_SIZE, 1)
    told = made.outputs(pixels(dataset.test_images))
    return float(np.mean((told.T if turned else told).argmax(axis=1) == dataset.test_labels))


def _train(mine: UserNet, reference: NeuralNetwork, dataset: data.Dataset, end: float) -> int:
    """Take both through one epoch in the same batches, or until time is up; return how many images that were."""
    order = next(data.batch_orders(len(dataset.train_labels), seed=1))
    images = 0
    for start in range(0, len(order), BATCH_SIZE):
        rows = order[start : start + BATCH_SIZE]
        x, labels = pixels(dataset.train_images[rows]), dataset.train_labels[rows]
        reference.step(x, labels)
        mine.fit(x, labels, BATCH_SIZE, 1)
        images += len(rows)
        if time.monotonic() > end:
            break
    return images


def pixels(images: data.Images) -> Floats:
    """Return bytes, shape (n, 784), as pixels from 0 to 1, float32."""
    floats: Floats = np.divide(images, np.float32(255), dtype=np.float32)
    return floats
