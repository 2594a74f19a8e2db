"""Question 2, what is kept from step to step: one image again and again, so that no order and no pairing matters.

Three ways to take T steps on it: T images in batches of one, T epochs, and T calls of ``fit`` from the same weights.
A plain net arrives where T of its own single steps lead. Where it does not, a small lr makes each step's share of the
first gradient visible: 1, 1 + μ, 1 + μ + μ², … is momentum, 1, ρ, ρ² a rate that decays, 1, 2, 3 gradients that are
never zeroed. The user's code runs in a process of its own; this runs in the referee.
"""

import dataclasses
import itertools

import numpy as np

from mnistbench.checking.examination import Examination
from mnistbench.checking.steps import chosen
from mnistbench.checking.subject import HIDDEN, Batch, Subject
from mnistbench.datasets import Dataset
from mnistbench.errors import NetError
from mnistbench.nets import Floats

LENGTH = 4
DIGIT = 4
BY_BATCH, BY_EPOCH, BY_FIT = "images in batches of one", "epochs", "calls of fit from the same weights"


@dataclasses.dataclass(frozen=True)
class Shares:
    """What each further step adds, in shares of one due step, along the three ways.

    They are ``plain`` where all arrive where single steps lead; ``whole`` where each further image or epoch adds one
    due step or none, which is a matter of which images make which steps.
    """

    by_batch: tuple[float, ...]
    by_epoch: tuple[float, ...]
    by_fit: tuple[float, ...]
    plain: bool
    whole: bool = False

    @property
    def words(self) -> str:
        """Return the numbers as evidence."""
        rows = ((BY_BATCH, self.by_batch), (BY_EPOCH, self.by_epoch), (BY_FIT, self.by_fit))
        return "; ".join(f"{name}: " + ", ".join(f"{share:.3g}" for share in shares) for name, shares in rows)


def measure(subject: Subject, dataset: Dataset, dues: list[list[Floats]]) -> Shares | None:
    """Return the shares of the steps; ``None`` where nothing moves or what moves is not the same gradient.

    Args:
        subject: the net.
        dataset: where the image is from.
        dues: what the gradient of this image at the known weights may be; where none is parallel to what moves, the
            net's own first step that moves is what is due.
    """
    single = subject.layout(HIDDEN).eps > 1e-10
    lr = 3e-4 if single else 1e-6
    weights = subject.weights(HIDDEN)
    one = Batch(*chosen(dataset, [DIGIT]), 1)
    batches = [subject.took(HIDDEN, weights, _times(one, n), lr=lr) for n in range(1, LENGTH + 1)]
    epochs = [batches[0], *(subject.took(HIDDEN, weights, one, lr=lr, epochs=n) for n in range(2, LENGTH + 1))]
    made = subject.open(HIDDEN, lr)
    fits = [subject.took(HIDDEN, weights, one, lr=lr, made=made) for _ in range(LENGTH)]
    path = _plain_path(subject, weights, one, lr)
    plain = _same(batches, path, weights, subject) and _same(epochs, path, weights, subject)
    plain = plain and _same(fits, [path[0]] * LENGTH, weights, subject)
    whole = _same(fits, [path[0]] * LENGTH, weights, subject) and all(
        any(_same([took], [due], weights, subject) for due in path) for took in (*batches, *epochs)
    )
    unit = next((took for took in (*batches, *epochs) if _norm(took) > 0), None)
    if unit is None or not np.isfinite(_norm(unit)):
        return None
    along = next(([lr * d for d in due] for due in dues if _parallel(unit, due)), unit)
    moves = _norm(path[0]) > 0
    totals = [[_share(took, along) for took in tooks] for tooks in (batches, epochs, fits)]
    return Shares(_differences(totals[0]), _differences(totals[1]), tuple(totals[2]), plain and moves, whole and moves)


def due_of(dataset: Dataset) -> Batch:
    """Return the one image that is asked, as a batch, so that its gradient can be told."""
    return Batch(*chosen(dataset, [DIGIT]), 1)


def name(shares: Shares, found: Examination) -> bool:
    """Name what is kept from step to step; say whether the steps are plain, or were named."""
    if shares.plain or is_composition(shares):
        return True
    kind = _kind(shares)
    if kind:
        word, detail = kind
        found.name("loop", word, shares.words, detail=detail)
        return True
    return False


