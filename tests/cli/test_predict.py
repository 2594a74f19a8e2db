import json
from pathlib import Path

import numpy as np
import pytest
from conftest import Cli
from PIL import Image

from mnistbench.datasets import data
from mnistbench.nets.numpy_net import NeuralNetwork


@pytest.fixture
def folder(tmp_path: Path, mnist: data.Dataset) -> Path:
    """Return a folder with a trained net, and its first test image (a 7 in MNIST) as PNG and as array."""
    net = NeuralNetwork(16, seed=1, dtype=np.float64)
    net.fit(mnist.train_images, mnist.train_labels, batch_size=32, epochs=3)
    W1, b1, W2, b2 = net.get_weights()
    np.savez(tmp_path / "model.npz", W1=W1, b1=b1, W2=W2, b2=b2)
    image = mnist.test_images[0].reshape(28, 28)
    np.save(tmp_path / "digit.npy", image)
    Image.fromarray(255 - np.rint(image * 255).astype(np.uint8)).resize((140, 140)).save(tmp_path / "digit.png")
    return tmp_path


def test_predict_shows_the_digit_its_probabilities_and_what_the_net_saw(cli: Cli, folder: Path) -> None:
    done = cli("predict", "--model", "model.npz", "digit.png", "digit.npy")
    assert done.returncode == 0, done.stderr
    assert "digit.png: 7" in done.stdout
    assert "digit.npy: 7" in done.stdout
    assert done.stdout.count(" %  ") == 20
    assert "█" in done.stdout.partition("digit.npy")[0]


def test_predict_speaks_json(cli: Cli, folder: Path, mnist: data.Dataset) -> None:
    (answer,) = json.loads(cli("predict", "--model", "model.npz", "--json", "digit.npy").stdout)
    assert (answer["image"], answer["digit"], len(answer["probabilities"])) == ("digit.npy", 7, 10)
    assert sum(answer["probabilities"]) == pytest.approx(1)


@pytest.mark.parametrize(
    ("model", "image", "sentence"),
    [
        ("model.npz", "model.npz", "model.npz: cannot be read, it is no PNG or JPEG"),
        ("model.npz", "none.png", "none.png: cannot be read, there is no such file"),
        ("digit.png", "digit.png", "digit.png: is no model of mnistbench"),
    ],
)
def test_what_cannot_be_used_ends_in_one_sentence_and_exit_2(
    cli: Cli, folder: Path, model: str, image: str, sentence: str
) -> None:
    done = cli("predict", "--model", model, "digit.png", image)
    assert done.returncode == 2
    assert done.stderr.startswith(f"Error: {sentence}")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
