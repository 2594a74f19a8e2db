"""A net in a notebook as it is run: in order, nothing besides, with every line told by its cell."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import Cli
from right_net import RIGHT

from mnistbench.errors import NetError
from mnistbench.ledger.results import Results
from mnistbench.nets.custom import UserNet

START, _, BODY = RIGHT.partition("\n\n\nclass MyNet:")
CELL = "class MyNet:" + BODY
NEVER = "open('was_run', 'w').close()"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.chdir(tmp_path)

    def make(*cells: str, name: str = "hw.ipynb") -> Path:
        code = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
        written = [{"cell_type": "markdown", "metadata": {}, "source": "# Homework"}]
        written += [code | {"source": cell} for cell in cells]
        file = tmp_path / name
        file.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": written}))
        return file

    return make


def use(net: UserNet) -> None:
    net.fit(np.zeros((5, 784)), np.arange(5), 2, 1)
    net.predict(np.zeros((5, 784)))
    net.set_weights(net.arrays())


def make(net: str = "hw.ipynb") -> UserNet:
    return UserNet(net, hidden_size=3, lr=0.1, seed=1)


def test_cells_are_run_in_order_and_nothing_besides(write: Write, tmp_path: Path) -> None:
    write(
        f"%matplotlib inline\n{START}\nimport seaborn_of_another_day as sns",
        f"{NEVER}\nSCALE = np.float64(2)\nfactor = SCALE / 2\ntouched = {NEVER}\nfor i in range(3):\n    {NEVER}",
        CELL.replace("self.lr = lr", "self.lr = lr * factor"),
        f"%%time\n{NEVER}",
        f"if __name__ == '__main__':\n    {NEVER}",
        "def predict(self, images):\n    return self.forward(images)[1]\nMyNet.predict = predict",
        f"net = MyNet(30, 0.1, 1)\nnet.fit()\n{NEVER}",
    )
    net = make()
    use(net)
    assert net.file.net == "hw.ipynb:MyNet"
    assert net.place("fit") == "hw.ipynb, cell 3, line 16"
    assert net.place("predict") == "hw.ipynb, cell 6, line 1"
    assert net.place() == "hw.ipynb, cell 3, line 1"
    assert os.listdir(tmp_path) == ["hw.ipynb"]


def test_the_future_of_one_cell_is_that_of_the_next(write: Write) -> None:
    write(f"from __future__ import annotations\n{START}", CELL.replace("(self, images):", "(self, images: Nowhere):"))
    use(make())


@pytest.mark.parametrize(("cells", "sentence"), [
    ([START, CELL.replace("m = len(x)", "m = len(x) / (1 - 1)")],
     "hw.ipynb, cell 2, line 24: fit raised ZeroDivisionError: division by zero."),
    ([START, "\nrng = make_one(0)", CELL.replace("self.rng = np.random", "self.rng = rng or np.random")],
     "hw.ipynb, cell 3, line 4: __init__ raised NameError: name 'rng' is not defined; cell 2, line 2 assigns rng by a"
     " call, which is not run: move it into the class."),
    ([f"{START}\nimport torch_of_another_day as torch", CELL.replace("m = len(x)", "m = torch.tensor(len(x))")],
     "hw.ipynb, cell 2, line 24: fit raised NameError: name 'torch' is not defined; cell 1, line 2 imports torch,"),
    ([f"{START}\nimport nn_of_another_day as nn", CELL.replace("class MyNet", "class MyNet(nn.Module)")],
     "hw.ipynb, cell 2, line 1: importing the file raised NameError: name 'nn' is not defined; cell 1, line 2 imports"
     " nn, which cannot be imported here: install it, or do without."),
    ([START, "base = make()\nhalf = base / 2", CELL.replace("m = len(x)", "m = half")],
     "name 'half' is not defined; cell 2, line 2 assigns half from base, and cell 2, line 1 assigns base by a call"),
    ([START, "FIRST = [1, 2][5]", CELL],
     "hw.ipynb, cell 2, line 1: importing the file raised IndexError: list index out of range."),
    ([START, CELL.replace("def predict", "def predikt")],
     "hw.ipynb, cell 2, line 1: MyNet has no method predict; write predict(self, images), which returns"),
    ([START, CELL.replace("labels, batch_size, epochs", "labels, epochs")],
     "hw.ipynb, cell 2, line 16: fit cannot be called as it is here"),
    ([START, CELL.replace("m = len(x)", "m = k\n        k = 1")],
     "fit raised UnboundLocalError: cannot access local variable 'k' where it is not associated with a value."),
])  # fmt: skip
def test_what_is_wrong_is_told_with_its_cell_and_line(write: Write, cells: list[str], sentence: str) -> None:
    write(*cells)
    with pytest.raises(NetError) as caught:
        use(make("hw.ipynb:MyNet"))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_a_net_in_a_notebook_is_checked(write: Write, cli: Cli) -> None:
    write(START, CELL, NEVER)
    done = cli("check", "hw.ipynb")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[0] == "✓ PASSED: hw.ipynb:MyNet"


@pytest.mark.slow
def test_a_net_in_a_notebook_is_trained_under_its_full_name_and_its_traceback_shows_the_cell(
    write: Write, cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    write(START, CELL)
    train = ("train", "--config", config(epochs=1), "--net", "hw.ipynb")
    assert cli(*train).returncode == 0
    assert "1 of 1 runs are finished already" in cli(*train).stdout
    assert "1 of 1 runs are finished already" in cli(*train[:-1], "hw.ipynb:MyNet").stdout
    ((row,), _) = Results(tmp_path / "results" / "small").read()
    assert row.spec.net == "hw.ipynb:MyNet"
    write(START, CELL.replace("m = len(x)", "m = 1 // 0  # mine"))
    done = cli(*train, "--verbose")
    assert done.returncode == 1
    assert 'File "hw.ipynb, cell 2", line 24, in step' in done.stdout
    assert "m = 1 // 0  # mine" in done.stdout


@pytest.mark.slow
def test_an_endless_loop_in_a_notebook_is_told_with_its_cell(write: Write, cli: Cli) -> None:
    write(START, CELL.replace("m = len(x)", "while True:\n            pass"))
    done = cli("check", "hw.ipynb:MyNet", "--timeout", 3)
    assert done.returncode == 2
    assert "hw.ipynb, cell 2, line 2" in done.stderr
    assert "was still running after the 3 s" in done.stderr


@pytest.mark.slow
def test_a_notebook_reaches_the_workers_of_a_cluster(
    write: Write, cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    pytest.importorskip("distributed")
    write(START, CELL)
    assert cli("train", "--config", config(epochs=1), "--net", "hw.ipynb", "--executor", "dask").returncode == 0
    write(START, CELL.replace("m = len(x)", "m = 1 // 0"))
    done = cli("train", "--config", config(epochs=1), "--net", "hw.ipynb", "--executor", "dask")
    assert done.returncode == 1
    (row,) = Results(tmp_path / "results" / "small").read()[0]
    assert row.error == "hw.ipynb, cell 2, line 24: fit raised ZeroDivisionError: integer division or modulo by zero."
