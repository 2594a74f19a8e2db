"""The fence around a stranger's code: no network, no other process, files read-only and few, bounds, and nothing left.

It is bubblewrap's, which needs no root: namespaces of its own for network, processes and files. Where that is not to be
had it is Landlock's, which a process puts up around itself, and which holds less. What each holds on this machine is
tried by :mod:`~mnistbench.machine.fence_facts`. Which one a process is in stands in its environment, as
:data:`VARIABLE`.
"""

import contextlib
import ctypes
import os
import resource
import shutil
import site
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mnistbench.errors import FenceError
from mnistbench.machine import landlock, seccomp

KEYCTL, JOIN_SESSION_KEYRING = {"x86_64": 250, "aarch64": 219}, 1  # of keyctl(2)
VARIABLE = "MNISTBENCH_FENCE"
BUBBLEWRAP, LANDLOCK = "bubblewrap", "Landlock"
PACKAGE = Path(__file__).parent.parent
HIDDEN_FOLDERS = ("datasets/mnist", "checking", "judging", "running")  # test labels, and what decides
HIDDEN_FILES = ("nets/numpy_net.py", "nets/numpy_blocks.py")
ROOM = "/tmp"  # noqa: S108 (inside, where it is empty, and vanishes)
ROOM_BYTES = 256 * 2**20
LIMITS = {
    resource.RLIMIT_DATA: 3 * 2**30,  # bytes of memory of each process
    resource.RLIMIT_NPROC: 128,  # processes and threads
    resource.RLIMIT_NOFILE: 256,
    resource.RLIMIT_FSIZE: 64 * 2**20,  # bytes of a file, standard error among them
    resource.RLIMIT_CORE: 0,
}


def require() -> str:
    """Return which fence can be put up here, the one that holds more first.

    Raises:
        FenceError: neither is there, or the system does not let it work.
    """
    missing = "" if shutil.which("bwrap") else "(the command bwrap) is not installed"
    without_bubblewrap = missing or _why_it_fails(BUBBLEWRAP)
    if not without_bubblewrap:
        return BUBBLEWRAP
    without_landlock = landlock.missing() or _why_it_fails(LANDLOCK)
    if not without_landlock:
        return LANDLOCK
    raise FenceError(
        f"There is no fence for strangers' code on this machine: {BUBBLEWRAP} {without_bubblewrap}, and {LANDLOCK}"
        f" {without_landlock}; install bubblewrap (apt install bubblewrap) and allow user namespaces, or judge them all"
        " the same with --unfenced, as code that you trust."
    )


def _why_it_fails(method: str) -> str:
    """Try a fence around nothing; return why it does not stand, or nothing."""
    inner = [sys.executable, "-P", "-c", "from mnistbench.machine import fence; fence.limit()"]
    with tempfile.TemporaryDirectory() as folder, vanishing(os.environ | {VARIABLE: method}) as variables:
        tried = subprocess.run(
            command(inner, Path(folder), method), cwd=folder, env=variables, capture_output=True, text=True, check=False
        )
    if not tried.returncode:
        return ""
    reason = (tried.stderr.strip().splitlines() or [f"exit code {tried.returncode}"])[-1]
    return f"does not work here ({reason})"


def method() -> str:
    """Return which fence strangers' code gets that this process starts; empty where it gets none."""
    return os.environ.get(VARIABLE, "")


def command(inner: list[str], folder: Path, fenced_by: str | None = None) -> list[str]:
    """Return a command as it is started: wrapped, or as it is where there is no fence or it puts up its own.

    Inside it sees Python, the package without what decides, and ``folder``; it must be started in that, and call
    :func:`limit` first.
    """
    if (method() if fenced_by is None else fenced_by) != BUBBLEWRAP:
        return inner
    folder = folder.absolute()
    line = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    line += ["--proc", "/proc", "--dev", "/dev"]
    line += ["--size", str(ROOM_BYTES), "--tmpfs", ROOM, "--size", str(ROOM_BYTES), "--tmpfs", "/dev/shm"]  # noqa: S108
    line += ["--dir", f"{ROOM}/home"]
    for path in _readable():
        line += ["--ro-bind-try", path, path]
    line += ["--ro-bind", str(folder), str(folder)]  # before what is hidden, which it may hold
    for name in HIDDEN_FOLDERS:
        line += ["--tmpfs", str(PACKAGE / name)]
    for file in _hidden_files():
        line += ["--ro-bind", os.devnull, str(file)]
    line += ["--chdir", str(folder), "--remount-ro", "/"]
    line += ["--ro-bind", os.devnull, "/dev/zero"]  # shared, it is memory that nobody would count, as the next are
    for path in ("/dev", *(str(PACKAGE / name) for name in HIDDEN_FOLDERS)):
        line += ["--remount-ro", path]
    for name, value in {"HOME": f"{ROOM}/home", "TMPDIR": ROOM}.items():
        line += ["--setenv", name, value]
    return [*line, "--", *inner]


