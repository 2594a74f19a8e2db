"""Right nets are told right, whatever their style, and nets that are right in themselves get a true answer."""

from pathlib import Path
from typing import Any

import planted
import pytest
import random_nets
from planted import MISTAKES, STYLES
from random_nets import Parts
from right_net import PREDICT, STEP

from mnistbench.checking import checking, decoding
from mnistbench.nets import numpy_net

pytestmark = pytest.mark.slow


def check(net: str, **how: Any) -> dict[str, Any]:
    return checking.check(net, "mnist", seconds=60, certificate_seconds=0, **how)


def answers(found: dict[str, Any]) -> list[str]:
    return [found[question]["answer"] for question in ("gradients", "loop", "network", "certificate")]


@pytest.mark.parametrize("style", STYLES)
def test_a_right_net_in_another_style_passes(style: str, tmp_path: Path) -> None:
    found = check(planted.write(tmp_path, STYLES[style]))
    assert found["passed"]
    assert found["diagnoses"] == found["errors"] == found["remarks"] == []
    assert answers(found) == ["right"] * 4
    assert found["certificate"]["dtype"] == ("float32" if style == "float32" else "float64")


@pytest.mark.parametrize(("where", "remarks"), [("fit", ["Three calls of fit"]), ("__init__", [])])
def test_a_right_net_is_told_where_each_call_of_fit_draws_the_same_order(
    where: str, remarks: list[str], tmp_path: Path
) -> None:
    fit = "    def fit(self, images, labels, batch_size, epochs):\n"
    anew = {
        "        self.lr = lr\n": "        self.lr, self.seed = lr, seed\n",
        fit: f"{fit}        self.rng = np.random.default_rng(self.seed)\n",
    }
    found = check(planted.write(tmp_path, anew if where == "fit" else {}))
    assert found["passed"]
    assert [each[: len("Three calls of fit")] for each in found["remarks"]] == remarks


@pytest.mark.parametrize("seed", range(100))
def test_a_net_made_of_right_parts_at_random_has_right_gradients_and_a_right_loop(seed: int, tmp_path: Path) -> None:
    parts = random_nets.drawn(seed)
    found = check(random_nets.write(tmp_path, parts))
    assert answers(found)[:2] == ["right", "right"]
    assert found["passed"] == parts.as_asked
    assert {each["id"] for each in found["diagnoses"]} <= {"other_network", "squared_error"}


def _parts(**changes: Any) -> Parts:
    return Parts(**{"activation": "ReLU", "loss": "cross-entropy", "dtype": "float64", "gather": 0, "layers": 2,
                    "biases": True, "turned": False, "wide_biases": False, **changes})  # fmt: skip


@pytest.mark.parametrize(("parts", "words"), [
    (_parts(layers=3), "ReLU hidden layers, softmax output with cross-entropy (784–10–20–10"),
    (_parts(layers=3, activation="tanh", dtype="float32"), "tanh hidden layers, softmax output with cross-entropy"),
    (_parts(layers=3, biases=False, turned=True), "no biases"),
    (_parts(activation="sigmoid", loss="half the squared error"),
     "sigmoid hidden layer, sigmoid output with half the squared error"),
    (_parts(activation="sigmoid"), "sigmoid hidden layer, softmax output with cross-entropy"),
    (_parts(biases=False), "ReLU hidden layer, softmax output, no biases"),
    (_parts(biases=False, dtype="float32", turned=True), "ReLU hidden layer, softmax output, no biases"),
])  # fmt: skip
def test_another_network_with_right_gradients_is_told_as_a_fact_and_gets_no_certificate(
    parts: Parts, words: str, tmp_path: Path
) -> None:
    net = random_nets.write(tmp_path, parts)
    found = check(net)
    assert answers(found) == ["right", "right", "other", "not asked"]
    (diagnosis,) = found["diagnoses"]
    assert diagnosis["id"] == "other_network"
    assert "your gradients are right for the net you wrote: " in diagnosis["sentence"]
    assert words in diagnosis["sentence"]
    assert not found["passed"]
    assert check(net, accept_other_networks=True)["passed"]


