"""One child: its environment, its job, its guard, and what it told until it ended, however that was."""

import contextlib
import dataclasses
import functools
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import psutil
from pydantic import ValidationError

from mnistbench.errors import printable
from mnistbench.experiment import KERAS_BACKENDS, Spec
from mnistbench.ledger import Results, Row
from mnistbench.machine import cores, end_descendants, environment, fence, how_ended, last_words, process_tree
from mnistbench.running.events import Lines, StrangeEventError, Told
from mnistbench.running.worker import Job, RunJob

# What a child keeps of its parent's environment. All else stays out: KERAS_MAX_EPOCHS, PYTHONPATH, OMP_NUM_THREADS …
ALLOWED_VARIABLES = (
    "HOME", "PATH", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
)  # fmt: skip
THREAD_VARIABLES = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
    "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS",
)  # fmt: skip
GUARD_SECONDS = 0.1  # between two looks at a child's time and memory
JUDGING, JUDGED = "unasked_seconds", "beside"  # what a run tells before and after it is judged
INTERRUPTED = {"status": "interrupted", "error": "stopped from the keyboard or by a signal"}

OnEvent = Callable[[Spec, dict[str, Any]], None]


@dataclasses.dataclass(frozen=True)
class Limits:
    """What bounds a child: its seconds, the resident MiB of all its processes, and what fence a user's net gets."""

    timeout_seconds: float
    memory_mib: float | None = None
    fenced_by: str = ""
    """What :func:`mnistbench.machine.fence.require` has found; empty for none."""
    judging_seconds: float = 0.0
    """What the referee of a run may take besides, between :data:`JUDGING` and :data:`JUDGED`."""


def child_environment(threads: int, net: str = "numpy", *, fenced_by: str = "") -> dict[str, str]:
    """Return the whole environment of a child: the allow-list, and what makes runs alike."""
    kept = {name: os.environ[name] for name in ALLOWED_VARIABLES if name in os.environ}
    return (
        kept
        | dict.fromkeys(THREAD_VARIABLES, str(threads))
        | ({fence.VARIABLE: fenced_by} if fenced_by else {})
        | {
            "LC_ALL": "C.UTF-8",
            "PYTHONHASHSEED": "0",
            "PYTHONUNBUFFERED": "1",
            "KERAS_BACKEND": KERAS_BACKENDS.get(net, "tensorflow"),
            "KERAS_HOME": os.devnull,  # no keras.json can lie below it, and none can be written
            "TF_CPP_MIN_LOG_LEVEL": "2",
            "CUDA_VISIBLE_DEVICES": "-1",
        }
    )


def run_child(
    spec: Spec,
    results: Results,
    limits: Limits,
    on_event: OnEvent,
    stopped: Callable[[], bool],
    *,
    is_judged: bool = False,
) -> Row:
    """Run one spec in a child and return its row, whatever becomes of the child.

    Where it ``is_judged``, ``on_event`` also hears what a user's net did beside the reference.
    """
    started_at = environment.now()
    with cores.claimed(spec.threads) as own_cores:
        spawned_at = time.monotonic()
        job = RunJob(
            spec=spec,
            model_file=str(results.model_file(spec).absolute()),
            trajectory_file=str(results.trajectory_file(spec).absolute()),
            cores=own_cores,
            spawned_at=spawned_at,
            is_judged=is_judged,
        )
        variables = child_environment(spec.threads, spec.net, fenced_by=limits.fenced_by)
        load_before = environment.load_average()
        seen = do_in_child(job, variables, limits, functools.partial(on_event, spec), stopped)
        seen.pop("beside", None)
        seen["life_seconds"] = time.monotonic() - spawned_at
    seen["environment"] = seen.get("environment", {}) | {"usable_cores": environment.usable_cores()}
    known = {"spec": spec, "started_at": started_at, "load_before": load_before}
    try:
        return Row(**known, **seen)
    except ValidationError as error:
        field = ".".join(map(str, error.errors()[0]["loc"]))
        reason = f"the child told a {field} that none can be"
        return Row(**known, status="error", error=reason, **{k: seen[k] for k in ("pid", "life_seconds") if k in seen})


