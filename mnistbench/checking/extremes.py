"""What ordinary weights do not show: logits of ±1000, and images of one batch with very different logits.

The user's code runs in a process of its own; this runs in the referee.
"""

import numpy as np

from mnistbench.checking import extras
from mnistbench.checking.examination import Examination
from mnistbench.checking.formulas import Formulas
from mnistbench.checking.looking import N_LOOKED_AT, Look
from mnistbench.checking.steps import Step, chosen, measured
from mnistbench.checking.subject import HIDDEN, Batch, Subject
from mnistbench.datasets import Dataset
from mnistbench.errors import NetError
from mnistbench.nets import Floats, softmax

LR = 0.5
DIGIT = 3
OFF = 1e-3  # of a probability


def ask(subject: Subject, dataset: Dataset, seen: Look, found: Examination) -> None:
    """Put large logits to a net of two layers that is usually right; name what breaks there."""
    near = np.arange(10) / 10
    broken, step_broken = "", ""
    for b2 in (1000 * np.cos(np.arange(10)), 1000 + near, -1000 - near):
        weights = subject.weights(HIDDEN)
        weights[2:] = [np.zeros_like(weights[2]), b2]
        broken = broken or _outputs_fault(subject, weights, dataset.test_images[:N_LOOKED_AT], softmax(b2[None]), seen)
        step_broken = step_broken or _step_fault(subject, weights, dataset)
    if broken:
        found.name("network", "softmax_unshifted", broken, detail=broken)
    elif step_broken:
        found.name("gradients", "divides_by_p", step_broken, detail=step_broken)
    if broken or "b1" in seen.unused:
        return
    batch_broken = _one_far_above(subject, dataset, seen)
    if batch_broken:
        found.name("network", "softmax_batch_maximum", batch_broken, detail=batch_broken)


def ask_clipping(subject: Subject, dataset: Dataset, formulas: Formulas, found: Examination) -> None:
    """Put large gradients to a net whose ordinary steps are right; name the clipping that they meet."""
    weights = subject.weights(HIDDEN)
    weights[2] = 30 * weights[2]
    steps = [measured(subject, HIDDEN, weights, Batch(*chosen(dataset, digits), len(digits)), lr=LR)
             for digits in ([6, 3, 8, 0], [1, 9, 4, 8])]  # fmt: skip
    for name, _, words in extras.clipped(steps, formulas):
        found.name("loop", name, f"seen at gradients of up to {_largest(steps, formulas):.2g}", detail=words)
        return


def _largest(steps: list[Step], formulas: Formulas) -> float:
    return max(float(np.abs(g).max()) for step in steps for g in formulas.steps(step.weights, step.batch, 1.0))


def _outputs_fault(subject: Subject, weights: list[Floats], images: Floats, due: Floats, seen: Look) -> str:
    try:
        told = subject.outputs(HIDDEN, weights, images)
    except NetError as error:
        return f"predict fails ({error})"
    told = told.T if seen.columns else told
    if not np.isfinite(told).all():
        return "predict gives NaN"
    if np.abs(told - due).max() > OFF:
        return f"predict is off by {np.abs(told - due).max():.2g}"
    return ""


def _step_fault(subject: Subject, weights: list[Floats], dataset: Dataset) -> str:
    try:
        took = subject.took(HIDDEN, weights, Batch(*chosen(dataset, [DIGIT] * 10), 10), lr=LR)
    except NetError as error:  # as math.log of 0 does; it took the same images at ordinary weights
        return f"fit fails ({error})"
    return "" if all(np.isfinite(array).all() for array in took) else "one step makes the weights NaN or infinite"


def _one_far_above(subject: Subject, dataset: Dataset, seen: Look) -> str:
    """Put a bright image, with all its logits near 4000, beside a black one, with all near 0 and right when alone."""
    weights = subject.weights(HIDDEN)
    weights[0] = np.full_like(weights[0], 0.1)
    weights[1] = np.zeros_like(weights[1])
    images = dataset.test_images[:N_LOOKED_AT].copy()
    images[1] = 0
    hidden = float(images[0].sum() * 0.1)
    weights[2] = np.full_like(weights[2], 4000 / hidden / HIDDEN)
    weights[3] = np.zeros_like(weights[3])
    due = np.full((len(images), 10), 0.1)
    alone = _outputs_fault(subject, weights, images[1:2], due[1:2], seen)  # such as 0 / 0 of a black image's deviation
    return "" if alone else _outputs_fault(subject, weights, images, due, seen)
