import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnistbench.datasets import data, digits
from mnistbench.errors import ImageError
from mnistbench.nets.numpy_net import NeuralNetwork

N = 100


@pytest.fixture(scope="module")
def net(mnist: data.Dataset) -> NeuralNetwork:
    net = NeuralNetwork(64, seed=1, dtype=np.float64)
    net.fit(mnist.train_images, mnist.train_labels, batch_size=32, epochs=8)
    return net


def picture(image: np.ndarray, *, side: int = 28, inverted: bool = False, margins: tuple[int, int] = (0, 0)) -> Image:
    """Return an image of MNIST, shape (784,), as people have it: another size, dark on light, off the centre."""
    pixels = np.pad(np.rint(image.reshape(28, 28) * 255).astype(np.uint8), ((margins[0], 0), (margins[1], 0)))
    drawn = Image.fromarray(255 - pixels if inverted else pixels)
    scale = side / 28
    size = (round(drawn.width * scale), round(drawn.height * scale))
    return drawn.resize(size, Image.Resampling.BICUBIC)


@pytest.mark.parametrize(
    ("settings", "suffix"),
    [
        ({}, "png"), ({"inverted": True}, "png"), ({"side": 20}, "png"), ({"side": 113, "inverted": True}, "png"),
        ({"side": 300, "margins": (9, 30)}, "png"), ({"side": 200, "inverted": True, "margins": (40, 3)}, "jpg"),
    ],
    ids=str,
)  # fmt: skip
def test_a_picture_of_an_image_of_mnist_is_read_as_its_digit(
    mnist: data.Dataset, net: NeuralNetwork, tmp_path: Path, settings: dict[str, object], suffix: str
) -> None:
    file = tmp_path / f"digit.{suffix}"
    seen = []
    for image in mnist.test_images[:N]:
        picture(image, **settings).save(file)
        seen.append(digits.read(file).ravel())
    labels = mnist.test_labels[:N]
    as_they_are = np.mean(net.predict(mnist.test_images[:N]).argmax(axis=1) == labels)
    assert np.mean(net.predict(np.array(seen)).argmax(axis=1) == labels) >= as_they_are - 0.02


def test_a_digit_fills_the_box_with_its_centre_of_mass_in_the_middle() -> None:
    page = np.ones((90, 60))
    page[10:50, 5:15] = 0.2  # a dark bar on light paper, in a corner
    seen = digits.as_mnist(page)
    rows, columns = np.nonzero(seen > 0.5)
    assert np.ptp(rows) + 1 == 20
    assert np.ptp(columns) + 1 == 5
    assert abs(rows.mean() - 14) <= 0.5
    assert abs(columns.mean() - 14) <= 0.5
    assert (seen.min(), seen.max()) == (0, 1)


def test_a_faint_shadow_does_not_widen_the_box() -> None:
    clean = np.zeros((100, 100))
    clean[30:70, 40:50] = 1
    shadowed = clean.copy()
    shadowed[5, 5] = 0.1
    np.testing.assert_array_equal(digits.as_mnist(shadowed), digits.as_mnist(clean))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "1", "I;16", "CMYK"])
def test_every_kind_of_picture_is_read(mnist: data.Dataset, tmp_path: Path, mode: str) -> None:
    drawn = picture(mnist.test_images[0], side=100, inverted=True)
    if mode == "I;16":
        other = Image.fromarray(np.asarray(drawn).astype(np.uint16) * 257)
    elif mode in ("RGBA", "LA"):  # all of the ink is in the transparency
        other = Image.new(mode, drawn.size)
        other.putalpha(Image.fromarray(255 - np.asarray(drawn)))
    else:
        other = drawn.convert(mode)
    file = tmp_path / ("digit.jpg" if mode == "CMYK" else "digit.png")
    other.save(file)
    drawn.save(tmp_path / "grey.png")
    assert np.abs(digits.read(file) - digits.read(tmp_path / "grey.png")).mean() < 0.05


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_an_array_is_taken_as_it_stands(mnist: data.Dataset, tmp_path: Path, dtype: type) -> None:
    image = mnist.test_images[0].reshape(28, 28)
    np.save(tmp_path / "digit.npy", np.rint(image * 255).astype(dtype) if dtype == np.uint8 else image.astype(dtype))
    np.testing.assert_allclose(digits.read(tmp_path / "digit.npy"), image, atol=1e-6)


def png(width: int, height: int) -> bytes:
    """Return a PNG that announces a size and holds next to nothing."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def whole_png() -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (64, 64), np.uint8)).save(stream, "png")
    return stream.getvalue()


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.png", b"", "it is no PNG or JPEG"),
        ("a.png", b"digits: 1 2 3", "it is no PNG or JPEG"),
        ("a.png", whole_png()[:200], "it is no PNG or JPEG, or a damaged one"),
        ("a.png", png(8000, 8000), "is too large (8000 × 8000 pixels); at most 50,000,000 pixels"),
        ("a.png", png(100_000, 100_000), "is too large"),
        ("a.npy", b"", "it is no array of numbers"),
        ("a.npy", npy(np.zeros((28, 27))), "is an array of float64, shape (28, 27); give 28 × 28 numbers"),
        ("a.npy", npy(np.full((28, 28), "1")), "give 28 × 28 numbers"),
        ("a.npy", npy(np.full((28, 28), {})), "it is no array of numbers"),
        ("a.npy", npy(np.full((28, 28), 2.0)), "numbers in [0, 1] are allowed"),
        ("a.npy", npy(np.full((28, 28), np.nan)), "numbers in [0, 1] are allowed"),
        ("a.npy", npy(np.zeros((28, 28))), "shows no digit"),
    ],
)
def test_what_is_no_picture_of_a_digit_is_refused(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ImageError) as caught:
        digits.read(tmp_path / name)
    assert str(caught.value).startswith(f"{tmp_path / name}: ")
    assert reason in str(caught.value)


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_an_empty_picture_is_refused(tmp_path: Path, shade: int) -> None:
    Image.new("L", (50, 80), shade).save(tmp_path / "empty.png")
    with pytest.raises(ImageError, match="shows no digit, all of it is nearly one shade"):
        digits.read(tmp_path / "empty.png")


@pytest.mark.parametrize("name", ["none.png", "none.npy"])
def test_a_missing_file_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(ImageError, match="there is no such file"):
        digits.read(tmp_path / name)
