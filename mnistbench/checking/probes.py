"""What no single step shows: large logits, several batches, the shuffle, and a whole epoch beside the reference.

Each probe finds one fault or none. The user's code runs here, so this runs in the child alone.
"""

import dataclasses
import itertools
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from mnistbench.checking.formulas import Batch, Formulas
from mnistbench.checking.steps import Step, chosen, known_weights, open_net, trained
from mnistbench.datasets import Dataset, data
from mnistbench.errors import NetError
from mnistbench.ledger import LIMITS, PARAMETERS
from mnistbench.nets import Floats, NeuralNetwork, softmax

CERTIFIED_HIDDEN, CERTIFIED_LR, CERTIFIED_BATCH = 30, 0.1, 128
BATCHES_LR = 0.05  # small, so that wrong steps too stay near enough to be told apart
EXACT = 1e-9  # relative error of a step below which a net computes in float64


@dataclasses.dataclass(frozen=True)
class Probe:
    """One question put to the net: the fault's stable name, what was asked, and a sentence where it failed."""

    name: str
    question: str
    fault: str = ""

    @property
    def passed(self) -> bool:
        """Say whether nothing was found."""
        return not self.fault


def predict_differs(net: str, dataset: Dataset) -> Probe:
    """Compare ``predict`` with the reference at known weights."""
    weights, images = known_weights(16), dataset.test_images[:200]
    made, reference = open_net(net, 16, 0.2), NeuralNetwork(16, dtype=np.float64)
    made.set_weights(weights)
    reference.set_weights(weights)
    difference = _largest(made.predict(images) - reference.predict(images))
    fault = "" if difference < 1e-4 else (
        f"predict gives other probabilities than known weights make (by up to {difference:.2g}). They are"
        " softmax(max(0, images @ W1 + b1) @ W2 + b2)."
    )  # fmt: skip
    return Probe("predict_differs", "predict at known weights", fault)


def softmax_unshifted(net: str, dataset: Dataset, *, usually_right: bool) -> Probe:
    """Make logits of ±1000 with a large b2: NaN shows a softmax that overflows.

    Where the net is ``usually_right`` at other weights, its probabilities must be right here too, and its step finite.
    """
    made = open_net(net, 10, 0.5)
    W1, b1, W2, _ = known_weights(10)
    near = np.arange(10) / 10
    fault = ""
    for b2 in (1000 * np.cos(np.arange(10)), 1000 + near, -1000 - near):
        try:
            made.set_weights([W1, b1, np.zeros_like(W2), b2])
            p = made.predict(dataset.test_images[:2])
            if not np.isfinite(p).all():
                fault = fault or "predict gives NaN"
            if usually_right and _largest(p - softmax(b2[None])) > 1e-3:
                fault = fault or "predict gives wrong probabilities"
            step = trained(made, [W1, b1, np.zeros_like(W2), b2], Batch(*chosen(dataset, [3] * 10), 10))
            if usually_right and not all(np.isfinite(array).all() for array in step):
                fault = fault or "one step makes the weights NaN"
        except NetError as error:
            fault = fault or (str(error) if usually_right else "")
    advice = fault and (
        f"At logits of ±1000 the softmax breaks ({fault}): exp overflows. Subtract each row's maximum from the logits"
        " before exp; the probabilities stay the same."
    )
    return Probe("softmax_unshifted", "softmax at logits of ±1000", advice)


def batches_missed(net: str, dataset: Dataset, formulas: Formulas) -> Probe:
    """Train two epochs of 8 + 8 + 3 times the same image, so that no order matters, and count the steps."""
    batch = Batch(*chosen(dataset, [4] * 19, repeated=True), 8)
    step = _trained_on_batches(net, batch, epochs=2)
    faults = {
        "": ("batches_missed", [8, 8, 3] * 2),
        "19 images in batches of 8 make two steps an epoch where three are due: the short batch is dropped, or merged"
        " with another. Let the last slice of an epoch be short.": ("last_batch_dropped", [8, 8] * 2),
        "fit was asked for 2 epochs and trained one. Go through the images epochs times.":
            ("epochs_ignored", [8, 8, 3]),
        "fit was asked for 2 epochs and trained one, without its short batch. Go through the images epochs times, and"
        " let the last slice be short.": ("last_batch_dropped", [8, 8]),
    }  # fmt: skip
    for fault, (name, sizes) in faults.items():
        if step.fits(_path(formulas, step, sizes)):
            return Probe(name, "two epochs of 8 + 8 + 3 images", fault)
    return Probe(
        "batches_missed",
        "two epochs of 8 + 8 + 3 images",
        "Single steps are as explained, but two epochs of 19 images in batches of 8 do not arrive where 8, 8 and 3"
        " images a step lead. Look at the loops over epochs and batches, and at what is kept from step to step.",
    )


