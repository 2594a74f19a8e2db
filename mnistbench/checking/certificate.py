"""Question 4: is it the same network after an epoch, trained in step with the reference, batch by batch.

The user's code runs in a process of its own; this runs in the referee.
"""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistbench.checking.subject import Subject
from mnistbench.datasets import data
from mnistbench.ledger import LIMITS, PARAMETERS
from mnistbench.nets import Floats, NeuralNetwork, UserNet

LR, BATCH_SIZE = 0.1, 128
# In float32 rounding flips a ReLU in one epoch of some thirty, which moves weights by up to 1e-2: such an epoch says
# nothing, and another order is asked for. A net that is another one is as far away in each.
ORDERS = 3
PARTED = "further apart than the limit, as rounding in float32 can make them by flipping a ReLU"
EPSILON = (
    "The weights differ from the reference's by an epsilon, more than rounding in float64 and less than in float32: a"
    " clipped probability, a small number added in a logarithm or a divisor, or arithmetic in float32. A controlled run"
    " in float64 tells such a net from the NumPy net."
)


def prove(
    subject: Subject, dataset: data.Dataset, *, exact: bool, turned: bool, seconds: float, order: int, most: int
) -> dict[str, Any]:
    """Train one epoch in step with the reference and compare weights and test images.

    Args:
        subject: a net of two layers, whose steps are right.
        dataset: all of it, as bytes.
        exact: it computes in float64. It is held to the limit of float64, and what is further away by no more than the
            limit of float32 passes as an epsilon.
        turned: ``predict`` returns one column an image.
        seconds: stop after the batch that passes this time.
        order: the number of the images' order.
        most: stop after so many images.
    """
    end = time.monotonic() + seconds
    dtype, hidden = "float64" if exact else "float32", subject.other_hidden
    layout, mine = subject.layout(hidden), subject.open(hidden, LR)
    reference = NeuralNetwork(hidden, lr=LR, seed=1, dtype=dtype)
    mine.set_weights(layout.native(reference.get_weights()))
    images, took = _train(mine, reference, dataset, order, most, end)
    pairs = zip(PARAMETERS, layout.plain(mine.arrays()), reference.get_weights(), strict=True)
    differences = {name: float(np.abs(theirs - ours).max()) for name, theirs, ours in pairs}
    worst = max(differences.values()) if all(np.isfinite(d) for d in differences.values()) else np.inf
    tests = pixels(dataset.test_images[: None if time.monotonic() < end else 100])
    told = mine.outputs(tests)
    classes, due = (told.T if turned else told).argmax(axis=1), reference.predict(tests).argmax(axis=1)
    epsilon = bool(LIMITS[dtype] <= worst < LIMITS["float32"])
    return {
        "passed": bool(worst < LIMITS["float32"]),
        "epsilon": epsilon,
        "images": images,
        "of_images": len(dataset.train_labels),
        "dtype": dtype,
        "limit": LIMITS["float32" if epsilon else dtype],
        "largest_difference": {name: d if np.isfinite(d) else None for name, d in differences.items()},
        "test_images": len(tests),
        "classified_differently": int(np.count_nonzero(classes != due)),
        "seconds": took,
    }


def _train(
    mine: UserNet, reference: NeuralNetwork, dataset: data.Dataset, order: int, most: int, end: float
) -> tuple[int, float]:
    """Take both through at most an epoch in the same batches, or until time is up; return its images and seconds."""
    images, begin = 0, time.monotonic()
    for rows in batches(len(dataset.train_labels), order):
        x, labels = pixels(dataset.train_images[rows]), dataset.train_labels[rows]
        reference.step(x, labels)
        mine.fit(x, labels, BATCH_SIZE, 1)
        images += len(rows)
        if images >= most or time.monotonic() > end:
            break
    return images, time.monotonic() - begin


def batches(images: int, order: int, batch_size: int = BATCH_SIZE) -> Iterator[NDArray[np.int64]]:
    """Yield the rows of each batch of an epoch, the last one short."""
    rows = next(data.batch_orders(images, seed=order))
    yield from (rows[start : start + batch_size] for start in range(0, images, batch_size))


def pixels(images: data.Images) -> Floats:
    """Return bytes, shape (n, 784), as pixels from 0 to 1, float32."""
    floats: Floats = np.divide(images, np.float32(255), dtype=np.float32)
    return floats
