"""A process that ends with its parent, whose own processes end with it, and how it ended: what it printed last.

Standard library only, but for the end of others: every child imports this before anything else.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from typing import IO, Any

OUTPUT_BYTES = 20_000  # of what a process has printed, its end
SET_DEATH_SIGNAL, SET_DUMPABLE, SET_CHILD_SUBREAPER = 1, 4, 36  # of prctl(2)


def die_with_parent(pipe: int) -> None:
    """End this process when its parent has: the parent holds the pipe's other end to its last breath."""
    os.read(pipe, 1)  # nothing more is ever written
    if os.getpgrp() == os.getpid():  # a run's child leads its group: what its net has started ends too
        end_descendants()
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of whatever descendant loses its own, and let no other process of this user look inside.

    On Linux; elsewhere nothing happens.
    """
    _control(SET_CHILD_SUBREAPER, 1)
    _control(SET_DUMPABLE, 0)


def be_killed_with_parent() -> None:
    """Let the system kill this process when the thread that started it ends; on Linux."""
    _control(SET_DEATH_SIGNAL, signal.SIGKILL)


def end_descendants(pid: int | None = None) -> None:
    """Kill every process that this one, or another, has started and that lives on, and what those have started."""
    import psutil

    from mnistbench.machine.process_tree import lives, process_tree

    for _ in range(100):  # what forks without end is bounded by the limit on processes
        left = [each for each in process_tree(pid)[1:] if lives(each)]
        if not left:
            break
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(left, timeout=0.1)
    with contextlib.suppress(ChildProcessError):
        while pid is None and os.waitpid(-1, os.WNOHANG)[0]:
            pass  # what was adopted is not left to the system's first process


def end_whole(child: subprocess.Popen[Any]) -> None:
    """End a process, all that it has started, and the session that it leads."""
    if child.returncode is None:  # nobody has waited for it: its number is its own, also where it is dead
        with contextlib.suppress(OSError):
            os.kill(child.pid, signal.SIGSTOP)  # it starts nothing more
        end_descendants(child.pid)
        with contextlib.suppress(OSError):
            if os.getsid(child.pid) == child.pid:  # orphans are in it, who are nobody's descendants
                os.killpg(child.pid, signal.SIGKILL)
    child.kill()
    child.wait()


def how_ended(code: int) -> str:
    """Say how a process ended, by the code that ``wait`` gave: by which signal, or with which exit code."""
    if code >= 0:
        return f"ended with exit code {code}"
    name = signal.Signals(-code).name if -code in {*signal.Signals} else f"signal {-code}"
    return f"was ended by {name}{' (out of memory, or killed by hand)' * (name == 'SIGKILL')}"


def last_words(output: IO[bytes]) -> str:
    """Return the end of what a process has printed to a file."""
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - OUTPUT_BYTES))
    return output.read().decode(errors="replace")


def _control(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
