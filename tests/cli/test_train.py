import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import Cli

from mnistbench.datasets import data
from mnistbench.ledger.results import Results
from mnistbench.nets import metrics
from mnistbench.nets.numpy_net import NeuralNetwork

COPIED = """import numpy as np


class Copied:
    def __init__(self, hidden_size, lr, seed):
        self.W1, self.b1, self.W2, self.b2 = np.load("{file}").values()

    def fit(self, images, labels, batch_size, epochs):
        pass

    def predict(self, images):
        logits = np.maximum(images @ self.W1 + self.b1, 0) @ self.W2 + self.b2
        return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("secret", [0, 4711])
def test_train_saves_weights_that_score_as_the_row_says(
    secret: int, cli: Cli, config: Callable[..., Path], tmp_path: Path, tiny: Path
) -> None:
    done = cli("train", "--config", config(), "--dtype", "float64", "--secret", secret)
    assert done.returncode == 0, done.stderr
    assert ("permuted by secret 4711" in done.stdout) == bool(secret)
    (row,), _ = Results(tmp_path / "results" / "small").read()
    with np.load(tmp_path / "results" / "small" / "model.npz", allow_pickle=False) as arrays:
        weights = [arrays[name] for name in ("W1", "b1", "W2", "b2")]
    net = NeuralNetwork(8, dtype=np.float64)
    net.set_weights(weights)
    dataset = data.load(str(tiny), dtype=np.float64)
    assert metrics.accuracy(net.predict(dataset.test_images), dataset.test_labels) == row.test_accuracy
    loss = metrics.log_loss(net.predict(dataset.train_images), dataset.train_labels)
    assert loss == pytest.approx(row.train_loss, rel=1e-12 if secret else 0, abs=0)
    assert row.spec.secret == secret


@pytest.mark.slow
def test_weights_in_a_nets_file_are_worth_nothing_under_a_secret(
    cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    assert cli("train", "--config", config(epochs=20)).returncode == 0
    (tmp_path / "copied.py").write_text(COPIED.format(file=tmp_path / "results" / "small" / "model.npz"))
    known = cli("compare", config(), "--net", "copied.py:Copied")
    hidden = cli("compare", config(), "--net", "copied.py:Copied", "--secret", 4711)
    assert known.returncode == hidden.returncode == 0, known.stdout + hidden.stdout
    rows, _ = Results(tmp_path / "results" / "small").read()
    scores = {row.spec.secret: row.test_accuracy for row in rows if row.spec.net == "copied.py:Copied"}
    assert scores[0] > 0.6 > 0.3 > scores[4711]


@pytest.mark.slow
def test_train_ends_with_the_answer_the_model_and_the_next_command(cli: Cli, config: Callable[..., Path]) -> None:
    done = cli("train", "--config", config(epochs=5))
    answer, model, following = done.stdout.splitlines()[-3:]
    assert re.fullmatch(r"NumPy: [\d.]+ % right, \d+ of 200 wrong, most often \d read as \d\.", answer)
    assert done.stdout.startswith("[1/1]")
    assert answer in done.stdout.splitlines()[2]
    assert model == "Model: results/small/model.npz"
    assert following == "Next: mnistbench predict --model results/small/model.npz digit.png"


@pytest.mark.slow
def test_train_takes_keras_too(cli: Cli, config: Callable[..., Path], tmp_path: Path) -> None:
    done = cli("train", "--config", config(), "--net", "keras")
    assert done.returncode == 0, done.stderr
    (row,), _ = Results(tmp_path / "results" / "small").read()
    assert row.spec.net == "keras"
    assert row.environment["keras"]


@pytest.mark.slow
def test_train_runs_without_a_config_and_into_a_folder_of_ones_own(cli: Cli, tiny: Path, tmp_path: Path) -> None:
    done = cli("train", "--dataset", tiny, "--epochs", 1, "--output", "mine")
    assert done.returncode == 0, done.stderr
    assert {file.name for file in (tmp_path / "mine").iterdir()} == {
        "claims.json", "config.yaml", "epochs.csv", "figures", "model.npz", "models", "pairs.csv", "report.html",
        "report.md", "runs",
        "requirements.lock.txt", "runs.csv", "summary.csv", "time_to_accuracy.csv",
    }  # fmt: skip
    assert not (tmp_path / "results").exists()


def test_train_refuses_a_grid_and_says_how_to_choose(cli: Cli, config: Callable[..., Path]) -> None:
    done = cli("train", "--config", config(hidden_size="[8, 16]"))
    assert done.returncode == 2
    assert (
        "train takes one point and hidden_size is [8, 16]; choose one with --hidden-size 8, or use sweep" in done.stderr
    )
    assert "Error: profile takes one point" in cli("profile", "--config", config(hidden_size="[8, 16]")).stderr


@pytest.mark.slow
def test_train_runs_again_when_its_weights_are_gone(
    cli: Cli, config: Callable[..., Path], finished: Callable[..., Path]
) -> None:
    (model,) = (finished("train", seeds=1) / "models").iterdir()
    model.unlink()
    assert "finished already" not in cli("train", "--config", config()).stdout
    assert model.exists()


def test_an_unknown_net_is_told_with_the_nearest(cli: Cli, config: Callable[..., Path]) -> None:
    done = cli("train", "--config", config(), "--net", "nunpy")
    assert done.returncode == 2
    assert "Error: --net: nets is 'nunpy'; it takes numpy, keras, " in done.stderr
    assert "Did you mean 'numpy'?" in done.stderr


def test_damaged_data_ends_in_one_sentence_before_anything_runs(
    cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    done = cli("train", "--config", config(dataset=tmp_path / "empty"))
    assert done.returncode == 2
    assert "has no file train-images-idx3-ubyte" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "results").exists()
    assert "Traceback" in cli("train", "--config", config(dataset=tmp_path / "empty"), "--verbose").stderr
