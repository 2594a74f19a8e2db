"""Every known mistake, planted in a right net's file, is found and named; right nets in any style pass."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import planted
import pytest
from planted import MISTAKES, STYLES

from mnistbench.checking import checking, probes
from mnistbench.checking.checking import PLAN
from mnistbench.checking.formulas import Batch, Formulas
from mnistbench.checking.mistakes import MISTAKES as TABLE
from mnistbench.checking.mistakes import combined
from mnistbench.checking.steps import chosen, known_weights
from mnistbench.datasets import data
from mnistbench.nets import numpy_net
from mnistbench.nets.numpy_net import NeuralNetwork

PROBED = {"softmax_unshifted", "pairs_broken", "no_shuffle", "epochs_ignored", "predict_differs"}
PAIRS = [
    ("sum_over_batch", "relu_derivative_missing"),
    ("sum_over_batch", "labels_shifted"),
    ("sum_over_batch", "no_shuffle"),
    ("asked_batch_size", "b1_frozen"),
    ("sign_flipped", "lr_twice"),
    ("sign_flipped", "softmax_unshifted"),
    ("lr_missing", "w2_updated_first"),
    ("b1_frozen", "b2_frozen"),
    ("b2_frozen", "pairs_broken"),
    ("bias_sum_over_batch", "relu_derivative_at_zero"),
    ("relu_derivative_missing", "w2_updated_first"),
    ("sigmoid_derivative", "softmax_derivative_on_top"),
    ("squared_error", "asked_batch_size"),
    ("images_divided_twice", "lr_twice"),
    ("softmax_unshifted", "b1_frozen"),
    ("last_batch_dropped", "epochs_ignored"),
]


def check(net: str) -> dict[str, Any]:
    return checking.check(net, "mnist", seconds=60, certificate_seconds=0)


def named(found: dict[str, Any]) -> list[set[str]]:
    """Return for each diagnosis the names that it may go by: its own, and those of the very same steps."""
    return [{each["id"], *(other["id"] for other in each["or"])} for each in found["diagnoses"]]


@pytest.mark.parametrize(
    ("mistake", "change"), [(mistake, change) for mistake, ways in MISTAKES.items() for change in ways]
)
def test_a_planted_mistake_is_named_and_no_other(mistake: str, change: planted.Changes, tmp_path: Path) -> None:
    found = check(planted.write(tmp_path, change))
    assert not found["passed"]
    (names,) = named(found)
    assert mistake in names


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


@pytest.mark.parametrize("style", STYLES)
def test_a_right_net_in_another_style_passes(style: str, tmp_path: Path) -> None:
    found = check(planted.write(tmp_path, STYLES[style]))
    assert found["passed"]
    assert found["diagnoses"] == found["errors"] == []
    assert all(probe["passed"] for probe in found["probes"])
    assert found["certificate"]["dtype"] == ("float32" if style == "float32" else "float64")


def test_the_numpy_net_passes_by_the_same_protocol_over_a_whole_epoch() -> None:
    found = checking.check(f"{numpy_net.__file__}:NeuralNetwork", "mnist", seconds=300)
    assert found["passed"]
    assert found["certificate"]["images"] == 60_000
    assert found["certificate"]["classified_differently"] == 0
    assert max(p["relative_error"] for p in found["parameters"]) < 1e-5
    assert max(found["certificate"]["largest_difference"].values()) < 1e-5


def test_every_mistake_of_the_table_is_planted_here() -> None:
    assert {mistake.name for mistake in TABLE} | PROBED == set(MISTAKES)
    assert len({mistake.name for mistake in TABLE}) == len(TABLE)
    assert all(re.fullmatch("[a-z0-9_]+", name) for name in MISTAKES)


def test_the_right_formulas_are_the_numpy_nets(mnist: data.Dataset) -> None:
    net = NeuralNetwork(7, seed=1, dtype=np.float64)
    images, labels = mnist.train_images[:20], mnist.train_labels[:20]
    steps = Formulas().steps(net.get_weights(), Batch(images, labels, 20), lr=0.3)
    for step, gradient in zip(steps, net.gradients(images, labels), strict=True):
        np.testing.assert_allclose(step, 0.3 * gradient, rtol=1e-12, atol=1e-15)


def test_mistakes_combine_only_where_they_change_different_formulas() -> None:
    pairs = {frozenset(mistake.name for mistake in mistakes) for mistakes, _ in combined(2)}
    assert {"b1_frozen", "b2_frozen"} in pairs
    assert {"sum_over_batch", "divided_twice"} not in pairs
    assert {"b1_frozen", "only_output_layer"} not in pairs


def test_no_hidden_unit_of_the_chosen_images_stands_where_rounding_decides(mnist: data.Dataset) -> None:
    for hidden_size, _, batches in PLAN:
        W1, b1, _, _ = known_weights(hidden_size)
        for digits, repeated, _ in batches:
            v = chosen(mnist, digits, repeated=repeated)[0] @ W1 + b1
            assert np.abs(v).min() > 1e-4


def test_a_net_that_shuffles_is_never_said_not_to(mnist: data.Dataset, tmp_path: Path) -> None:
    for offset in range(30):
        net = planted.write(tmp_path, {"default_rng(seed)": f"default_rng(seed + {2 * offset})"})
        assert probes.no_shuffle(net, mnist, Formulas()).passed
