"""How each mistake of the gradient makes the wrong step from the right one.

A mistake puts another formula in the place of one or more of
:class:`~mnistbench.checking.formulas.Formulas`; those that touch different formulas combine. Each variant is another
way to make it, as a set of those fields.
"""

from collections.abc import Callable, Iterator
from itertools import combinations, product
from typing import Any

import numpy as np

from mnistbench.checking.formulas import Formulas
from mnistbench.checking.functions import INPUTS, logistic, softmax_jacobian
from mnistbench.datasets import N_CLASSES
from mnistbench.nets import Floats, softmax

Variant = dict[str, Any]

CUT = 1e-7  # as Keras keeps probabilities away from 0 and 1


def _everywhere(bias: Callable[[Floats], Any]) -> Callable[[Floats], Floats]:
    """Let a sum over the wrong axis spread over the bias as NumPy spreads it; it must fit in shape."""
    return lambda delta: np.broadcast_to(bias(delta), delta.shape[1:])


def _slope(function: Callable[[Floats], Any]) -> Variant:
    return {"derivative": lambda v, hidden: function(v)}


def _leaky(share: float) -> Variant:
    return _slope(lambda v: np.where(v > 0, 1, share))


def _of_hidden(function: Callable[[Floats], Any]) -> Variant:
    return {"derivative": lambda v, hidden: function(hidden)}


def _error(function: Callable[[Floats, Floats, Floats], Any]) -> Variant:
    return {"output_error": function}


def _inputs(*words: str) -> tuple[Variant, ...]:
    return tuple({"inputs": INPUTS[word]} for word in words)


def _targets(function: Callable[[Floats], Any]) -> Variant:
    return {"targets": lambda labels: function(np.eye(N_CLASSES)[labels])}


def _both(rate: Callable[[float], float]) -> Variant:
    return {"rate": rate, "bias_rate": rate}


def _sigmoid_slope(v: Floats) -> Floats:
    slope: Floats = logistic(v) * (1 - logistic(v))
    return slope


def _reshaped(array: Floats) -> Floats:
    return np.ascontiguousarray(array.T).reshape(array.shape)


def _rounded(p: Floats) -> Floats:
    rounded: Floats = np.eye(N_CLASSES)[p.argmax(axis=1)]
    return rounded


ELSEWHERE = ("x", "255 x", "x / 255", "x / 256", "x rounded down to whole numbers", "x rounded to 0 and 1", "x > 0")

