"""What stands between a gradient and its step: a factor, a rate of its own, decay, clipping, adaptive steps.

Each function looks at steps beside the steps that formulas make of the same weights and batches, measures what it
knows, and yields its name, the fields of :class:`~mnistbench.checking.formulas.Formulas` that do the same, and what
was measured, in words; nothing where a step contradicts it.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from mnistbench.checking.formulas import Formulas
from mnistbench.checking.steps import TOLERANCE, Step
from mnistbench.nets import Floats

Extra = tuple[str, dict[str, Any], str]
Read = list[tuple[Step, list[Floats], list[Floats]]]  # steps with what they took and should have taken, each by lr

SHARE = 0.02  # of what a penalty takes, which may be left unexplained


def read(steps: list[Step], formulas: Formulas) -> Read | None:
    """Return each step that was taken with the formulas' own, both divided by lr; ``None`` where they cannot run."""
    found: Read = []
    for step in steps:
        if step.took is None:
            continue
        try:
            expected = formulas.steps(step.weights, step.batch, step.lr)
        except (ValueError, IndexError):
            return None
        if not all(np.isfinite(array).all() for array in (*step.took, *expected)):
            return None
        found.append((step, step.gradients, [array / step.lr for array in expected]))
    return found


def added(steps: list[Step], formulas: Formulas) -> Iterator[Extra]:
    """Yield what is done to the gradients that formulas make: a penalty on the weights, or clipping."""
    seen = read(steps, formulas)
    if seen:
        for find in (_penalty, _absolute_penalty, _clipped, _norm_clipped, _each_norm_clipped):
            yield from find(seen)


def factor(steps: list[Step], formulas: Formulas) -> Iterator[Extra]:
    """Yield one factor that all arrays share: in all steps, or as a rate that heeds no lr, or a divisor no m."""
    seen = read(steps, formulas)
    if not seen or not any(np.any(d) for d in seen[0][2]):
        return
    factors = [_common(took, due, step) for step, took, due in seen]
    if any(k is None for k in factors):
        return
    ks = np.array(factors, float)
    rates = ks * [step.lr for step, _, _ in seen]
    if _constant(rates) and not _constant(ks):
        rate = float(rates[0])
        fixed = {"rate": lambda lr: rate, "bias_rate": lambda lr: rate}
        lrs = [step.lr for step, _, _ in seen]
        yield "lr_fixed", fixed, f"the rate is {rate:.4g} at lr = {min(lrs):g} and at lr = {max(lrs):g} alike"
    elif _constant(ks) and abs(ks[0] - 1) > TOLERANCE:
        k = float(ks[0])
        size = f"{abs(k):.4g} times too large" if abs(k) > 1 else f"{1 / abs(k):.4g} times too small"
        rest = {"rate": lambda lr: k * lr, "bias_rate": lambda lr: k * lr}
        yield "factor", rest, f"{size}{', and of the wrong sign' if k < 0 else ''}, on batches of every size"
    else:
        yield from _fixed_divisor(seen, ks, formulas)


def _fixed_divisor(seen: Read, ks: Floats, formulas: Formulas) -> Iterator[Extra]:
    """Yield a number that stands where the batch's own m belongs; 1 is a sum over the batch, which has its own name."""
    sizes = np.array([len(step.batch.labels) for step, _, _ in seen])
    divisors = sizes / ks
    if not _constant(divisors) or divisors[0] <= 0 or abs(divisors[0] - 1) <= TOLERANCE:
        return
    number = float(divisors[0])
    words = f"the number is {float(f'{number:.4g}'):,g}, on batches of {', '.join(map(str, np.unique(sizes)))}"
    yield "divided_by_constant", {"scale": lambda m, b: formulas.scale(m, b) * m / number}, words


