"""The table of known mistakes: each one makes the wrong gradient from the right one.

A mistake puts another formula in the place of one or more of
:class:`~mnistbench.checking.formulas.Formulas`; those that touch different formulas combine.
"""

from collections.abc import Callable, Iterator
from itertools import combinations, product
from typing import Any

import numpy as np

from mnistbench.checking.formulas import Formulas
from mnistbench.datasets import N_CLASSES
from mnistbench.nets import Floats


class Mistake:
    """One known mistake: a stable name, what to tell the student, and the formulas that it changes.

    Each variant is another way to make it, as a set of fields of :class:`Formulas`.
    """

    def __init__(self, name: str, sentence: str, *variants: dict[str, Any]) -> None:
        self.name = name
        self.sentence = sentence
        self.variants = variants


def _softmax_jacobian(p: Floats, error: Floats) -> Floats:
    """Return the error, shape (m, 10), taken back through softmax: p ⊙ (e − Σ p e) (Bishop 2006, eq. 4.106)."""
    back: Floats = p * (error - (p * error).sum(axis=1, keepdims=True))
    return back


def _sigmoid_slope(v: Floats) -> Floats:
    sigmoid: Floats = 1 / (1 + np.exp(-v))
    slope: Floats = sigmoid * (1 - sigmoid)
    return slope


def _slope_of_hidden(v: Floats) -> Floats:
    hidden: Floats = np.maximum(v, 0)
    slope: Floats = hidden * (1 - hidden)
    return slope


def _everywhere(bias: Callable[[Floats], Any]) -> Callable[[Floats], Floats]:
    """Let a sum over the wrong axis spread over the bias as NumPy spreads it; it must fit in shape."""
    return lambda delta: np.broadcast_to(bias(delta), delta.shape[1:])


FROZEN = {"W1": 0, "b1": 0, "W2": 0, "b2": 0}

