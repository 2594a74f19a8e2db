"""Landlock: a process gives up files, network and signals, for itself and all that it starts; no root, no program.

The system calls and their bits are those of landlock(7), alike on every processor. Landlock only allows: what is to be
hidden is what no rule names. What it does not know of is taken by :mod:`~mnistbench.machine.seccomp`.
"""

import ctypes
import os
import struct
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from mnistbench.errors import FenceError
from mnistbench.machine import seccomp

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
ASK_VERSION = 1
LEAST_VERSION = 6  # Linux 6.12: the first that knows signals; TCP came with 4
PATH_BENEATH = 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, MAKE_CHAR, MAKE_SOCK, MAKE_BLOCK, TRUNCATE, IOCTL = (
    1 << n for n in (0, 1, 2, 3, 6, 9, 11, 14, 15)
)
ALL = (1 << 16) - 1
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL  # the others are of folders only
READING = EXECUTE | READ_FILE | READ_DIR
WRITING = ALL & ~(MAKE_CHAR | MAKE_BLOCK | MAKE_SOCK)
TCP, SIGNALS_AND_SOCKETS = 0b11, 0b11  # bind and connect; signals to others, and sockets without a file
DEVICES = ("/dev/null", "/dev/full", "/dev/random", "/dev/urandom")
ABOUT_PROCESSORS = ("/proc/cpuinfo", "/sys/devices/system/cpu")  # what libraries choose their kernels by
NO_NEW_PRIVILEGES = 38  # of prctl(2)


def missing() -> str:
    """Say why Landlock cannot be used here; empty where it can."""
    if sys.platform != "linux" or os.uname().machine not in seccomp.MACHINES:
        return "is there on Linux only, on x86_64 and aarch64"
    try:
        version = _call(CREATE_RULESET, 0, 0, ASK_VERSION)
    except OSError as error:
        return f"is switched off ({error.strerror})"
    return "" if version >= LEAST_VERSION else "is too old in this system: it began to hold signals with Linux 6.12"


def restrict(readable: Iterable[Path], hidden: Iterable[Path], writable: Path) -> None:
    """Leave this process these files and folders to read, without what is hidden in them, and one folder to write to.

    There is no way back. Other processes can be neither signalled nor traced, and nothing reached by a network.

    Raises:
        FenceError: this process has threads already, which would stay outside.
        OSError: the system does not let it.
    """
    if len(os.listdir("/proc/self/task")) > 1:
        raise FenceError("A process that has threads cannot put a fence around itself.")
    rules = struct.pack("QQQ", ALL, TCP, SIGNALS_AND_SOCKETS)
    ruleset = _call(CREATE_RULESET, rules, len(rules), 0)
    concealed = {path.resolve() for path in hidden}
    for path in readable:
        for part in _parts(path, concealed):
            _allow(ruleset, part, READING)
        if _is_above(path, concealed):  # names alone: an import lists the folders that it looks into
            _allow(ruleset, path, READ_DIR)
    for name in (*ABOUT_PROCESSORS, f"/proc/{os.getpid()}/cmdline"):  # without its own, TensorFlow aborts
        _allow(ruleset, Path(name), READING)
    _allow(ruleset, writable, WRITING)
    for device in DEVICES:
        _allow(ruleset, Path(device), READ_FILE | WRITE_FILE)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) or libc.capset(_capabilities(), bytes(24)):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    _call(RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)
    seccomp.restrict(is_fence=True)


def _capabilities() -> bytes:
    """Return the header of capset(2), for this process: what root may besides being the owner of its files goes."""
    return struct.pack("Ii", 0x20080522, 0)


def _parts(path: Path, hidden: set[Path]) -> Iterator[Path]:
    """Yield what a folder is made of, without what is hidden in it; a folder with nothing hidden is whole."""
    if _is_hidden(path, hidden):
        return
    if not _is_above(path, hidden):
        yield path
        return
    for child in sorted(path.iterdir()):
        if not (child.is_symlink() and (_is_above(child, hidden) or not child.exists())):  # it could lead in a circle
            yield from _parts(child, hidden)


def _is_hidden(path: Path, hidden: set[Path]) -> bool:
    real = path.resolve()
    return not hidden.isdisjoint((real, *real.parents))


def _is_above(path: Path, hidden: set[Path]) -> bool:
    real = path.resolve()
    return any(real in each.parents for each in hidden)


def _allow(ruleset: int, path: Path, access: int) -> None:
    try:
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    access &= ALL if path.is_dir() else OF_FILES
    _call(ADD_RULE, ruleset, PATH_BENEATH, struct.pack("=Qi", access, beneath), 0)
    os.close(beneath)


def _call(number: int, *arguments: int | bytes) -> int:
    """Make a system call.

    Raises:
        OSError: it failed.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    wide = [each if isinstance(each, bytes) else ctypes.c_long(each) for each in arguments]
    given = int(libc.syscall(ctypes.c_long(number), *wide))
    if given < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return given
