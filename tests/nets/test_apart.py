"""The process of a user's net: nothing that it does there changes what is measured, and nothing of it lives on."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from conftest import Cli, wait_for
from right_net import RIGHT

from mnistbench.errors import NetError
from mnistbench.experiment import load_experiment
from mnistbench.ledger import Results, Row
from mnistbench.nets import TimeIsUpError, UserNet
from mnistbench.reports.report import build

FIT = "    def fit(self, images, labels, batch_size, epochs):\n"
PREDICT = "    def predict(self, images):\n"
IMAGES, LABELS = np.random.default_rng(1).random((6, 784), np.float32), np.arange(6)
Write = Callable[[str], str]
Trained = Callable[..., Row]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.chdir(tmp_path)

    def text(changed: str) -> str:
        Path("my_net.py").write_text(changed)
        return "my_net.py:MyNet"

    return text


@pytest.fixture
def trained(write: Write, cli: Cli, config: Callable[..., Path], tmp_path: Path) -> Trained:
    def run(changed: str, **values: object) -> Row:
        cli("train", "--config", config(**values), "--net", write(changed))
        (row,), _ = Results(tmp_path / "results" / "small").read()
        return row

    return run


def make(net: str, **more: float) -> UserNet:
    return UserNet(net, hidden_size=3, lr=0.1, seed=1, **more)  # type: ignore[arg-type]


def added(body: str, before: str = FIT) -> str:
    """Return a right net whose fit, or another method, does something first."""
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    return "import os, sys, time\n" + RIGHT.replace(before, before + lines)


def test_a_net_lives_in_another_process(write: Write) -> None:
    net = make(write(added("raise ValueError(f'{os.getpid()} of {os.getppid()}')")))
    with pytest.raises(NetError, match=f"fit raised ValueError: {net.process.pid} of {os.getpid()}"):
        net.fit(IMAGES, LABELS, 2, 1)


@pytest.mark.parametrize(("body", "reason"), [
    ("os._exit(3)", "fit did not end: its process ended with exit code 3"),
    ("os.kill(os.getpid(), 11)", "fit did not end: its process was ended by SIGSEGV"),
    ("[os.write(fd, b'{}' * 9 + bytes([10])) for fd in range(3, 12) if os.path.exists(f'/proc/self/fd/{fd}')"
     " and os.get_inheritable(fd) is False and os.readlink(f'/proc/self/fd/{fd}').startswith('pipe')\n"
     " and not __import__('fcntl').fcntl(fd, 3) & 3 == 0]", "its process gave no answer to fit"),
])  # fmt: skip
def test_what_ends_or_forges_the_answer_is_told(write: Write, body: str, reason: str) -> None:
    net = make(write(added(body.replace("\n", ""))))
    with pytest.raises(NetError, match=reason):
        net.fit(IMAGES, LABELS, 2, 1)
    with pytest.raises(NetError, match=r"my_net\.py:MyNet"):
        net.predict(IMAGES)


@pytest.mark.parametrize(("given", "words"), [
    ("[[object()] * 10] * len(images)", "returned a list of 6 for the probabilities"),
    ("np.ones((10**6, 300))", "returned an array of shape"),
    ("type('Liar', (), {'__array__': lambda self, *a, **k: np.array([object()])})()", "returned a Liar"),
    ("np.array(['0.1'] * 60).reshape(6, 10)", "returned an array of shape .* dtype <U3"),
])  # fmt: skip
def test_only_arrays_of_numbers_cross(write: Write, given: str, words: str) -> None:
    net = make(write(added(f"return {given}", PREDICT)))
    with pytest.raises(NetError, match=words):
        net.predict(IMAGES)


def test_an_exception_whose_own_words_fail_is_told_by_its_name(write: Write) -> None:
    odd = "raise type('Odd', (Exception,), {'__str__': lambda self: 5})"
    with pytest.raises(NetError, match="line 21: fit raised Odd: without words"):
        make(write(added(odd))).fit(IMAGES, LABELS, 2, 1)


def test_a_net_that_is_late_says_where_it_is(write: Write) -> None:
    net = make(write(added("while True: pass")), end=time.monotonic() + 1.5)
    with pytest.raises(TimeIsUpError) as late:
        net.fit(IMAGES, LABELS, 2, 1)
    assert late.value.place == "my_net.py, line 21"


def test_a_net_that_nobody_holds_is_let_go(write: Write) -> None:
    first = make(write(added("raise ValueError(len(MyNet.made))", PREDICT).replace(
        "        self.lr = lr\n", "        self.lr = lr\n        MyNet.made.add(self)\n"
    ).replace("class MyNet:\n", "import weakref\n\n\nclass MyNet:\n    made = weakref.WeakSet()\n\n")))  # fmt: skip
    for _ in range(20):
        first.fresh(hidden_size=3, lr=0.1, seed=1)
    with pytest.raises(NetError, match=r"ValueError: [12]\."):
        first.predict(IMAGES)


@pytest.mark.slow
@pytest.mark.parametrize("forgery", [
    "import mnistbench.nets.metrics as m; m.accuracy = lambda *a: 1.0; m.log_loss = lambda *a: 0.0; return",
    "import mnistbench.running.training as t; t._score = lambda *a: (1.0, 0.0); return",
])  # fmt: skip
def test_patching_the_scorer_patches_nothing(trained: Trained, forgery: str) -> None:
    row = trained(added(forgery), epochs=1)
    assert row.status == "ok"
    assert row.test_accuracy < 0.5


@pytest.mark.slow
def test_the_test_labels_are_nowhere_in_its_process(trained: Trained) -> None:
    search = """
