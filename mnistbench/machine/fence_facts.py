"""What the fence holds on this machine: each property is tried at that moment, by a small program inside."""

import contextlib
import json
import os
import resource
import select
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from mnistbench.machine import fence
from mnistbench.machine.lifeline import end_whole

PROBE = """
import ctypes, fcntl, json, mmap, os, resource, socket, sys, time
from mnistbench.machine import fence
port, secret, outside, mark = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
fence.limit()
libc, REMOUNT = ctypes.CDLL(None), 0x1020  # MS_REMOUNT and MS_BIND
def fails(what):
    try:
        what()
    except BaseException:
        return True
    return False
def write(path, n=1):
    with open(path, "wb") as stream:
        for _ in range(n):
            stream.write(bytes(2**20))
def fill():
    names = [os.path.join(os.environ["TMPDIR"], f"part{n}") for n in range(5)]
    try:
        for name in names:
            write(name, 60)
    finally:
        for name in names:
            if os.path.exists(name):
                os.unlink(name)
def send():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.sendto(b"x", ("127.0.0.1", port))
def trace():
    if ctypes.CDLL(None).ptrace(0x4206, outside, 0, 0):  # PTRACE_SEIZE, which does not stop it
        raise OSError
def fork_many():
    children = []
    try:
        for _ in range(200):
            pid = os.fork()
            if not pid:
                time.sleep(20)
                os._exit(0)
            children.append(pid)
    finally:
        for pid in children:
            os.kill(pid, 9)
            os.waitpid(pid, 0)
def shared(file):
    fcntl.lockf(file, fcntl.LOCK_SH)
def leased(file):
    fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
def flocked(file):
    fcntl.flock(file, fcntl.LOCK_SH)
fails(send)  # whether it arrives is seen outside
data, package = fence.PACKAGE / "datasets" / "mnist", os.path.dirname(fence.__file__)
held = {
    "network": fails(lambda: socket.create_connection(("127.0.0.1", port), 2)),
    "files": all(fails(lambda: write(os.path.join(place, "x"))) for place in (package, os.getcwd(), "/"))
    and fails(lambda: os.chmod(secret, 0o600)) and libc.mount(None, os.getcwd().encode(), None, REMOUNT, None) != 0,
    "others": fails(lambda: open(secret).read()),
    "seen": not os.path.exists(secret),
    "labels": libc.umount2(bytes(data), 2) != 0
    and all(fails(lambda: open(data / name).read(1)) for name in os.listdir(data)),
    "processes": fails(lambda: os.kill(outside, 0)) and fails(trace)
    and all(fails(lambda: open(f"/proc/{outside}/{name}", "rb").close()) for name in ("mem", "environ", "maps")),
    "slow": fails(lambda: os.setpriority(os.PRIO_PROCESS, outside, os.getpriority(os.PRIO_PROCESS, outside)))
    and fails(lambda: os.sched_setaffinity(outside, os.sched_getaffinity(outside))),
    "cores": fails(lambda: os.sched_setaffinity(0, os.sched_getaffinity(0))),
    "memory": fails(lambda: bytearray(4 * 2**30)) and fails(lambda: os.memfd_create("memory"))
    and fails(lambda: mmap.mmap(-1, 4096)),
    "locks": all(fails(lambda: lock(open(fence.__file__))) for lock in (shared, leased, flocked)),
    "loaded": libc.prctl(4, 0) != 0,  # PR_SET_DUMPABLE
    "namespaces": libc.unshare(0x10000000) != 0,  # CLONE_NEWUSER
    "forks": os.getuid() == 0 or fails(fork_many),
    "size": fails(lambda: write(os.path.join(os.environ["TMPDIR"], "large"), 80)),
}
os.unlink(os.path.join(os.environ["TMPDIR"], "large"))
held["room"] = fails(fill)
if not os.fork():
    os.setsid()
    if not os.fork():
        os.dup2(os.open(os.devnull, os.O_RDWR), 1)
        os.dup2(1, 2)
        os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(60)", mark])
    os._exit(0)
os.wait()
print(json.dumps(held), flush=True)
time.sleep(60)  # it is ended as a net's process is
"""
WORDS = {
    "network": "no network: TCP and UDP to this machine are refused",
    "files": "files are read-only, but for a temporary folder that vanishes",
    "others": "files of other people cannot be read",
    "seen": "it cannot even be asked whether a file of other people is there",
    "labels": "the test labels cannot be read",
    "processes": "other processes can be neither signalled nor traced",
    "slow": "other processes cannot be made slow",
    "cores": "it stays on the cores that it is given",
    "memory": f"memory is bounded at {fence.LIMITS[resource.RLIMIT_DATA] / 2**30:g} GiB a process",
    "locks": "a file cannot be locked, by which it could leave another process a word",
    "namespaces": "it makes no namespace of its own, in which it could mount what it likes",
    "loaded": "it cannot hide what it has loaded",
    "forks": f"processes are bounded at {fence.LIMITS[resource.RLIMIT_NPROC]} (not for root)",
    "size": f"a file is bounded at {fence.LIMITS[resource.RLIMIT_FSIZE] // 2**20} MiB",
    "room": f"the temporary folder is bounded at {fence.ROOM_BYTES // 2**20} MiB",
    "left": "nothing lives on when it ends",
}
SECONDS = 60.0  # for all of it


def facts(method: str) -> list[tuple[str, bool | None]]:
    """Return each property of a fence in words, and whether it holds here and now.

    ``None`` where that was not shown, as the program inside did not come to its end.
    """
    mark = f"fence-{os.getpid()}-{time.monotonic_ns()}"
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory() as elsewhere,
        socket.socket() as heard,
        socket.socket(type=socket.SOCK_DGRAM) as datagrams,
    ):
        secret = Path(elsewhere) / "secret"
        secret.write_text("secret")
        heard.bind(("127.0.0.1", 0))
        heard.listen()
        datagrams.bind(heard.getsockname())
        datagrams.setblocking(False)
        words = [str(heard.getsockname()[1]), str(secret), str(os.getpid()), mark]
        held = _tried(method, Path(folder), words)
        with contextlib.suppress(BlockingIOError):
            held["network"] = not datagrams.recv(1)
    if not held:
        return [(f"{text} (not shown: the trial inside did not end)", None) for text in WORDS.values()]
    end = time.monotonic() + 5  # the system ends what is inside a moment after the fence
    while not (gone := _is_gone(mark)) and time.monotonic() < end:
        time.sleep(0.05)
    held["left"] = gone
    return [(text, bool(held.get(name))) for name, text in WORDS.items()]


def _tried(method: str, folder: Path, words: list[str]) -> dict[str, bool]:
    """Return what the program inside has told before it was ended; nothing where it told nothing."""
    line = fence.command([sys.executable, "-P", "-c", PROBE, *words], folder, method)
    with (
        fence.vanishing(os.environ | {fence.VARIABLE: method}) as variables,
        subprocess.Popen(
            line, cwd=folder, env=variables, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as probe,
    ):
        assert probe.stdout  # noqa: S101 (for the type checker)
        try:
            ready, _, _ = select.select([probe.stdout], [], [], SECONDS)
            told = probe.stdout.readline() if ready else ""
        finally:
            end_whole(probe)
    return dict(json.loads(told)) if told.startswith("{") else {}


def _is_gone(mark: str) -> bool:
    return not any(mark in " ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"]))
