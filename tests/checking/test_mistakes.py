"""Every known mistake, planted in a right net's file, is found and named, alone and in likely pairs."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import planted
import pytest
from planted import MISTAKES, STYLES

from mnistbench.checking import checking
from mnistbench.checking.formulas import Formulas
from mnistbench.checking.gradient_mistakes import combined
from mnistbench.checking.steps import PLAN, chosen
from mnistbench.checking.subject import Batch, Subject
from mnistbench.checking.table import SENTENCES, mistakes_table
from mnistbench.datasets import data
from mnistbench.nets.numpy_net import NeuralNetwork

ELSEWHERE = {"not_started", "array_frozen", "large_call_differs"}  # planted in nets of their own
PAIRS = [
    ("sum_over_batch", "relu_derivative_missing"),
    ("sum_over_batch", "labels_shifted"),
    ("sum_over_batch", "no_shuffle"),
    ("asked_batch_size", "b1_frozen"),
    ("sign_flipped", "lr_twice"),
    ("sign_flipped", "softmax_unshifted"),
    ("lr_missing", "w2_updated_first"),
    ("w1_frozen", "b2_frozen"),
    ("b2_frozen", "pairs_broken"),
    ("bias_sum_over_batch", "relu_derivative_at_zero"),
    ("relu_derivative_missing", "w2_updated_first"),
    ("sigmoid_derivative", "softmax_derivative_on_top"),
    ("squared_error", "asked_batch_size"),
    ("images_divided_twice", "lr_twice"),
    ("softmax_unshifted", "b1_frozen"),
    ("last_batch_dropped", "epochs_ignored"),
    ("relu_derivative_missing", "full_batch"),
    ("full_batch", "start_one_sign"),
    ("predict_columns", "b1_frozen"),
    ("weight_decay", "no_shuffle"),
    ("momentum", "labels_shifted"),
]


def check(net: str) -> dict[str, Any]:
    return checking.check(net, "mnist", seconds=60, certificate_seconds=0)


def named(found: dict[str, Any], *, facts: bool = False) -> list[set[str]]:
    """Return for each diagnosis the names that it may go by: its own, and those of the very same steps."""
    return [
        {each["id"], *(other["id"] for other in each["or"])}
        for each in found["diagnoses"]
        if facts or each["id"] != "other_network"
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mistake", "change"), [(mistake, change) for mistake, ways in MISTAKES.items() for change in ways]
)
def test_a_planted_mistake_is_named_and_no_other(mistake: str, change: planted.Changes, tmp_path: Path) -> None:
    found = check(planted.write(tmp_path, change))
    assert not found["passed"]
    (names,) = named(found, facts=mistake == "other_network")
    assert mistake in names


@pytest.mark.slow
@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_two_planted_mistakes_are_both_named_and_no_other(one: str, other: str, tmp_path: Path) -> None:
    try:
        net = planted.write(tmp_path, MISTAKES[one][0], MISTAKES[other][0])
    except ValueError:
        net = planted.write(tmp_path, MISTAKES[other][0], MISTAKES[one][0])
    found = named(check(net))
    assert len(found) == 2
    assert all(any(mistake in names for names in found) for mistake in (one, other))


@pytest.mark.parametrize("mistake", ["divided_twice", "images_divided_twice", "lr_twice", "w2_updated_first"])
def test_a_mistake_is_named_in_a_net_of_float32_too(mistake: str, tmp_path: Path) -> None:
    assert named(check(planted.write(tmp_path, STYLES["float32"], MISTAKES[mistake][0]))) == [{mistake}]


def test_every_mistake_of_the_table_is_planted() -> None:
    assert set(SENTENCES) == set(MISTAKES) | ELSEWHERE
    assert all(re.fullmatch("[a-z0-9_]+", name) for name in SENTENCES)
    assert mistakes_table() == list(SENTENCES.items())
    assert all(sentence.endswith((".", ")")) for sentence in SENTENCES.values())


def test_the_right_formulas_are_the_numpy_nets(mnist: data.Dataset) -> None:
    net = NeuralNetwork(7, seed=1, dtype=np.float64)
    images, labels = mnist.train_images[:20], mnist.train_labels[:20]
    steps = Formulas().steps(net.get_weights(), Batch(images, labels, 20), lr=0.3)
    for step, gradient in zip(steps, net.gradients(images, labels), strict=True):
        np.testing.assert_allclose(step, 0.3 * gradient, rtol=1e-12, atol=1e-15)


def test_mistakes_combine_only_where_they_change_different_formulas() -> None:
    pairs = {frozenset(mistakes) for mistakes, _ in combined(2)}
    assert {"b1_frozen", "b2_frozen"} in pairs
    assert {"sum_over_batch", "divided_twice"} not in pairs
    assert {"b1_frozen", "only_output_layer"} not in pairs


def test_no_hidden_unit_of_the_chosen_images_stands_where_rounding_decides(mnist: data.Dataset, tmp_path: Path) -> None:
    subject = Subject(planted.write(tmp_path), deadline=float("inf"))
    for given, _, batches in PLAN:
        W1, b1, _, _ = subject.weights(given or subject.other_hidden)
        for digits, repeated, _ in batches:
            v = chosen(mnist, digits, repeated=repeated)[0] @ W1 + b1
            assert np.abs(v).min() > 1e-4
