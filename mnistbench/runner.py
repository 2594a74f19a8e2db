"""Starts children, watches them, and puts a row into the ledger for each: whatever happens, a run is a row.

The parent imports no framework and no trainer. Another engine is another executor with the same ``execute``.
"""

import contextlib
import dataclasses
import datetime
import functools
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import IO, Any, Protocol

from mnistbench import environment, machine_peak, net_files
from mnistbench.errors import NetError
from mnistbench.results import Results, Row
from mnistbench.spec import KERAS_BACKENDS, Spec
from mnistbench.worker import CheckJob, Job, RunJob

# What a child keeps of its parent's environment. All else stays out: KERAS_MAX_EPOCHS, PYTHONPATH, OMP_NUM_THREADS …
ALLOWED_VARIABLES = (
    "HOME", "PATH", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
    "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE",
)  # fmt: skip
THREAD_VARIABLES = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
    "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS",
)  # fmt: skip
ERROR_OUTPUT_BYTES = 20_000  # of a child's standard error, the end of it

OnEvent = Callable[[Spec, dict[str, Any]], None]
Peaks = dict[tuple[int, str], float | None]  # (threads, dtype) to billions of operations a second


class Executor(Protocol):
    """Runs specs somewhere and yields a row for each as it ends."""

    def execute(self, specs: Iterable[Spec], results: Results, on_event: OnEvent) -> Iterator[Row]:
        """Run each spec in a process of its own. ``on_event`` hears of every start, epoch and end."""


@dataclasses.dataclass(frozen=True)
class LocalExecutor:
    """One child after another on this machine."""

    timeout_seconds: float

    def execute(self, specs: Iterable[Spec], results: Results, on_event: OnEvent) -> Iterator[Row]:
        """See :class:`Executor`."""
        for spec in specs:
            row, interrupted = _run_child(spec, results, self.timeout_seconds, on_event)
            yield row
            if interrupted:
                raise KeyboardInterrupt


def missing(specs: list[Spec], rows: list[Row], results: Results, data_sha256: str) -> list[Spec]:
    """Return the specs that have no row, a row of a failure, of other data or another net file, or no weights."""
    files = {spec.net: net_files.parse(spec.net) for spec in specs}
    net_sha256 = {net: file.sha256 if file else None for net, file in files.items()}
    done = {
        row.spec.run_id
        for row in rows
        if row.status == "ok"
        and row.data_sha256 == data_sha256
        and row.net_sha256 == net_sha256.get(row.spec.net)
        and results.has_weights(row)
    }
    return [spec for spec in specs if spec.run_id not in done]


def peaks(specs: list[Spec]) -> Peaks:
    """Measure the machine's matrix-product rate under each setting of the specs; trials do without."""
    settings = {(spec.threads, spec.dtype): None for spec in specs if not spec.quick}
    return {
        (threads, dtype): machine_peak.measure(dtype, child_cores(threads), child_environment(threads))
        for threads, dtype in settings
    }


def run(
    specs: list[Spec],
    results: Results,
    executor: Executor,
    on_event: OnEvent,
    peaks: Peaks | None = None,
    repeats: Collection[Spec] = (),
) -> None:
    """Run every spec and save each row at once, with its share of the machine's peak where that was measured.

    The row before it is kept too where the spec is in ``repeats``.

    Raises:
        KeyboardInterrupt: after the run under way has been ended and its row saved.
    """
    facts = environment.project()
    with contextlib.closing(executor.execute(specs, results, on_event)) as rows:  # type: ignore[type-var]
        for row in rows:
            if row.status != "interrupted" or not results.row_file(row.spec).exists():
                with _interrupts_deferred():
                    row = _beside_peak(row, (peaks or {}).get((row.spec.threads, row.spec.dtype)))
                    row = row.model_copy(update={"environment": row.environment | facts})
                    results.write(row, keep_earlier=row.spec in repeats)
            on_event(row.spec, {"row": row})


