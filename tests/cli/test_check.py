"""The command check: exit codes, words, JSON, and a net that fails or never ends."""

import json
import subprocess
import sys
from pathlib import Path

import pexpect
import planted
import pytest
from conftest import Cli
from planted import MISTAKES, Changes

from mnistbench.checking import checking


@pytest.fixture
def my_net(tmp_path: Path) -> str:
    planted.write(tmp_path)
    return "my_net.py:MyNet"


def test_a_right_net_passes_with_its_certificate(my_net: str, cli: Cli) -> None:
    done = cli("check", my_net)
    assert done.returncode == 0, done.stdout + done.stderr
    text = " ".join(done.stdout.split())
    assert "Same network: after" in text
    assert "test images are classified differently." in text
    assert done.stdout.splitlines()[0] == "✓ PASSED: my_net.py:MyNet"
    assert done.stderr == ""  # no terminal: no progress


def test_a_wrong_net_exits_1_and_is_told_first_what_is_wrong_and_where_to_look(cli: Cli, tmp_path: Path) -> None:
    planted.write(tmp_path, MISTAKES["relu_derivative_missing"][0], MISTAKES["no_shuffle"][0])
    done = cli("check", "my_net.py:MyNet")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0] == "✗ FAILED: my_net.py:MyNet"
    rows = [line.split() for line in lines]
    assert [[row[0], *row[2:]] for row in rows if row and row[0] in ("W1", "b1", "W2", "b2")] == [
        ["W1", "✗", "wrong"], ["b1", "✗", "wrong"], ["W2", "✓", "right"], ["b2", "✓", "right"],
    ]  # fmt: skip
    text = " ".join(done.stdout.split())
    assert "for ReLU by 1 where the hidden unit was above 0, else by 0." in text
    assert "or relu_derivative_at_zero, which makes the same steps" in text
    assert "no_shuffle: The images are cut into batches in the order they are given" in text
    assert text.index("no_shuffle: ") < text.index("What was asked")