def _hidden_files() -> list[Path]:
    return [*(PACKAGE / name for name in HIDDEN_FILES), *sorted(PACKAGE.glob("nets/__pycache__/numpy_*"))]


def _readable() -> list[str]:
    """Return what a process needs to see to run Python and what is installed for it."""
    paths = [
        "/usr",
        "/lib",
        "/lib64",
        "/lib32",
        "/bin",
        "/sbin",
        "/etc/ld.so.cache",
        "/etc/alternatives",
        "/etc/localtime",
    ]
    paths += [sys.prefix, sys.base_prefix, sys.exec_prefix, *site.getsitepackages()]
    paths += [path for path in sys.path if path and Path(path) != PACKAGE.parent and path != str(Path.cwd())]
    chosen = [str(Path(path).absolute()) for path in dict.fromkeys(paths) if Path(path).exists()]
    return [*chosen, str(Path(sys.executable).resolve().parent.parent), str(PACKAGE)]


def limit() -> None:
    """Bound what this process and all that it starts may take; there is no way back. Only inside the fence.

    Where the fence is Landlock's, it is put up here, before any thread is started; inside bubblewrap's a filter of
    system calls is added, on the processors whose calls are known.
    """
    if not method():
        return
    own = _threads_of_this_user() if method() == LANDLOCK else 0  # bubblewrap's processes are counted from 0
    for kind, most in LIMITS.items():
        most += own if kind == resource.RLIMIT_NPROC else 0
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))
    if call := KEYCTL.get(os.uname().machine):  # a keyring is inherited, and would outlive the fence
        ctypes.CDLL(None).syscall(call, JOIN_SESSION_KEYRING, None)
    if method() == LANDLOCK:
        _put_up_landlock(Path.cwd())
    elif os.uname().machine in seccomp.MACHINES:  # bubblewrap has seen to it that there are no new privileges
        seccomp.restrict(is_fence=False)


def _put_up_landlock(folder: Path) -> None:
    """Leave this process the same files as bubblewrap does, and a session of its own by which it is ended whole.

    It stays dumpable: whoever asks it reads from its memory map what it has loaded, and no other stranger can look in.
    """
    os.setsid()
    room = Path(tempfile.mkdtemp(prefix="fence-"))
    (room / "home").mkdir()
    hidden = [*(PACKAGE / name for name in HIDDEN_FOLDERS), *_hidden_files()]
    readable = [Path(path) for path in _readable()]
    os.environ |= {"HOME": str(room / "home"), "TMPDIR": str(room)}
    tempfile.tempdir = None  # another from here on
    landlock.restrict([*readable, folder], hidden, room)


def _threads_of_this_user() -> int:
    import psutil

    total = 0
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            total += process.num_threads() if process.uids().real == os.getuid() else 0
    return total


@contextlib.contextmanager
def vanishing(variables: dict[str, str]) -> Iterator[dict[str, str]]:
    """Yield a process's environment so that what strangers leave in its temporary folder vanishes after it."""
    if variables.get(VARIABLE) != LANDLOCK:  # bubblewrap's folder is memory of its own
        yield variables
        return
    room = tempfile.mkdtemp(prefix="fences-")
    try:
        yield variables | {"TMPDIR": room}
    finally:  # folders may be locked, and deeper than Python's own way goes
        for words in (["chmod", "-R", "u+rwx", room], ["rm", "-rf", room]):
            subprocess.run(words, env={"PATH": os.defpath}, stderr=subprocess.DEVNULL, check=False)


def exit_code(code: int) -> int:
    """Return how a process ended inside: bubblewrap tells a signal as 128 and its number."""
    return 128 - code if method() == BUBBLEWRAP and code > 128 else code
