"""Every trainer passes the same tests."""

import dataclasses
import warnings
from collections.abc import Callable

import numpy as np
import pytest

from mnistbench import data, metrics
from mnistbench.spec import NETS, Spec
from mnistbench.trainers.base import Trainer, trainer_class
from mnistbench.trainers.numpy_net import NeuralNetwork

Make = Callable[..., Trainer]


@pytest.fixture(params=NETS)
def make(request: pytest.FixtureRequest) -> Make:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a framework's own import is not ours to judge
        trainer = trainer_class(request.param)
    spec = Spec(net=request.param, hidden_size=16, lr=0.1, batch_size=128, epochs=3, seed=1, threads=2)
    return lambda **changes: trainer(dataclasses.replace(spec, **changes))


@pytest.fixture
def images_and_labels(mnist: data.Dataset) -> tuple[np.ndarray, np.ndarray]:
    return mnist.train_images[:1000].astype(np.float32), mnist.train_labels[:1000]


def fit(trainer: Trainer, images: np.ndarray, labels: np.ndarray, **arguments: object) -> None:
    values = {"batch_size": 128, "epochs": 1, "on_epoch_end": lambda: None} | arguments
    trainer.fit(images, labels, **values)


def test_the_loss_falls_with_each_epoch(make: Make, images_and_labels: tuple[np.ndarray, np.ndarray]) -> None:
    images, labels = images_and_labels
    trainer, losses = make(), []
    fit(trainer, images, labels, epochs=3,
        on_epoch_end=lambda: losses.append(metrics.log_loss(trainer.predict(images), labels)))  # fmt: skip
    assert len(losses) == 3
    assert 2.4 > losses[0] > losses[1] > losses[2]


def test_probabilities_have_ten_classes_and_add_to_one(
    make: Make, images_and_labels: tuple[np.ndarray, np.ndarray]
) -> None:
    probabilities = make().predict(images_and_labels[0][:50])
    assert probabilities.shape == (50, 10)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weights_have_keras_order_and_shapes_and_the_dtype_of_the_spec(make: Make, dtype: str) -> None:
    weights = make(dtype=dtype).get_weights()
    assert [array.shape for array in weights] == [(784, 16), (16,), (16, 10), (10,)]
    assert {str(array.dtype) for array in weights} == {dtype}


def test_a_seed_gives_the_same_weights_and_another_seed_others(
    make: Make, images_and_labels: tuple[np.ndarray, np.ndarray]
) -> None:
    def trained(seed: int) -> np.ndarray:
        trainer = make(seed=seed)
        fit(trainer, *images_and_labels)
        return trainer.get_weights()[0]

    np.testing.assert_array_equal(trained(1), trained(1))
    assert (trained(1) != trained(2)).any()


@pytest.mark.parametrize("net", [net for net in NETS if net != "numpy"])
def test_an_epoch_equals_the_numpy_nets_from_copied_weights(net: str, mnist: data.Dataset) -> None:
    """The third proof: an independent implementation takes the same steps."""
    spec = Spec(net=net, hidden_size=16, lr=0.1, batch_size=128, epochs=1, seed=1, dtype="float64", threads=2)
    theirs = trainer_class(net)(spec)
    ours = NeuralNetwork(16, lr=0.1, dtype=np.float64)
    ours.set_weights(theirs.get_weights())
    # One batch has no order. It is short: 96 images in place of 128.
    for start in range(0, 96 * 5, 96):
        images, labels = mnist.train_images[start : start + 96], mnist.train_labels[start : start + 96]
        fit(theirs, images, labels)
        ours.step(images, labels)
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=0, atol=1e-14)
    np.testing.assert_allclose(ours.predict(images), theirs.predict(images), rtol=0, atol=1e-14)


def test_threads_are_those_of_the_spec_or_fewer(make: Make) -> None:
    assert 1 <= make().effective_threads <= 2
