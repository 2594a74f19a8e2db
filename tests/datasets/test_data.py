import gzip
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from conftest import N_TEST, N_TRAIN, write_idx

from mnistbench.datasets import data
from mnistbench.errors import DataError


@pytest.fixture
def folder(tiny: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny, tmp_path / "set"))


def test_the_bundled_data_is_the_whole_of_mnist() -> None:
    dataset = data.load("mnist")
    assert dataset.train_images.shape == (60_000, 784)
    assert dataset.test_images.shape == (10_000, 784)
    assert dataset.train_images.dtype == np.float32
    assert (dataset.train_images.min(), dataset.train_images.max()) == (0, 1)
    assert list(dataset.train_labels[:5]) == [5, 0, 4, 1, 9]
    assert np.bincount(dataset.test_labels)[0] == 980


def test_quick_keeps_the_first_images() -> None:
    dataset = data.load("mnist", quick=True)
    assert (len(dataset.train_images), len(dataset.test_labels)) == (6_000, 1_000)


def test_the_test_images_alone_are_those_of_the_whole(folder: Path) -> None:
    for dataset, quick in (("mnist", True), (str(folder), False)):
        whole, (images, labels, digest) = data.load(dataset, quick=quick), data.load_test(dataset, quick=quick)
        np.testing.assert_array_equal(images, whole.test_images)
        np.testing.assert_array_equal(labels, whole.test_labels)
        assert digest == whole.sha256


def test_a_folder_of_plain_files_is_read(folder: Path) -> None:
    dataset = data.load(str(folder), dtype=np.float64)
    assert dataset.train_images.shape == (N_TRAIN, 784)
    assert dataset.test_labels.shape == (N_TEST,)
    assert dataset.test_images.dtype == np.float64


def test_compressed_files_and_names_with_a_dot_are_read(folder: Path) -> None:
    before = data.load(str(folder))
    for file in list(folder.iterdir()):
        renamed = folder / (file.name.replace("-idx", ".idx") + ".gz")
        renamed.write_bytes(gzip.compress(file.read_bytes()))
        file.unlink()
    after = data.load(str(folder))
    np.testing.assert_array_equal(before.train_images, after.train_images)
    assert before.sha256 == after.sha256


def test_a_missing_folder_and_a_missing_file_are_named(folder: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        data.load(str(folder / "nowhere"))
    (folder / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match="has no file t10k-labels-idx1-ubyte"):
        data.load(str(folder))


def _truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-5])


def _lengthen(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b"x")


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _retype(file: Path) -> None:
    file.write_bytes(b"\x00\x00\x0d" + file.read_bytes()[3:])  # type code of float


def _announce_terabytes(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:4] + b"\xff" * 4 + file.read_bytes()[8:])


def _replace_by_text(file: Path) -> None:
    file.write_text("these are no images")


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (_truncate, "is truncated"), (_lengthen, "is too long"), (_empty, "begins with nothing"),
        (_retype, "is no IDX file of images"), (_announce_terabytes, "announces the shape"),
        (_replace_by_text, "is no IDX file of images"),
    ],
)  # fmt: skip
def test_a_damaged_file_is_named_in_one_sentence(folder: Path, damage: object, sentence: str) -> None:
    damage(folder / "train-images-idx3-ubyte")
    with pytest.raises(DataError, match=sentence) as caught:
        data.load(str(folder))
    assert "train-images-idx3-ubyte" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "spoil", [lambda b: b[: len(b) // 2], lambda b: b[:-8] + b"12345678", lambda b: b"\x1f\x8bjunk"]
)
def test_a_damaged_compressed_file_is_named(folder: Path, spoil: object) -> None:
    plain = folder / "train-images-idx3-ubyte"
    packed = folder / "train-images-idx3-ubyte.gz"
    packed.write_bytes(spoil(gzip.compress(plain.read_bytes())))
    plain.unlink()
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte\.gz: is truncated or damaged"):
        data.load(str(folder))


def test_labels_that_do_not_match_their_images_are_refused(folder: Path) -> None:
    write_idx(folder / "train-labels-idx1-ubyte", np.zeros(N_TRAIN - 1))
    with pytest.raises(DataError, match=f"{N_TRAIN - 1} labels for the {N_TRAIN} images"):
        data.load(str(folder))


def test_a_label_above_nine_is_refused(folder: Path) -> None:
    write_idx(folder / "t10k-labels-idx1-ubyte", np.full(N_TEST, 10))
    with pytest.raises(DataError, match="has the label 10"):
        data.load(str(folder))


def test_the_bundled_data_is_checked_by_its_packed_bytes() -> None:
    assert data._is_bundled_as_shipped()
    assert data.check("mnist") == data.load("mnist").sha256


def test_a_changed_bundled_file_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "BUNDLED", folder)
    with pytest.raises(DataError, match="is not the file of MNIST"):
        data.load("mnist")


def test_the_copy_that_keras_keeps_is_the_same_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts, digest = data._load_folder("mnist")
    monkeypatch.setattr(data, "KERAS_CACHE", tmp_path / "mnist.npz")
    np.savez(
        tmp_path / "mnist.npz",
        x_train=parts["train-images"], y_train=parts["train-labels"],
        x_test=parts["t10k-images"], y_test=parts["t10k-labels"],
    )  # fmt: skip
    assert data._load_keras()[1] == digest
    np.savez(tmp_path / "mnist.npz", x_train=parts["t10k-images"], y_train=0, x_test=0, y_test=0)
    with pytest.raises(DataError, match="not those of MNIST"):
        data.load("keras")


