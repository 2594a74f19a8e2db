"""The files that a net of one's own starts from: each is written once, and runs untouched."""

import ast
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import Cli

from mnistbench.experiment import starting_files
from mnistbench.experiment.starting_files import STYLES
from mnistbench.nets.custom import UserNet

pytestmark = pytest.mark.slow

Config = Callable[..., Path]


@pytest.mark.parametrize("style", STYLES)
def test_new_writes_a_net_that_runs_in_each_style(style: str, cli: Cli, config: Config, tmp_path: Path) -> None:
    if style == "torch":
        pytest.importorskip("torch")
    done = cli("new", "--style", style, "my_net.py")
    assert done.returncode == 0, done.stderr
    assert "parts marked TO DO, then: mnistbench check my_net.py:MyNet" in done.stdout
    assert (tmp_path / "my_net.py").read_bytes() == starting_files.starting_file(style).read_bytes()
    trained = cli("train", "--config", config(), "--net", "my_net.py")
    assert trained.returncode == 0, trained.stdout
    proven = cli("train", "--config", config(protocol="controlled", dtype="float64"), "--net", "my_net.py")
    assert proven.returncode == 0, proven.stdout


@pytest.mark.parametrize("style", STYLES)
def test_a_starting_file_is_short_has_two_parts_to_do_and_moves_no_weight(style: str, tmp_path: Path) -> None:
    if style == "torch":
        pytest.importorskip("torch")
    file = tmp_path / "my_net.py"
    starting_files.start(file, style)
    text = file.read_text()
    assert len(text.splitlines()) < 70
    assert text.count("# TO DO") == 2
    assert ast.get_docstring(ast.parse(text))
    net = UserNet(str(file), hidden_size=4, lr=0.5, seed=1)
    before = net.arrays()
    assert before[0].std() > 0
    net.fit(np.random.default_rng(1).random((5, 784)), np.arange(5), 2, 2)
    assert all(np.array_equal(old, new) for old, new in zip(before, net.arrays(), strict=True))
    assert (net.predict(np.ones((3, 784))) == np.float32(0.1)).all() or (net.predict(np.ones((3, 784))) == 0.1).all()


@pytest.mark.parametrize("style", STYLES)
def test_a_starting_file_takes_weights_over(style: str, tmp_path: Path) -> None:
    if style == "torch":
        pytest.importorskip("torch")
    file = tmp_path / "my_net.py"
    starting_files.start(file, style)
    net = UserNet(str(file), hidden_size=4, lr=0.5, seed=1)
    given = [np.random.default_rng(2).random(each.shape) for each in net.arrays()]
    net.set_weights(given)
    assert all(np.array_equal(old, new) for old, new in zip(given, net.arrays(), strict=True))


@pytest.mark.parametrize("style", STYLES)
def test_the_commands_in_a_starting_file_name_that_file(
    style: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = Path('my \\other """net.py')
    starting_files.start(file, style)
    told = ast.get_docstring(ast.parse(file.read_text()))
    assert told.count("mnistbench") == told.count('\'my \\other """net.py:MyNet\'') == 3


def test_new_never_overwrites_and_says_what_a_name_and_a_style_may_be(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "my_net.py").write_text("mine")
    for arguments, sentence in (
        (["my_net.py"], "my_net.py: is there already and is left as it is; give another name."),
        (["my_net"], "my_net: a net's file ends in .py; give a name such as my_net.py."),
        (["new.py", "--style", "colums"], "--style colums: is no style of a starting file; it takes class, columns,"),
        (["nowhere/new.py"], "nowhere/new.py: cannot be written (No such file or directory)"),
    ):
        done = cli("new", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"Error: {sentence}" in done.stderr
    assert (tmp_path / "my_net.py").read_text() == "mine"
    assert not (tmp_path / "new.py").exists()
