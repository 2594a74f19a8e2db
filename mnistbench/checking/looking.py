"""What ``predict`` shows before any step: its shape, its rows, what it depends on, and the function that it is.

The user's code runs in a process of its own; this runs in the referee.
"""

import dataclasses

import numpy as np

from mnistbench.checking.examination import Examination
from mnistbench.checking.functions import SOFTMAX
from mnistbench.checking.network import Network, identify
from mnistbench.checking.subject import HIDDEN, Batch, Subject
from mnistbench.datasets import N_CLASSES, Dataset
from mnistbench.errors import NetError
from mnistbench.nets import SUM_TOLERANCE, Floats

N_LOOKED_AT = 7  # images, a number that is no other size
CLOSE = 1e-4
ROUNDING = 16  # spacings between numbers: some products round by the row's place


@dataclasses.dataclass
class Look:
    """What is known of ``predict``: the perceptron that it is, if it is one, and whether steps can be read."""

    network: Network | None = None
    readable: bool = True
    columns: bool = False
    unused: frozenset[str] = frozenset()


def look(subject: Subject, dataset: Dataset, found: Examination) -> Look:
    """Put every question to ``predict`` that needs no step; name what is wrong.

    Raises:
        NetError: it fails, or returns what nothing can be made of.
    """
    seen = Look()
    _ask_hidden_size(subject, found)
    images = dataset.test_images[:N_LOOKED_AT]
    weights = [subject.weights(HIDDEN, seed) for seed in (0, 1)]
    told = subject.outputs(HIDDEN, weights[0], images)
    if told.shape == (N_CLASSES, len(images)):
        seen.columns = True
        found.name("network", "predict_columns", f"{len(images)} images gave the shape {told.shape}")
        told = told.T
    if told.size == len(images) and told.ndim <= 2:
        found.name("network", "predict_classes", f"{len(images)} images gave the shape {told.shape}")
        seen.readable = False
        return seen
    if told.shape != (len(images), N_CLASSES):
        subject.open(HIDDEN).predict(images)  # which refuses it in one sentence
    seen.readable = _ask_rows(subject, weights[0], images, told, found)
    seen.readable = seen.readable and _ask_batches(subject, seen, weights, images, told, found)
    if seen.readable:
        seen.unused = _unused(subject, seen, weights[0], images, told)
        seen.readable = _ask_dependence(subject, dataset, seen, weights, told, found)
    if seen.readable:
        others = [told, _turned(subject.outputs(HIDDEN, weights[1], images), seen)]
        seen.network = identify(subject.layout(HIDDEN), weights, images, others, seen.unused)
        _ask_probabilities(seen, told, found)
    return seen


def _ask_batches(
    subject: Subject, seen: Look, weights: list[list[Floats]], images: Floats, told: Floats, found: Examination
) -> bool:
    """Ask whether an image's outputs depend on its batch, or on more than the weights; say whether to go on."""
    _ask_one_image(subject, seen, weights[0], images, told, found)
    if any(each.name in ("softmax_over_images", "batch_dependent", "images_reshaped") for each in found.diagnoses):
        return False
    other_seed = _turned(subject.outputs(HIDDEN, weights[0], images, seed=2), seen)
    if np.allclose(other_seed, told, rtol=CLOSE, atol=CLOSE) or _unseen(subject, seen, weights, images):
        return True
    words = f"with seeds 1 and 2 the probabilities differ by up to {np.abs(other_seed - told).max():.2g}"
    found.name("network", "weights_in_part", words)
    return False


def _ask_hidden_size(subject: Subject, found: Examination) -> None:
    other = subject.other_hidden
    layouts = {size: subject.layout(size) for size in (other, HIDDEN)}
    for size, layout in layouts.items():
        if layout.is_two_layers and layout.widths[1] != size:
            detail = f"{size} hidden units were asked for and there are {layout.widths[1]}"
            found.name("network", "hidden_size_ignored", detail, detail=detail)
            return
    if layouts[HIDDEN].shapes == layouts[other].shapes and len(layouts[HIDDEN].layers) != 1:  # one has no hidden units
        shapes = ", ".join(map(str, layouts[HIDDEN].shapes))
        detail = f"the arrays have the shapes {shapes} for hidden_size {HIDDEN} and {other} alike"
        found.name("network", "hidden_size_ignored", detail, detail=detail)


def _turned(told: Floats, seen: Look) -> Floats:
    return told.T if seen.columns else told