@pytest.mark.parametrize(
    "content", [b"", b"junk", b"PK\x03\x04 cut short", np.array([{"a": "pickle"}], dtype=object).dumps()]
)
def test_a_damaged_or_pickled_copy_of_keras_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr(data, "KERAS_CACHE", tmp_path / "mnist.npz")
    (tmp_path / "mnist.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"not the file of keras\.datasets\.mnist"):
        data.load("keras")


def as_npz(folder: Path, file: Path, **changes: np.ndarray) -> Path:
    parts, _ = data._load_folder(str(folder))
    np.savez(file, **{name: parts[stem] for stem, name in data.NPZ_NAMES.items()} | changes)
    return file


def test_an_npz_file_of_the_form_of_keras_is_the_same_data_as_the_folder(folder: Path, tmp_path: Path) -> None:
    file = as_npz(folder, tmp_path / "mine.npz")
    np.testing.assert_array_equal(data.load(str(file)).train_images, data.load(str(folder)).train_images)
    assert data.check(str(file)) == data.check(str(folder))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"x_train": np.zeros((720, 784), np.uint8)}, r"its x_train is uint8, shape \(720, 784\); bytes \(uint8\) of"),
        ({"x_test": np.zeros((200, 28, 28))}, "its x_test is float64"),
        ({"y_test": np.full(200, 10, np.uint8)}, "mine.npz, y_test: has the label 10"),
        ({"y_train": np.zeros(3, np.uint8)}, "3 labels for the 720 images of mine.npz, x_train"),
    ],
)
def test_an_npz_file_of_another_form_is_told_what_it_has(
    folder: Path, tmp_path: Path, changes: dict[str, np.ndarray], sentence: str
) -> None:
    with pytest.raises(DataError, match=sentence):
        data.load(str(as_npz(folder, tmp_path / "mine.npz", **changes)))


def test_an_npz_file_without_the_four_arrays_is_told_what_they_are(tmp_path: Path) -> None:
    np.savez(tmp_path / "model.npz", W1=np.zeros(3))
    with pytest.raises(DataError, match=r"model\.npz: is no dataset .*it takes x_train and x_test"):
        data.load(str(tmp_path / "model.npz"))


@pytest.mark.parametrize("below", ["MNIST/raw", "raw"])
def test_a_torchvision_root_is_followed_to_its_files(folder: Path, tmp_path: Path, below: str) -> None:
    shutil.copytree(folder, tmp_path / "root" / below)
    assert data.check(str(tmp_path / "root")) == data.check(str(folder))


def test_another_dataset_of_torchvision_is_told_and_not_taken_for_mnist(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "root" / "FashionMNIST" / "raw")
    with pytest.raises(DataError, match=r"holds no MNIST but FashionMNIST; to take that for it, give .*/raw\.$"):
        data.load(str(tmp_path / "root"))


def renamed(folder: Path, into: Path, kind: str) -> Path:
    into.mkdir(exist_ok=True)
    for file in folder.iterdir():
        shutil.copy(file, into / f"emnist-{kind}-{file.name.replace('t10k', 'test')}")
    return into


@pytest.mark.parametrize("kind", ["digits", "mnist"])
def test_emnists_digits_are_read_by_its_file_names_and_turned_upright(folder: Path, tmp_path: Path, kind: str) -> None:
    turned = data.load(str(renamed(folder, tmp_path / "emnist", kind))).test_images.reshape(-1, 28, 28)
    plain = data.load(str(folder)).test_images.reshape(-1, 28, 28)
    np.testing.assert_array_equal(turned, plain.transpose(0, 2, 1))


def test_emnists_letters_and_two_of_its_datasets_are_told(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds EMNIST's letters, which are no ten digits"):
        data.load(str(renamed(folder, tmp_path / "letters", "letters")))
    renamed(folder, tmp_path / "both", "mnist")
    with pytest.raises(DataError, match=r"two datasets of EMNIST \(digits and mnist\); put the four files of one"):
        data.load(str(renamed(folder, tmp_path / "both", "digits")))


def test_what_is_no_dataset_is_told_what_it_is(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mnist_train.csv").write_text("label,1x1")
    os.mkfifo(tmp_path / "pipe")
    for given, sentence in (
        (tmp_path / "mnist_train.csv", "a table in CSV is not read; give mnist, keras, a folder"),
        (folder / "train-images-idx3-ubyte", f"is one IDX file of four; the dataset is their folder, {folder}"),
        (tmp_path / "pipe", "is a pipe, a socket or a device; give mnist"),
        (Path(__file__), "is a file of a kind that is not read; give mnist"),
        (tmp_path, "It has mnist_train.csv, but a table in CSV is not read"),
    ):
        with pytest.raises(DataError) as caught:
            data.load(str(given))
        assert sentence in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_data_that_keras_cannot_download_is_told_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # nothing answers there
    with pytest.raises(DataError, match="use dataset: mnist, which needs no network"):
        data.check("keras")
    assert os.environ["HOME"] == str(tmp_path)
