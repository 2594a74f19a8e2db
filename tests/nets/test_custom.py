"""A net of the user's own: what it may look like, and the one sentence for each thing that is wrong."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from conftest import Cli, wait_for

from mnistbench.errors import NetError
from mnistbench.experiment import Spec
from mnistbench.ledger.results import Results
from mnistbench.nets import custom
from mnistbench.nets.custom import CustomTrainer, UserNet

RIGHT = """
import numpy as np

class MyNet:
    def __init__(self, hidden_size, lr, seed):
        self.weights = [np.zeros((784, hidden_size)), np.zeros(hidden_size), np.zeros((hidden_size, 10)), np.zeros(10)]
    def fit(self, images, labels, batch_size, epochs):
        self.seen = len(images)
    def predict(self, images):
        return np.full((len(images), 10), 0.1)
    def get_weights(self):
        return self.weights
    def set_weights(self, weights):
        self.weights = weights
"""
IMAGES, LABELS = np.zeros((5, 784), np.float32), np.arange(5)

Make = Callable[..., UserNet]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    monkeypatch.chdir(tmp_path)

    def load(old: str = "", new: str = "") -> UserNet:
        assert old in RIGHT
        Path("my_net.py").write_text(RIGHT.replace(old, new))
        return UserNet("my_net.py:MyNet", hidden_size=3, lr=0.1, seed=1)

    return load


def use(net: UserNet) -> None:
    net.fit(IMAGES, LABELS, 2, 1)
    net.predict(IMAGES)
    net.set_weights(net.arrays())


def test_a_right_net_passes(make: Make) -> None:
    use(make())


@pytest.mark.parametrize(("old", "new", "sentence"), [
    ("def predict", "def predikt", "line 4: MyNet has no method predict; write predict(self, images), which"),
    ("self, hidden_size, lr, seed", "self, hidden_size, lr", "line 5: __init__ cannot be called as it is here"
     " (got an unexpected keyword argument 'seed'); write __init__(self, hidden_size, lr, seed)."),
    ("labels, batch_size, epochs", "labels, epochs", "my_net.py, line 7: fit cannot be called"),
    ("self.seen = len(images)", "raise RuntimeError('no\\nway')", "line 8: fit raised RuntimeError: no way."),
    ("self.seen = len(images)", "images[0] = 1", "line 8: fit raised ValueError: assignment destination is read-only;"
     " images and labels belong to the caller"),
    ("self.seen = len(images)", "raise SystemExit(0)", "my_net.py, line 8: fit raised SystemExit: 0."),
    ("0.1)", "0.2)", "my_net.py, line 9: predict returned rows that are no probabilities (5 of 5; row 0 adds up to 2,"
     " its smallest is 0.2); expected numbers from 0 to 1"),
    ("(len(images), 10)", "(10, len(images))", "line 9: predict returned an array of shape (10, 5) and dtype float64"
     " for the probabilities; expected an array of numbers of shape (5, 10)."),
    ("return np.full((len(images), 10), 0.1)", "pass", "line 9: predict returned None for the probabilities"),
    ("return self.weights", "return []", "line 11: get_weights returned an empty list; expected a list of the arrays"),
    ("return self.weights", "return self.weights[0]", "line 11: get_weights returned an array of shape (784, 3) and"
     " dtype float64; expected a list of the arrays that fit trains, [W1, b1, W2, b2]."),
    ("import numpy as np", "import nunpy", "my_net.py, line 2: importing the file raised ModuleNotFoundError"),
    ("class MyNet:", "MyNet = 3\nclass Other:", "my_net.py: has no class MyNet; it has the class Other"),
])  # fmt: skip
def test_what_is_wrong_is_one_sentence_with_the_line(make: Make, old: str, new: str, sentence: str) -> None:
    with pytest.raises(NetError) as caught:
        use(make(old, new))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_not_a_number_is_left_to_the_caller(make: Make) -> None:
    assert np.isnan(make("0.1)", "np.nan)").predict(IMAGES)).all()


def test_weights_are_copies_both_ways(make: Make) -> None:
    net = make()
    first = net.arrays()
    first[0] += 1
    net.set_weights(first)
    first[0] += 1
    assert (net.arrays()[0] == 1).all()


@pytest.mark.parametrize(("hidden_size", "turned"), [
    (1, False), (1, True),  # one unit's weights look like a bias
    (3, False), (3, True),
    (10, False), (10, True),  # a square array does not tell by itself whether it is turned
])  # fmt: skip
def test_a_trainer_has_the_weights_in_one_form_however_the_net_lays_them_out(
    hidden_size: int, turned: bool, tmp_path: Path
) -> None:
    text = RIGHT
    if turned:
        shapes = "[np.zeros((784, hidden_size)), np.zeros(hidden_size), np.zeros((hidden_size, 10)), np.zeros(10)]"
        layers = (
            "[np.zeros((hidden_size, 784)), np.zeros((hidden_size, 1)), np.zeros((10, hidden_size)), np.zeros((10, 1))]"
        )
        assert shapes in text
        text = text.replace(shapes, layers)
    (tmp_path / "my_net.py").write_text(text)
    spec = Spec(net=f"{tmp_path / 'my_net.py'}:MyNet", hidden_size=hidden_size, lr=0.1, batch_size=2, epochs=1, seed=1)
    trainer = CustomTrainer(spec)
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=shape) for shape in ((784, hidden_size), hidden_size, (hidden_size, 10), 10)]
    trainer.set_weights(weights)
    held = trainer.get_weights()
    assert held is not None
    assert all(map(np.array_equal, held, weights))
    assert np.array_equal(trainer.arrays()[2], weights[2].T if turned else weights[2])


@pytest.mark.slow
def test_a_net_of_another_form_is_trained_and_refused_where_it_is_to_be_controlled(
    cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "my_net.py").write_text(RIGHT.replace("return self.weights", "return [*self.weights, np.zeros(3)]"))
    train = ("train", "--config", config(epochs=1), "--net", "my_net.py:MyNet")
    assert cli(*train).returncode == 0
    (row,), _ = Results(tmp_path / "results" / "small").read()
    assert (row.status, row.weights_sha256) == ("ok", None)
    told = " ".join(cli(*train, "--protocol", "controlled").stdout.split())
    assert "get_weights returned arrays of shape (784, 8), (8,), (8, 10), (10,), (3,); a controlled run needs" in told


@pytest.mark.parametrize(("net", "sentence"), [
    ("nowhere.py:MyNet", "nowhere.py: cannot be read (No such file or directory); write a first net with: mnist"),
    ("my_net.py:Other", "my_net.py: has no class Other; it has the class MyNet: give my_net.py:MyNet."),
    ("my_net.py:MyNett", "my_net.py: has no class MyNett; it has the class MyNet: give my_net.py:MyNet."),
    ("broken.py:MyNet", "broken.py, line 1: is not valid Python ("),
])  # fmt: skip
def test_a_net_that_cannot_be_found_is_told_before_anything_runs(
    net: str, sentence: str, cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "my_net.py").write_text(
        "import os\n\n\nclass MyNet:\n    raise SystemExit('never run by the parent')\n"
    )
    (tmp_path / "broken.py").write_text("class MyNet(:")
    done = cli("train", "--config", config(), "--net", net)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"Error: --net: {sentence}" in done.stderr
    done = cli("sweep", config(nets=f"[numpy, '{net}']"))
    assert done.returncode == 2
    assert f"small.yaml, line 2: {sentence}" in done.stderr


@pytest.mark.slow
def test_a_net_that_has_no_weights_to_show_is_trained_and_compared(
    cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "my_net.py").write_text(RIGHT.partition("    def get_weights")[0])
    compare = ("compare", "--config", config(), "--net", "my_net.py:MyNet")
    assert cli(*compare).returncode == 0
    assert "2 of 2 runs are finished already" in cli(*compare).stdout
    done = cli(*compare, "--protocol", "controlled")
    assert done.returncode == 1
    assert "MyNet has no method get_weights, which a controlled run needs; write get_weights(self)" in done.stdout


@pytest.mark.slow
def test_a_process_that_a_net_leaves_behind_holds_nothing_up(
    cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    fork = "if not (pid := os.fork()): time.sleep(60)\n        open('pid', 'w').write(str(pid))"
    (tmp_path / "my_net.py").write_text("import os, time" + RIGHT.replace("self.seen = len(images)", fork))
    done = cli("train", "--config", config(epochs=1), "--net", "my_net.py:MyNet")
    assert done.returncode == 0, done.stdout
    (row,), _ = Results(tmp_path / "results" / "small").read()
    assert row.life_seconds < 60
    left = int((tmp_path / "pid").read_text())
    wait_for(lambda: not psutil.pid_exists(left), seconds=5)


@pytest.mark.slow
def test_a_changed_file_is_run_again(cli: Cli, config: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "my_net.py").write_text(RIGHT)
    train = ("train", "--config", config(), "--net", "my_net.py:MyNet")
    assert cli(*train).returncode == 0
    assert "1 of 1 runs are finished already" in cli(*train).stdout
    (tmp_path / "my_net.py").write_text(RIGHT + "# changed\n")
    assert "finished already" not in cli(*train).stdout


@pytest.mark.slow
@pytest.mark.parametrize(("old", "new", "status", "reason"), [
    ("self.seen = len(images)", "while True: pass", "timeout", "ran longer than the 3 s"),
    ("self.seen = len(images)", "input()", "error", "my_net.py, line 8: fit raised EOFError"),
    ("0.1)", "np.nan)", "diverged", "my_net.py, line 9: predict returned NaN or infinity for 200 of 200 images"),
    ("0.1)", "0.2)", "error", "my_net.py, line 9: predict returned rows that are no probabilities"),
])  # fmt: skip
def test_a_net_that_misbehaves_is_a_row(
    old: str, new: str, status: str, reason: str, cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "my_net.py").write_text(RIGHT.replace(old, new))
    done = cli("train", "--config", config(), "--net", "my_net.py:MyNet", "--timeout", "3", "--verbose")
    assert done.returncode == 1
    assert ("Traceback" in done.stdout) == (status == "error")
    (row,) = Results(tmp_path / "results" / "small").read()[0]
    assert row.status == status
    assert reason in row.error


def test_an_environment_that_is_called_torch_is_no_library(tmp_path: Path) -> None:
    inside = tmp_path / "envs" / "torch" / "lib" / "site-packages"
    assert custom._packages((inside / "numpy" / "core.so").parts) == ["numpy"]
    assert custom._packages((inside / "torch" / "lib" / "libtorch.so").parts) == ["torch"]