NORMALISED = {  # as float32, which images come in; told as they are by the formulas that are known
    "{x} - 0.5": "inputs taken as x - 0.5",
    "2 * {x} - 1": "inputs taken as (x - 0.5) / 0.5",
    "({x} - 0.1307) / 0.3081": "inputs taken as (x - 0.1307) / 0.3081",
    "({x} - 0.13) / 0.3": "its predict is no perceptron that is known here",
    "{x} - {x}.mean(axis=1, keepdims=True)": "inputs taken as x - x.mean(axis=1)",
    "({x} - {x}.mean(axis=1, keepdims=True)) / {x}.std(axis=1, keepdims=True)": "standardised image by image",
}


@pytest.mark.parametrize("inputs", NORMALISED)
def test_a_right_net_of_normalised_images_is_another_network_and_has_no_mistake(inputs: str, tmp_path: Path) -> None:
    forward = "    def forward(self, x):\n"
    net = planted.write(tmp_path, {
        forward: f"{forward}        x = {inputs.format(x='x')}\n", "x.T @": f"({inputs.format(x='x')}).T @",
    })  # fmt: skip
    found = check(net)
    assert answers(found) == ["right", "right", "other", "not asked"]
    (diagnosis,) = found["diagnoses"]
    assert diagnosis["id"] == "other_network"
    assert NORMALISED[inputs] in diagnosis["sentence"]
    assert check(net, accept_other_networks=True)["passed"]


@pytest.mark.parametrize("predicted", ["(images - 0.5) / 0.5", "(images - 0.13) / 0.3"])
def test_only_a_predict_of_plain_images_is_said_to_take_them_as_they_come(predicted: str, tmp_path: Path) -> None:
    other = {PREDICT: f"images = {predicted}\n        {PREDICT}", STEP: f"{STEP}\n        x = 1 - x"}
    found = check(planted.write(tmp_path, other))
    assert not found["passed"]
    assert "images_scaled_in_fit" not in {each["id"] for each in found["diagnoses"]}


KERAS = """\
import keras
from keras import layers


class MyNet:
    def __init__(self, hidden_size, lr, seed):
        self.model = keras.Sequential([
            layers.Input((784,)), layers.Dense(hidden_size, activation="relu"), layers.Dense(10, activation="softmax"),
        ])
        self.model.compile(keras.optimizers.SGD(lr), "sparse_categorical_crossentropy")

    def fit(self, images, labels, batch_size, epochs):
        self.model.fit(images, labels, batch_size=batch_size, epochs=epochs, verbose=0)

    def predict(self, images):
        return self.model.predict(images, verbose=0)

    def get_weights(self):
        return self.model.get_weights()

    def set_weights(self, weights):
        self.model.set_weights(weights)
"""


def test_what_seeding_a_library_makes_of_its_shuffle_is_no_mistake_of_the_net(tmp_path: Path) -> None:
    file = tmp_path / "my_net.py"
    file.write_text(KERAS)
    found = checking.check(f"{file}:MyNet", "mnist", seconds=300, certificate_seconds=0)
    assert answers(found)[:3] == ["right"] * 3
    assert found["diagnoses"] == found["remarks"] == []


@pytest.mark.parametrize("mistake", ["no_shuffle", "shuffled_once"])
def test_a_given_order_is_told_from_one_that_is_drawn_in_float32_as_well(mistake: str, tmp_path: Path) -> None:
    found = check(planted.write(tmp_path, MISTAKES[mistake][0], STYLES["float32"]))
    assert [each["id"] for each in found["diagnoses"]] == [mistake]


