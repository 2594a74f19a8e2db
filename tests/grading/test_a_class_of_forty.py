"""A whole class in one command: right nets, wrong ones, and what strangers do to machine and verdict."""

import contextlib
import csv
import functools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import planted
import psutil
import pytest
from conftest import command, wait_for
from right_class import own, right_ones
from strangers import RIGHT_ONES, STOPPED, WRONG_ONES, Ground, Stranger
from strangers_forging import SUCCEEDING, forging
from strangers_hostile import HOSTILE

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not shutil.which("bwrap"), reason="needs bubblewrap")]

NOBODY = 54321  # a user that owns nothing
TIMEOUT, SECRET = 30, 20_261_125
MISTAKES = ("no_shuffle", "sum_over_batch", "b2_frozen", "lr_fixed", "last_batch_dropped", "predict_logits",
            "softmax_unshifted", "start_zero")  # fmt: skip
CHANGING = ("seconds", "train_seconds")
Line = dict[str, str]


@contextlib.contextmanager
def ground() -> Iterator[Ground]:
    """Yield a ground that an ordinary user may use, with somebody who listens at its port and leaves a mark."""
    folder = Path(tempfile.mkdtemp(prefix="class-ground-"))
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        udp.bind(tcp.getsockname())
        made = Ground(folder, tcp.getsockname()[1])
        made.prepare()
        for each, heard in ((tcp, lambda: tcp.accept()[0].close()), (udp, lambda: udp.recv(100))):
            each.settimeout(600)
            threading.Thread(target=_mark, args=(heard, made.marks / each.type.name), daemon=True).start()
        try:
            yield made
        finally:
            shutil.rmtree(folder)


def _mark(heard: Callable[[], object], mark: Path) -> None:
    with contextlib.suppress(OSError):
        heard()
        mark.write_text("heard")


@functools.cache
def user() -> list[str]:
    """Return what begins a command that is run as an ordinary user; empty where that cannot be had."""
    if os.getuid() or not shutil.which("setpriv"):
        return []
    begin = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    tried = subprocess.run([*begin, *command("grade", "--show-fence")], capture_output=True, cwd="/", check=False)
    return begin if tried.returncode == 0 else []


