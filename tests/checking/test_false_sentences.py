"""Nets of which something false has been said before: each is told the truth now, and nothing else."""

from pathlib import Path
from typing import Any

import planted
import pytest
from planted import MISTAKES, Changes
from right_net import CALL, EPOCH, GRADS, NAMES, UPDATE_W2, UPDATES, WEIGHTS

from mnistbench.checking import checking, naming
from mnistbench.checking.examination import WRONG, Examination

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


def test_a_rate_that_is_limited_is_told_at_two_different_lr_and_not_as_ignored(tmp_path: Path) -> None:
    (diagnosis,) = check(planted.write(tmp_path, {"self.lr = lr": "self.lr = min(lr, 0.1)"}))["diagnoses"]
    assert diagnosis["sentence"].endswith("Here the rate is 0.1 at lr = 0.2 and at lr = 0.5 alike.")
    assert "ignored" not in diagnosis["sentence"]


def test_a_bias_that_is_updated_by_0_is_not_said_to_be_never_updated(tmp_path: Path) -> None:
    (diagnosis,) = check(planted.write(tmp_path, {"delta1.sum(axis=0)": "delta2.sum()"}))["diagnoses"]
    assert "never updated" not in diagnosis["sentence"]
    assert "a sum of delta2 over its classes comes out as 0" in diagnosis["sentence"]


def test_a_first_step_at_a_smaller_rate_is_no_factor_of_the_gradient(tmp_path: Path) -> None:
    found = check(planted.write(tmp_path, MISTAKES["rate_grows"][2]))
    assert names(found) == ["rate_grows"]
    assert found["gradients"]["answer"] == "right"


@pytest.mark.parametrize("times", [1, 2])
def test_a_step_too_many_after_the_loop_is_no_rate_that_decays(times: int, tmp_path: Path) -> None:
    found = check(planted.write(tmp_path, MISTAKES["extra_step"][times - 1]))
    assert names(found) == ["extra_step"]
    assert f"1, 2 and 3 batches make {1 + times}, {2 + times} and {3 + times}" in found["diagnoses"][0]["sentence"]
    assert found["gradients"]["answer"] == "right"


def test_a_network_with_other_inputs_is_told_in_a_whole_sentence(tmp_path: Path) -> None:
    swapped = "x.reshape(-1, 28, 28).transpose(0, 2, 1).reshape(x.shape)"
    found = check(planted.write(tmp_path, {"hidden = np.maximum(x @": f"hidden = np.maximum({swapped} @"}))
    assert "predict is that of this network: inputs taken as the rows and columns" in found["network"]["evidence"][0]


def test_a_net_that_parts_in_the_certificate_alone_is_told_what_was_seen() -> None:
    found = Examination("my_net.py:MyNet")
    found.answers["certificate"].say(WRONG)
    found.proof = {"images": 60000, "largest_difference": {"W1": 0.0123, "b1": None}}
    naming.name_parted(found)
    (diagnosis,) = found.diagnoses
    assert diagnosis.name == "unknown"
    assert "128 images each, 60,000 in all" in diagnosis.sentence
    assert "W1 by 0.012, b1 by NaN or infinity, where 1e-05 is allowed" in diagnosis.sentence
    naming.name_parted(found)
    assert len(found.diagnoses) == 1


def test_a_net_that_fails_on_some_batches_does_not_pass_by_what_the_others_show(tmp_path: Path) -> None:
    step = "        hidden, p = self.forward(x)\n"
    refused = f"        if len(x) not in (1, 10):\n            raise ValueError('not so many')\n{step}"
    found = check(planted.write(tmp_path, {step: refused}))
    assert (found["passed"], names(found)) == (False, ["unknown"])
    assert "fit fails on a batch of 4 images" in found["diagnoses"][0]["sentence"]


