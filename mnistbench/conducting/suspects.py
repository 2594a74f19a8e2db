"""Runs that were under way when a start was killed: they go behind the others, and one that did it twice is not begun.

Which of several side by side it was is not known, so each is begun again alone. Only a user's own net is refused after
the second time: what ends a start besides is a person, or the machine.
"""

import dataclasses
from collections.abc import Sequence

from mnistbench.conducting.options import Listener
from mnistbench.experiment import NETS, Spec
from mnistbench.ledger import Marker, Results, Row
from mnistbench.machine import now

ENOUGH = 2  # times that a start may be killed while a user's net is under way
TWICE = "mnistbench was killed twice while this run was under way; it is not begun again without --force"


@dataclasses.dataclass(frozen=True)
class Order:
    """The runs to do: those that go first, and those that are begun after them, each alone; and the refused ones."""

    first: list[Spec]
    alone: list[Spec]
    refused: list[Spec]

    @property
    def to_do(self) -> list[Spec]:
        """Return the runs to do, in their order."""
        return self.first + self.alone


def order(todo: Sequence[Spec], results: Results, *, force: bool) -> Order:
    """Put the runs that a killed start has left under way behind the others. Nothing is written."""
    left = results.under_way.left(todo)
    refused = [] if force else [spec for spec, marker in left.items() if _is_refused(spec, marker)]
    suspects = [spec for spec in left if spec not in refused]
    return Order(
        [spec for spec in todo if spec not in left], sorted(suspects, key=lambda spec: left[spec].begun), refused
    )


def tell(found: Order, rows: Sequence[Row], results: Results, heard: Listener) -> None:
    """Say what was under way when the last start was killed, and write the rows of the refused runs.

    Raises:
        ResultsError: the folder cannot be written.
    """
    left = results.under_way.left([*found.alone, *found.refused])
    if lately := [spec.label for spec, marker in left.items() if marker.lately]:
        behind = "it goes behind the others" if len(lately) == 1 else "they go behind the others, each alone"
        was = "was" if len(lately) == 1 else "were"
        fate = f"; {behind}." if found.alone else "."
        heard(None, {"warning": f"the last start ended while {', '.join(lately)} {was} under way{fate}"})
    results.under_way.tell(left)
    known = {row.spec for row in rows if row.error == TWICE}
    for spec in found.refused:
        heard(None, {"warning": f"{spec.label}: {TWICE}."})
        if spec not in known:
            results.write(Row(spec=spec, status="error", error=TWICE, started_at=now()))


def _is_refused(spec: Spec, marker: Marker) -> bool:
    return marker.begun >= ENOUGH and spec.net not in NETS
