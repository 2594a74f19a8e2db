"""What a net's file holds, read and never run: a notebook's cells, what is taken of them, and which class it is."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mnistbench.errors import ConfigError, NetError
from mnistbench.experiment import net_files
from mnistbench.experiment.config import load_experiment
from mnistbench.experiment.net_code import Part, run_nodes
from mnistbench.experiment.net_files import NetFile

CLASS = "class MyNet:\n    def fit(self): ...\n    def predict(self): ...\n"
Write = Callable[..., NetFile]


def notebook(*cells: str) -> str:
    code = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
    written = [code | {"source": cell.splitlines(keepends=True)} for cell in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": written})


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.chdir(tmp_path)

    def make(*cells: str) -> NetFile:
        Path("hw.ipynb").write_text(notebook(*cells))
        return NetFile(Path("hw.ipynb"), "MyNet")

    return make


def left_out(parts: list[Part]) -> dict[str, str]:
    return {each.place: each.reason for part in parts for each in part.statements if each.reason}


TAKEN = [
    "import os, numpy as np",
    "from math import *",
    "def f(x, y=2): return open(x)",
    "@staticmethod\nclass A: pass",
    "async def g(): pass",
    "learning_rate = 0.1",
    "a, (b, *c) = 1, (2, 3, 4)",
    "SIZES: list[int] = [784, 30, 10]",
    "N = -3 * 2 ** 4 if 1 < 2 else None",
    "D = {'a': [1, {2}], **{}}",
    "name = f'{1}:{2:.3f}'",
    "relu = lambda x, low=0: np.maximum(x, low)",
    "import numpy as np\ndtype = np.float32; two = np.pi * 2",
    "import numpy as np\nrng = np.random.default_rng(0); W = np.zeros((3, 4), dtype=np.float32)",
    "from numpy.random import default_rng as make\nrng = make(seed=1)",
    "import torch\ndevice = torch.device('cuda' if torch.cuda.is_available() else 'cpu')",
    "S = [1, 2]\nS[0] = 5; S += [3]; n = len(S[1:])",
    f"def fit(net): pass\n{CLASS}MyNet.fit = fit",
    "try:\n    import cupy as np\nexcept ImportError:\n    import numpy as np\nzero = np.zeros(3)",
    "if 1 < 2:\n    import os\nelse:\n    a = 3",
    "'only words'",
    "x: int",
]
NOT_TAKEN = [
    ("print('never')", "by a call"),
    ("net = MyNet(30)", "by a call"),
    ("data = open('x').read()", "by a call"),
    ("import numpy as np\ndata = np.load('x')", "by a call"),
    ("import numpy as np\ndata = np.array(np.loadtxt('x'))", "by a call"),
    ("def zeros(x): pass\nz = zeros(3)", "by a call"),
    ("def sum(x): pass\nz = sum([3])", "by a call"),
    ("from mine import array\nz = array([3])", "by a call"),
    ("import numpy as np\nnp = 3\nz = np.zeros(3)", "by a call"),
    ("z = 'a,b'.split(',')", "by a call"),
    ("z = [i for i in (1, 2)]", "by a calculation"),
    ("z = {**open('x')}", "by a call"),
    ("f = lambda x=open('x'): x", "by a call"),
    ("z: open('x') = 3", "by a call"),
    ("import os\nos.environ['A'] = '1'", "in a module"),
    ("import os\nos.path = 1", "in a module"),
    ("S = [1]\nS[open('x')] = 1", "in a module"),
    ("for i in (1, 2): total = i", "inside a for"),
    ("while True: pass", "inside a while"),
    ("with open('x') as f: pass", "inside a with"),
    ("if True:\n    a = 3\n    print(a)", "inside an if"),
    ("if open('x'): a = 3", "inside an if"),
    ("try:\n    a = 3\nexcept open('x'): pass", "inside a try"),
    ("if False:\n    import numpy as np\n    print()", "inside an if"),
    ("assert open('x')", "inside an assert"),
    ("raise SystemExit", "inside a raise"),
    ("(z := 3)", "by a call"),
]


@pytest.mark.parametrize("cell", TAKEN)
def test_imports_functions_classes_and_constants_are_taken(write: Write, cell: str) -> None:
    assert left_out(write(cell).parts()) == {}


@pytest.mark.parametrize(("cell", "reason"), NOT_TAKEN)
def test_nothing_else_is_taken_and_its_reason_is_known(write: Write, cell: str, reason: str) -> None:
    *_, last = write(cell).parts()[0].statements
    assert last.reason == reason


def test_a_name_in_a_block_that_is_left_out_stands_for_nothing(write: Write) -> None:
    parts = write("if 1 < 2:\n    import numpy as np\n    print()\nz = np.zeros(3)").parts()
    assert left_out(parts) == {"cell 1, line 1": "inside an if", "cell 1, line 4": "by a call"}


def test_shell_and_magic_lines_are_left_out_and_keep_the_numbers_of_the_lines(write: Write) -> None:
    parts = write(
        "%matplotlib inline\n!pip install x \\\n    -q\n?np\nnp.array?\nfiles = !ls (\npip install it's\nif 1:\n"
        "    %time f()\nrest = (5\n % 3)\ntext = '''\n% of words\n! too'''\n",
        "%%time\nslow = 3\n",
        "%%bash\necho it's\n",
        "\n",
        "last = 1",
    ).parts()
    assert [part.name for part in parts] == [f"hw.ipynb, cell {number}" for number in (1, 2, 3, 4)]
    assert left_out(parts) == {"cell 2, line 2": "in a cell that begins with %%time"}
    taken = {each.place for part in parts for each in part.statements if not each.reason}
    assert {"cell 1, line 10", "cell 1, line 12", "cell 4, line 1"} <= taken


@pytest.mark.parametrize(("cells", "name", "clause"), [
    (["a = 1", "\nrng = make()"], "rng",
     "cell 2, line 2 assigns rng by a call, which is not run: move it into the class"),
    (["X = load()", "n, m = X.shape", "half = m / 2"], "half",
     "cell 3, line 1 assigns half from m, and cell 2, line 1 assigns m from X, and cell 1, line 1 assigns X by a call"),
    (["import seaborn as sns"], "sns",
     "cell 1, line 1 imports sns, which cannot be imported here: install it, or do without"),
    (["for i in range(3):\n    total = i"], "total", "cell 1, line 1 makes total inside a for, which is not run"),
    (["with open('x') as f: pass"], "f", "cell 1, line 1 makes f inside a with, which is not run"),
    (["%%time\ndef slow(): pass"], "slow", "cell 1, line 2 makes slow in a cell that begins with %%time, which is"),
    (["def helper():\n    pass\n  x"], "helper", "hw.ipynb, cell 1, line 3: is not valid Python (unindent does not"),
    (["a = a + 1"], "a", ""),
    (["def f():\n    inner = 1"], "inner", ""),
    (["a = 1"], "elsewhere", ""),
])  # fmt: skip
def test_a_name_that_is_missing_is_explained_by_the_cell_that_binds_it(
    write: Write, cells: list[str], name: str, clause: str
) -> None:
    found = write(*cells).why_missing(name)
    assert found.startswith(clause)
    assert bool(found) == bool(clause)


def test_a_cell_that_is_no_python_is_left_out_and_told_where_the_class_is_missing(write: Write) -> None:
    write("x = = 1", CLASS).check()
    with pytest.raises(NetError) as caught:
        write("a", CLASS + "    def set_weights(self) pass\n").check()
    with pytest.raises(
        NetError, match=r"^hw\.ipynb, cell 2, line 4: is not valid Python \(expected ':'\); mend it first"
    ):
        net_files.require("hw.ipynb")
    assert str(caught.value) == (
        "hw.ipynb: has no class MyNet; it has no class at all: hw.ipynb, cell 2, line 4: is not valid Python"
        " (expected ':'); mend it first."
    )


@pytest.mark.parametrize("content", [
    b"", b"{}", b"[]", b"3", b"null", b"{", b"\xff\xfe", b'{"nbformat": 4}', b'{"nbformat": 99, "cells": []}',
    b'{"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [3]}',
    b'{"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [{"cell_type": "code", "source": 3}]}',
    b'{"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [{"cell_type": "code", "source": [[]]}]}',
    b'{"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": 7}',
    b"[" * 100_000, b'{"nbformat": ' + b"9" * 5000 + b"}",
])  # fmt: skip
def test_what_is_no_notebook_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    file = NetFile(tmp_path / "hw.ipynb", "")
    file.path.write_bytes(content)
    with pytest.raises(NetError, match=r"hw\.ipynb: is not a notebook that can be read \(.+\); open it in") as caught:
        file.with_class()
    assert "\n" not in str(caught.value)


def test_a_hostile_cell_is_left_out(write: Write) -> None:
    file = write("(" * 5000, "x = " + "-" * 100_000 + "1", "a\0b", "!x\n" * 3000, CLASS)
    assert file.class_name == "MyNet"
    file.check()


def test_a_notebook_that_is_too_long_is_told_how_to_shorten_it(write: Write) -> None:
    with pytest.raises(NetError, match=r"hw\.ipynb: larger than 1 MiB; clear its outputs and save it\."):
        write("#" * 2**20).check()


def test_an_old_notebook_is_read_too(tmp_path: Path) -> None:
    cell = {"cell_type": "code", "language": "python", "metadata": {}, "outputs": [], "collapsed": False}
    sheet = {"metadata": {}, "cells": [cell | {"input": CLASS, "prompt_number": 1}]}
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [sheet]}
    file = NetFile(tmp_path / "hw.ipynb", "")
    file.path.write_text(json.dumps(old))
    assert file.with_class().class_name == "MyNet"


BASE = CLASS.replace("MyNet", "Base")


@pytest.mark.parametrize(("cells", "name"), [
    ([CLASS], "MyNet"),
    (["class Layer:\n    def forward(self): ...", CLASS], "MyNet"),
    (["class Odd:\n    pass"], "Odd"),
    ([BASE + "class MyNet(Base): pass"], "MyNet"),
    (["class Base:\n    def fit(self): ...\nclass MyNet(Base):\n    predict = fit\nclass Other: pass"], "MyNet"),
    (["class MyNet: pass\nclass Other: pass\ndef f(): ...\nMyNet.fit = f\nMyNet.predict = f"], "MyNet"),
    (["class MyNet:\n    fit = 0", "class MyNet(MyNet):\n    def predict(self): ...\nclass Other: pass"], "MyNet"),
    ([CLASS, CLASS], "MyNet"),
])  # fmt: skip
def test_a_class_left_out_is_the_one_that_is_a_net(write: Write, cells: list[str], name: str) -> None:
    write(*cells)
    assert net_files.require("hw.ipynb").net == f"hw.ipynb:{name}"
    Path("my_net.py").write_text("\n".join(cells))
    assert net_files.require("my_net.py").net == f"my_net.py:{name}"


@pytest.mark.parametrize(("text", "sentence"), [
    (CLASS + BASE, "my_net.py: has several classes with fit and predict, MyNet, Base; say which, as in my_net.py:Bas"),
    ("class A: pass\nclass B: pass",
     "my_net.py: has several classes and none that has both fit and predict, A, B; say which, as in my_net.py:B."),
    ("x = 1", "my_net.py: has no class of its own; write one, as mnistbench new my_net.py does."),
    ("class A(:", "my_net.py, line 1: is not valid Python ("),
])  # fmt: skip
def test_a_class_left_out_that_is_not_clear_is_told_with_the_classes(write: Write, text: str, sentence: str) -> None:
    write(CLASS)
    Path("my_net.py").write_text(text)
    with pytest.raises(NetError) as caught:
        net_files.require("my_net.py")
    assert str(caught.value).startswith(sentence)


def test_a_class_in_a_cell_that_is_not_run_is_told_with_the_cell(write: Write) -> None:
    write("a = 1", f"%%time\n{CLASS}")
    with pytest.raises(NetError) as caught:
        net_files.require("hw.ipynb")
    assert str(caught.value) == (
        "hw.ipynb: cell 2, line 2 makes MyNet in a cell that begins with %%time, which is not run: move it into a cell"
        " of its own."
    )


def test_a_config_names_each_net_in_full_and_once(write: Write, tmp_path: Path) -> None:
    write(CLASS)
    Path("my_net.py").write_text(CLASS)
    Path("my.yaml").write_text("name: a\nnets: [numpy, my_net.py, hw.ipynb]")
    experiment = load_experiment(Path("my.yaml"), {}, default_name="", more_nets=["my_net.py:MyNet"])
    assert [spec.net for spec in experiment.specs()] == ["numpy", "my_net.py:MyNet", "hw.ipynb:MyNet"]
    Path("my_net.py").write_text(CLASS + BASE)
    with pytest.raises(ConfigError, match=r"^my\.yaml, line 2: my_net\.py: has several classes"):
        load_experiment(Path("my.yaml"), {}, default_name="")


def test_reading_a_notebook_runs_nothing(write: Write) -> None:
    file = write("raise SystemExit", CLASS + "    raise SystemExit\n")
    file.check()
    assert len(run_nodes(file.parts())) == 1


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_what_is_no_file_is_refused_as_a_net_before_it_is_opened(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "net.py"
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "device":
        file.symlink_to("/dev/zero")
    else:
        file.mkdir()
    with pytest.raises(NetError, match=r"is a (pipe, a socket or a device|folder) and no file; give a Python file"):
        NetFile(file, "MyNet").check()
