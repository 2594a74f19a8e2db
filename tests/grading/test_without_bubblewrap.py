"""A class judged where there is no bubblewrap: by Landlock, as root and as an ordinary user."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import planted
import pytest
from conftest import command
from strangers import RIGHT_ONES, STOPPED, Ground, Stranger, attempting
from strangers_hostile import HOSTILE
from test_a_class_of_forty import NOBODY, book, disagreement, finished, ground, left

from mnistbench.machine import landlock

pytestmark = pytest.mark.skipif(bool(landlock.missing()), reason=f"Landlock {landlock.missing()}")

PAST = """
libc = ctypes.CDLL(None)
diary, package = GROUND / "home" / "diary.txt", pathlib.Path(sys.modules["mnistbench"].__file__).parent
with attempt("service"):
    socket.socket(socket.AF_UNIX).connect(str(GROUND / "service"))
with attempt("datagram"):
    socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0].sendto(b"labels?", str(GROUND / "datagrams"))
with attempt("mode"):
    diary.chmod(0o644)
with attempt("time"):
    os.utime(diary)
with attempt("cut"):
    os.truncate(diary, 7)
with attempt("link"):
    os.link(diary, os.path.join(tempfile.gettempdir(), "diary"))
with attempt("list"):
    os.listdir(GROUND / "submissions")
with attempt("watch"):
    if libc.inotify_add_watch(libc.inotify_init(), os.fsencode(GROUND / "submissions"), 0xFFF) < 0:
        raise OSError
with attempt("share"):
    held = libc.shmget(0, 4096, 0o1600)
    if held < 0:
        raise OSError
    libc.shmctl(held, 0, None)
with attempt("limit"):
    resource.prlimit(os.getppid(), resource.RLIMIT_CPU)
with attempt("host"):
    socket.sethostname(socket.gethostname())
with attempt("move"):
    os.sched_setaffinity(os.getppid(), os.sched_getaffinity(os.getppid()))
with attempt("environment"):
    pathlib.Path(f"/proc/{os.getppid()}/environ").read_bytes()
with attempt("labels"):
    (package / "datasets" / "mnist" / "t10k-labels-idx1-ubyte.gz").read_bytes()
with attempt("judges"):
    (package / "checking" / "checking.py").read_bytes()
"""
DEEP = """
os.chdir(tempfile.gettempdir())
for _ in range(2000):
    os.mkdir("d", 0o700)
    os.chdir("d")
pathlib.Path("left").write_text("left")
os.mkdir("locked", 0)
"""
CHOSEN = ("deletes_home", "reads_home", "others_files", "connects_by_tcp", "sends_by_udp", "stays_behind",
          "signals_the_parent", "traces_the_parent", "changes_priority", "leaves_a_key", "exits_in_fit")  # fmt: skip
STRANGERS = {name: HOSTILE[name] for name in CHOSEN} | {
    "right": Stranger(planted.RIGHT, RIGHT_ONES),
    "reaches_past": Stranger(attempting(PAST), RIGHT_ONES),
    "leaves_deep_folders": Stranger(attempting(DEEP, where="fit"), RIGHT_ONES | STOPPED),
}


def ordinary_user() -> list[str]:
    """Return what begins a command as an ordinary user, where this one is root and such a user may run Python."""
    setpriv = shutil.which("setpriv")
    if os.getuid() or not setpriv:
        pytest.skip("is one already, or there is no setpriv")
    begin = [setpriv, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    words = [*begin, sys.executable, "-c", "import os, sys; os.execv(sys.executable, [sys.executable, '-c', ''])"]
    if subprocess.run(words, cwd="/", capture_output=True, check=False).returncode:
        pytest.skip("an ordinary user may not run this Python")
    return begin


def grade(where: Ground, begin: list[str], *more: str) -> dict[str, dict[str, str]]:
    """Judge a ground's class with no bubblewrap to be found; return the book."""
    temporary = where.folder / "temporary"
    (where.folder / "empty").mkdir()
    (where.folder / "rubric.yaml").write_text("accuracy: 0\nallowed_imports: [numpy]\n")
    if begin:
        for path in (where.folder, *where.folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
    variables = {"HOME": str(where.home), "TMPDIR": str(temporary), "MPLCONFIGDIR": str(where.folder / "empty"),
                 "PATH": str(where.folder / "empty"), "COLUMNS": "200"}  # fmt: skip
    words = command("grade", where.submissions, "--output", where.results / "class", "--jobs", 2, "--timeout", 30,
                    "--rubric", where.folder / "rubric.yaml", *more)  # fmt: skip
    process = subprocess.Popen(
        [*begin, *words], cwd=where.folder, env=os.environ | variables, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    finished(process)
    assert [each for each in temporary.iterdir() if "fence" in each.name] == []
    return book(where.results / "class")


def write(where: Ground, strangers: dict[str, Stranger]) -> None:
    for name, stranger in strangers.items():
        folder = where.submissions / name
        folder.mkdir()
        stranger.write(folder / "net.py", where)


@contextlib.contextmanager
def services(where: Ground) -> Iterator[None]:
    """Let services of the user listen at files, as a desktop's or a container's do."""
    with socket.socket(socket.AF_UNIX) as service, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagrams:
        service.bind(str(where.folder / "service"))
        service.listen()
        datagrams.bind(str(where.folder / "datagrams"))
        yield


@pytest.mark.slow
@pytest.mark.parametrize("who", ["oneself", "an ordinary user"])
def test_a_class_gets_its_true_book_by_landlock_and_leaves_no_mark(who: str) -> None:
    begin = ordinary_user() if who != "oneself" else []
    with ground() as where, services(where):
        write(where, STRANGERS)
        before = where.state()
        lines = grade(where, begin)
        assert {name: told for name, due in STRANGERS.items() if (told := disagreement(lines[name], due))} == {}
        assert "behind Landlock" in (where.results / "class" / "grades.html").read_text()
        assert where.state() == before
        assert left(where) == []


@pytest.mark.slow
def test_what_landlock_takes_can_be_done_where_no_fence_stands() -> None:
    """The book says little if what reaches past cannot do what it tries."""
    with ground() as where, services(where):
        write(where, {"reaches_past": STRANGERS["reaches_past"]})
        error = grade(where, [], "--unfenced")["reaches_past"]["error"]
        attempted = [line.split('"')[1] for line in PAST.splitlines() if line.startswith("with attempt")]
        if os.getuid():
            attempted.remove("host")  # nobody's but root's
        assert error.partition("reached ")[2].rstrip(".").split(", ") == attempted


def test_what_landlock_does_not_hold_is_shown_to_an_ordinary_user(tmp_path: Path) -> None:
    done = subprocess.run(
        [*ordinary_user(), *command("grade", "--show-fence")], cwd="/", env={"PATH": str(tmp_path), "HOME": "/"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    signs = [line[:1] for line in done.stdout.splitlines()]
    assert (signs[0], signs.count("✓"), signs.count("✗")) == ("T", 10, 2)
    assert done.returncode == 1
