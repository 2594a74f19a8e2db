import numpy as np
import pytest

from mnistbench.nets import metrics


def test_log_loss_is_the_mean_negative_logarithm_of_the_right_probability() -> None:
    probabilities = np.array([[0.5, 0.5], [0.1, 0.9]])
    assert metrics.log_loss(probabilities, np.array([0, 1])) == pytest.approx(-(np.log(0.5) + np.log(0.9)) / 2)


def test_logits_and_their_probabilities_have_the_same_loss() -> None:
    logits = np.random.default_rng(0).normal(size=(20, 10)) * 5
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = np.arange(20) % 10
    assert metrics.log_loss(logits, labels, from_logits=True) == pytest.approx(
        metrics.log_loss(probabilities, labels), rel=1e-12
    )


def test_a_probability_of_zero_costs_a_finite_loss() -> None:
    loss = metrics.log_loss(np.array([[1.0, 0.0]], np.float32), np.array([1]))
    assert loss == pytest.approx(87.34, abs=0.01)


def test_nan_in_gives_nan_out() -> None:
    assert np.isnan(metrics.log_loss(np.array([[np.nan, np.nan]]), np.array([0])))


def test_accuracy_is_the_fraction_of_rows_whose_largest_output_is_the_label() -> None:
    outputs = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]])
    assert metrics.accuracy(outputs, np.array([0, 1, 1, 1])) == 0.75
