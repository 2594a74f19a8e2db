"""The page for students against the program: its commands run, its adapters adapt, and what it quotes is said."""

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, Cli
from right_net import RIGHT
from student_shapes import SHAPES

from mnistbench.errors import NetError
from mnistbench.experiment.net_files import MAX_BYTES, NetFile
from mnistbench.ledger.results import Results
from mnistbench.nets.custom import UserNet

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs" / "students.md").read_text()
COMMANDS = re.findall(r"^mnistbench .*$", "\n".join(re.findall(r"```sh\n(.*?)```", PAGE, re.S)), re.M)
ADAPTERS = dict(re.findall(r"^### (.+?)\n.*?```python\n(.*?)```", PAGE, re.S | re.M))


def write_notebook(file: Path, *cells: str) -> None:
    code = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
    written = [code | {"source": cell} for cell in cells]
    file.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": written}))


def test_each_shape_has_an_adapter_of_less_than_20_lines() -> None:
    assert list(ADAPTERS) == list(SHAPES)
    assert all(sum(map(bool, map(str.strip, text.splitlines()))) < 20 for text in ADAPTERS.values())


@pytest.mark.parametrize("shape", SHAPES)
def test_a_right_network_of_each_shape_passes_with_its_adapter(shape: str, cli: Cli, tmp_path: Path) -> None:
    if shape == "PyTorch":
        pytest.importorskip("torch")
    (tmp_path / "my_net.py").write_text(SHAPES[shape] + "\n\n" + ADAPTERS[shape])
    done = cli("check", "my_net.py:MyNet", "--timeout", 60)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("shape", SHAPES)
def test_a_network_of_each_shape_learns_in_a_notebook(
    shape: str, cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    if shape == "PyTorch":
        pytest.importorskip("torch")
    write_notebook(tmp_path / "hw.ipynb", SHAPES[shape], "data = load_mnist()", ADAPTERS[shape], "train(MyNet)")
    done = cli("train", "--config", config(epochs=8, hidden_size=30), "--net", "hw.ipynb:MyNet", "--batch-size", 16)
    assert done.returncode == 0, done.stdout
    (row,), _ = Results(tmp_path / "results" / "small").read()
    assert row.test_accuracy is not None
    assert row.test_accuracy > 0.75


def test_the_torch_adapter_in_float64_passes_as_the_page_says(cli: Cli, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    doubled = (
        ADAPTERS["PyTorch"].replace(".float()", ".double()").replace("Net(hidden_size)", "Net(hidden_size).double()")
    )
    (tmp_path / "my_net.py").write_text(SHAPES["PyTorch"] + "\n\n" + doubled)
    done = cli("check", "my_net.py:MyNet", "--timeout", 60, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    net = UserNet(str(tmp_path / "my_net.py"), hidden_size=3, lr=0.1, seed=1)
    assert {each.dtype for each in net.arrays()} == {np.dtype("float64")}


@pytest.mark.parametrize("example", COMMANDS)
def test_every_command_of_the_page_runs(example: str, cli: Cli, tmp_path: Path) -> None:
    words = shlex.split(example)[1:]
    if words[0] != "new":
        (tmp_path / "my_net.py").write_text(RIGHT)
        write_notebook(tmp_path / "homework.ipynb", RIGHT)
    if words[0] in ("train", "compare"):
        words += ["--dry-run"]
    done = cli(*words)
    assert done.returncode == 0, done.stderr


def test_every_option_and_word_that_the_page_quotes_is_the_programs(cli: Cli) -> None:
    pages = "".join(cli(command, "--help").stdout for command in ("new", "check", "train", "compare"))
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE)) <= set(re.findall(r"--[a-z][a-z-]+", pages))


def test_the_sentence_that_the_page_quotes_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (sentence,) = re.findall(r"^homework\.ipynb, cell 7, line 3: .*$", PAGE, re.M)
    net = "class MyNet:\n    def fit(self, images, labels, batch_size, epochs):\n        return m\n    predict = fit\n"
    net += "    def __init__(self, hidden_size, lr, seed): ...\n"
    write_notebook(Path("homework.ipynb"), "a = 1", "\n\n\n\nm = len(load())", *["a = 1"] * 4, net)
    with pytest.raises(NetError) as caught:
        UserNet("homework.ipynb", hidden_size=3, lr=0.1, seed=1).fit(np.zeros((1, 784)), np.zeros(1, int), 1, 1)
    assert str(caught.value) == sentence


def test_what_the_page_calls_taken_is_taken(tmp_path: Path) -> None:
    (listed,) = re.findall(r"in order:\n(.*?)\nNothing else", PAGE, re.S)
    snippets = [each for each in re.findall(r"`([^`]+)`", listed) if each not in ("MyNet", "if", "try")]
    cells = [each if each in ("MyNet.fit = fit", "n = 28 * 28") else f"x = {each}" for each in snippets]
    assert len(cells) == 7
    before = "import numpy as np\ndef fit(): ...\nclass MyNet: ..."
    file = NetFile(tmp_path / "hw.ipynb", "MyNet")
    write_notebook(file.path, before, *(each.replace("= lambda", "= lambda: 0") for each in cells))
    assert [each.place for part in file.parts() for each in part.statements if each.reason] == []


def test_the_length_that_the_page_allows_is_the_programs() -> None:
    assert f"A notebook may have {MAX_BYTES // 2**20} MiB" in PAGE
