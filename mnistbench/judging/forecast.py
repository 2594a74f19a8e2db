"""How long runs will take, from the rows of earlier ones."""

import statistics
from collections.abc import Sequence

from mnistbench.experiment import Spec
from mnistbench.ledger import Row

# What a run's pace depends on; epochs are counted, and neither seed nor learning rate changes it.
_PACE = ("net", "hidden_size", "batch_size", "dtype", "protocol", "threads", "dataset", "quick", "profile")


def seconds(specs: Sequence[Spec], rows: Sequence[Row], cpu: object) -> tuple[float, int]:
    """Return the seconds of those specs that earlier rows tell about, one after another, and how many those are.

    A row tells about the runs of its net and settings, whatever their seed, rate and epochs: its life, with its
    training stretched to the epochs asked. Only rows of the processor ``cpu`` count, and of them the median.
    """
    paces: dict[tuple[object, ...], list[tuple[float, float]]] = {}
    for row in rows:
        if row.status == "ok" and row.life_seconds and row.train_seconds and row.environment.get("cpu") == cpu:
            an_epoch = row.train_seconds / row.spec.epochs
            paces.setdefault(_key(row.spec), []).append((row.life_seconds - row.train_seconds, an_epoch))
    known = [
        statistics.median(rest + an_epoch * spec.epochs for rest, an_epoch in paces[_key(spec)])
        for spec in specs
        if _key(spec) in paces
    ]
    return sum(known), len(known)


def _key(spec: Spec) -> tuple[object, ...]:
    return tuple(getattr(spec, name) for name in _PACE)
