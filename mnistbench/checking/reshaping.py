"""Question 2, images or targets that are brought to columns by reshape: it mixes those of one batch.

The user's code runs in a process of its own; this runs in the referee.
"""

import dataclasses
import itertools

from mnistbench.checking.formulas import Formulas
from mnistbench.checking.steps import chosen, measured
from mnistbench.checking.subject import HIDDEN, Batch, Subject
from mnistbench.datasets import N_CLASSES, Dataset

BATCHES = ([1, 9, 4, 8], [6, 3, 8, 0])


def found(subject: Subject, dataset: Dataset, formulas: Formulas | None, lr: float) -> str:
    """Return the mistake that makes the steps of two batches of four, in whatever order; empty where none does.

    Args:
        subject: the net.
        dataset: where the images are from.
        formulas: those of steps of one image, which reshape leaves as it is.
        lr: of the steps.
    """
    if formulas is None:
        return ""
    f = formulas
    ways = {
        "images_reshaped": dataclasses.replace(f, inputs=lambda x: f.inputs(x.reshape(x.shape[1], -1).T)),
        "labels_reshaped": dataclasses.replace(f, targets=lambda labels: f.targets(labels).reshape(N_CLASSES, -1).T),
    }
    batches = [Batch(*chosen(dataset, digits), len(digits)) for digits in BATCHES]
    weights = subject.weights(HIDDEN)
    steps = [measured(subject, HIDDEN, weights, batch, lr=lr) for batch in batches]
    orders = [list(order) for order in itertools.permutations(range(4))]
    for name, mixed in ways.items():
        if all(
            any(step.fits(mixed.steps(weights, batch.rows(order), lr)) for order in orders)
            for step, batch in zip(steps, batches, strict=True)
        ):
            return name
    return ""