def by_array(steps: list[Step], formulas: Formulas, names: tuple[str, ...]) -> Iterator[Extra]:
    """Yield a factor for each array, the same in every step, where not all of them are 1."""
    seen = read(steps, formulas)
    if not seen:
        return
    table = []
    for step, took, due in seen:
        ks = [_ratio(t, d, step, w) for t, d, w in zip(took, due, step.weights, strict=True)]
        table.append([np.nan if k is None else k for k in ks])
    array = np.array(table)
    if np.isfinite(array).all() and all(_constant(column) for column in array.T):
        ks = [float(k) for k in array.mean(axis=0)]
        if not _constant(np.array(ks)):
            words = ", ".join(f"{name} {k:.4g}" for name, k in zip(names, ks, strict=True))
            yield "factor_of_arrays", dict(zip(names, ks, strict=True)), f"the factors are {words}"


def whole_numbers(steps: list[Step]) -> bool:
    """Say whether every step is whole numbers times lr, and not all of them 0."""
    taken = [step for step in steps if step.took is not None]
    return any(np.any(g) for step in taken for g in step.gradients) and all(
        np.abs(g - np.rint(g)).max() < 1e-6 for step in taken for g in step.gradients
    )


def adaptive(steps: list[Step], expected: Callable[[Step], list[Floats]]) -> str | None:
    """Say where nearly all entries of a step are equally large although their gradients are not."""
    sizes = []
    for step in steps:
        if step.took is None:
            continue
        for took, due in zip(step.gradients, expected(step), strict=True):
            large = np.abs(due) > 0.05 * np.abs(due).max()
            if not due.any() or large.sum() < 8:
                continue
            moved = np.abs(took[large])
            if not np.isfinite(moved).all() or moved.std() > 0.03 * moved.mean() or moved.mean() == 0:
                return None
            sizes.append(moved.mean() * step.lr)
    return f"entries move by {sizes[0]:.3g} at lr = {steps[0].lr:g}" if sizes else None


def _penalty(seen: Read) -> Iterator[Extra]:
    """Yield weight decay: what is left of each step is λ times the weights, on W1 and W2 and maybe on the biases."""
    shares = [_shares(step, took, due, step.weights) for step, took, due in seen]
    if any(share is None for share in shares):
        return
    table = np.array(shares, float)
    signs = np.sign(table)
    if not (signs == signs[0]).all() or not signs.any() or len(set(signs[0][signs[0] != 0])) != 1:
        return
    constant = all(_constant(column, SHARE) for column in table.T)
    name = "weight_decay" if signs.max() > 0 else "weight_decay_sign"
    amounts = [float(a) for a in table.mean(axis=0)]
    largest = max(amounts, key=abs)
    words = f"λ = {abs(largest):.2g}" if constant else f"λ from {table.min():.2g} to {table.max():.2g}"
    decay = {"added": lambda g, w: [a + k * b for a, k, b in zip(g, amounts, w, strict=True)]}
    yield name, decay, words


def _absolute_penalty(seen: Read) -> Iterator[Extra]:
    shares = [_shares(step, took, due, [np.sign(w) for w in step.weights]) for step, took, due in seen]
    if any(share is None for share in shares):
        return
    table = np.array(shares, float)
    if table.any() and all(_constant(column, SHARE) for column in table.T):
        amounts = [float(a) for a in table.mean(axis=0)]
        yield (
            "weight_decay_l1",
            {"added": lambda g, w: [a + k * np.sign(b) for a, k, b in zip(g, amounts, w, strict=True)]},
            f"λ = {max(amounts, key=abs):.2g}",
        )


def _shares(step: Step, took: list[Floats], due: list[Floats], parts: list[Floats]) -> list[float] | None:
    """Return for each array the λ with took = due + λ · part; 0 where nothing is left; ``None`` where that fails."""
    found = []
    for t, d, w, part in zip(took, due, step.weights, parts, strict=True):
        left = t - d
        noise = 4 * step.eps * float(np.linalg.norm(w)) / step.lr + 20 * step.eps * float(np.linalg.norm(d))
        k = float((left * part).sum() / (part * part).sum())
        if np.linalg.norm(left) <= noise:
            found.append(0.0)
        elif np.linalg.norm(left - k * part) <= SHARE * abs(k) * np.linalg.norm(part) + noise:
            found.append(k)
        else:
            return None
    return found


