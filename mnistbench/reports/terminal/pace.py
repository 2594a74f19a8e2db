"""How long runs still take, from the measured pace of each net. Pure of any display."""

from collections.abc import Iterable, Mapping
from typing import Any

from mnistbench.experiment import Spec
from mnistbench.ledger import Row

WORK = ("hidden_size", "batch_size", "dtype", "protocol", "threads", "quick", "profile")


class Pace:
    """What runs took: of the same net at the same point, else of the same net, else of any."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self._rows = [row for row in rows if _known(row)]

    def add(self, row: Row) -> None:
        """Take one more run, if it is one to learn from."""
        self._rows += [row] if _known(row) else []

    def seconds(self, spec: Spec) -> float | None:
        """Return how long a run is expected to live; ``None`` where nothing is known of any."""
        alike = (
            [row for row in self._rows if row.spec.net == spec.net and _work(row.spec) == _work(spec)],
            [row for row in self._rows if row.spec.net == spec.net and row.spec.quick == spec.quick],
            [row for row in self._rows if row.spec.quick == spec.quick],
        )
        rows = next((rows for rows in alike if rows), [])
        lives = [
            (row.life_seconds or 0) - (row.train_seconds or 0) * (1 - spec.epochs / row.spec.epochs) for row in rows
        ]
        return sum(lives) / len(lives) if lives else None

    def left(self, waiting: Iterable[Spec], running: Mapping[Spec, tuple[float, int]]) -> float | None:
        """Return the seconds until all runs are over; ``None`` where there is nothing to tell by.

        ``running`` has for each run under way the seconds that it has lived and the epochs that are done. The runs
        that wait are shared among as many places as there are runs under way.
        """
        rests = [self._rest(spec, seconds, epochs) for spec, (seconds, epochs) in running.items()]
        known = [rest for rest in rests if rest is not None]
        lives = [self.seconds(spec) for spec in waiting]
        by_pace = [seconds * spec.epochs / epochs for spec, (seconds, epochs) in running.items() if epochs]
        guess = sum(by_pace) / len(by_pace) if by_pace else None
        lives = [guess if life is None else life for life in lives]
        if len(known) < len(rests) or any(life is None for life in lives):
            return None
        return max([0.0, *known]) + sum(life or 0 for life in lives) / max(1, len(running))

    def _rest(self, spec: Spec, seconds: float, epochs: int) -> float | None:
        """Return how long a run under way still takes: by what such runs took, else by its own epochs."""
        life = self.seconds(spec)
        if life is None:
            return seconds * (spec.epochs - epochs) / epochs if epochs else None
        return max(0.0, life - seconds)


def said(seconds: float) -> str:
    """Return a time to wait, no more exact than it is: ``about 1 min 20 s``."""
    whole = 10 * round(seconds / 10) if seconds >= 20 else max(1, round(seconds))
    if whole >= 3600:
        return f"about {whole // 3600} h {whole % 3600 // 60} min"
    minutes, rest = divmod(whole, 60)
    return f"about {minutes} min {rest} s" if minutes else f"about {rest} s"


def _known(row: Row) -> bool:
    return row.status == "ok" and row.life_seconds is not None and row.train_seconds is not None


def _work(spec: Spec) -> tuple[Any, ...]:
    return tuple(getattr(spec, name) for name in WORK)
