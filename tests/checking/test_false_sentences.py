"""Nets of which something false has been said before: each is told the truth now, and nothing else."""

from pathlib import Path
from typing import Any

import planted
import pytest
from planted import MISTAKES, Changes

from mnistbench.checking import checking

pytestmark = pytest.mark.slow

DECAY = {"delta1 / m\n        d_b1": "delta1 / m + {0} * self.W1\n        d_b1",
         "delta2 / m\n        d_b2": "delta2 / m + {0} * self.W2\n        d_b2"}  # fmt: skip


def check(net: str) -> dict[str, Any]:
    return checking.check(net, "mnist", seconds=60, certificate_seconds=0)


def names(found: dict[str, Any]) -> list[str]:
    return [each["id"] for each in found["diagnoses"]]


@pytest.mark.parametrize("amount", ["1e-6", "1e-5", "1e-4", "1e-2"])
def test_a_weight_decay_of_any_size_is_no_breaking_of_pairs(amount: str, tmp_path: Path) -> None:
    change = {old: new.format(amount) for old, new in DECAY.items()}
    found = check(planted.write(tmp_path, change))
    assert names(found) == ["weight_decay"]
    assert f"λ = {float(amount):.2g}" in found["diagnoses"][0]["sentence"]


def test_a_full_batch_is_not_one_epoch_of_two(tmp_path: Path) -> None:
    assert names(check(planted.write(tmp_path, MISTAKES["full_batch"][0]))) == ["full_batch"]


def test_an_exception_in_fit_is_no_overflow_of_softmax(tmp_path: Path) -> None:
    change = {
        "m = len(x)": "m = len(x)\n        if len(set(labels.tolist())) == 1 and m > 9:\n"
        "            raise KeyError('m')"
    }
    found = check(planted.write(tmp_path, change))
    assert "softmax_unshifted" not in names(found)


def test_nan_in_fit_alone_is_no_overflow_of_softmax(tmp_path: Path) -> None:
    assert names(check(planted.write(tmp_path, MISTAKES["divides_by_p"][0]))) == ["divides_by_p"]


def test_a_lost_last_batch_is_not_said_to_change_no_weight(tmp_path: Path) -> None:
    assert names(check(planted.write(tmp_path, MISTAKES["last_batch_lost"][0]))) == ["last_batch_lost"]


def test_an_average_of_gradients_is_no_mean_over_classes(tmp_path: Path) -> None:
    assert names(check(planted.write(tmp_path, MISTAKES["gradients_averaged"][0]))) == ["gradients_averaged"]


@pytest.mark.parametrize("change", [
    {"self.lr * d_b1": "0.3 * self.lr * d_b1"},
    {"d_b1 = delta1.sum(axis=0) / m": "d_b1 = delta1.sum(axis=0) / m / m"},
])  # fmt: skip
def test_a_fault_of_b1_is_not_blamed_on_the_hidden_error(change: Changes, tmp_path: Path) -> None:
    found = check(planted.write(tmp_path, change))
    assert [(p["name"], p["passed"]) for p in found["gradients"]["parameters"]] == [
        ("W1", True), ("b1", False), ("W2", True), ("b2", True),
    ]  # fmt: skip
    assert not any("delta1 = (delta2 @ W2.T)" in each["sentence"] for each in found["diagnoses"])


@pytest.mark.parametrize("mistake", ["no_shuffle", "momentum", "predict_columns", "start_one_sign"])
def test_the_table_says_right_where_the_gradients_are_right(mistake: str, tmp_path: Path) -> None:
    found = check(planted.write(tmp_path, MISTAKES[mistake][0]))
    assert found["gradients"]["answer"] == "right"
    assert all(p["passed"] for p in found["gradients"]["parameters"])


def test_an_unknown_mistake_is_told_with_what_is_right_and_never_points_there(tmp_path: Path) -> None:
    found = check(planted.write(tmp_path, {"(delta2 @ self.W2.T)": "(np.tanh(delta2) @ self.W2.T)"}))
    (diagnosis,) = found["diagnoses"]
    assert diagnosis["id"] == "unknown"
    assert "wrong in W1, b1, right in W2, b2" in diagnosis["sentence"]
    assert found["loop"]["answer"] == "right"


def test_a_sum_of_two_mistakes_that_nothing_explains_is_not_explained(tmp_path: Path) -> None:
    found = check(planted.write(tmp_path, {"d_W1 = x.T @ delta1 / m": "d_W1 = np.cbrt(x.T @ delta1) / m"}))
    assert names(found) == ["unknown"]
