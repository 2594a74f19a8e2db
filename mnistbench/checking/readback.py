"""What single steps show where no formula of the table makes them: rounding, NaN, several steps, scaled inputs."""

import dataclasses
from collections.abc import Callable

import numpy as np

from mnistbench.checking import extras
from mnistbench.checking.formulas import Formulas
from mnistbench.checking.steps import Step
from mnistbench.nets import Floats

MOST_REPEATS = 5


def special(taken: list[Step], bases: list[Formulas]) -> tuple[str, str] | None:
    """Return a mistake that shows in the numbers themselves, and what was measured, in words."""
    broken = [step for step in taken if not all(np.isfinite(array).all() for array in step.took or [])]
    if broken:
        sizes = ", ".join(str(size) for size in sorted({len(step.batch.labels) for step in broken}))
        return "step_nan", f"so it is on batches of {sizes}"
    for base in bases:
        words = extras.adaptive(taken, _due_by(base))
        if words:
            return "adaptive_steps", words
        times = _repeats(taken, base)
        if times:
            return "batch_repeated", f"an epoch of one batch makes {times} steps"
    return ("gradients_rounded", "") if extras.whole_numbers(taken) else None


def affine_inputs(taken: list[Step], base: Formulas) -> tuple[Formulas, str] | None:
    """Return the formulas with the inputs a · x + c that ``fit`` saw, read from d_W1 = inputs ⊗ d_b1 of one image."""
    alone = [step for step in taken if len(step.batch.labels) == 1]
    fits = []
    for step in alone:
        d_W1, d_b1 = step.gradients[:2]
        if not d_b1.any():
            return None
        inputs = d_W1 @ d_b1 / (d_b1 @ d_b1)
        x = step.batch.images[0].astype(np.float64)
        columns = np.stack([x, np.ones_like(x)], axis=1)
        found, *_ = np.linalg.lstsq(columns, inputs, rcond=None)
        if np.linalg.norm(columns @ found - inputs) > 1e-3 * np.linalg.norm(inputs):
            return None
        fits.append(found)
    if not fits or not np.allclose(fits, fits[0], rtol=1e-2, atol=1e-3) or np.allclose(fits[0], (1, 0), atol=1e-3):
        return None
    a, c = (float(number) for number in np.mean(fits, axis=0))
    words = f"fit sees {a:.4g} · x {'-' if c < 0 else '+'} {abs(c):.4g}" if abs(c) > 1e-4 else f"fit sees {a:.4g} · x"
    return dataclasses.replace(base, inputs=lambda x: a * x + c), words


def _due_by(formulas: Formulas) -> Callable[[Step], list[Floats]]:
    return lambda step: formulas.steps(step.weights, step.batch, step.lr)


def _repeats(taken: list[Step], base: Formulas) -> int:
    """Return how many steps of the formulas, one after the other, make every step; 0 where none do."""
    for times in range(2, MOST_REPEATS + 1):
        if all(step.fits(_path(step, base, times)) for step in taken):
            return times
    return 0


def _path(step: Step, base: Formulas, times: int) -> list[Floats]:
    now = step.weights
    for _ in range(times):
        now = [w - t for w, t in zip(now, base.steps(now, step.batch, step.lr), strict=True)]
    return [w - n for w, n in zip(step.weights, now, strict=True)]
