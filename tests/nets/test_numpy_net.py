"""The three proofs of the mathematics: a step by hand, central differences, an independent implementation."""

import numpy as np
import pytest

from mnistbench.datasets import data
from mnistbench.nets.numpy_net import NeuralNetwork, softmax


def test_one_step_equals_a_step_worked_by_hand() -> None:
    net = NeuralNetwork(2, lr=0.5, dtype=np.float64, n_inputs=2, n_classes=2)
    net.set_weights(
        [np.array([[1.0, -1.0], [2.0, 1.0]]), np.array([0.5, 0.0]), np.array([[1.0, 0.0], [0.0, 1.0]]), np.zeros(2)]
    )
    # v = (1·1 + 0·2 + 0.5, 1·-1 + 0·1) = (1.5, -1); hidden = (1.5, 0); logits = (1.5, 0)
    p0 = np.exp(1.5) / (np.exp(1.5) + 1)
    delta2 = np.array([p0, (1 - p0) - 1])  # label 1
    delta1_0 = delta2[0] * 1  # only the first hidden unit is alive
    net.step(np.array([[1.0, 0.0]]), np.array([1]))
    W1, b1, W2, b2 = net.get_weights()
    np.testing.assert_allclose(W1, [[1 - 0.5 * delta1_0, -1.0], [2.0, 1.0]], rtol=1e-14)
    np.testing.assert_allclose(b1, [0.5 - 0.5 * delta1_0, 0.0], rtol=1e-14)
    np.testing.assert_allclose(W2, [[1 - 0.75 * delta2[0], -0.75 * delta2[1]], [0.0, 1.0]], rtol=1e-14)
    np.testing.assert_allclose(b2, -0.5 * delta2, rtol=1e-14)


def test_gradients_equal_central_differences_for_every_parameter(mnist: data.Dataset) -> None:
    net = NeuralNetwork(5, seed=3, dtype=np.float64)
    images, labels = mnist.train_images[:7], mnist.train_labels[:7]
    step = 1e-5
    for name, gradient in zip(("W1", "b1", "W2", "b2"), net.gradients(images, labels), strict=True):
        weights = getattr(net, name)
        numeric = np.empty_like(weights)
        for index in np.ndindex(weights.shape):
            kept = weights[index]
            weights[index] = kept + step
            above = net.loss(images, labels)
            weights[index] = kept - step
            numeric[index] = (above - net.loss(images, labels)) / (2 * step)
            weights[index] = kept
        np.testing.assert_allclose(gradient, numeric, rtol=0, atol=1e-7, err_msg=name)


@pytest.mark.parametrize("scale", [1000.0, -1000.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logits_of_a_thousand_give_finite_numbers(scale: float, dtype: type) -> None:
    logits = np.array([[scale, 0.0, -scale]], dtype)
    assert np.isfinite(softmax(logits)).all()
    net = NeuralNetwork(1, dtype=dtype, n_inputs=1, n_classes=3)
    net.set_weights([np.ones((1, 1)), np.zeros(1), logits, np.zeros(3)])
    image = np.ones((1, 1), dtype)
    assert net.loss(image, np.array([0])) == pytest.approx(0 if scale > 0 else 2000)
    assert all(np.isfinite(gradient).all() for gradient in net.gradients(image, np.array([0])))


def test_the_last_short_batch_is_divided_by_its_own_size(mnist: data.Dataset) -> None:
    """An epoch of five images in batches of four is a step on four and a step on one."""
    images, labels = mnist.train_images[:5], mnist.train_labels[:5]
    trained, stepped = (NeuralNetwork(6, seed=1, dtype=np.float64) for _ in range(2))
    trained.fit(images, labels, batch_size=4, epochs=1)
    order = stepped._rng.permutation(5)
    for batch in (order[:4], order[4:]):
        before, gradients = stepped.get_weights(), stepped.gradients(images[batch], labels[batch])
        stepped.set_weights([w - stepped.lr * g for w, g in zip(before, gradients, strict=True)])
    for ours, theirs in zip(trained.get_weights(), stepped.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-13, atol=1e-15)


def test_every_epoch_sees_every_image_in_a_fresh_order(mnist: data.Dataset) -> None:
    seen: list[np.ndarray] = []

    class Watched(NeuralNetwork):
        def step(self, images: np.ndarray, labels: np.ndarray) -> None:
            seen.append(labels.copy())

    labels = np.arange(10)
    Watched(2, seed=0).fit(mnist.train_images[:10], labels, batch_size=4, epochs=2)
    first, second = np.concatenate(seen[:3]), np.concatenate(seen[3:])
    assert sorted(first) == sorted(second) == list(labels)
    assert (first != second).any()


def test_starting_weights_have_the_spread_of_the_formula_and_zero_biases() -> None:
    W1, b1, W2, b2 = NeuralNetwork(300, seed=0).get_weights()
    assert W1.std() == pytest.approx(2 / np.sqrt(784 + 300), rel=0.02)
    assert W2.std() == pytest.approx(2 / np.sqrt(300 + 10), rel=0.05)
    assert not b1.any()
    assert not b2.any()


def test_a_seed_names_the_same_start_in_both_dtypes() -> None:
    single, double = NeuralNetwork(4, seed=7), NeuralNetwork(4, seed=7, dtype=np.float64)
    assert {array.dtype for array in single.get_weights()} == {np.dtype(np.float32)}
    for a, b in zip(single.get_weights(), double.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b.astype(np.float32))


def test_weights_of_another_shape_are_refused() -> None:
    net = NeuralNetwork(4)
    with pytest.raises(ValueError, match=r"\(784, 4\)"):
        net.set_weights([np.zeros((784, 5)), np.zeros(5), np.zeros((5, 10)), np.zeros(10)])


def test_get_weights_returns_copies() -> None:
    net = NeuralNetwork(4, seed=1)
    net.get_weights()[0][...] = 0
    assert net.W1.any()
