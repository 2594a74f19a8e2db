import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mnistbench.datasets import data
from mnistbench.errors import ModelError
from mnistbench.ledger import load_model
from mnistbench.nets.numpy_net import NeuralNetwork


def weights(hidden_size: int = 5, **other: np.ndarray) -> dict[str, np.ndarray]:
    net = NeuralNetwork(hidden_size, seed=1)
    return {"W1": net.W1, "b1": net.b1, "W2": net.W2, "b2": net.b2} | other


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_saved_net_answers_as_the_net_itself(mnist: data.Dataset, tmp_path: Path, dtype: str) -> None:
    net = NeuralNetwork(7, seed=1, dtype=dtype)
    W1, b1, W2, b2 = net.get_weights()
    np.savez(tmp_path / "model.npz", W1=W1, b1=b1, W2=W2, b2=b2)
    images = mnist.test_images.astype(dtype)
    np.testing.assert_allclose(load_model(tmp_path / "model.npz").predict(images), net.predict(images), rtol=1e-4)


def test_huge_logits_give_finite_probabilities(tmp_path: Path) -> None:
    np.savez(tmp_path / "model.npz", **weights(W2=np.full((5, 10), 1e4), b1=np.ones(5)))
    assert np.isfinite(load_model(tmp_path / "model.npz").predict(np.ones((1, 784)))).all()


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        (weights(W1=np.zeros((100, 5))), "is the model of another net (W1 (100, 5), b1 (5,), W2 (5, 10), b2 (10,))"),
        (weights(b1=np.zeros(6)), "is the model of another net"),
        (weights(W1=np.zeros(784)), "is the model of another net"),
        (weights(0), "is the model of another net"),
        (weights(b2=np.arange(10)), "b2 is of int64, not floating point"),
        (weights(b2=np.full(10, {})), "b2 is of object, not floating point"),
        (weights(b2=np.full(10, np.nan)), "holds weights that are not finite"),
        ({"W1": np.zeros((784, 5))}, "is no model of mnistbench"),
    ],
)
def test_another_model_is_refused(tmp_path: Path, arrays: dict[str, np.ndarray], reason: str) -> None:
    np.savez(tmp_path / "model.npz", **arrays)
    with pytest.raises(ModelError) as caught:
        load_model(tmp_path / "model.npz")
    assert reason in str(caught.value)


def test_a_model_that_announces_too_much_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "model.npz", "w") as archive:
        shapes = {"W1": (784, 10**9), "b1": (10**9,), "W2": (10**9, 10), "b2": (10,)}
        for name, shape in shapes.items():
            header = io.BytesIO()
            np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": shape})
            archive.writestr(f"{name}.npy", header.getvalue())
    with pytest.raises(ModelError, match="with H from 1 to 100000 are allowed"):
        load_model(tmp_path / "model.npz")


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 damaged"])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.npz").write_bytes(content)
    with pytest.raises(ModelError, match="is no model of mnistbench"):
        load_model(tmp_path / "model.npz")


@pytest.mark.parametrize("kept", [0.3, 0.7, 0.97])
def test_a_truncated_file_is_refused(tmp_path: Path, kept: float) -> None:
    np.savez(tmp_path / "whole.npz", **weights())
    content = (tmp_path / "whole.npz").read_bytes()
    (tmp_path / "model.npz").write_bytes(content[: int(kept * len(content))])
    with pytest.raises(ModelError, match="is no model of mnistbench"):
        load_model(tmp_path / "model.npz")


def test_any_damaged_byte_of_a_header_ends_in_one_sentence(tmp_path: Path) -> None:
    np.savez(tmp_path / "whole.npz", **weights())
    content = (tmp_path / "whole.npz").read_bytes()
    for at in range(200):
        (tmp_path / "model.npz").write_bytes(content[:at] + bytes([content[at] ^ 0x21]) + content[at + 1 :])
        try:
            load_model(tmp_path / "model.npz")
        except ModelError:
            continue


def test_a_folder_or_a_missing_file_is_told(tmp_path: Path) -> None:
    for file in (tmp_path, tmp_path / "none.npz"):
        with pytest.raises(ModelError, match="that train wrote"):
            load_model(file)


def test_a_pipe_is_refused_as_a_model_before_it_is_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "model.npz")
    with pytest.raises(ModelError, match=r"is no file; give a model\.npz"):
        load_model(tmp_path / "model.npz")