MISTAKES = (
    Mistake(
        "sum_over_batch",
        "The gradients are the sum over the batch, not its mean: too large by the number of images m. Divide each"
        " of d_W1, d_b1, d_W2 and d_b2 by m, once.",
        {"scale": lambda m, batch_size: 1},
    ),
    Mistake(
        "asked_batch_size",
        "A short batch is divided by the batch size asked for, not by its own: too small by m / batch_size. Divide by"
        " len(images) of the batch at hand (the last one of an epoch has 96 where 128 were asked for).",
        {"scale": lambda m, batch_size: 1 / batch_size},
    ),
    Mistake(
        "divided_twice",
        "The gradients are divided by the batch's size twice: too small by m. Divide by m either in the output's"
        " error or in the gradients.",
        {"scale": lambda m, batch_size: 1 / m**2},
    ),
    Mistake(
        "mean_over_classes",
        "The gradients are divided by the ten classes too: too small by 10. The mean is over images alone; the loss"
        " of one image is a sum over its classes.",
        {"scale": lambda m, batch_size: 1 / m / N_CLASSES},
    ),
    Mistake(
        "sign_flipped",
        "The step has the wrong sign: it climbs the loss. Subtract lr · gradient from the weights; and the output's"
        " error is p - y, not y - p.",
        {"sign": -1},
    ),
    Mistake(
        "lr_twice",
        "The learning rate is applied twice: the step is lr² · gradient. Multiply by lr once, in the update.",
        {"rate": lambda lr: lr * lr},
    ),
    Mistake(
        "lr_missing",
        "The learning rate is not applied: the step is the gradient itself, whatever lr. Update by"
        " W -= lr * d_W, with the lr given to __init__.",
        {"rate": lambda lr: 1},
    ),
    Mistake(
        "nothing_trained",
        "fit changes no weight at all: its gradients are 0, or are never used. Let it subtract lr · gradient from the"
        " arrays that get_weights returns.",
        FROZEN,
    ),
    Mistake(
        "only_output_layer",
        "Only the output layer is trained: W1 and b1 stay as they were. Take the error back to the hidden layer,"
        " delta1 = (delta2 @ W2.T) * (hidden > 0), and update W1 and b1 with it.",
        {"W1": 0, "b1": 0},
    ),
    Mistake(
        "only_hidden_layer",
        "Only the hidden layer is trained: W2 and b2 stay as they were. Update them too, by d_W2 = hidden.T @ delta2"
        " / m and d_b2 = delta2.sum(axis=0) / m.",
        {"W2": 0, "b2": 0},
    ),
    Mistake(
        "w1_frozen",
        "W1 is never updated. Subtract lr * d_W1 with d_W1 = images.T @ delta1 / m.",
        {"W1": 0},
    ),
    Mistake(
        "b1_frozen",
        "b1 is never updated. Subtract lr * d_b1 with d_b1 = delta1.sum(axis=0) / m.",
        {"b1": 0},
    ),
    Mistake(
        "w2_frozen",
        "W2 is never updated. Subtract lr * d_W2 with d_W2 = hidden.T @ delta2 / m.",
        {"W2": 0},
    ),
    Mistake(
        "b2_frozen",
        "b2 is never updated. Subtract lr * d_b2 with d_b2 = delta2.sum(axis=0) / m (over axis 1 it comes out"
        " as 0, since each row of p - y adds up to 0).",
        {"b2": 0},
    ),
    Mistake(
        "bias_wrong_axis",
        "The bias gradients are summed over the wrong axis: one number a unit is due, one an image (or a single one)"
        " was taken. Sum over the images: d_b1 = delta1.sum(axis=0) / m, d_b2 = delta2.sum(axis=0) / m.",
        {"bias": _everywhere(lambda delta: delta.sum(axis=1))},
        {"bias": _everywhere(lambda delta: delta.sum())},
        {"bias": _everywhere(lambda delta: delta.mean())},
        {"bias": _everywhere(lambda delta: delta.mean() * len(delta))},
        # The same in b1 alone; in b2 alone it comes out as 0.
        {"biases": lambda d_b1, d_b2: (np.broadcast_to(d_b1.sum(), d_b1.shape), d_b2)},
        {"biases": lambda d_b1, d_b2: (np.broadcast_to(d_b1.mean(), d_b1.shape), d_b2)},
    ),
    Mistake(
        "bias_sum_over_batch",
        "The bias gradients are the sum over the batch, not its mean: too large by the number of images m, while d_W1"
        " and d_W2 are right. Divide d_b1 and d_b2 by m as well.",
        {"bias": lambda delta: delta.sum(axis=0) * len(delta)},
    ),
    Mistake(
        "relu_derivative_missing",
        "d_W1 and d_b1 are as if the derivative of ReLU were left out: multiply the hidden error by 1 where the hidden"
        " unit was above 0, else by 0.",
        {"derivative": np.ones_like},
    ),
    Mistake(
        "relu_derivative_at_zero",
        "d_W1 and d_b1 are as if the derivative of ReLU were taken as hidden >= 0, which is always true, since a dead"
        " unit's activation is 0: its error leaks. Take hidden > 0.",
        {"derivative": lambda v: np.maximum(v, 0) >= 0},
    ),
    Mistake(
        "sigmoid_derivative",
        "d_W1 and d_b1 are as if the hidden layer were a sigmoid: its derivative s(1 - s) stands where ReLU's belongs."
        " Multiply the hidden error by hidden > 0.",
        {"derivative": _slope_of_hidden},
        {"derivative": _sigmoid_slope},
    ),
    Mistake(
        "softmax_derivative_on_top",
        "Softmax's derivative is applied on top of p - y, which contains it already: softmax and cross-entropy"
        " differentiated together leave p - y. Take delta2 = p - y and nothing more.",
        {"output_error": lambda p, y, logits: (p - y) * p * (1 - p)},
        {"output_error": lambda p, y, logits: _softmax_jacobian(p, p - y)},
    ),
    Mistake(
        "squared_error",
        "The output's error is that of a squared error, not of cross-entropy. Take delta2 = p - y.",
        {"output_error": lambda p, y, logits: (p - y) * p * (1 - p)},
        {"output_error": lambda p, y, logits: 2 * (p - y) * p * (1 - p)},
        {"output_error": lambda p, y, logits: _softmax_jacobian(p, p - y)},
        {"output_error": lambda p, y, logits: _softmax_jacobian(p, 2 * (p - y))},
        {"output_error": lambda p, y, logits: 2 * (p - y)},
        {"output_error": lambda p, y, logits: logits - y},
        {"output_error": lambda p, y, logits: 2 * (logits - y)},
    ),
    Mistake(
        "labels_of_all_rows",
        "Each row of the output's error has 1 subtracted at the labels of the whole batch: p[:, labels] -= 1 means"
        " all rows. Write p[np.arange(m), labels] -= 1.",
        {"targets": lambda labels: np.tile(np.eye(N_CLASSES)[labels].max(axis=0), (len(labels), 1))},
    ),
    Mistake(
        "w2_updated_first",
        "W2 is updated before the hidden error is taken through it. Compute all four gradients from the old weights,"
        " then update.",
        {"back": lambda W2, W2_after: W2_after.T},
    ),
    Mistake(
        "w2_not_transposed",
        "d_W1 and d_b1 come from W2 that is not transposed (or reshaped, which mixes its entries). The hidden error"
        " is (delta2 @ W2.T) * (hidden > 0), with W2.T of shape (10, H).",
        {"back": lambda W2, W2_after: W2},
        {"back": lambda W2, W2_after: W2.reshape(W2.T.shape)},
    ),
    Mistake(
        "layers_swapped",
        "The gradients of the two layers have changed places. W1 and b1 are updated with the hidden error delta1, W2"
        " and b2 with the output's error delta2.",
        {"errors": lambda delta1, delta2: (delta2, delta1)},
        {"biases": lambda d_b1, d_b2: (d_b2, d_b1)},
    ),
    Mistake(
        "images_not_divided",
        "The images are 255 times too large. They come as pixels from 0 to 1: take them as they are.",
        {"inputs": lambda images: images * 255},
    ),
    Mistake(
        "images_divided_twice",
        "The images are divided by 255 once more. They come as pixels from 0 to 1 already: take them as they are.",
        {"inputs": lambda images: images / 255},
    ),
    Mistake(
        "labels_shifted",
        "The labels are shifted by one: each image is trained as its digit's neighbour. Digit k belongs to column k,"
        " counted from 0: np.eye(10)[labels].",
        {"targets": lambda labels: np.eye(N_CLASSES)[(labels + 1) % N_CLASSES]},
        {"targets": lambda labels: np.eye(N_CLASSES)[labels - 1]},
    ),
    Mistake(
        "last_batch_dropped",
        "A batch shorter than the batch size is dropped. Train on it too: let the last slice of an epoch be short.",
        {"kept": lambda m, batch_size: m == batch_size},
    ),
)  # fmt: skip


def combined(size: int) -> Iterator[tuple[tuple[Mistake, ...], Formulas]]:
    """Yield every combination of so many mistakes that change different formulas, with the formulas it makes."""
    for mistakes in combinations(MISTAKES, size):
        for variants in product(*(mistake.variants for mistake in mistakes)):
            changed = {field: formula for variant in variants for field, formula in variant.items()}
            if len(changed) == sum(map(len, variants)):
                yield mistakes, Formulas(**changed)
