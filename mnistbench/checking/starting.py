"""The weights that a net starts with: drawn, around 0, not too large, not dead.

The user's code runs in a process of its own; this runs in the referee.
"""

import numpy as np

from mnistbench.checking.examination import Examination
from mnistbench.checking.looking import N_LOOKED_AT, Look
from mnistbench.checking.subject import HIDDEN, Subject
from mnistbench.datasets import Dataset
from mnistbench.nets import SUM_TOLERANCE, Floats, log_loss

TOO_SMALL = 1e-3  # the largest of all starting weights
TOO_LARGE = 10.0  # nats of loss at the start, where guessing costs ln 10 = 2.3


def ask(subject: Subject, dataset: Dataset, seen: Look, found: Examination) -> None:
    """Look at the starting weights; name the first thing that is wrong with them."""
    layout = subject.layout(HIDDEN)
    made = subject.open(HIDDEN)
    plain = layout.plain(made.arrays())
    named = dict(zip(layout.names, plain, strict=True))
    told = made.outputs(dataset.test_images[:N_LOOKED_AT])
    told = told.T if seen.columns else told
    weights = [array for name, array in named.items() if name.startswith("W")]
    loss = _loss(told, dataset)
    words = "the loss at the start is not finite" if loss is None else f"the loss at the start is {loss:.3g}"
    name = _fault(weights, loss, told, sure=seen.network is not None)
    if name:
        found.name("network", name, words, detail=words if "loss" in name or "large" in name or "sign" in name else "")


def _loss(told: Floats, dataset: Dataset) -> float | None:
    if told.shape != (N_LOOKED_AT, 10) or (told < 0).any() or np.abs(told.sum(axis=1) - 1).max() > SUM_TOLERANCE:
        return None
    loss = log_loss(told, dataset.test_labels[:N_LOOKED_AT])
    return loss if np.isfinite(loss) else None


def _fault(weights: list[Floats], loss: float | None, told: Floats, *, sure: bool) -> str | None:
    if not all(np.isfinite(w).all() for w in weights):
        return "start_nan"
    if not weights:
        return None
    first, *rest = weights
    if all(not w.any() for w in weights) or (rest and not first.any()):
        return "start_zero"
    if rest and (np.ptp(first, axis=1).max() == 0 and np.ptp(rest[0], axis=0).max() == 0):
        return "start_alike"
    if (first > 0).all() or (first < 0).all():
        return "start_one_sign"
    if sure and np.ptp(told, axis=0).max() == 0 and rest and rest[-1].any():
        return "start_dead"
    if rest and max(float(np.abs(w).max()) for w in weights) < TOO_SMALL:
        return "start_too_small"
    if loss is not None and loss > TOO_LARGE:
        return "start_too_large"
    return None