def _kind(s: Shares) -> tuple[str, str] | None:
    a, e, f = s.by_batch, s.by_epoch, s.by_fit
    same = _close(a, (a[0],) * LENGTH)
    if same and a[0] and _close(e, (e[0], 0, 0, 0)):
        return "epochs_ignored", "2, 3 and 4 epochs end where one does"
    if (same and _close(e, (2, 1, 1, 1))) or (_close(e, (0, 1, 1, 1)) and _close(a, (0,) * LENGTH)):
        return "epochs_miscounted", f"one epoch asked for makes {round(e[0])}"
    more = round(a[0]) - 1
    if more > 0 and _close(a, (1 + more, 1, 1, 1)) and (_close(e, (1 + more,) * LENGTH) or _close(e, a)):
        return "extra_step", f"1, 2 and 3 batches make {1 + more}, {2 + more} and {3 + more} steps"
    kept = _carried(a) or _carried(e)
    if kept:
        return kept
    turns = [_turn(shares) for shares in (a, e, f)]
    if turns[0]:
        return ("rate_decays_by_batch" if turns[0] < 0 else "rate_grows"), _listed(a, "steps")
    if turns[1] and same:
        return ("rate_decays_by_epoch" if turns[1] < 0 else "rate_grows"), _listed(e, "epochs")
    if turns[2] and same and _close(e, (e[0],) * LENGTH):
        return ("rate_decays_by_fit" if turns[2] < 0 else "rate_grows"), _listed(f, "calls")
    if same and _close(e, (e[0],) * LENGTH) and not _close(f, (f[0],) * LENGTH):
        return "state_kept", _listed(f, "calls")
    return None


def _carried(a: tuple[float, ...]) -> tuple[str, str] | None:
    """Tell momentum and its like from the shares of steps on one and the same gradient."""
    if _close(a, (1, 2, 3, 4)):
        return "gradients_not_zeroed", "the second step is twice the first, the third three times"
    if abs(a[0]) < 0.01 and a[1] > 0.01 and a[2] > a[1] * 1.01:
        return "momentum_stale", f"the first step is none, then come {a[1]:.3g}, {a[2]:.3g} and {a[3]:.3g} of one"
    if abs(a[0]) < 0.01:
        return ("step_before_gradient", "") if _close(a, (0, 1, 1, 1)) else None
    mu = a[1] / a[0] - 1
    if (0.05 < mu < 1.5 or -0.95 < mu < -0.05) and _close(
        [x / a[0] for x in a], (1, 1 + mu, 1 + mu + mu**2, 1 + mu + mu**2 + mu**3)
    ):
        if mu < 0:
            return "momentum_flipped", f"the share is {mu:.2g}"
        words = f"the share that is kept is {mu:.2g}"
        if abs(a[0] - (1 - mu)) < 0.03:
            return "gradients_averaged", words
        return ("momentum", words) if _close(a[0], 1) else None  # else it may be a rate that grows from a small one
    mu = a[0] - 1  # Nesterov's: the first step is 1 + μ
    if 0.05 < mu < 1 and _close(a, (1 + mu, 1 + mu + mu**2, 1 + mu + mu**2 + mu**3, 1 + mu + mu**2 + mu**3 + mu**4)):
        return "momentum", f"it is Nesterov's, and the share that is kept is {mu:.2g}"
    return None


def _turn(shares: tuple[float, ...]) -> int:
    """Return -1 where each step is smaller than the last, as in 1, ρ, ρ², … or 1 / (1 + k t); 1 where steps grow.

    It is 0 where they do neither, or change by leaps and not by one rule.
    """
    if abs(shares[0]) < 0.01 or min(share / shares[0] for share in shares) < 1e-4:
        return 0
    ratios = [round(b / a, 4) for a, b in itertools.pairwise(shares)]
    if max(ratios) - min(ratios) >= 0.02 and ratios not in (sorted(ratios), sorted(ratios, reverse=True)):
        return 0
    if min(ratios) > 1 - 1e-3 and max(ratios) > 1 + 1e-3:  # a warm-up may have ended
        return 1
    return -int(max(ratios) < 1 - 1e-3)


def _plain_path(subject: Subject, weights: list[Floats], one: Batch, lr: float) -> list[list[Floats]]:
    """Return what T single steps, each by a fresh net, take off the weights together."""
    path: list[list[Floats]] = []
    now = weights
    for _ in range(LENGTH):
        took = subject.took(HIDDEN, now, one, lr=lr)
        now = [w - t for w, t in zip(now, took, strict=True)]
        path.append([w - n for w, n in zip(weights, now, strict=True)])
    return path