def _clipped(seen: Read) -> Iterator[Extra]:
    limits = [max(float(np.abs(t).max()) for t in took) for _, took, _ in seen]
    limit = max(limits)
    cut = False
    for step, _, due in seen:
        expected = [np.clip(d, -limit, limit) for d in due]
        cut = cut or any(np.abs(d).max() > limit * (1 + 1e-3) for d in due)
        if not step.fits([e * step.lr for e in expected]):
            return
    if cut and limit > 0:
        yield (
            "gradients_clipped",
            {"added": lambda g, w: [np.clip(a, -limit, limit) for a in g]},
            f"the limit is {limit:.3g}",
        )


def _norm_clipped(seen: Read) -> Iterator[Extra]:
    factors = [_common(took, due, step) for step, took, due in seen]
    if any(k is None or k > 1 + TOLERANCE or k <= 0 for k in factors) or all(abs((k or 0) - 1) < 1e-3 for k in factors):
        return
    lengths = np.array([_length(took) for _, took, _ in seen])
    cut = np.array([abs((k or 0) - 1) > 1e-3 for k in factors])
    limit = float(lengths[cut].mean())
    if limit == 0 or cut.sum() < 2 or not _constant(lengths[cut], 1e-3) or (lengths[~cut] > limit * (1 + 1e-3)).any():
        return
    shorten = {"added": lambda g, w: [a * min(1.0, limit / max(_length(g), 1e-300)) for a in g]}
    yield "gradient_norm_clipped", shorten, f"the limit is {limit:.3g}"
    if cut.all():
        yield "normalised_steps", {"added": lambda g, w: [a * limit / max(_length(g), 1e-300) for a in g]}, ""


def _each_norm_clipped(seen: Read) -> Iterator[Extra]:
    """Yield clipping of each array by its own length, to one limit for all."""
    cut, limits = 0, []
    for step, took, due in seen:
        for t, d, w in zip(took, due, step.weights, strict=True):
            k = _ratio(t, d, step, w)
            if k is None or k > 1 + TOLERANCE or k <= 0:
                return
            if k < 1 - 1e-3:
                cut += 1
                limits.append(float(np.linalg.norm(t)))
    if (
        cut > 1
        and _constant(limits)
        and max(float(np.linalg.norm(t)) for _, took, _ in seen for t in took) < limits[0] * 1.001
    ):
        limit = limits[0]
        shorten = {"added": lambda g, w: [a * min(1.0, limit / max(float(np.linalg.norm(a)), 1e-300)) for a in g]}
        yield "gradient_norm_clipped", shorten, f"each array is clipped by itself, and the limit is {limit:.3g}"


def clipped(steps: list[Step], formulas: Formulas) -> Iterator[Extra]:
    """Yield the clipping, of entries or of lengths, that steps show."""
    seen = read(steps, formulas)
    for find in (_clipped, _norm_clipped, _each_norm_clipped) if seen else ():
        yield from find(seen or [])


def _length(arrays: list[Floats]) -> float:
    return float(np.sqrt(sum((a * a).sum() for a in arrays)))


def _common(took: list[Floats], due: list[Floats], step: Step) -> float | None:
    """Return the factor from what was due to what was taken, where all arrays have the same."""
    k = sum((t * d).sum() for t, d in zip(took, due, strict=True)) / max(sum((d * d).sum() for d in due), 1e-300)
    return float(k) if k and step.fits([k * d * step.lr for d in due]) else None


def _ratio(took: Floats, due: Floats, step: Step, weights: Floats) -> float | None:
    if not due.any():
        return None if took.any() else 1.0
    k = float((took * due).sum() / (due * due).sum())
    noise = 2 * step.eps * float(np.linalg.norm(weights)) / step.lr
    close = np.linalg.norm(took - k * due) <= TOLERANCE * max(abs(k), 1e-3) * np.linalg.norm(due) + noise
    return k if close else None


def _constant(values: Any, share: float = 1e-3) -> bool:
    values = np.asarray(values, float)
    return bool(np.ptp(values) <= share * max(float(np.abs(values).max()), 1e-300))
