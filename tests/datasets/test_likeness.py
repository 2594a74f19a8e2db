import numpy as np
import pytest

from mnistbench.datasets import data, likeness

pytestmark = pytest.mark.slow


def test_a_training_image_is_next_to_itself_and_a_test_image_near() -> None:
    mnist = data.load("mnist", quick=True)
    assert likeness.distances(mnist.train_images[:3].reshape(-1, 28, 28)).max() < 1e-3
    near = likeness.distances(mnist.test_images[:200].reshape(-1, 28, 28))
    assert near.min() > 0.05
    assert np.mean([likeness.is_like(distance) for distance in near]) >= 0.95


@pytest.mark.parametrize("sigma", [0, 1, 3])
def test_noise_is_far(sigma: float) -> None:
    from scipy import ndimage

    noise = ndimage.gaussian_filter(np.random.default_rng(1).random((20, 28, 28)), (0, sigma, sigma))
    noise = (noise - noise.min()) / np.ptp(noise)
    assert not any(map(likeness.is_like, likeness.distances(noise)))


def test_a_blank_image_is_far() -> None:
    assert not likeness.is_like(likeness.distances(np.zeros((1, 28, 28)))[0])
