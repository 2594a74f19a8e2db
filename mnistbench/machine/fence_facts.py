"""What the fence holds on this machine: each property is tried at that moment, by a small program inside."""

import contextlib
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from mnistbench.machine import fence

PROBE = """
import json, os, resource, socket, sys, time
from mnistbench.machine import fence
port, secret, outside, mark = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
fence.limit()
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
try:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.sendto(b"x", ("127.0.0.1", port))
except OSError:
    pass
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
held = {
    "network": fails(lambda: socket.create_connection(("127.0.0.1", port), 2)),
    "files": fails(lambda: write(os.path.join(os.path.dirname(fence.__file__), "x"))) and fails(lambda: write("/x")),
    "others": fails(lambda: open(secret).read()),
    "labels": not os.listdir(fence.PACKAGE / "datasets" / "mnist"),
    "processes": fails(lambda: os.kill(outside, 0)),
    "memory": fails(lambda: bytearray(4 * 2**30)),
    "forks": os.getuid() == 0 or fails(fork_many),
    "size": fails(lambda: write(os.path.join(os.environ["TMPDIR"], "large"), 80)),
}
if not os.fork():
    os.setsid()
    if not os.fork():
        os.dup2(os.open(os.devnull, os.O_RDWR), 1)
        os.dup2(1, 2)
        os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(60)", mark])
    os._exit(0)
os.wait()
print(json.dumps(held))
"""
WORDS = {
    "network": "no network: TCP and UDP to this machine are refused",
    "files": "files are read-only",
    "others": "files of other people are not there",
    "labels": "the test labels are not there",
    "processes": "other processes can be neither signalled nor traced",
    "memory": f"memory is bounded at {fence.LIMITS[resource.RLIMIT_DATA] / 2**30:g} GiB a process",
    "forks": f"processes are bounded at {fence.LIMITS[resource.RLIMIT_NPROC]} (not for root)",
    "size": f"a file is bounded at {fence.LIMITS[resource.RLIMIT_FSIZE] // 2**20} MiB",
    "left": "nothing lives on when it ends",
}


def facts() -> list[tuple[str, bool]]:
    """Return each property of the fence in words, and whether it holds here and now.

    Raises:
        FenceError: there is no fence here.
    """
    fence.require()
    mark = f"fence-{os.getpid()}-{time.monotonic_ns()}"
    with (
        tempfile.TemporaryDirectory() as scratch,
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
        done = subprocess.run(
            fence.command([sys.executable, "-P", "-c", PROBE, *words], Path(scratch), fenced=True),
            env=os.environ | {fence.VARIABLE: "1"}, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        held = json.loads(done.stdout) if done.stdout.startswith("{") else {}
        with contextlib.suppress(BlockingIOError):
            held["network"] = not datagrams.recv(1)
    end = time.monotonic() + 5  # the system ends what is inside a moment after the fence
    while not (gone := _is_gone(mark)) and time.monotonic() < end:
        time.sleep(0.05)
    held["left"] = gone
    return [(text, bool(held.get(name))) for name, text in WORDS.items()]


def _is_gone(mark: str) -> bool:
    return not any(mark in " ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"]))
