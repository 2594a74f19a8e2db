"""Runs what is missing and puts a row into the ledger for each: whatever happens, a run is a row.

The parent imports no framework and no trainer. Another engine is another executor with the same ``execute``.
"""

import contextlib
import signal
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from mnistbench.errors import NetError
from mnistbench.experiment import Spec, net_files
from mnistbench.ledger import Results, Row
from mnistbench.machine import cores, environment, machine_peak
from mnistbench.running.child import Limits, OnEvent, child_environment, do_in_child
from mnistbench.running.worker import CheckJob

Peaks = dict[tuple[int, str], dict[str, float]]  # (threads, dtype) to rates, billions of operations a second


class Executor(Protocol):
    """Runs specs somewhere and yields a row for each as it ends."""

    def execute(
        self, specs: Iterable[Spec], results: Results, on_event: OnEvent, stopped: Callable[[], bool]
    ) -> Iterator[Row]:
        """Run each spec in a process of its own.

        ``on_event`` hears of every start, epoch and end, in the caller's thread. Once ``stopped()`` is true no run
        is begun, those under way are ended, and their rows are the last.
        """


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
    found: Peaks = {}
    for threads, dtype in dict.fromkeys((spec.threads, spec.dtype) for spec in specs if not spec.quick):
        with cores.claimed(threads) as own_cores:
            found[threads, dtype] = machine_peak.measure(dtype, own_cores, child_environment(threads))
    return found


def run(
    specs: list[Spec],
    results: Results,
    executor: Executor,
    on_event: OnEvent,
    peaks: Peaks | None = None,
    repeats: Collection[Spec] = (),
    alone: Sequence[Spec] = (),
) -> None:
    """Run every spec and save each row at once, with its share of the machine's peak where that was measured.

    The row before it is kept too where the spec is in ``repeats``. The specs of ``alone`` come after the others, one at
    a time. A run is marked as under way from before it begins until its row is written; what ends this function in any
    way but a kill leaves no marker.

    Raises:
        KeyboardInterrupt: after the runs under way have been ended and their rows saved.
        ResultsError: the folder can no longer be written.
    """
    facts = environment.project()
    with interrupts_deferred() as stopped:
        for group in (specs, *([spec] for spec in alone)):
            if not group or stopped():
                continue
            rows = executor.execute(group, results, on_event, stopped)
            with _no_marker_left(group, results), contextlib.closing(rows):  # type: ignore[type-var]
                for row in rows:
                    if row.status != "interrupted" or not results.row_file(row.spec).exists():
                        row = _beside_peak(row, (peaks or {}).get((row.spec.threads, row.spec.dtype), {}))
                        row = row.model_copy(update={"environment": row.environment | facts})
                        results.write(row, keep_earlier=row.spec in repeats)
                    results.under_way.end([row.spec])
                    on_event(row.spec, {"row": row})
    if stopped():
        raise KeyboardInterrupt


@contextlib.contextmanager
def _no_marker_left(specs: Sequence[Spec], results: Results) -> Iterator[None]:
    """Unmark what an error or a second Ctrl-C ends: this process lives, so that none of these runs has killed it."""
    try:
        yield
    finally:
        results.under_way.end(specs)


def check(
    net: str,
    timeout_seconds: float,
    on_event: Callable[[dict[str, Any]], None],
    *,
    accept_other_networks: bool = False,
    any_loop: bool = False,
    secret: int = 0,
) -> dict[str, Any]:
    """Check a user's net in a child and return what :func:`mnistbench.checking.checking.check` found.

    ``on_event`` also hears of each question as it is asked: its number, 1 to 4, and its words.

    Raises:
        NetError: the net cannot be used.
        KeyboardInterrupt: after the child has been ended.
    """
    file = net_files.require(net)
    file.check()
    net = file.net
    # The child itself ends what runs too long and says where; what cannot be ended so is killed a second later.
    limits = Limits(timeout_seconds + 1)
    how = {"accept_other_networks": accept_other_networks, "any_loop": any_loop, "secret": secret}
    with interrupts_deferred() as stopped:
        seen = ask(net, timeout_seconds, limits, on_event, stopped, **how)
    if stopped():
        raise KeyboardInterrupt
    if seen["status"] == "timeout":
        seen["error"] = (
            f"{net}: was still running after the {timeout_seconds:g} s of --timeout; look for an endless loop, or give"
            " more time."
        )
    return _checked(seen)


def ask(
    net: str,
    seconds: float,
    limits: Limits,
    on_event: Callable[[dict[str, Any]], None],
    stopped: Callable[[], bool],
    **how: Any,
) -> dict[str, Any]:
    """Check a net in a child with a core of its own, and return what it told; ``how`` are fields of a check's job."""
    with cores.claimed(1) as own_cores:
        job = CheckJob(net=net, seconds=seconds, cores=own_cores, **how)
        return do_in_child(job, child_environment(1, fenced_by=limits.fenced_by), limits, on_event, stopped)


def _checked(seen: dict[str, Any]) -> dict[str, Any]:
    """Return what a check has found, of what its child has told."""
    if seen["status"] != "ok":
        raise NetError(seen["error"])
    found: dict[str, Any] = seen["check"]
    return found


def _beside_peak(row: Row, rates: Mapping[str, float]) -> Row:
    percent = machine_peak.percent_of_peak(row.train_gflop, row.train_seconds, rates.get("peak_gflops"))
    return row.model_copy(update={"percent_of_peak": percent, "environment": {**row.environment, **rates}})


@contextlib.contextmanager
def interrupts_deferred() -> Iterator[Callable[[], bool]]:
    """Yield a function that says whether Ctrl-C or its like came, so that none comes between a run and its row.

    A second one raises KeyboardInterrupt at once.
    """
    came: list[int] = []  # no Event: its lock must not be taken by a signal handler

    def hear(number: int, _: object) -> None:
        came.append(number)
        if len(came) > 1:
            raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    ours = [number for number in numbers if signal.getsignal(number) is signal.default_int_handler]
    ours = ours if threading.current_thread() is threading.main_thread() else []  # no other may set a handler
    for number in ours:
        signal.signal(number, hear)
    try:
        yield lambda: bool(came)
    finally:
        for number in ours:
            signal.signal(number, signal.default_int_handler)