@pytest.mark.parametrize("accept", [True, False])
def test_a_net_without_a_hidden_layer_is_told_that_it_has_none(accept: bool, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(
        "import numpy as np\n\n\nclass Net:\n"
        "    def __init__(self, hidden_size, lr, seed):\n        self.rng = np.random.default_rng(seed)\n"
        "        self.W, self.b, self.lr = 0.1 * self.rng.standard_normal((784, 10)), np.zeros(10), lr\n\n"
        "    def predict(self, images):\n        z = images @ self.W + self.b\n"
        "        e = np.exp(z - z.max(axis=1, keepdims=True))\n        return e / e.sum(axis=1, keepdims=True)\n\n"
        "    def fit(self, images, labels, batch_size, epochs):\n        for _ in range(epochs):\n"
        "            order = self.rng.permutation(len(images))\n"
        "            for i in range(0, len(order), batch_size):\n                rows = order[i : i + batch_size]\n"
        "                d = (self.predict(images[rows]) - np.eye(10)[labels[rows]]) / len(rows)\n"
        "                self.W, self.b = self.W - self.lr * images[rows].T @ d, self.b - self.lr * d.sum(axis=0)\n\n"
        "    def get_weights(self):\n        return [self.W.copy(), self.b.copy()]\n\n"
        "    def set_weights(self, weights):\n        self.W, self.b = weights\n"
    )
    found = checking.check(f"{tmp_path}/net.py:Net", "mnist", seconds=60, accept_other_networks=accept)
    assert (found["passed"], names(found)) == (accept, ["other_network"])
    assert "no hidden layer" in found["diagnoses"][0]["sentence"]


def test_a_loop_is_not_said_to_be_wrong_where_wrong_gradients_run_away(tmp_path: Path) -> None:
    change = {"delta2 = p - y": "delta2 = -(y / p - (1 - y) / (1 - p))"}
    found = check(planted.write(tmp_path, change))
    assert "softmax_derivative_missing" in names(found)
    assert found["loop"]["answer"] == "right"


def test_a_softmax_over_images_in_fit_is_no_loop_that_ends_too_early(tmp_path: Path) -> None:
    assert names(check(planted.write(tmp_path, MISTAKES["softmax_over_images_in_fit"][1]))) == [
        "softmax_over_images_in_fit"
    ]


def test_other_steps_of_several_images_and_none_of_one_are_not_blamed_on_the_loop(tmp_path: Path) -> None:
    found = check(planted.write(tmp_path, {"delta2 = p - y": "delta2 = np.cbrt(p - p.mean(axis=0))"}))
    assert names(found) == ["unknown"]


def test_a_first_batch_that_is_left_out_is_not_said_to_train_several_images(tmp_path: Path) -> None:
    change = MISTAKES["first_batch_lost"][0]
    assert names(check(planted.write(tmp_path, change))) == ["first_batch_lost"]
    found = check(planted.write(tmp_path, change, {"delta2 = p - y": "delta2 = (p - y) / m**0.25"}))
    assert "single_images_lost" not in names(found)


def test_a_step_every_second_batch_is_not_blamed_on_get_weights(tmp_path: Path) -> None:
    change = {
        EPOCH: f"        self.k = 0\n{EPOCH}",
        UPDATES: "        self.k += 1\n        if self.k % 2:\n            self.kept = d_W1, d_b1, d_W2, d_b2\n"
        f"            return\n        d_W1, d_b1, d_W2, d_b2 = (a + b for a, b in zip({GRADS}, self.kept))\n{UPDATES}",
    }
    found = check(planted.write(tmp_path, change))
    assert names(found) == ["unknown"]
    assert "images in batches of one: 0, 2, " in found["diagnoses"][0]["sentence"]


def test_a_loop_is_not_said_to_be_wrong_where_steps_are_that_nothing_explains(tmp_path: Path) -> None:
    change = {UPDATE_W2: "        self.W2 = self.W2 - self.lr * np.maximum(x @ self.W1 + self.b1, 0).T @ delta2 / m\n"}
    found = check(planted.write(tmp_path, change))
    assert names(found) == ["unknown"]
    assert found["loop"]["answer"] == "right"


def test_what_fit_fails_on_is_told_beside_steps_that_nothing_explains(tmp_path: Path) -> None:
    found = check(planted.write(tmp_path, {"np.eye(10)[labels]": "(labels[:, None] == np.unique(labels)) * 1.0"}))
    (diagnosis,) = found["diagnoses"]
    assert "makes these steps" in diagnosis["sentence"]
    assert "Besides, fit fails on a batch of 4 images" in diagnosis["sentence"]


def test_single_steps_that_are_right_are_told_without_an_empty_list(tmp_path: Path) -> None:
    found = check(planted.write(tmp_path, {"range(epochs)": "range(epochs * batch_size)"}))
    (diagnosis,) = found["diagnoses"]
    assert "Batches of several images are wrong in W1, b1, W2, b2. Seen" in diagnosis["sentence"]


def test_epochs_that_are_taken_back_are_not_said_to_be_missing(tmp_path: Path) -> None:
    change = {
        EPOCH: f"        first = []\n{EPOCH}",
        CALL: f"{CALL}\n            first = first or {WEIGHTS}\n        {NAMES} = first",
    }
    (diagnosis,) = check(planted.write(tmp_path, change))["diagnoses"]
    assert diagnosis["id"] == "epochs_ignored"
    assert "or are taken back" in diagnosis["sentence"]


def test_slices_that_always_overlap_in_the_same_way_are_not_said_to_be_drawn(tmp_path: Path) -> None:
    found = check(
        planted.write(tmp_path, {CALL: f"start -= start > 0 and batch_size in (3, 4)\n                {CALL}"})
    )
    assert names(found) == ["unknown"]


def test_probabilities_that_are_clipped_are_not_blamed_on_the_loop(tmp_path: Path) -> None:
    clipped = {"return hidden, e / e.sum(axis=1, keepdims=True)":
               "return hidden, np.clip(e / e.sum(axis=1, keepdims=True), 1e-3, 1)"}  # fmt: skip
    found = check(planted.write(tmp_path, clipped))
    assert [found[question]["answer"] for question in ("gradients", "loop")] == ["wrong", "right"]
    (diagnosis,) = found["diagnoses"]
    assert "The first steps are right, and a later one is not" in diagnosis["sentence"]
