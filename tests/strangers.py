"""Nets of strangers, each a whole file: what it tries to do to the machine or to its verdict, and what the book says.

Each looks like the right net otherwise. All are bounded, so that a machine is safe even where no fence stands: they
touch no file outside the test's own ground, signal no process but those of the grading that judges them, and end by
themselves.
"""

import dataclasses
import hashlib
from pathlib import Path

from right_net import PREDICT, RIGHT, UPDATE_B1, Changes

IMPORT = "import numpy as np\n"
INIT = "        self.lr = lr\n"
FIT = "    def fit(self, images, labels, batch_size, epochs):\n"
PREDICTS = "    def predict(self, images):\n"
FROZEN: Changes = {UPDATE_B1: ""}
"""A mistake that a forging net would hide."""

RIGHT_ONES = frozenset({"right"})
WRONG_ONES = frozenset({"wrong"})
STOPPED = frozenset({"does_not_run"})


@dataclasses.dataclass(frozen=True)
class Stranger:
    """A net, and its line in the book: the verdicts that are true of it, a mistake's id, and a part of the reason."""

    text: str
    verdicts: frozenset[str]
    mistake: str = ""
    reason: str = ""
    most_accuracy: float = 1.0
    """Fraction of the test images that it can have learned at most."""

    def write(self, file: Path, ground: "Ground") -> None:
        """Write the net for one ground."""
        file.write_text(self.text.replace("@GROUND@", str(ground.folder)).replace("@PORT@", str(ground.port)))


@dataclasses.dataclass(frozen=True)
class Ground:
    """A folder that strangers may harm, and a port of this machine that they may reach.

    ``home`` holds a diary, ``results`` a ledger, and ``marks`` whatever a stranger could leave.
    """

    folder: Path
    port: int

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def results(self) -> Path:
        return self.folder / "results"

    @property
    def submissions(self) -> Path:
        return self.folder / "submissions"

    @property
    def marks(self) -> Path:
        return self.folder / "marks"

    def prepare(self) -> None:
        """Make the folders, with what may not change."""
        for folder in (self.home, self.results, self.submissions, self.marks, self.folder / "temporary"):
            folder.mkdir(parents=True)
        (self.home / "diary.txt").write_text("private")
        ledger = self.results / "older" / "runs"
        ledger.mkdir(parents=True)
        (ledger / "row.json").write_text("a row")

    def state(self) -> dict[str, str]:
        """Return what no stranger may change, and what each has left."""
        folders = (self.home, self.results / "older", self.submissions, self.marks)
        files = [file for folder in folders for file in sorted(folder.rglob("*"))]
        return {str(file.relative_to(self.folder)): _told(file) for file in files}


def _told(file: Path) -> str:
    if file.is_symlink():
        return f"link to {file.readlink()}"
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


def changed(*changes: Changes) -> str:
    """Return the right net with these changes.

    Raises:
        ValueError: a text to change is not there.
    """
    text = RIGHT
    for old, new in (change for some in changes for change in some.items()):
        if old not in text:
            raise ValueError(f"{old!r} is not in the text")
        text = text.replace(old, new)
    return text


def indented(code: str, by: int = 8) -> str:
    return "".join(f"{' ' * by}{line}\n" if line else "\n" for line in code.strip("\n").splitlines())


def at_import(code: str) -> Changes:
    """Let a net do something as its file is read."""
    return {IMPORT: IMPORT + code.strip("\n") + "\n"}


def in_init(code: str) -> Changes:
    return {INIT: INIT + indented(code)}


def in_fit(code: str) -> Changes:
    return {FIT: FIT + indented(code)}


def in_predict(code: str) -> Changes:
    return {PREDICTS: PREDICTS + indented(code)}


def instead_of_predict(code: str) -> Changes:
    return {f"        {PREDICT}\n": indented(code)}


ATTEMPTS = """
import contextlib, ctypes, fcntl, os, pathlib, resource, shutil, signal, socket, subprocess, sys, tempfile, time

GROUND = pathlib.Path("@GROUND@")
reached = []


@contextlib.contextmanager
def attempt(what):
    try:
        yield
    except BaseException:
        return
    reached.append(what)


def parents():
    \"\"\"Return the ids of the processes above this one that are the grading's.\"\"\"
    found, pid = [], os.getppid()
    while pid > 1:
        try:
            words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\\0")
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
        except PermissionError:  # it cannot be asked; the first above this one is the grading's
            return found or [pid]
        except OSError:
            break
        if b"mnistbench.running.worker" in words or (b"mnistbench" in words and b"grade" in words):
            found.append(pid)
        pid = int(status.partition("PPid:")[2].split()[0])
    return found


def leave_behind(seconds=30):
    \"\"\"Be another process, in a session of its own and nobody's child; tell whether this is it.\"\"\"
    if os.fork():
        return False
    os.setsid()
    if os.fork():
        os._exit(0)
    signal.alarm(seconds)
    return True


"""
EXPOSED = """
if reached:
    raise RuntimeError("reached " + ", ".join(reached))
"""


def attempting(code: str, *changes: Changes, where: str = "import") -> str:
    """Return a right net that attempts something, and fails aloud where that succeeds."""
    if where == "import":
        return changed(at_import(ATTEMPTS + code.strip("\n") + EXPOSED), *changes)
    return changed(at_import(ATTEMPTS), in_fit(code.strip("\n") + EXPOSED), *changes)
