import io
import os
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


@pytest.mark.slow
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


def page_of(images: np.ndarray, *, gap: int = 4) -> np.ndarray:
    """Return images of MNIST, shape (n, 784), written side by side on white paper, four pixels for each of theirs."""
    ink = np.concatenate([np.pad(image.reshape(28, 28), ((4, 4), (gap, gap))) for image in images], axis=1)
    return 1 - np.kron(ink, np.ones((4, 4)))


@pytest.mark.parametrize("direction", ["across", "down", "slantwise", "lamp"])
def test_uneven_light_on_the_paper_changes_nothing(mnist: data.Dataset, net: NeuralNetwork, direction: str) -> None:
    side = np.linspace(0, 1, 144)
    ramp = {
        "across": np.tile(side, (144, 1)), "down": np.tile(side, (144, 1)).T, "slantwise": np.add.outer(side, side) / 2,
        "lamp": np.hypot(*np.meshgrid(side - 0.4, side - 0.6)) ** 2 / 0.72,
    }  # fmt: skip
    light = (215 - 65 * ramp[direction]) / 255
    even, lit = [], []
    for image in mnist.test_images[:N]:
        page = page_of(image[None])
        even.append(digits.as_mnist(page).ravel())
        lit.append(digits.as_mnist(np.rint(255 * light * (0.2 + 0.8 * page)) / 255).ravel())
    assert np.mean(np.abs(np.array(lit) - np.array(even))) < 0.005
    answers = [net.predict(np.array(seen)).argmax(axis=1) for seen in (even, lit)]
    assert np.mean(answers[0] == answers[1]) >= 0.99


def test_chalk_on_an_unevenly_lit_board_is_read_too(mnist: data.Dataset) -> None:
    page = page_of(mnist.test_images[:1])
    board = 0.3 - 0.2 * np.linspace(0, 1, page.shape[1])
    lit = digits.as_mnist(board + (1 - page) * (0.9 - board))
    assert np.mean(np.abs(lit - digits.as_mnist(page))) < 0.02


def test_several_digits_are_refused_with_their_number(mnist: data.Dataset) -> None:
    with pytest.raises(ImageError, match=r"^image: shows 3 figures apart from each other; give a picture of one"):
        digits.as_mnist(page_of(mnist.test_images[:3]))


def test_each_of_several_digits_is_read_from_left_to_right(mnist: data.Dataset) -> None:
    images = mnist.test_images[:4]
    together = digits.each_as_mnist(page_of(images))
    alone = [digits.as_mnist(page_of(image[None])) for image in images]
    np.testing.assert_allclose(together, alone, atol=0.02)


def test_the_parts_of_one_digit_stay_together() -> None:
    five = np.zeros((100, 100))
    five[40:90, 30:60] = five[20:30, 40:70] = 1  # a body, and its bar above, which touches nothing
    broken = np.zeros((200, 100))
    broken[10:88, 40:60] = broken[92:170, 40:60] = 1  # a stroke with a gap
    two = np.zeros((100, 100))
    two[10:45, 40:60] = two[65:100, 40:60] = 1  # one digit under another
    assert [len(digits.each_as_mnist(page)) for page in (five, broken, two)] == [1, 1, 2]


def test_specks_and_a_full_stop_are_no_digits() -> None:
    page = np.zeros((100, 140))
    page[20:80, 40:60] = 1
    clean = digits.as_mnist(page)
    page[70:80, 100:110] = 1  # a full stop
    page[5, 5] = page[90, 3] = page[50, 130] = 1
    np.testing.assert_array_equal(digits.as_mnist(page), clean)


def test_a_texture_is_one_figure_and_no_line_of_digits() -> None:
    page = np.zeros((200, 200))
    page[5::10, 5::10] = page[6::10, 5::10] = 1
    assert len(digits.each_as_mnist(page)) == 1


@pytest.mark.parametrize("suffix", ["gif", "bmp", "webp"])
def test_gif_bmp_and_webp_are_read(mnist: data.Dataset, tmp_path: Path, suffix: str) -> None:
    drawn = picture(mnist.test_images[0], side=100, inverted=True)
    drawn.save(tmp_path / "grey.png")
    drawn.save(tmp_path / f"digit.{suffix}")
    assert np.abs(digits.read(tmp_path / f"digit.{suffix}") - digits.read(tmp_path / "grey.png")).mean() < 0.02


def test_a_large_picture_is_read_as_its_small_one(mnist: data.Dataset, tmp_path: Path) -> None:
    for side in (400, 4000):
        picture(mnist.test_images[0], side=side, inverted=True).save(tmp_path / f"{side}.png")
    assert np.abs(digits.read(tmp_path / "4000.png") - digits.read(tmp_path / "400.png")).mean() < 0.02


@pytest.mark.parametrize("name", ["pipe.png", "pipe.npy", "/dev/zero", "folder.png"])
def test_what_is_no_plain_file_is_refused_before_it_is_opened(tmp_path: Path, name: str) -> None:
    if name.startswith("pipe"):
        os.mkfifo(tmp_path / name)
    elif name.startswith("folder"):
        (tmp_path / name).mkdir()
    with pytest.raises(ImageError, match=r"is a (pipe, a socket or a device|folder) and no file; give a"):
        digits.read(tmp_path / name)


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
        ("a.png", b"", "it is no PNG, JPEG, GIF, BMP or WebP"),
        ("a.png", b"digits: 1 2 3", "it is no PNG, JPEG, GIF, BMP or WebP"),
        ("a.png", whole_png()[:200], "it is no PNG, JPEG, GIF, BMP or WebP, or a damaged one"),
        ("a.png", png(8000, 8000), "is too large (8000 × 8000 pixels); at most 50,000,000 pixels"),
        ("a.png", png(1, 50_000_000), "is too large (1 × 50000000 pixels)"),
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
