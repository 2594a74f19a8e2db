"""Question 2: how does ``fit`` loop, told from what it takes off known weights.

The user's code runs in a process of its own; this runs in the referee.
"""

import dataclasses
import functools
import itertools

import numpy as np

from mnistbench.checking import decoding, reshaping, sequences
from mnistbench.checking.compositions import Composer, Composition, Stepper
from mnistbench.checking.examination import RIGHT, WRONG, Answer, Examination
from mnistbench.checking.formulas import Formulas
from mnistbench.checking.sentences_of_loops import EACH_CALL_ALIKE
from mnistbench.checking.steps import Step, chosen, measured
from mnistbench.checking.subject import HIDDEN, Batch, Subject
from mnistbench.datasets import Dataset
from mnistbench.nets import Floats

LR = 0.05  # small, so that wrong steps too stay near enough to be told apart
MANY = 300  # images, more than most batch sizes that are fixed in a code
SHORT, WHOLE, ONE = (8, 5), (12, 3), (6, 6)  # images and batch size


@dataclasses.dataclass
class Loop:
    """What the questions about the loop share."""

    subject: Subject
    dataset: Dataset
    found: Examination
    stepper: Stepper
    formulas: Formulas | None
    all_explained: bool  # the steps of whole batches are those of the formulas

    @property
    def tolerance(self) -> float:
        """Return how far a share may be off."""
        return 0.1 if self.subject.layout(HIDDEN).eps > 1e-10 else 0.03

    def weigh(self, size: int, batch_size: int) -> float:
        """Return what an image counts in a batch, beside what it counts alone."""
        f = self.formulas or Formulas()
        return f.scale(size, batch_size) * f.kept(size, batch_size) / f.scale(1, 1)

    @functools.cached_property
    def composer(self) -> Composer:
        """Return what reads shares, made once."""
        return Composer(self.subject, self.dataset, self.stepper)


def ask(loop: Loop) -> None:
    """Find out what one epoch is made of, whether pairs hold, and which order the images have; name what is wrong."""
    found = loop.found
    if not loop.composer.readable or not _adds_up(loop):
        _end(loop)
        _ask_given_order(loop)
        return
    epochs, names = _composed(loop)
    if not names and max(seen.left for seen in epochs) > 0.01:  # a unit may have crossed 0: not twice
        loop.composer = Composer(loop.subject, loop.dataset, loop.stepper, skip=1)
        epochs, names = _composed(loop)
    words = epochs[0].words
    if decoding.never_trained(epochs, loop.tolerance):
        several = [loop.composer.compose(*WHOLE, epochs=3, seed=seed) for seed in (1, 2)]
        if decoding.never_trained([*epochs, *several], loop.tolerance):
            found.name("loop", "images_never_trained", epochs[1].words)
            return
    if "" in names:
        found.answers["loop"].say(RIGHT, words)
        _ask_order(loop, [epochs[0], epochs[3]])
        _end(loop)
    elif names:
        _name(loop, names, words)
    elif max(seen.left for seen in epochs) > 0.05:
        _ask_pairs(loop, epochs)
    elif decoding.drawn(epochs, loop.tolerance):
        _name_drawn(loop, epochs)
    else:
        found.answers["loop"].say(WRONG, "; ".join(seen.words for seen in epochs[:3]))


def _composed(loop: Loop) -> tuple[list[Composition], list[str]]:
    """Return the shares of the images in single epochs of three sizes with two seeds, and the loops that leave them."""
    epochs = [loop.composer.compose(*size, seed=seed) for seed in (1, 2) for size in (SHORT, WHOLE, ONE)]
    return epochs, decoding.fitting(epochs, loop.tolerance, loop.weigh)


def _adds_up(loop: Loop) -> bool:
    """Say whether the step of a batch is the sum of its images' own, so that their shares can be read."""
    batch = Batch(loop.composer.all.images[:6], loop.composer.all.labels[:6], 6)
    weights, lr = loop.composer.weights, loop.composer.lr
    try:
        whole = loop.stepper(weights, batch, lr)
    except ValueError:
        return False
    parts = [loop.stepper(weights, batch.rows([i]), lr) for i in range(6)]
    shares = [loop.weigh(6, 6) * sum(arrays[1:], arrays[0]) for arrays in zip(*parts, strict=True)]
    return all(
        np.allclose(a, b, rtol=1e-3, atol=1e-3 * float(np.abs(a).max())) for a, b in zip(whole, shares, strict=True)
    )


def _ask_given_order(loop: Loop) -> None:
    """Ask whether eight images in twos end where their given order leads, with two seeds; a shuffle rarely does."""
    batch = Batch(loop.composer.all.images[:8], loop.composer.all.labels[:8], 2)
    weights = loop.subject.weights(HIDDEN)
    ends = []
    for rows in (list(range(8)), list(range(7, -1, -1))):
        now = weights
        for start in range(0, 8, 2):
            now = _after(loop, now, batch.rows(rows[start : start + 2]))
        ends.append(_taken(weights, now))
    steps = [measured(loop.subject, HIDDEN, weights, batch, lr=LR, seed=seed) for seed in (1, 2)]
    if all(step.fits(ends[0]) and not step.fits(ends[1]) for step in steps):
        loop.found.name("loop", "no_shuffle", "eight images in twos end where the given order leads, with two seeds")


