"""Rows to flags: evidence from outside a run that something else had a part in its times. Pure functions of rows.

A flagged run is marked and counts as before; it is never dropped. A net's own unevenness is no flag but a wider
interval. The limits stand here; their error rates, measured by ``python tests/benchmark.py flags``, in
``docs/method.md``.
"""

from collections.abc import Iterator, Sequence

from mnistbench.experiment import Spec
from mnistbench.ledger import Row

OTHERS = 0.05  # of the time of a run's cores: quiet machines stay far below, one spinning process takes far more;
# unknown of a training that is too short for the system's clock (mnistbench.machine.neighbours)


def flags(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """Return for each row the reasons to doubt its times; none for a run that is not ok, or for a trial only."""
    return [tuple(_reasons(row)) if row.status == "ok" and not row.spec.quick else () for row in rows]


def flagged(rows: Sequence[Row]) -> frozenset[Spec]:
    """Return the specs whose row is flagged."""
    return frozenset(row.spec for row, reasons in zip(rows, flags(rows), strict=True) if reasons)


def _reasons(row: Row) -> Iterator[str]:
    usable, threads = row.environment.get("usable_cores"), row.jobs * row.spec.threads
    if usable and threads > int(usable):
        yield f"{threads} threads on {usable} cores"
    if row.others_cpu_fraction is not None and row.others_cpu_fraction > OTHERS:
        yield f"others had {100 * row.others_cpu_fraction:.0f} % of its cores' time while it trained"