MISTAKES: dict[str, tuple[Variant, ...]] = {
    "sum_over_batch": ({"scale": lambda m, batch_size: 1},),
    "asked_batch_size": ({"scale": lambda m, batch_size: 1 / batch_size},),
    "divided_twice": ({"scale": lambda m, batch_size: 1 / m**2},),
    "mean_over_classes": ({"scale": lambda m, batch_size: 1 / m / N_CLASSES},),
    "sign_flipped": ({"sign": -1},),
    "sign_flipped_output": ({"W2": -1, "b2": -1},),
    "sign_flipped_hidden": ({"W1": -1, "b1": -1},),
    "sign_flipped_biases": ({"b1": -1, "b2": -1},),
    "lr_twice": (_both(lambda lr: lr * lr),),
    "lr_missing": (_both(lambda lr: 1),),
    "lr_missing_biases": ({"bias_rate": lambda lr: 1},),
    "nothing_trained": ({"W1": 0, "b1": 0, "W2": 0, "b2": 0},),
    "only_output_layer": ({"W1": 0, "b1": 0},),
    "only_hidden_layer": ({"W2": 0, "b2": 0},),
    "biases_frozen": ({"b1": 0, "b2": 0},),
    "w1_frozen": ({"W1": 0},),
    "b1_frozen": ({"b1": 0},),
    "w2_frozen": ({"W2": 0},),
    "b2_frozen": ({"b2": 0},),
    "bias_wrong_axis": (
        {"bias": _everywhere(lambda delta: delta.sum(axis=1))},
        {"bias": _everywhere(lambda delta: delta.sum())},
        {"bias": _everywhere(lambda delta: delta.mean())},
        {"bias": _everywhere(lambda delta: delta.mean() * len(delta))},
        # The same in b1 alone; in b2 alone it comes out as 0.
        {"biases": lambda d_b1, d_b2, m: (np.broadcast_to(d_b1.sum(), d_b1.shape), d_b2)},
        {"biases": lambda d_b1, d_b2, m: (np.broadcast_to(d_b1.mean(), d_b1.shape), d_b2)},
        # In place, b -= …, only what keeps the bias's shape runs.
        {"bias": lambda delta: _rows(delta)},
    ),
    "bias_sum_over_batch": ({"bias": lambda delta: delta.sum(axis=0) * len(delta)},),
    "bias_divided_twice": ({"bias": lambda delta: delta.mean(axis=0)},),
    "array_divided_twice": (
        {"products": lambda d_W1, d_W2, m: (d_W1 / m, d_W2)},
        {"products": lambda d_W1, d_W2, m: (d_W1, d_W2 / m)},
        {"biases": lambda d_b1, d_b2, m: (d_b1 / m, d_b2)},
        {"biases": lambda d_b1, d_b2, m: (d_b1, d_b2 / m)},
    ),
    "array_sum_over_batch": (
        {"products": lambda d_W1, d_W2, m: (d_W1 * m, d_W2)},
        {"products": lambda d_W1, d_W2, m: (d_W1, d_W2 * m)},
        {"biases": lambda d_b1, d_b2, m: (d_b1 * m, d_b2)},
        {"biases": lambda d_b1, d_b2, m: (d_b1, d_b2 * m)},
    ),
    "hidden_divided_twice": ({"errors": lambda delta1, delta2: (delta1 / len(delta1), delta2)},),
    "output_divided_twice": ({"errors": lambda delta1, delta2: (delta1, delta2 / len(delta2))},),
    "hidden_sum_over_batch": ({"errors": lambda delta1, delta2: (delta1 * len(delta1), delta2)},),
    "output_sum_over_batch": ({"errors": lambda delta1, delta2: (delta1, delta2 * len(delta2))},),
    "weights_sum_over_batch": ({"products": lambda d_W1, d_W2, m: (d_W1 * m, d_W2 * m)},),
    "relu_derivative_missing": (_slope(np.ones_like),),
    "relu_derivative_at_zero": (_of_hidden(lambda hidden: hidden >= 0),),
    "relu_derivative_is_hidden": (_of_hidden(lambda hidden: hidden), _slope(lambda v: v)),
    "relu_derivative_of_error": ({"through": lambda error, slope: error * (error > 0)},
                                 {"through": lambda error, slope: error * (error > 0) * slope}),
    "relu_derivative_flipped": (_slope(lambda v: v <= 0), _slope(lambda v: v < 0)),
    "relu_derivative_leaky": tuple(map(_leaky, (0.01, 0.1, 0.2, 0.05, 0.001))),
    "sigmoid_derivative": (_of_hidden(lambda hidden: hidden * (1 - hidden)), _slope(_sigmoid_slope)),
    "derivative_of_sums": (_slope(lambda v: v * (1 - v)), _slope(lambda v: 1 - v**2)),
    "derivative_of_value_twice": (_of_hidden(_sigmoid_slope), _of_hidden(lambda hidden: 1 - np.tanh(hidden) ** 2)),
    "tanh_derivative": (_of_hidden(lambda hidden: 1 - hidden**2), _slope(lambda v: 1 - np.tanh(v) ** 2)),
    "mask_for_hidden": ({"values": lambda v, hidden: v > 0},),
    "sums_for_hidden": ({"values": lambda v, hidden: v},),
    "softmax_derivative_on_top": (
        _error(lambda p, y, z: (p - y) * p * (1 - p)),
        _error(lambda p, y, z: softmax_jacobian(p, p - y)),
    ),
    "softmax_twice_in_fit": (
        _error(lambda p, y, z: softmax_jacobian(p, softmax(p) - y)),
        _error(lambda p, y, z: softmax(p) - y),
    ),
    "softmax_over_images_in_fit": (  # p - y, and the derivative of the loss of such a p
        _error(lambda p, y, z: softmax(z.T).T - y),
        _error(lambda p, y, z: softmax(z.T).T * y.sum(axis=0) - y),
    ),
    "logits_in_logarithm": (_error(lambda p, y, z: _cut_first(y, z)), _error(lambda p, y, z: _cut_last(y, z))),
    "relu_derivative_on_output": (_error(lambda p, y, z: (p - y) * (z > 0)),),
    "logarithm_missing": (_error(lambda p, y, z: softmax_jacobian(p, -y)),),
    "softmax_diagonal": (_error(lambda p, y, z: -y * (1 - p)),),
    "softmax_derivative_missing": (_error(lambda p, y, z: -y / p), _error(lambda p, y, z: -y / p + (1 - y) / (1 - p))),
    "probability_for_error": (_error(lambda p, y, z: p),),
    "targets_for_error": (_error(lambda p, y, z: -y),),
    "logits_for_probabilities": (
        _error(lambda p, y, z: z - y), _error(lambda p, y, z: 2 * (z - y)), _error(lambda p, y, z: 0.2 * (z - y)),
    ),
    "squared_error": (
        _error(lambda p, y, z: (p - y) * p * (1 - p)),
        _error(lambda p, y, z: 2 * (p - y) * p * (1 - p)),
        _error(lambda p, y, z: softmax_jacobian(p, p - y)),
        _error(lambda p, y, z: softmax_jacobian(p, 2 * (p - y))),
        _error(lambda p, y, z: softmax_jacobian(p, 0.2 * (p - y))),
        _error(lambda p, y, z: 2 * (p - y)),
        _error(lambda p, y, z: z - y),
        _error(lambda p, y, z: 2 * (z - y)),
        _error(lambda p, y, z: 0.2 * (z - y)),
    ),
    "absolute_error": (
        _error(lambda p, y, z: np.sign(p - y)),
        _error(lambda p, y, z: softmax_jacobian(p, np.sign(p - y))),
        _error(lambda p, y, z: softmax_jacobian(p, np.sign(p - y)) / N_CLASSES),
    ),
    "binary_cross_entropy": (
        _error(lambda p, y, z: softmax_jacobian(p, (p - y) / (p * (1 - p)))),
        _error(lambda p, y, z: softmax_jacobian(p, (p - y) / (p * (1 - p)) / N_CLASSES)),
        _error(lambda p, y, z: (p - y) / (p * (1 - p))),
        _error(lambda p, y, z: logistic(z) - y),
        _error(lambda p, y, z: (logistic(z) - y) / N_CLASSES),
    ),
    "error_of_rounded_output": (_error(lambda p, y, z: _rounded(p) - y), _error(lambda p, y, z: np.rint(p) - y)),
    "only_misclassified": (
        _error(lambda p, y, z: (p - y) * (p.argmax(axis=1) != y.argmax(axis=1))[:, None]),
    ),
    "labels_of_all_rows": ({"targets": lambda labels: np.tile(np.eye(N_CLASSES)[labels].max(axis=0), (len(labels), 1))},
                           {"targets": lambda labels: np.tile(np.eye(N_CLASSES)[labels].sum(axis=0), (len(labels), 1))},
                           ),
    "labels_not_one_hot": ({"targets": lambda labels: labels.astype(float)},
                           {"targets": lambda labels: labels[:, None].astype(float)}),
    "labels_shifted": (
        {"targets": lambda labels: np.eye(N_CLASSES)[(labels + 1) % N_CLASSES]},
        {"targets": lambda labels: np.eye(N_CLASSES)[labels - 1]},
        {"targets": lambda labels: np.eye(N_CLASSES + 1)[labels - 1][:, :N_CLASSES]},
        {"targets": lambda labels: np.eye(N_CLASSES + 1)[labels + 1][:, :N_CLASSES]},
    ),
    "labels_reversed": (_targets(lambda y: y[:, ::-1]),),
    "labels_smoothed": (
        _targets(lambda y: 0.9 * y + 0.01), _targets(lambda y: 0.8 * y + 0.02), _targets(lambda y: 0.95 * y + 0.005),
        _targets(lambda y: 0.98 * y + 0.01), _targets(lambda y: 0.8 * y + 0.1), _targets(lambda y: 0.9 * y),
        _targets(lambda y: 2 * y - 1),
    ),
    "w2_updated_first": ({"back": lambda W2, W2_after: W2_after.T},),
    "w2_not_transposed": (
        {"back": lambda W2, W2_after: W2},
        {"back": lambda W2, W2_after: W2.reshape(W2.T.shape)},
    ),
    "gradient_reshaped": (
        {"products": lambda d_W1, d_W2, m: (_reshaped(d_W1), d_W2)},
        {"products": lambda d_W1, d_W2, m: (d_W1, _reshaped(d_W2))},
        {"products": lambda d_W1, d_W2, m: (_reshaped(d_W1), _reshaped(d_W2))},
    ),
    "layers_swapped": (
        {"errors": lambda delta1, delta2: (delta2, delta1)},
        {"biases": lambda d_b1, d_b2, m: (d_b2, d_b1)},
    ),
    "bias_left_out_in_fit": ({"forward": (0, 0)}, {"forward": (0, 1)}, {"forward": (1, 0)}),
    "images_not_divided": _inputs("255 x"),
    "images_divided_twice": _inputs("x / 255", "x / 256"),
    "images_cast_to_whole_numbers": _inputs("x rounded down to whole numbers", "x rounded to 0 and 1", "x > 0"),
    "images_scaled_in_fit": _inputs(*(word for word in INPUTS if word not in ELSEWHERE)),
    "last_batch_dropped": ({"kept": lambda m, batch_size: m == batch_size},),
}  # fmt: skip


