"""The fence around a stranger's code: no network, no other process, files read-only and few, bounds, and nothing left.

It is bubblewrap's, which needs no root: namespaces of its own for network, processes and files. What it holds on this
machine is tried by :func:`facts`. Whether a process is fenced stands in its environment, as :data:`VARIABLE`.
"""

import ctypes
import os
import resource
import shutil
import site
import subprocess
import sys
from pathlib import Path

from mnistbench.errors import FenceError

KEYCTL, JOIN_SESSION_KEYRING = {"x86_64": 250, "aarch64": 219}, 1  # of keyctl(2)
VARIABLE = "MNISTBENCH_FENCE"
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


def require() -> None:
    """Refuse to go on where no fence can be put up.

    Raises:
        FenceError: bubblewrap is not there, or the system does not let it work.
    """
    if not shutil.which("bwrap"):
        raise FenceError(
            "There is no fence for strangers' code on this machine: bubblewrap (the command bwrap) is not installed;"
            " install it (apt install bubblewrap), or judge them all the same with --unfenced, as code that you trust."
        )
    tried = subprocess.run(
        command([sys.executable, "-c", ""], Path.cwd(), fenced=True), capture_output=True, text=True, check=False
    )
    if tried.returncode:
        reason = (tried.stderr.strip().splitlines() or [f"exit code {tried.returncode}"])[-1]
        raise FenceError(
            f"There is no fence for strangers' code on this machine: bubblewrap does not work here ({reason}); allow"
            " user namespaces, or judge them all the same with --unfenced, as code that you trust."
        )


def command(inner: list[str], folder: Path, *, fenced: bool | None = None) -> list[str]:
    """Return a command as it is started: inside the fence where this process's environment says so, or as it is.

    Inside it sees Python, the package without what decides, and ``folder``, where it begins.
    """
    if not (VARIABLE in os.environ if fenced is None else fenced):
        return inner
    folder = folder.absolute()
    line = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--proc", "/proc", "--dev", "/dev"]
    line += ["--size", str(ROOM_BYTES), "--tmpfs", ROOM, "--size", str(ROOM_BYTES), "--tmpfs", "/dev/shm"]  # noqa: S108
    line += ["--dir", f"{ROOM}/home"]
    for path in _readable():
        line += ["--ro-bind-try", path, path]
    line += ["--ro-bind", str(folder), str(folder)]  # before what is hidden, which it may hold
    for name in HIDDEN_FOLDERS:
        line += ["--tmpfs", str(PACKAGE / name)]
    for name in HIDDEN_FILES:
        line += ["--ro-bind", os.devnull, str(PACKAGE / name)]
    for file in sorted(PACKAGE.glob("nets/__pycache__/numpy_*")):
        line += ["--ro-bind", os.devnull, str(file)]
    line += ["--chdir", str(folder), "--remount-ro", "/"]
    for path in ("/dev", *(str(PACKAGE / name) for name in HIDDEN_FOLDERS)):  # memory that nobody would count
        line += ["--remount-ro", path]
    for name, value in {"HOME": f"{ROOM}/home", "TMPDIR": ROOM}.items():
        line += ["--setenv", name, value]
    return [*line, "--", *inner]


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
    """Bound what this process and all that it starts may take; there is no way back. Only inside the fence."""
    if VARIABLE in os.environ:
        for kind, most in LIMITS.items():
            hard = resource.getrlimit(kind)[1]
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (most, most))
        if call := KEYCTL.get(os.uname().machine):  # a keyring is inherited, and would outlive the fence
            ctypes.CDLL(None).syscall(call, JOIN_SESSION_KEYRING, None)


def exit_code(code: int) -> int:
    """Return how a process ended inside: bubblewrap tells a signal as 128 and its number."""
    return 128 - code if VARIABLE in os.environ and code > 128 else code
