"""The fence: every property that is claimed is tried, and a net behind it trains as it does without."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from right_net import RIGHT

from mnistbench.errors import FenceError, NetError
from mnistbench.machine import fence, fence_facts, landlock
from mnistbench.nets import UserNet

needs_bubblewrap = pytest.mark.skipif(not shutil.which("bwrap"), reason="needs bubblewrap")
needs_landlock = pytest.mark.skipif(bool(landlock.missing()), reason=f"Landlock {landlock.missing()}")
either = pytest.mark.parametrize(
    "method",
    [pytest.param(fence.BUBBLEWRAP, marks=needs_bubblewrap), pytest.param(fence.LANDLOCK, marks=needs_landlock)],
)
LOOP = "        for _ in range(epochs):\n"
IMAGES, LABELS = np.random.default_rng(1).random((6, 784), np.float32), np.arange(6)


@needs_bubblewrap
def test_every_property_holds_here() -> None:
    assert [words for words, holds in fence_facts.facts(fence.require()) if not holds] == []


@needs_landlock
def test_by_landlock_two_properties_do_not_hold_and_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    facts = fence_facts.facts(fence.require())
    assert [words for words, holds in facts if not holds] == [fence_facts.WORDS["seen"], fence_facts.WORDS["room"]]


@needs_bubblewrap
def test_what_a_trial_did_not_come_to_is_neither_held_nor_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fence_facts, "SECONDS", 0.01)
    facts = fence_facts.facts(fence.BUBBLEWRAP)
    assert len(facts) == len(fence_facts.WORDS)
    assert all(holds is None and "not shown" in words for words, holds in facts)


@needs_bubblewrap
@pytest.mark.parametrize(("taken", "words"), [
    ("--unshare-all", "neither signalled"), ("--remount-ro", "read-only"),
])  # fmt: skip
def test_without_its_line_a_property_is_told_as_missing(
    taken: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = fence.command

    def without(*arguments: object, **named: object) -> list[str]:
        line = whole(*arguments, **named)  # type: ignore[arg-type]
        at = line.index(taken)
        return line[:at] + line[at + (2 if taken == "--remount-ro" else 1) :]

    monkeypatch.setattr(fence, "command", without)
    missing = [told for told, holds in fence_facts.facts(fence.BUBBLEWRAP) if not holds]
    assert any(words in told for told in missing)


@either
def test_a_right_net_behind_the_fence_takes_the_same_steps(
    method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_net.py").write_text(RIGHT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    weights = []
    for fenced in (False, True):
        if fenced:
            monkeypatch.setenv(fence.VARIABLE, method)
        net = UserNet("my_net.py:MyNet", hidden_size=3, lr=0.1, seed=1)
        net.fit(IMAGES, LABELS, 2, 3)
        weights.append(net.arrays())
    assert all(np.array_equal(one, other) for one, other in zip(*weights, strict=True))


@either
@pytest.mark.parametrize("body", [
    "open('beside.txt', 'w')",
    "open('../other/net.py').read()",
    "from mnistbench.datasets import data; data.load('mnist')",
    "from mnistbench.nets import NeuralNetwork; NeuralNetwork(3, lr=0.1, seed=1)",
    "import mnistbench.checking.checking",
    "__import__('socket').create_connection(('127.0.0.1', 9), 1)",
    "bytearray(5 * 2**30)",
    "__import__('fcntl').flock(open(__file__), 1)",
    "__import__('fcntl').lockf(open(__file__), 1)",
    "__import__('fcntl').fcntl(open(__file__), 1024, 0)",  # F_SETLEASE, F_RDLCK
    "__import__('mmap').mmap(-1, 4096)",
    "__import__('mmap').mmap(open('/dev/zero', 'r+b').fileno(), 4096)",
    "__import__('ctypes').CDLL(None).prctl(4, 0) == 0 or 1 / 0",  # PR_SET_DUMPABLE
    "__import__('socket').socket()",
    "__import__('socket').socketpair()[0].setsockopt(1, 7, 2**22)",  # SOL_SOCKET, SO_SNDBUF
    "__import__('ctypes').CDLL(None).unshare(0x10000000) == 0 or 1 / 0",  # CLONE_NEWUSER
    "__import__('ctypes').CDLL(None).mount(None, os.getcwd().encode(), None, 0x1020, None) == 0 or 1 / 0",
    "__import__('ctypes').CDLL(None).umount2(os.getcwd().encode(), 2) == 0 or 1 / 0",
    "os.kill(os.getppid() or 1, 9) or os.listdir(os.environ['HOME'])[0]",
])  # fmt: skip
def test_what_a_stranger_may_not_do_raises_there(
    body: str, method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("mine", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "net.py").write_text(
            "import os\n"
            + RIGHT.replace("        for _ in range(epochs):\n", f"        {body}\n        for _ in range(epochs):\n")
        )
    monkeypatch.setenv(fence.VARIABLE, method)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "other"))
    net = UserNet(f"{tmp_path}/mine/net.py:MyNet", hidden_size=3, lr=0.1, seed=1)
    with pytest.raises(NetError, match=r"fit (raised|did not end)"):
        net.fit(IMAGES, LABELS, 2, 1)
    assert not (tmp_path / "mine" / "beside.txt").exists()


def test_without_either_fence_one_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(landlock, "LEAST_VERSION", 99)
    with pytest.raises(FenceError, match=r"bubblewrap .* is not installed, and Landlock .*; install bubb.* --unfenced"):
        fence.require()


@needs_landlock
def test_landlock_refuses_to_stand_around_one_thread_of_several(tmp_path: Path) -> None:
    code = "import threading, time; from mnistbench.machine import fence; go = threading.Event()\n"
    code += "threading.Thread(target=go.wait, daemon=True).start(); fence.limit()"
    variables = os.environ | {fence.VARIABLE: fence.LANDLOCK, "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=False)
    assert "FenceError: A process that has threads" in done.stderr


def test_a_command_is_left_as_it_is_without_a_fence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(fence.VARIABLE, raising=False)
    assert fence.command([sys.executable], Path()) == [sys.executable]
    assert os.getcwd()
    assert subprocess.run([sys.executable, "-c", "from mnistbench.machine import fence; fence.limit()"]).returncode == 0