def _rows(delta: Floats) -> Floats:
    """Sum over the units, which fits a bias where a batch has as many images as the layer has units."""
    rows: Floats = delta.sum(axis=1)
    return rows


def _cut_first(y: Floats, z: Floats) -> Floats:
    """Return the error of -log(c / Σ c) of the true class, c being the logits cut to what a probability may be."""
    c = np.clip(z, CUT, 1 - CUT)
    error: Floats = (1 / c.sum(axis=1, keepdims=True) - y / c) * (c == z)
    return error


def _cut_last(y: Floats, z: Floats) -> Floats:
    """Return the error of -log(z / Σ z) of the true class, of the logits z, where that is cut likewise."""
    total = z.sum(axis=1, keepdims=True)
    share = (y * z).sum(axis=1, keepdims=True) / total
    error: Floats = (1 / total - y / np.where(y > 0, z, 1)) * ((share >= CUT) & (share <= 1 - CUT))
    return error


def combined(size: int) -> Iterator[tuple[tuple[str, ...], Variant]]:
    """Yield every combination of so many mistakes that change different formulas, with the fields that it changes."""
    for mistakes in combinations(MISTAKES, size):
        for variants in product(*(MISTAKES[mistake] for mistake in mistakes)):
            changed = {field: formula for variant in variants for field, formula in variant.items()}
            if len(changed) == sum(map(len, variants)):
                yield mistakes, changed


def applied(base: Formulas, changed: Variant) -> Formulas:
    """Return a net's own formulas with some of them changed."""
    return Formulas(**{**vars(base), **changed})