def check(net: str, timeout_seconds: float, on_event: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Check a user's net in a child and return what :func:`mnistbench.checking.check` found.

    Raises:
        NetError: the net cannot be used.
        KeyboardInterrupt: after the child has been ended.
    """
    file = net_files.parse(net)
    if file is None:
        raise NetError(f"{net}: is not of the form FILE.py:CLASS, such as my_net.py:MyNet.")
    file.check()
    job = CheckJob(net=net, seconds=timeout_seconds, cores=child_cores(1))
    # The child itself ends what runs too long and says where; what cannot be ended so is killed a second later.
    seen, interrupted = _do_in_child(job, child_environment(1), timeout_seconds + 1, on_event)
    if interrupted:
        raise KeyboardInterrupt
    if seen["status"] == "timeout":
        raise NetError(
            f"{net}: was still running after the {timeout_seconds:g} s of --timeout; look for an endless loop, or give"
            " more time."
        )
    if seen["status"] != "ok":
        raise NetError(seen["error"])
    found: dict[str, Any] = seen["check"]
    return found


def _beside_peak(row: Row, gflops: float | None) -> Row:
    percent = machine_peak.percent_of_peak(row.train_gflop, row.train_seconds, gflops)
    known = row.environment | {"peak_gflops": gflops} if gflops else row.environment
    return row.model_copy(update={"percent_of_peak": percent, "environment": known})


@contextlib.contextmanager
def _interrupts_deferred() -> Iterator[None]:
    """Let no signal come between a finished run and its row; what came is delivered afterwards."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def child_environment(threads: int, net: str = "numpy") -> dict[str, str]:
    """Return the whole environment of a child: the allow-list, and what makes runs alike."""
    kept = {name: os.environ[name] for name in ALLOWED_VARIABLES if name in os.environ}
    return (
        kept
        | dict.fromkeys(THREAD_VARIABLES, str(threads))
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


def child_cores(threads: int) -> list[int]:
    """Return as many of the parent's cores as there are threads; empty where affinity cannot be set."""
    if not hasattr(os, "sched_getaffinity"):
        return []
    return sorted(os.sched_getaffinity(0))[:threads]


def _run_child(spec: Spec, results: Results, timeout_seconds: float, on_event: OnEvent) -> tuple[Row, bool]:
    """Run one spec in a child; return its row, whatever becomes of the child, and whether an interrupt came."""
    started_at = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
    spawned_at = time.monotonic()
    job = RunJob(
        spec=spec,
        model_file=str(results.model_file(spec).absolute()),
        trajectory_file=str(results.trajectory_file(spec).absolute()),
        cores=child_cores(spec.threads),
        spawned_at=spawned_at,
    )
    load_before = environment.load_average()
    seen, interrupted = _do_in_child(
        job, child_environment(spec.threads, spec.net), timeout_seconds, functools.partial(on_event, spec)
    )
    seen["life_seconds"] = time.monotonic() - spawned_at
    return Row(spec=spec, started_at=started_at, load_before=load_before, **seen), interrupted


def _do_in_child(
    job: Job, variables: dict[str, str], timeout_seconds: float, on_event: Callable[[dict[str, Any]], None]
) -> tuple[dict[str, Any], bool]:
    """Do a job in a child that has these environment variables.

    Returns what it measured, its pid and how it ended, and whether an interrupt came.
    """
    seen: dict[str, Any] = {"history": []}
    interrupted = False
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            [sys.executable, "-P", "-m", "mnistbench.worker"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
            env=variables, start_new_session=True,
        ) as child,
    ):  # fmt: skip
        seen["pid"] = child.pid
        try:
            on_event({"started": child.pid})
            _watch(child, job, timeout_seconds, seen, on_event)
        except KeyboardInterrupt:
            interrupted = True
            if "status" not in seen:  # what had ended before stays as it ended
                seen |= {"status": "interrupted", "error": "stopped from the keyboard or by a signal"}
        finally:
            _end_group(child)
        on_event({"output": _tail(errors)})
    return seen, interrupted


def _watch(
    child: subprocess.Popen[str],
    job: Job,
    timeout_seconds: float,
    seen: dict[str, Any],
    on_event: Callable[[dict[str, Any]], None],
) -> None:
    """Collect a child's events into ``seen`` until it ends, and how it ended."""
    assert child.stdin is not None  # noqa: S101 (for the type checker)
    assert child.stdout is not None  # noqa: S101
    late = threading.Event()

    def end_late() -> None:
        late.set()
        _end_group(child)

    timer = threading.Timer(timeout_seconds, end_late)
    timer.start()
    try:
        with contextlib.suppress(BrokenPipeError):  # a child that died at once is told below
            child.stdin.write(job.to_json() + "\n")
            child.stdin.flush()
        for line in child.stdout:
            event = json.loads(line)
            seen |= event.get("measured", {}) | event.get("ended", {})
            seen["history"] += [event["epoch"]] if "epoch" in event else []
            on_event(event)
        child.wait()
    finally:
        timer.cancel()
    if "status" in seen:
        return
    if late.is_set():
        seen |= {"status": "timeout", "error": f"ran longer than the {timeout_seconds:g} s of --timeout"}
    else:
        seen |= {"status": "error", "error": _how_it_died(child.returncode, len(seen["history"]))}


def _how_it_died(code: int, epochs: int) -> str:
    if code < 0:
        name = signal.Signals(-code).name
        reason = " (out of memory, or killed by hand)" if name == "SIGKILL" else ""
        return f"the child was ended by {name}{reason} after {epochs} whole epochs"
    return f"the child ended with exit code {code} after {epochs} whole epochs; --verbose shows what it printed"


def _end_group(child: subprocess.Popen[str]) -> None:
    """End a child and all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _tail(errors: IO[bytes]) -> str:
    size = errors.seek(0, os.SEEK_END)
    errors.seek(max(0, size - ERROR_OUTPUT_BYTES))
    return errors.read().decode(errors="replace")