def _name(loop: Loop, names: list[str], words: str) -> None:
    """Name the loop that leaves the shares, having told apart those that leave the same."""
    name, *others = names
    detail = ""
    if name == "full_batch":
        name, detail = _full_or_not(loop)
        others = []
    elif name in ("first_batch_only", "last_batch_only"):
        others = []
    loop.found.name("loop", name, words, detail=detail, others=others)


def _full_or_not(loop: Loop) -> tuple[str, str]:
    """Tell one step on all images from batches that are larger than the trial, and from a divisor that is too large."""
    steps = _repeated(loop, MANY, 4)
    if steps > 1.5:
        return "own_batch_size", f"{MANY} images make {steps:.0f} steps, where batches of 4 make {MANY // 4}"
    one = Batch(*chosen(loop.dataset, [sequences.DIGIT]), 1)
    weights = loop.subject.weights(HIDDEN)
    n, b = WHOLE
    batch = Batch(np.repeat(one.images, n, axis=0), np.repeat(one.labels, n), b)
    step = measured(loop.subject, HIDDEN, weights, batch, lr=LR)
    now = weights
    for _ in range(n // b):
        taken = loop.stepper(now, one, LR * b / n)
        now = [w - t for w, t in zip(now, taken, strict=True)]
    if step.fits([w - n for w, n in zip(weights, now, strict=True)]):
        return "divided_by_all_images", f"{n} images in batches of {b} make {n // b} steps of {b}/{n} of their size"
    return "full_batch", f"{MANY} images in batches of 4 make one step"


def _repeated(loop: Loop, n: int, b: int) -> float:
    """Return how many single steps so many copies of one image make."""
    one = Batch(*chosen(loop.dataset, [sequences.DIGIT]), 1)
    lr, weights = loop.composer.lr, loop.subject.weights(HIDDEN)
    batch = Batch(np.repeat(one.images, n, axis=0), np.repeat(one.labels, n), b)
    took, single = loop.subject.took(HIDDEN, weights, batch, lr=lr), loop.stepper(weights, one, lr)
    dot = sum((t * s).sum() for t, s in zip(took, single, strict=True))
    return float(dot / max(sum((s * s).sum() for s in single), 1e-300))


def _ask_order(loop: Loop, ones: list[Composition]) -> None:
    """Ask whether the images come in a fresh order each epoch, with two seeds."""
    tolerance = loop.tolerance / 2
    if np.ptp(ones[0].shares) < tolerance:  # even batches, or a batch's size that does not count, hide the order
        _ask_given_order(loop)
        return
    name, several = _order(loop.composer, ones, tolerance)
    if name and "tensorflow" in loop.subject.libraries():  # whose shuffle, seeded, may draw one order again and again
        composer = loop.composer.of(loop.subject.unseeded())
        name, several = _order(composer, [composer.compose(*SHORT, seed=seed) for seed in (1, 2)], tolerance)
    if name == "each_call_alike":
        loop.found.remarks.append(EACH_CALL_ALIKE)
    elif name:
        loop.found.name("loop", name, several[0].words)


def _order(composer: Composer, ones: list[Composition], tolerance: float) -> tuple[str, list[Composition]]:
    """Return which order the images have that is not a fresh one, and the epochs that it was told by."""
    several = [composer.compose(*SHORT, epochs=3, seed=seed) for seed in (1, 2)]
    if _alike_every_epoch(ones, several, 2 * tolerance):
        given = all(decoding.in_given_order(seen, tolerance) for seen in (*ones, *several))
        return ("no_shuffle" if given else "shuffled_once"), several
    calls = [composer.compose(*SHORT, calls=3, seed=seed) for seed in (1, 2)]
    return ("each_call_alike" if _alike_every_epoch(ones, calls, 2 * tolerance) else ""), calls


def _alike_every_epoch(ones: list[Composition], several: list[Composition], tolerance: float) -> bool:
    """Say whether single epochs, of two seeds, are what each of several epochs was."""
    return all(decoding.same_every_epoch(one, three, tolerance) for one, three in zip(ones, several, strict=True))


def _name_drawn(loop: Loop, epochs: list[Composition]) -> None:
    """Tell batches drawn anew, where a lost image comes back, from a shuffle that loses it for good.

    Where every epoch leaves the same shares, to whichever images, nothing is drawn: slices overlap.
    """
    tolerance = loop.tolerance
    words = epochs[1].words
    ones = [loop.composer.compose(*WHOLE, seed=seed) for seed in (1, 2, 3)]
    if all(decoding.same_every_epoch(epochs[1], one, tolerance) for one in ones):
        loop.found.answers["loop"].say(WRONG, words)
        return
    for seed, one in enumerate(ones, start=1):
        four = loop.composer.compose(*WHOLE, epochs=4, seed=seed)
        lost = {i for i, share in enumerate(one.shares) if abs(share) < tolerance}
        if any(abs(four.shares[i]) > tolerance for i in lost):
            loop.found.name("loop", "drawn_anew", words)
            return
    loop.found.name("loop", "images_duplicated", words)


def _ask_pairs(loop: Loop, epochs: list[Composition]) -> None:
    """Ask whether batches of four are the steps of the same images mixed, or with each other's labels."""
    mixed = reshaping.found(loop.subject, loop.dataset, loop.formulas, LR) if not loop.all_explained else ""
    if mixed:
        loop.found.name("gradients", mixed, "steps of four different digits are right for arrays that are reshaped")
        return
    orders = [] if loop.all_explained else [_pairing(loop, d, epochs=1) for d in ([1, 9, 4, 8], [6, 3, 8, 0])]
    if not all(orders) or all(order == (0, 1, 2, 3) for order in orders):
        loop.found.answers["loop"].say(WRONG, "; ".join(seen.words for seen in epochs[:3]))
    else:
        words = "steps of four different digits are right for another order of the labels"
        loop.found.name("loop", "pairs_broken", words)


def _pairing(loop: Loop, digits: list[int], epochs: int) -> tuple[int, ...] | None:
    """Return an order of the labels that makes the last of the epochs what it is, the earlier ones being right."""
    batch = Batch(*chosen(loop.dataset, digits), len(digits))
    weights = loop.subject.weights(HIDDEN)
    step = measured(loop.subject, HIDDEN, weights, batch, lr=LR, epochs=epochs)
    now = weights
    for _ in range(epochs - 1):
        now = _after(loop, now, batch)
    for order in itertools.permutations(range(len(digits))):
        paired = Batch(batch.images, batch.labels[list(order)], batch.batch_size)
        if step.fits(_taken(weights, _after(loop, now, paired))):
            return order
    return None


def _end(loop: Loop) -> None:
    """Ask what remains: several epochs of one batch of different images, and of batches of one and the same."""
    for epochs in (2, 3):
        order = _pairing(loop, [1, 9, 4, 8], epochs)
        if order is None and _runs_away(loop, epochs):  # where rounding decides where it ends
            return
        if order != (0, 1, 2, 3):
            _name_later(loop, order, epochs)
            return
    n, b = SHORT
    one = Batch(*chosen(loop.dataset, [7]), b)
    batch = Batch(np.repeat(one.images, n, axis=0), np.repeat(one.labels, n), b)
    weights = now = loop.subject.weights(HIDDEN)
    step: Step = measured(loop.subject, HIDDEN, weights, batch, lr=LR, epochs=2)
    for taken, size in enumerate((b, n - b) * 2):
        part = Batch(batch.images[:size], batch.labels[:size], b)
        if not measured(loop.subject, HIDDEN, now, part, lr=LR).fits(loop.stepper(now, part, LR)):  # it may clip
            words = f"after {taken} steps on one image the next one, by itself, is another than is due"
            loop.found.answers["gradients"] = Answer(WRONG, [words])
            return
        now = _after(loop, now, part)
    words = f"two epochs of {b} + {n - b} times the same image"
    if step.fits(_taken(weights, now)):
        loop.found.answers["loop"].say(RIGHT, f"{words} arrive where such steps lead")
    else:
        _blame(loop, words)


def _runs_away(loop: Loop, epochs: int) -> bool:
    """Say whether steps on a batch of four, as the gradients are, soon become many times as large as the weights."""
    batch = Batch(*chosen(loop.dataset, [1, 9, 4, 8]), 4)
    first = now = loop.subject.weights(HIDDEN)
    for _ in range(epochs):
        now = _after(loop, now, batch)
    return not all(np.linalg.norm(a - b) < 10 * np.linalg.norm(b) for a, b in zip(now, first, strict=True))


def _name_later(loop: Loop, order: tuple[int, ...] | None, epochs: int) -> None:
    if order is not None:
        words = f"four images in one batch: epoch {epochs} makes the step of the labels in the order {list(order)}"
        loop.found.name("loop", "pairs_break_later", words)
    else:
        _blame(loop, f"{epochs} epochs of one batch of four images")


def _blame(loop: Loop, words: str) -> None:
    """Say that the loop is wrong, unless it is the steps themselves that nothing explains."""
    if loop.all_explained or loop.found.answers["gradients"].answer != WRONG:
        loop.found.answers["loop"].say(WRONG, f"{words} do not arrive where such steps lead")


def _after(loop: Loop, weights: list[Floats], batch: Batch) -> list[Floats]:
    return [w - t for w, t in zip(weights, loop.stepper(weights, batch, LR), strict=True)]


def _taken(before: list[Floats], after: list[Floats]) -> list[Floats]:
    return [b - a for b, a in zip(before, after, strict=True)]