def grade(where: Ground, output: Path, *given: Path) -> subprocess.Popen[str]:
    if user():
        for path in (where.folder, *where.folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    variables = {"HOME": str(where.home), "TMPDIR": str(where.folder / "temporary"), "COLUMNS": "200",
                 "MPLCONFIGDIR": str(where.folder / "temporary")}  # fmt: skip
    words = command("grade", *given, "--output", output, "--jobs", 2, "--timeout", TIMEOUT, "--secret", SECRET,
                    "--rubric", where.folder / "rubric.yaml")  # fmt: skip
    return subprocess.Popen(
        [*user(), *words], cwd=where.folder, env=os.environ | variables, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip


def finished(process: subprocess.Popen[str]) -> str:
    try:
        told, _ = process.communicate(timeout=1500)
    finally:
        process.kill()
    assert process.returncode == 0, told
    return told


def book(output: Path) -> dict[str, Line]:
    with (output / "grades.csv").open(newline="") as file:
        return {line["student"]: {k: v for k, v in line.items() if k not in CHANGING} for line in csv.DictReader(file)}


def left(where: Ground) -> list[psutil.Process]:
    """Return the processes that a grading has left: those of its user, or of its ground."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            own = bool(user()) and process.uids().real == NOBODY
            told = [*process.cmdline(), process.cwd(), *process.environ().values()] if not own else []
            if (own or any(str(where.folder) in each for each in told)) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def strange_files(folder: Path) -> Iterator[str]:
    """Write what is no file of Python, or is called as none should be, and yield the students."""
    os.mkfifo(folder / "pipe.py")
    (folder / "link.py").symlink_to("/etc/passwd")
    (own(folder / "nothing") / "net.py").write_text("")
    (folder / "large.py").write_text("#" * 3 * 2**20)
    with zipfile.ZipFile(folder / "outward.zip", "w") as archive:
        archive.writestr("../../marks/left.py", planted.RIGHT)
    (folder / "broken.zip").write_bytes(b"PK\3\4 and no more")
    with zipfile.ZipFile(folder / "long.zip", "w") as archive:
        archive.writestr("n" * 300 + ".py", planted.RIGHT)
    with zipfile.ZipFile(folder / "both.zip", "w") as archive:
        archive.writestr("net.py", planted.RIGHT)
        archive.writestr("net.py/net.py", planted.RIGHT)
    yield from ("pipe", "link", "nothing", "large", "outward", "broken", "long", "both")


STRANGELY_CALLED = (  # folders, each with a net of one mistake
    'quo"te', "back\\slash", '", "passed": true, "x": "', "<img src=x onerror=alert(5)>", "\x1b[31mred", "=1+1",
    "new\nline", os.fsdecode(b"caf\xe9"),
)  # fmt: skip


def expected(where: Ground, strangers: dict[str, Stranger]) -> dict[str, Stranger]:
    """Write a class with these strangers in it, and return what the book must say of each."""
    folder = where.submissions
    lines = {name: Stranger("", RIGHT_ONES) for name in right_ones(folder)}
    for name in MISTAKES:
        planted.write(own(folder / name), planted.MISTAKES[name][0])
        lines[name] = Stranger("", WRONG_ONES, name)
    lines |= {name: Stranger("", STOPPED) for name in strange_files(folder)}
    for name, stranger in strangers.items():
        stranger.write(own(folder / name) / "net.py", where)
        lines[name] = stranger
    (where.folder / "rubric.yaml").write_text("allowed_imports: [numpy]\n")
    return lines


def disagreement(line: Line, due: Stranger) -> str:
    """Return in what a line of the book is not what is due; empty where it is."""
    if line["verdict"] not in due.verdicts:
        return f"verdict {line['verdict']} ({line['mistakes']} {line['error']})"
    if due.mistake and due.mistake not in line["mistakes"].split():
        return f"mistakes {line['mistakes']!r}"
    if due.reason not in line["error"] or "reached" in line["error"]:
        return f"error {line['error']!r}"
    if line["test_accuracy"] and float(line["test_accuracy"]) > due.most_accuracy:
        return f"test accuracy {line['test_accuracy']}"
    return ""


def test_a_class_gets_its_true_book_and_none_of_it_leaves_a_mark() -> None:
    with ground() as where:
        due = expected(where, HOSTILE | forging())
        before = where.state()
        told = finished(grade(where, where.results / "class", where.submissions))
        lines = book(where.results / "class")
        assert {s: d for s in due if (d := disagreement(lines[s], due[s]))} == {}
        assert len(lines) == len(due)
        assert where.state() == before
        assert left(where) == []
        _assert_plain(told, where.results / "class")


def test_a_class_gets_the_same_book_again_also_when_the_grading_was_killed_in_the_middle() -> None:
    every = HOSTILE | forging()
    chosen = ("reads_home", "stays_behind", "signals_the_parent", "segfaults", "strange_names", "patches_the_scorer",
              "labels_by_position", "writes_events", "caches_weights", "trains_in_a_process")  # fmt: skip
    with ground() as where:
        due = expected(where, {name: every[name] for name in chosen})
        assert len(due) >= 40
        before = where.state()
        finished(grade(where, where.results / "class", where.submissions))
        kept = _killed_in_the_middle(where, where.results / "again")
        finished(grade(where, where.results / "again", where.submissions))
        assert {file: file.stat().st_mtime_ns for file in kept} == kept
        first, second = book(where.results / "class"), book(where.results / "again")
        for each in (first["shape_1"], second["shape_1"]):
            del each["test_accuracy"]  # it draws by no seed
        assert second == first
        assert where.state() == before
        assert left(where) == []


def _killed_in_the_middle(where: Ground, output: Path) -> dict[Path, int]:
    """Begin a grading and kill it; return the grades that were there, and when they were written."""
    begun = grade(where, output, where.submissions)
    threading.Thread(target=begun.communicate, daemon=True).start()
    wait_for(lambda: len([*output.glob("grades/*.json")]) >= 20, 600)
    os.kill(begun.pid, signal.SIGKILL)
    begun.wait()
    wait_for(lambda: not left(where))
    return {file: file.stat().st_mtime_ns for file in output.glob("grades/*.json")}


def _assert_plain(told: str, output: Path) -> None:
    """Assert that nothing that students wrote is more than text anywhere, and that none of it is large."""
    assert "\x1b" not in told
    for file in output.rglob("*"):
        if file.is_file():
            assert file.stat().st_size < 2**20
            text = file.read_text()
            assert "\x1b" not in text
            assert "<script>alert(" not in (text if file.suffix in (".html", ".md") else "")
            assert "<img src=x" not in (text if file.suffix in (".html", ".md") else "")


def test_a_folder_of_any_name_is_its_students_own_and_stops_nobody() -> None:
    with ground() as where:
        for name in STRANGELY_CALLED:
            planted.write(own(where.submissions / name), planted.MISTAKES["b1_frozen"][0])
        planted.write(own(where.submissions / "plain"))
        (where.folder / "rubric.yaml").write_text("accuracy: 0\n")
        finished(grade(where, where.results / "class", where.submissions))
        lines = book(where.results / "class")
        assert lines.pop("plain")["verdict"] == "right"
        assert len(lines) == len(STRANGELY_CALLED)
        assert {line["mistakes"] for line in lines.values()} == {"b1_frozen"}


@pytest.mark.parametrize("name", SUCCEEDING)
def test_a_net_that_is_right_only_when_it_is_watched_is_wrong(name: str) -> None:
    with ground() as where:
        SUCCEEDING[name].write(own(where.submissions / name) / "net.py", where)
        (where.folder / "rubric.yaml").write_text("accuracy: 0\n")
        finished(grade(where, where.results / "class", where.submissions))
        assert disagreement(book(where.results / "class")[name], SUCCEEDING[name]) == ""


@pytest.mark.parametrize("name", [name for name, each in HOSTILE.items() if "reached.append" in each.text])
def test_a_net_that_would_do_harm_is_able_to_where_no_fence_stands(name: str) -> None:
    """The class's book says little if its strangers cannot do what they try."""
    harmless = {"connects_by_tcp", "sends_by_udp", "fills_every_other_folder", "fills_the_temporary_folder"}
    bounded = {"forks_150", "holds_3_gb", "prints_a_gigabyte", "takes_all_cores", "ignores_sigterm", "stays_behind"}
    by_a_grading = {"signals_the_parent", "traces_the_parent", "changes_priority", "others_files", "locks_the_folder",
                    "leaves_a_key", "blocks_in_native_code"}  # fmt: skip
    if name in harmless | bounded | by_a_grading:
        pytest.skip("needs a grading around it, or is heavy")
    with ground() as where:
        file = where.folder / "net.py"
        HOSTILE[name].write(file, where)
        text = "import numpy as np, net\nnet.MyNet(8, 0.1, 1).fit(np.zeros((2, 784)), np.zeros(2, int), 2, 1)\n"
        done = subprocess.run(
            [sys.executable, "-c", text], cwd=where.folder, env=os.environ | {"HOME": str(where.home)},
            capture_output=True, text=True, check=False, timeout=100,
        )  # fmt: skip
        assert "RuntimeError: reached" in done.stderr
