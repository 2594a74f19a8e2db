"""The derivative of whatever ``predict`` computes, by central differences, beside the step of one image.

Where a net is no perceptron that is known, nothing but its own ``predict`` says what its gradient should be. The user's
code runs in a process of its own; this runs in the referee.
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from mnistbench.checking.steps import Step
from mnistbench.checking.subject import Subject
from mnistbench.datasets import N_CLASSES
from mnistbench.nets import Floats

# Losses of one image from the outputs a, shape (10,), and the targets y, shape (10,), as nets are published with them.
LOSSES: dict[str, Callable[[Floats, Floats], float]] = {
    "cross-entropy": lambda a, y: float(-(y * np.log(np.maximum(a, 1e-300))).sum()),
    "half the squared error": lambda a, y: float(((a - y) ** 2).sum() / 2),
    "squared error": lambda a, y: float(((a - y) ** 2).sum()),
    "mean squared error over the classes": lambda a, y: float(((a - y) ** 2).mean()),
    "sigmoid cross-entropy": lambda a, y: _binary(a, y),
    "mean sigmoid cross-entropy over the classes": lambda a, y: _binary(a, y) / N_CLASSES,
}


@dataclasses.dataclass(frozen=True)
class Slope:
    """How far an array's step is from a loss's derivative: the factor between them, and whether it is just that."""

    factor: float
    error: float
    fits: bool


def _binary(a: Floats, y: Floats) -> float:
    a = np.clip(a, 1e-300, 1 - 1e-16)
    return float(-(y * np.log(a) + (1 - y) * np.log(1 - a)).sum())


def slopes(subject: Subject, step: Step, *, turned: bool) -> dict[str, list[Slope]]:
    """Compare a step of one image with the numerical derivative of each known loss, array by array.

    Three directions for each array: along the step, along a random half of it, and a random one. Each difference is
    taken at two widths, and what these differ by is what it may be off by.
    """
    image, y = step.batch.images[:1], np.eye(N_CLASSES)[step.batch.labels[0]]
    single = step.eps > 1e-10
    change = 1e-2 if single else 1e-4  # of the loss, about: large beside rounding, small beside curvature
    found: dict[str, list[list[tuple[float, float, float]]]] = {loss: [] for loss in LOSSES}
    for i, gradient in enumerate(step.gradients):
        read: dict[str, list[tuple[float, float, float]]] = {loss: [] for loss in LOSSES}
        for direction in _directions(gradient):
            width = change / max(float(np.linalg.norm(gradient)), 1e-3)
            ends = [
                [_told(subject, step, i, direction, sign * scale * width, image, turned=turned) for sign in (1, -1)]
                for scale in (1, 0.5)
            ]
            along = float((gradient * direction).sum())
            for loss, function in LOSSES.items():
                wide, narrow = ((function(a, y) - function(b, y)) / (2 * h * width)
                                for (a, b), h in zip(ends, (1, 0.5), strict=True))  # fmt: skip
                read[loss].append((along, narrow, abs(wide - narrow)))
        for loss in LOSSES:
            found[loss].append(read[loss])
    return {loss: [_slope(rows, single=single) for rows in arrays] for loss, arrays in found.items()}


def _directions(gradient: Floats) -> list[Floats]:
    rng = np.random.default_rng(0)
    along = gradient if gradient.any() else rng.standard_normal(gradient.shape)
    half = along * (rng.random(gradient.shape) < 0.5)
    anywhere = rng.standard_normal(gradient.shape)
    return [d / max(float(np.linalg.norm(d)), 1e-300) for d in (along, half, anywhere)]


def _told(
    subject: Subject, step: Step, i: int, direction: Floats, width: float, image: Floats, *, turned: bool
) -> Floats:
    moved = list(step.weights)
    moved[i] = moved[i] + width * direction
    told = subject.outputs(step.hidden_size, moved, image)
    return np.asarray((told.T if turned else told)[0], np.float64)


def _slope(rows: list[tuple[float, float, float]], *, single: bool) -> Slope:
    """Return the factor that the first direction shows, and whether the others show the same."""
    along, due, _ = rows[0]
    size = max(abs(due), abs(along))
    factor = along / due if abs(due) > 1e-6 * max(size, 1e-12) else float("inf" if size > 1e-9 else "nan")
    tolerance = 5e-3 if single else 1e-4
    errors = [abs(a - factor * d) / max(size, 1e-300) for a, d, _ in rows]
    allowed = [tolerance + 4 * abs(factor) * noise / max(size, 1e-300) for _, _, noise in rows]
    if not np.isfinite(factor):  # nothing moves and nothing should
        return Slope(1.0, 0.0, bool(size <= 1e-9))
    return Slope(factor, max(errors), all(e <= a for e, a in zip(errors, allowed, strict=True)))