def do_in_child(
    job: Job,
    variables: dict[str, str],
    limits: Limits,
    on_event: Callable[[dict[str, Any]], None],
    stopped: Callable[[], bool],
) -> dict[str, Any]:
    """Do a job in a child that has these environment variables; return what it measured, its pid, and how it ended.

    Once ``stopped()`` is true the child is ended.
    """
    with (
        tempfile.TemporaryFile() as errors,
        fence.vanishing(variables) as variables_here,
        subprocess.Popen(
            [sys.executable, "-P", "-m", "mnistbench.running.worker"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, bufsize=0,
            env=variables_here, start_new_session=True,
        ) as child,
    ):  # fmt: skip
        try:
            on_event({"started": child.pid})
            seen = _watch(child, job, limits, on_event, stopped)
        finally:
            _end_group(child)
        on_event({"output": last_words(errors)})
    return seen | {"pid": child.pid}


def _watch(
    child: subprocess.Popen[bytes],
    job: Job,
    limits: Limits,
    on_event: Callable[[dict[str, Any]], None],
    stopped: Callable[[], bool],
) -> dict[str, Any]:
    """Collect a child's events until it ends; return the fields of its row, with how it ended."""
    assert child.stdin is not None  # noqa: S101 (for the type checker)
    assert child.stdout is not None  # noqa: S101
    with contextlib.suppress(BrokenPipeError):  # a child that died at once is told below
        child.stdin.write((job.to_json() + "\n").encode())
    told = Told(job.epochs)
    try:
        verdict = _listen(child, told, limits, on_event, stopped)
    except StrangeEventError as error:
        verdict = {"status": "error", "error": printable(str(error))}
        told.seen.pop("status", None)
    if not told.ended:  # what had ended before stays as it ended
        told.seen |= verdict or {"status": "error", "error": _how_it_died(child.wait(), len(told.seen["history"]))}
    return told.seen


class _Deadline:
    """When a child's time is over; it stands still while a run is judged."""

    def __init__(self, limits: Limits) -> None:
        self.at = time.monotonic() + limits.timeout_seconds
        self._judging_seconds = limits.judging_seconds
        self._left: float | None = None

    def hear(self, measured: dict[str, Any]) -> None:
        """Take what the child has measured."""
        if JUDGING in measured:
            self._left = self.at - time.monotonic()
            self.at += self._judging_seconds
        if JUDGED in measured and self._left is not None:
            self.at = time.monotonic() + self._left


def _listen(
    child: subprocess.Popen[bytes],
    told: Told,
    limits: Limits,
    on_event: Callable[[dict[str, Any]], None],
    stopped: Callable[[], bool],
) -> dict[str, str]:
    """Take a child's events until it tells its end, is dead, or passes a limit; return which limit, if any.

    What a child's net has started may hold the pipe open, or write to it, after the child is dead or late: the pipe
    is let go all the same.

    Raises:
        StrangeEventError: the child told what no child tells.
    """
    assert child.stdout is not None  # noqa: S101
    lines, deadline, look = Lines(), _Deadline(limits), 0.0
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while not told.ended:
            dead = child.poll() is not None  # before the look at the pipe, so that its last words are read
            ready = selector.select(GUARD_SECONDS if not dead else 0)
            chunk = os.read(child.stdout.fileno(), 2**16) if ready else b""
            for line in lines.feed(chunk):
                on_event(event := told.take(line))
                deadline.hear(event.get("measured", {}))
                if told.ended:
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        child.wait(GUARD_SECONDS)  # it has nothing left to do but to end
                    return {}
            if (ready and not chunk) or (dead and not ready):
                return {}
            if time.monotonic() >= look:
                look = time.monotonic() + GUARD_SECONDS
                if verdict := _limit_passed(child, limits, deadline, stopped):
                    return verdict
    return {}


def _limit_passed(
    child: subprocess.Popen[bytes], limits: Limits, deadline: "_Deadline", stopped: Callable[[], bool]
) -> dict[str, str]:
    """Say how a child ends that is late, too large or no longer wanted; nothing for any other."""
    if stopped():
        return INTERRUPTED
    if time.monotonic() > deadline.at:
        return {"status": "timeout", "error": f"ran longer than the {limits.timeout_seconds:g} s of --timeout"}
    if limits.memory_mib and _resident_mib(child.pid) > limits.memory_mib:
        reason = f"held more than the {limits.memory_mib:g} MiB of memory that it may"
        return {"status": "out_of_memory", "error": reason}
    return {}


def _resident_mib(pid: int) -> float:
    """Return the resident memory of a process and of all that it started; what they share counts once for each.

    Resident and not virtual, which is what RLIMIT_AS bounds: TensorFlow reserves many times what it uses.
    """
    total = 0
    for process in process_tree(pid):
        with contextlib.suppress(psutil.Error):
            total += process.memory_info().rss
    return total / 2**20


def _how_it_died(code: int, epochs: int) -> str:
    hint = "; --verbose shows what it printed" if code >= 0 else ""
    return f"the child {how_ended(code)} after {epochs} whole epochs{hint}"


def _end_group(child: subprocess.Popen[bytes]) -> None:
    """End a child and all that it started, in its group or out of it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if child.poll() is None:
            child.send_signal(signal.SIGSTOP)  # it starts nothing more
            end_descendants(child.pid)
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