def test_a_wrong_gradient_in_another_network_is_not_accepted(tmp_path: Path) -> None:
    sigmoid = MISTAKES["other_network"][0]
    net = planted.write(tmp_path, sigmoid, {"hidden * (1 - hidden)": "(hidden > 0)"})
    found = check(net, accept_other_networks=True)
    assert not found["passed"]
    assert "relu_derivative_missing" in {each["id"] for each in found["diagnoses"]}


@pytest.mark.parametrize("mistake", ["full_batch", "one_image_a_step", "drawn_anew"])
def test_a_loop_that_the_task_allows_passes_where_any_is_allowed(mistake: str, tmp_path: Path) -> None:
    net = planted.write(tmp_path, MISTAKES[mistake][0])
    assert not check(net)["passed"]
    assert check(net, any_loop=True)["passed"]


def test_a_layer_that_is_never_updated_is_named_in_a_deeper_net(tmp_path: Path) -> None:
    net = random_nets.write(tmp_path, _parts(layers=3))
    file = Path(net.partition(":")[0])
    file.write_text(file.read_text().replace("for k in range(len(self.W)):", "for k in range(1, len(self.W)):"))
    found = check(net)
    assert found["diagnoses"][0]["id"] == "array_frozen"
    assert found["diagnoses"][0]["sentence"].endswith("Here it is W1 and b1.")


def test_an_unknown_function_is_judged_by_its_numerical_derivative(tmp_path: Path) -> None:
    bent = {"hidden = np.maximum(x @ self.W1 + self.b1, 0)": "hidden = np.maximum(x @ self.W1 + self.b1, 0) ** 1.5"}
    right = {"(hidden > 0)": "1.5 * np.cbrt(hidden)"}
    found = check(planted.write(tmp_path, bent, right))
    assert answers(found)[:3] == ["right", "right", "other"]
    found = check(planted.write(tmp_path, bent))
    assert [p["passed"] for p in found["gradients"]["parameters"]] == [False, False, True, True]
    assert not found["passed"]


def test_an_epsilon_passes_with_a_remark(tmp_path: Path) -> None:
    net = planted.write(tmp_path, {"delta2 = p - y": "delta2 = np.clip(p, 1e-7, 1 - 1e-7) - y"})
    found = checking.check(net, "mnist", seconds=60)
    assert found["passed"]
    assert found["certificate"]["epsilon"]
    assert max(found["certificate"]["largest_difference"].values()) < found["certificate"]["limit"]
    assert "differ from the reference's by an epsilon" in found["remarks"][0]


def test_the_numpy_net_passes_by_the_same_protocol_over_a_whole_epoch() -> None:
    found = checking.check(f"{numpy_net.__file__}:NeuralNetwork", "mnist", seconds=300)
    assert found["passed"]
    assert found["certificate"]["images"] == 60_000
    assert found["certificate"]["classified_differently"] == 0
    assert max(p["relative_error"] for p in found["gradients"]["parameters"]) < 1e-5
    assert max(found["certificate"]["largest_difference"].values()) < 1e-5


def test_a_net_that_shuffles_is_never_said_not_to(tmp_path: Path) -> None:
    for offset in range(20):
        net = planted.write(tmp_path, {"default_rng(seed)": f"default_rng(seed + {2 * offset})"})
        assert check(net)["loop"]["answer"] == "right"


def test_the_right_loop_leaves_the_shares_of_no_wrong_one() -> None:
    for n, b in ((8, 5), (12, 3), (6, 6)):
        right = sorted(decoding.LOOPS[""][0](n, b, decoding.mean) or [])
        assert sum(right) == pytest.approx(-(-n // b))
    sizes = ((8, 5), (12, 3))
    for name, patterns in decoding.LOOPS.items():
        for pattern in patterns if name else ():
            shares = [sorted(pattern(n, b, decoding.mean) or []) for n, b in sizes]
            assert shares != [sorted(decoding.LOOPS[""][0](n, b, decoding.mean) or []) for n, b in sizes]
