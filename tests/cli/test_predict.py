import json
import re
from pathlib import Path

import numpy as np
import pytest
from conftest import Cli
from PIL import Image
from scipy import ndimage

from mnistbench.datasets import data
from mnistbench.nets.numpy_net import NeuralNetwork

pytestmark = pytest.mark.slow


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


def test_a_model_that_cannot_be_used_ends_in_one_sentence_and_exit_2(cli: Cli, folder: Path) -> None:
    done = cli("predict", "--model", "digit.png", "digit.png")
    assert done.returncode == 2
    assert done.stderr.startswith("Error: digit.png: is no model of mnistbench")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        ("model.npz", "model.npz: cannot be read, it is no PNG, JPEG, GIF, BMP or WebP"),
        ("none.png", "none.png: cannot be read, there is no such file"),
    ],
)
def test_one_bad_picture_is_told_and_does_not_end_the_others(cli: Cli, folder: Path, image: str, sentence: str) -> None:
    done = cli("predict", "--model", "model.npz", image, "digit.png")
    assert done.returncode == 2
    assert done.stderr.startswith(f"Error: {sentence}")
    assert done.stderr.count("\n") == 1
    assert "digit.png: 7" in done.stdout
    spoken = cli("predict", "--model", "model.npz", "--json", image, "digit.png")
    bad, good = json.loads(spoken.stdout)
    assert sentence in bad["error"]
    assert (spoken.returncode, good["digit"]) == (2, 7)


@pytest.fixture
def two(folder: Path) -> Path:
    """Return a picture of the digit in digit.png twice, side by side."""
    digit = Image.open(folder / "digit.png")
    page = Image.new("L", (2 * digit.width, digit.height), 255)
    page.paste(digit, (0, 0))
    page.paste(digit, (digit.width, 0))
    page.save(folder / "two.png")
    return folder / "two.png"


def test_several_digits_are_refused_with_their_number_and_the_way_out(cli: Cli, two: Path) -> None:
    done = cli("predict", "--model", "model.npz", "two.png")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: two.png: shows 2 figures apart from each other")
    assert "--each" in done.stderr


def test_each_reads_several_digits_one_by_one(cli: Cli, two: Path) -> None:
    done = cli("predict", "--model", "model.npz", "--each", "two.png")
    assert done.returncode == 0, done.stderr
    assert "two.png, 1 of 2: 7" in done.stdout
    assert "two.png, 2 of 2: 7" in done.stdout
    answers = json.loads(cli("predict", "--model", "model.npz", "--each", "--json", "two.png").stdout)
    assert [(a["figure"], a["figures"], a["digit"]) for a in answers] == [(1, 2, 7), (2, 2, 7)]


def test_noise_is_doubted_in_the_picture_and_in_json(cli: Cli, folder: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (28, 28), np.uint8)
    np.save(folder / "noise.npy", noise)
    done = cli("predict", "--model", "model.npz", "noise.npy", "digit.npy")
    assert done.returncode == 0, done.stderr
    assert "noise.npy: not like a digit of MNIST" in done.stdout
    assert "digit.npy: 7" in done.stdout
    doubted, believed = json.loads(cli("predict", "--model", "model.npz", "--json", "noise.npy", "digit.npy").stdout)
    assert (doubted["like_mnist"], believed["like_mnist"], believed["doubt"]) == (False, True, None)
    assert doubted["doubt"].startswith("not like a digit of MNIST")
    assert doubted["distance"] > believed["distance"]


def test_a_picture_of_many_marks_most_of_them_no_digits_is_doubted_as_one(cli: Cli, folder: Path) -> None:
    noise = ndimage.gaussian_filter(np.random.default_rng(1).random((112, 112)), 4)
    Image.fromarray(np.rint(255 * (noise - noise.min()) / np.ptp(noise)).astype(np.uint8)).save(folder / "noise.png")
    (doubted,) = json.loads(cli("predict", "--model", "model.npz", "--json", "noise.png").stdout)
    assert doubted["like_mnist"] is False
    assert re.search(r"not like a digit of MNIST: \d+ marks apart from each other", doubted["doubt"])
    several = json.loads(cli("predict", "--model", "model.npz", "--json", "--each", "noise.png").stdout)
    assert len(several) > 1
    assert sum(each["like_mnist"] for each in several) < len(several) / 2