import gc
for thing in gc.get_objects():
    for value in (thing, *(vars(thing).values() if hasattr(thing, '__dict__') else ())):
        if isinstance(value, np.ndarray) and value.shape == (len(images),) and value.dtype.kind in 'iu':
            return np.eye(10)[value]
"""
    row = trained(added(search.strip(), PREDICT) + "\n\nMyNet.fit = lambda *a, **k: None\n", epochs=1)
    assert row.status == "ok", row.error
    assert row.test_accuracy < 0.5


@pytest.mark.slow
def test_work_put_off_to_predict_is_seen_and_wins_nothing(trained: Trained) -> None:
    later = "                self.later(*self.todo, 16, 1)\n            self.todo = None\n"
    lazy = RIGHT.replace("class MyNet:\n", "class MyNet:\n    todo = None\n\n").replace("def fit(", "def later(")
    lazy = lazy.replace(PREDICT, FIT + "        self.todo = (images, labels)\n\n" + PREDICT
                        + "        if self.todo:\n            for _ in range(200):\n" + later)  # fmt: skip
    row = trained(lazy, epochs=1)
    assert row.status == "ok", row.error
    assert row.unasked_seconds > 0.2
    report = build(load_experiment(None, {}, default_name="x"), [row])
    assert "outside fit" in str(report.doubts)


@pytest.mark.slow
def test_a_right_net_works_only_when_it_is_asked(trained: Trained) -> None:
    row = trained(RIGHT, epochs=3)
    assert row.unasked_seconds < 0.2
    assert row.peak_rss_mib > 20


@pytest.mark.slow
def test_what_a_net_leaves_in_another_session_ends_with_the_run(trained: Trained, tmp_path: Path) -> None:
    leave = """
if not os.fork():
    os.setsid()
    if not os.fork():
        open('left', 'w').write(str(os.getpid()))
        time.sleep(120)
    os._exit(0)
os.wait()
while not os.path.exists('left') or not open('left').read(): pass
"""
    assert trained(added(leave.strip()), epochs=1).status == "ok"
    left = int((tmp_path / "left").read_text())
    wait_for(lambda: not psutil.pid_exists(left) or psutil.Process(left).status() == "zombie", seconds=5)