def _same(tooks: list[list[Floats]], path: list[list[Floats]], weights: list[Floats], subject: Subject) -> bool:
    """Say whether all arrive where the path leads, but for rounding, which each step adds anew."""
    eps = subject.layout(HIDDEN).eps
    return all(
        np.linalg.norm(t - p) <= 1e-3 * np.linalg.norm(p) + 2 * LENGTH * eps * np.linalg.norm(w)
        for took, due in zip(tooks, path, strict=True)
        for t, p, w in zip(took, due, weights, strict=True)
    )


def _times(one: Batch, n: int) -> Batch:
    return Batch(np.repeat(one.images, n, axis=0), np.repeat(one.labels, n), 1)


def _norm(arrays: list[Floats]) -> float:
    return float(np.sqrt(sum((a * a).sum() for a in arrays)))


def _dot(a: list[Floats], b: list[Floats]) -> float:
    return float(sum((x * y).sum() for x, y in zip(a, b, strict=True)))


def _share(took: list[Floats], along: list[Floats]) -> float:
    return _dot(took, along) / _dot(along, along)


def _parallel(a: list[Floats], b: list[Floats]) -> bool:
    return _norm(b) > 0 and abs(_dot(a, b)) > 0.99 * _norm(a) * _norm(b)


def _differences(totals: list[float]) -> tuple[float, ...]:
    return tuple(float(x) for x in np.diff([0.0, *totals]))


def _close(shares: object, pattern: float | tuple[float, ...]) -> bool:
    return bool(np.allclose(np.asarray(shares, float), pattern, rtol=0.05, atol=0.03))


def repeats(subject: Subject, dataset: Dataset) -> bool:
    """Say whether fit makes the same step of one image whatever the seed, as it must from the same weights."""
    weights, one = subject.weights(HIDDEN), Batch(*chosen(dataset, [DIGIT]), 1)
    try:
        steps = [subject.took(HIDDEN, weights, one, lr=0.1, seed=seed) for seed in (1, 2, 3)]
    except NetError:
        return True
    return all(np.allclose(a, b, rtol=1e-3, atol=1e-6, equal_nan=True)
               for step in steps[1:] for a, b in zip(steps[0], step, strict=True))  # fmt: skip


def one_epoch(shares: Shares) -> bool:
    """Say whether further epochs add nothing."""
    return _close(shares.by_epoch, (shares.by_epoch[0], 0, 0, 0))


def loses_last(shares: Shares) -> bool:
    """Say whether one image makes no step, and each further one does."""
    return _close(shares.by_batch, (0, 1, 1, 1)) and _close(shares.by_epoch, (0,) * LENGTH)


def is_composition(shares: Shares) -> bool:
    """Say whether the images will tell: every step is a due one, and it is the loop that leaves some out."""
    if loses_last(shares):
        return True
    every, once = (shares.by_epoch[0],) * LENGTH, one_epoch(shares)
    repeated = not _close(shares.by_batch, (shares.by_batch[0],) * LENGTH)
    return shares.whole and (_close(shares.by_epoch, every) or (once and repeated))


def _listed(shares: tuple[float, ...], what: str) -> str:
    return f"{what} one after the other make {', '.join(f'{share:.3g}' for share in shares)} of the step that is due"


def restarts(subject: Subject, dataset: Dataset) -> str:
    """Say which arrays end alike, with an lr that moves nothing, wherever they began; empty where none does."""
    one, layout = Batch(*chosen(dataset, [DIGIT]), 1), subject.layout(HIDDEN)
    starts = [subject.weights(HIDDEN, seed) for seed in (0, 1)]
    ends = [[w - t for w, t in zip(start, subject.took(HIDDEN, start, one, lr=1e-12), strict=True)] for start in starts]
    alike = [name for name, a, b, c, d in zip(layout.names, *ends, *starts, strict=True)
             if np.allclose(a, b, rtol=1e-6, atol=1e-9) and not np.allclose(c, d)]  # fmt: skip
    verb = "end alike wherever they began" if len(alike) > 1 else "ends alike wherever it began"
    return f"{' and '.join(alike)} {verb}" if alike else ""


def moved(subject: Subject, dataset: Dataset) -> tuple[bool, bool]:
    """Say whether three epochs of four batches move the weights that one batch leaves, and what ``predict`` tells."""
    made, images = subject.open(HIDDEN, 0.5), dataset.test_images[:20]
    made.set_weights(subject.layout(HIDDEN).native(subject.weights(HIDDEN)))
    before = made.outputs(images)
    batch = Batch(*chosen(dataset, [1, 9, 4, 8] * 4), 4)
    took = subject.took(HIDDEN, subject.weights(HIDDEN), batch, lr=0.5, epochs=3, made=made)
    return any(np.any(array) for array in took), not np.allclose(before, made.outputs(images), rtol=1e-6, atol=1e-9)