def _ask_rows(subject: Subject, weights: list[Floats], images: Floats, told: Floats, found: Examination) -> bool:
    """Ask whether the outputs are finite, the same when asked again, and whether softmax runs over the classes."""
    made = subject.open(HIDDEN)
    made.set_weights(subject.layout(HIDDEN).native(weights))
    first, second = made.outputs(images), made.outputs(images)
    if not np.isfinite(told).all():
        found.name("network", "predict_nan", f"{np.count_nonzero(~np.isfinite(told))} of {told.size} numbers")
        return False
    if not np.allclose(first, second, rtol=CLOSE, atol=CLOSE):
        found.name("network", "predict_random", f"two calls differ by up to {np.abs(first - second).max():.2g}")
        return False
    if np.isin(told, (0.0, 1.0)).all() and np.ptp(told):
        found.name("network", "predict_one_hot", f"all {told.size} numbers are 0 or 1")
        return False
    columns, rows = told.sum(axis=0), told.sum(axis=1)
    if np.abs(columns - 1).max() < SUM_TOLERANCE < np.abs(rows - 1).max():
        found.name("network", "softmax_over_images",
                   f"columns add up to 1, rows to {rows.min():.3g} to {rows.max():.3g}")  # fmt: skip
        return False
    return True


def _ask_one_image(
    subject: Subject, seen: Look, weights: list[Floats], images: Floats, told: Floats, found: Examination
) -> None:
    try:
        alone = _turned(subject.outputs(HIDDEN, weights, images[:1]), seen)
    except NetError as error:
        found.name("network", "one_image_alone", str(error))
        return
    if alone.shape != (1, N_CLASSES):
        found.name("network", "one_image_alone", f"predict of one image has the shape {alone.shape}")
    elif not np.allclose(alone[0], told[0], rtol=CLOSE, atol=CLOSE):
        evidence = f"alone and among {len(images)} its probabilities differ by {np.abs(alone[0] - told[0]).max():.2g}"
        mixed = images.reshape(images.shape[1], -1).T
        each = [_turned(subject.outputs(HIDDEN, weights, row[None]), seen)[0] for row in mixed]
        if np.allclose(each, told, rtol=CLOSE, atol=CLOSE):
            found.name("network", "images_reshaped", f"{evidence}, and are those of images.reshape(784, -1)")
            return
        over = np.abs(told.sum(axis=0) - 1).max() < SUM_TOLERANCE
        found.name("network", "softmax_over_images" if over else "batch_dependent", evidence)


def _unused(subject: Subject, seen: Look, weights: list[Floats], images: Floats, told: Floats) -> frozenset[str]:
    """Return the names of the arrays that change nothing in ``predict``."""
    names = set()
    for i, name in enumerate(subject.layout(HIDDEN).names):
        moved = [w.copy() for w in weights]
        moved[i] += np.random.default_rng(i).normal(0, 0.3, moved[i].shape)
        if np.array_equal(_turned(subject.outputs(HIDDEN, moved, images), seen), told):
            names.add(name)
    return frozenset(names)


def _unseen(subject: Subject, seen: Look, weights: list[list[Floats]], images: Floats) -> bool:
    """Say whether no weights that are set reach ``predict`` at all."""
    first, second = (_turned(subject.outputs(HIDDEN, w, images), seen) for w in weights)
    return bool(np.array_equal(first, second))


def _ask_dependence(
    subject: Subject, dataset: Dataset, seen: Look, weights: list[list[Floats]], told: Floats, found: Examination
) -> bool:
    """Ask whether ``predict`` depends on the images and on each array; say whether steps can be read."""
    names = subject.layout(HIDDEN).names
    if np.ptp(told, axis=0).max() <= ROUNDING * subject.layout(HIDDEN).eps:
        batch = Batch(dataset.train_images[:4], dataset.train_labels[:4], 4)
        still = not any(np.any(took) for took in subject.took(HIDDEN, weights[0], batch, lr=0.1))
        name = "not_started" if still else "predict_ignores_images"
        found.name("network", name, "all images have the same probabilities")
        return False
    if len(seen.unused) == len(names):
        place = subject.open(HIDDEN).place("set_weights")
        words = "predict is the same with other weights in every array"
        found.name("network", "set_weights_unseen", words, detail=f"it is set_weights in {place}")
        return False
    gone = [name for name in names if name in seen.unused]
    biases = [name for name in gone if name.startswith("b")]
    if biases:
        detail = f"{' and '.join(biases)} can be anything, and predict stays the same"
        found.name("network", "bias_not_in_forward", detail, detail=detail)
    elif gone:
        detail = f"{', '.join(gone)} can be anything, and predict stays the same"
        found.name("network", "array_not_used", detail, detail=detail)
    return True


def _ask_probabilities(seen: Look, told: Floats, found: Examination) -> None:
    rows = told.sum(axis=1)
    off = np.abs(rows - 1).max() > SUM_TOLERANCE or (told < 0).any()
    if off and (seen.network is None or seen.network.output is SOFTMAX):
        found.name("network", "not_probabilities", f"rows add up to {rows.min():.3g} to {rows.max():.3g}")