def no_shuffle(net: str, dataset: Dataset, formulas: Formulas) -> Probe:
    """Train on eight images in batches of two; where two seeds both arrive where the given order leads, none is drawn.

    A shuffle arrives there once in 2,520 times.
    """
    batch = Batch(*chosen(dataset, [5, 0, 4, 1, 9, 2, 3, 6]), 2)
    backwards = Batch(batch.images[::-1], batch.labels[::-1], batch.batch_size)
    steps = [_trained_on_batches(net, batch, seed=seed) for seed in (1, 2)]
    in_order = all(
        step.fits(_path(formulas, step, [2] * 4))
        and not step.fits(_path(formulas, dataclasses.replace(step, batch=backwards), [2] * 4))  # then order matters
        for step in steps
    )
    fault = (
        "The images are trained in the order they are given, epoch after epoch. Draw a fresh order each epoch, one for"
        " images and labels: order = rng.permutation(len(images))."
    )
    return Probe("no_shuffle", "order of the images with two seeds", fault if in_order else "")


def certificate(net: str, folder: str, *, exact: bool, seconds: float) -> dict[str, Any]:
    """Train one epoch in step with the reference, batch by batch, and compare weights and test images.

    Args:
        net: the user's net, whose steps are right.
        folder: the dataset.
        exact: hold it to the limit of float64.
        seconds: stop after the batch that passes this time.
    """
    end = time.monotonic() + seconds
    dataset = data.load(folder)
    dtype = "float64" if exact else "float32"
    mine = open_net(net, CERTIFIED_HIDDEN, CERTIFIED_LR)
    reference = NeuralNetwork(CERTIFIED_HIDDEN, lr=CERTIFIED_LR, seed=1, dtype=dtype)
    mine.set_weights(reference.get_weights())
    order = next(data.batch_orders(len(dataset.train_labels), seed=1))
    images = 0
    for rows in _slices(order, CERTIFIED_BATCH):
        x, labels = dataset.train_images[rows], dataset.train_labels[rows]
        reference.step(x, labels)
        mine.fit(x, labels, CERTIFIED_BATCH, 1)
        images += len(rows)
        if time.monotonic() > end:
            break
    pairs = zip(PARAMETERS, mine.get_weights(), reference.get_weights(), strict=True)
    differences = {name: _largest(theirs - ours) for name, theirs, ours in pairs}
    classes = (made.predict(dataset.test_images).argmax(axis=1) for made in (mine, reference))
    return {
        "passed": all(difference < LIMITS[dtype] for difference in differences.values()),
        "images": images,
        "of_images": len(order),
        "dtype": dtype,
        "limit": LIMITS[dtype],
        "largest_difference": {name: d if np.isfinite(d) else None for name, d in differences.items()},
        "test_images": len(dataset.test_labels),
        "classified_differently": int(np.count_nonzero(next(classes) != next(classes))),
    }


def _trained_on_batches(net: str, batch: Batch, *, epochs: int = 1, seed: int = 1) -> Step:
    weights, lr = known_weights(16), BATCHES_LR
    took = trained(open_net(net, 16, lr, seed), weights, batch, epochs)
    step = Step(weights, batch, lr, took, took)
    return dataclasses.replace(step, should=_path(Formulas(), step, [batch.batch_size] * epochs))


def _path(formulas: Formulas, start: Step, sizes: list[int]) -> list[Floats]:
    """Return what steps on so many images each, taken in order and over again, take off the weights."""
    weights = start.weights
    rows = itertools.cycle(range(len(start.batch.labels)))
    for size in sizes:
        part = list(itertools.islice(rows, size))
        batch = Batch(start.batch.images[part], start.batch.labels[part], start.batch.batch_size)
        steps = formulas.steps(weights, batch, start.lr)
        weights = [array - step for array, step in zip(weights, steps, strict=True)]
    return [before - after for before, after in zip(start.weights, weights, strict=True)]


def _slices(order: Any, size: int) -> Iterator[Any]:
    return (order[start : start + size] for start in range(0, len(order), size))


def _largest(array: Floats) -> float:
    return float(np.abs(array).max())