def test_json_is_one_object_whatever_the_net_prints(cli: Cli, tmp_path: Path) -> None:
    planted.write(tmp_path, MISTAKES["b1_frozen"][0], {"m = len(x)": "m = len(x)\n        print('step')"})
    done = cli("check", "my_net.py:MyNet", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert set(found) == {
        "net", "passed", "gradients", "loop", "network", "certificate", "diagnoses", "remarks", "libraries",
        "errors", "secret",
    }  # fmt: skip
    assert not found["passed"]
    assert [(p["name"], p["passed"]) for p in found["gradients"]["parameters"]] == [
        ("W1", True), ("b1", False), ("W2", True), ("b2", True),
    ]  # fmt: skip
    assert [found[q]["answer"] for q in ("gradients", "loop", "network", "certificate")] == [
        "wrong", "right", "right", "not asked",
    ]  # fmt: skip
    (diagnosis,) = found["diagnoses"]
    assert set(diagnosis) == {"id", "sentence", "or", "evidence"}
    assert diagnosis["id"] == "b1_frozen"
    assert diagnosis["evidence"] == [
        "the step of W1 is what is due; the step of b1 is 0 times what is due; the step of W2 is what is due;"
        " the step of b2 is what is due"
    ]
    verbose = cli("check", "my_net.py:MyNet", "--verbose")
    assert "step" in verbose.stderr
    assert "the step of b1 is 0 times what is due" in " ".join(verbose.stdout.split())


def test_nan_is_null_in_json(cli: Cli, tmp_path: Path) -> None:
    planted.write(tmp_path, {"delta2 = p - y": "delta2 = np.nan * (p - y)"})
    done = cli("check", "my_net.py:MyNet", "--json")
    assert done.returncode == 1
    found = json.loads(done.stdout, parse_constant=lambda constant: pytest.fail(f"{constant} is no JSON"))
    assert [each["id"] for each in found["diagnoses"]] == ["step_nan"]


def test_the_starting_file_is_told_that_nothing_is_written_yet(cli: Cli) -> None:
    cli("new", "my_net.py")
    found = json.loads(cli("check", "my_net.py:MyNet", "--json").stdout)
    assert [each["id"] for each in found["diagnoses"]] == ["not_started"]


@pytest.mark.slow
def test_a_teacher_accepts_another_network_and_any_loop(cli: Cli, tmp_path: Path) -> None:
    planted.write(tmp_path, MISTAKES["other_network"][0], MISTAKES["full_batch"][0])
    assert cli("check", "my_net.py:MyNet").returncode == 1
    assert cli("check", "my_net.py:MyNet", "--accept-other-networks").returncode == 1
    assert cli("check", "my_net.py:MyNet", "--accept-other-networks", "--loop", "any").returncode == 0
    assert cli("check", "my_net.py:MyNet", "--loop", "some").returncode == 2


@pytest.mark.slow
def test_a_secret_changes_what_is_asked_and_not_what_is_found(cli: Cli, tmp_path: Path) -> None:
    planted.write(tmp_path)
    right = json.loads(cli("check", "my_net.py:MyNet", "--secret", "4711", "--json").stdout)
    assert (right["passed"], right["secret"]) == (True, 4711)
    planted.write(tmp_path, {"self.lr = lr": "self.lr = lr * (seed < 100 and hidden_size in (10, 30))"})
    assert cli("check", "my_net.py:MyNet").returncode == 0
    assert cli("check", "my_net.py:MyNet", "--secret", "4711").returncode == 1


def test_a_terminal_is_shown_which_question_is_asked(tmp_path: Path) -> None:
    planted.write(tmp_path, MISTAKES["b1_frozen"][0])
    child = pexpect.spawn(sys.executable, ["-m", "mnistbench", "check", "my_net.py:MyNet"], cwd=str(tmp_path))
    child.expect(r"question 1 of 4: are the gradients right[^?]*\?", timeout=60)
    child.expect(r"question 2 of 4: how does fit loop\?", timeout=60)
    child.expect("FAILED", timeout=60)
    child.expect(pexpect.EOF, timeout=60)
    child.close()
    assert child.exitstatus == 1


@pytest.mark.slow
@pytest.mark.parametrize(("change", "sentence"), [
    ({"def get_weights": "def weights"}, "MyNet has no method get_weights, which check needs to set known weights and"
     " to read the steps; write get_weights(self), which returns [W1 (784, H), b1 (H,), W2 (H, 10), b2 (10,)]."),
    ({"def set_weights": "def take_over"}, "MyNet has no method set_weights, which check needs"),
    ({planted.TAKE_OVER: "pass"}, "get_weights gives back another W1 than set_weights was given"),
    ({"return [self.W1, ": "return [self.W1.T, "}, "get_weights gives back arrays of other shapes, ((784, 30), (30,),"),
    ({"m = len(x)": "m = len(y)"}, "my_net.py, line 27: fit raised UnboundLocalError"),
    ({"m = len(x)": "while True:\n            pass"}, "my_net.py, line 27: was still running after the 3 s"),
    ({"m = len(x)": "import os; os._exit(3)"}, "my_net.py:MyNet: fit did not end: its process ended with exit code 3"),
    ({"class MyNet": "class YourNet"}, "my_net.py: has no class MyNet; it has the class YourNet"),
    ({"import numpy as np": "import numpy as"}, "my_net.py, line 1: is not valid Python"),
])  # fmt: skip
def test_a_net_that_cannot_be_used_exits_2_with_one_sentence(
    change: Changes, sentence: str, cli: Cli, tmp_path: Path
) -> None:
    planted.write(tmp_path, change)
    done = cli("check", "my_net.py:MyNet", "--timeout", 3)
    assert done.returncode == 2
    assert done.stdout == ""
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_a_net_that_lets_nothing_end_it_is_killed(cli: Cli, tmp_path: Path) -> None:
    deaf = "import signal\n        signal.signal(signal.SIGALRM, signal.SIG_IGN)\n        while True:\n            pass"
    planted.write(tmp_path, {"m = len(x)": deaf})
    done = cli("check", "my_net.py:MyNet", "--timeout", 2)
    assert done.returncode == 2
    assert done.stderr.startswith("Error: my_net.py:MyNet: was still running after the 2 s of --timeout;")


def test_what_names_no_file_and_class_is_told_the_form(cli: Cli) -> None:
    done = cli("check", "numpy")
    assert done.returncode == 2
    assert "numpy: is not of the form FILE.py:CLASS, such as my_net.py:MyNet." in done.stderr


@pytest.mark.slow
def test_a_fault_that_shows_late_fails_the_certificate(tmp_path: Path) -> None:
    net = planted.write(tmp_path, {
        "self.b2 = np.zeros(10)": "self.b2 = np.zeros(10)\n        self.steps = 0",
        "m = len(x)": "m = len(x)\n        self.steps += 1\n        self.lr *= 1 if self.steps != 100 else 0.5",
    })  # fmt: skip
    found = checking.check(net, "mnist", seconds=300)
    assert [each["id"] for each in found["diagnoses"]] == ["unknown"]
    assert not found["passed"]
    assert not found["certificate"]["passed"]
    assert found["certificate"]["largest_difference"]["W1"] > 1e-4


def test_a_certificate_out_of_time_says_how_many_images_it_covers(tmp_path: Path) -> None:
    found = checking.check(planted.write(tmp_path), "mnist", seconds=60, certificate_seconds=0)
    assert found["certificate"]["images"] == 128
    assert found["certificate"]["of_images"] == 60_000


def test_the_net_runs_in_the_child_alone_and_the_child_needs_numpy_alone(cli: Cli, tmp_path: Path) -> None:
    """The file itself refuses to be run beside anything heavy."""
    heavy = {"tensorflow", "keras", "torch", "jax", "pandas", "pydantic", "typer", "rich", "yaml"}
    planted.write(tmp_path, {
        "import numpy as np\n": f"import sys\n\nimport numpy as np\n\nassert not {heavy!r} & set(sys.modules)\n",
    })  # fmt: skip
    code = """
import sys
from mnistbench.cli.app import app
try:
    app(["check", "my_net.py:MyNet"])
except SystemExit as end:
    assert end.code == 0, end.code
print(" ".join(sorted(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    modules = done.stdout.splitlines()[-1].split()
    assert not {"tensorflow", "keras", "mnistbench_user_net", "mnistbench.checking.checking"} & set(modules)
    assert not [name for name in modules if name.startswith("mnistbench.nets")]
