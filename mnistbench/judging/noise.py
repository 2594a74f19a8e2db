"""Rows to flags: signs that something besides the run had a part in its times. Pure functions of rows.

A flagged run is marked and counts as before; it is never dropped. The limits and their reasons stand here.
"""

import dataclasses
import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from mnistbench.experiment import Spec
from mnistbench.ledger import Row

SPREAD = 0.10  # sd over mean of the later epochs, whose work is equal: nets that differ by less are not told apart
SLOW_FIRST = 1.10  # times the later ones' median: the first run may find files and processor cold
LOAD_PER_CORE = 1.5  # earlier runs of ours bring it to 1, and a framework's own threads a little higher
BUSY_THREADS = 0.6  # even Keras alone on one core keeps so much of a thread busy; one neighbour there takes half
EXCESS_THREADS = 1.05  # times the threads asked for; above, their limit did not hold
UNACCOUNTED = 0.05  # of the process's life outside all phases, or counted in two; there is time that nobody explains
SLACK_SECONDS = 0.1  # starting and ending a process take some hundredths, in the shortest runs more than any share
PHASES = ("import_seconds", "data_seconds", "build_seconds", "train_seconds", "evaluate_seconds")
BUSY_SHARE = 0.9  # of what is usual at the point; below, some of its threads waited for a core
# A framework's own threads take turns 1,500 times a second on a quiet machine, NumPy's 40 times: only what is far
# from usual at the point, and not rare, is a sign of others.
SWITCHES, SWITCHES_PER_SECOND = 2.0, 100.0
FEWEST_RUNS = 3  # of one net at one point, to tell what is usual there


@dataclasses.dataclass(frozen=True)
class Usual:
    """What is usual among the runs of one net at one point: medians, and which run was the first."""

    first: Row
    later_seconds: float
    busy: float
    switches: float


def flags(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """Return for each row the reasons to doubt its times; none for a run that is not ok, or for a trial only."""
    alike: dict[tuple[Spec, int, str], list[Row]] = defaultdict(list)
    for row in rows:
        if _is_judged(row):
            alike[_point(row)].append(row)
    usual = {point: _usual(group) for point, group in alike.items() if len(group) >= FEWEST_RUNS}
    return [(*_alone(row), *_among(row, usual.get(_point(row)))) if _is_judged(row) else () for row in rows]


def flagged(rows: Sequence[Row], earlier: Sequence[Row]) -> frozenset[Spec]:
    """Return the specs whose row is flagged, judged among all attempts."""
    reasons = flags([*rows, *earlier])[: len(rows)]
    return frozenset(row.spec for row, doubts in zip(rows, reasons, strict=True) if doubts)


def _is_judged(row: Row) -> bool:
    return row.status == "ok" and not row.spec.quick


def _point(row: Row) -> tuple[Spec, int, str]:
    """Return what rows that differ in seed or attempt alone have in common."""
    return dataclasses.replace(row.spec, seed=0), row.jobs, row.machine


def _alone(row: Row) -> Iterator[str]:
    """Tell what a row shows by itself."""
    cores = row.environment.get("cores")
    if row.load_before and cores and row.load_before > LOAD_PER_CORE * int(cores):
        yield f"load {row.load_before:.1f} on {cores} cores before it"
    busy, threads = _per_second(row, row.cpu_seconds), row.spec.threads
    if busy is not None and busy < BUSY_THREADS:
        yield f"kept {busy:.2f} threads busy while training: it waited for a core"
    if busy is not None and busy > EXCESS_THREADS * threads:
        yield f"kept {busy:.2f} threads busy while training, more than the {threads} asked for"
    usable = row.environment.get("usable_cores")
    if usable and row.jobs * threads > int(usable):
        yield f"{row.jobs * threads} threads on {usable} cores"
    phases = [getattr(row, name) for name in PHASES]
    if row.life_seconds is not None and None not in phases:
        unaccounted = abs(row.life_seconds - sum(phases))
        if unaccounted > max(UNACCOUNTED * row.life_seconds, SLACK_SECONDS):
            yield f"its phases and its life differ by {unaccounted:.2f} s"
    later_epochs = np.diff([score.train_seconds for score in row.history])
    if len(later_epochs) > 1:
        spread = float(later_epochs.std(ddof=1) / later_epochs.mean())
        if spread >= SPREAD:
            yield f"later epochs differ by {100 * spread:.0f} % (sd)"


def _usual(group: Sequence[Row]) -> Usual:
    first = min(group, key=lambda row: row.started_at)
    return Usual(
        first,
        later_seconds=_median(row.time_seconds for row in group if row is not first),
        busy=_median(_per_second(row, row.cpu_seconds) for row in group),
        switches=_median(_per_second(row, row.involuntary_switches) for row in group),
    )


def _among(row: Row, usual: Usual | None) -> Iterator[str]:
    """Tell what a row shows beside the other runs of its net at its point, where there are enough."""
    if usual is None:
        return
    if row is usual.first and row.time_seconds and row.time_seconds > SLOW_FIRST * usual.later_seconds:
        yield f"the first run, {row.time_seconds / usual.later_seconds:.2f} times as long as the later ones"
    busy = _per_second(row, row.cpu_seconds)
    if busy is not None and busy < BUSY_SHARE * usual.busy:
        yield f"kept {busy:.2f} threads busy while training, usually {usual.busy:.2f}"
    switches = _per_second(row, row.involuntary_switches)
    if switches is not None and switches > max(SWITCHES_PER_SECOND, SWITCHES * usual.switches):
        yield f"lost the processor {switches:.0f} times a second, usually {usual.switches:.0f}"


def _per_second(row: Row, count: float | None) -> float | None:
    """Return a count over the seconds of training."""
    return count / row.train_seconds if count is not None and row.train_seconds else None


def _median(values: Iterable[float | None]) -> float:
    """Return the median of what was recorded; NaN, which no limit exceeds, where nothing was."""
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else float("nan")
