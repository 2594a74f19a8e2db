"""What a user's net does outside ``fit``: its time is taken from outside, and no clock of training runs meanwhile.

The package's own nets compute where they are asked to, and have nothing here.
"""

from typing import Any

from numpy.typing import NDArray

from mnistbench.machine import tree_seconds
from mnistbench.nets import Trainer


class Unasked:
    """Adds up the work of a net that nobody asked for at the time; only of a net in a process of its own."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._pid: int | None = getattr(trainer, "pid", None)
        self._idle = 0.0
        self._late = 0.0
        self._since: float | None = None

    @property
    def seconds(self) -> float | None:
        """Return the processor seconds used between calls, and by how much the last first ``predict`` took longer.

        ``None`` for a net that is in no process of its own.
        """
        return None if self._pid is None else self._idle + self._late

    def predict(self, images: NDArray[Any], *, again: bool) -> NDArray[Any]:
        """Return probabilities; with ``again`` ask twice, since what was put off to the first is not in the second."""
        if self._pid is None:
            return self._trainer.predict(images)
        begin = tree_seconds(self._pid)
        told = self._trainer.predict(images)
        self._since = tree_seconds(self._pid)
        if again:
            self._trainer.predict(images)
            first, self._since = self._since - begin, tree_seconds(self._pid)
            self._late = max(0.0, 2 * first - (self._since - begin))
        return told

    def end_idle(self) -> None:
        """Count what the net's processes have used since the last answer; from here on they are asked again."""
        if self._pid is not None and self._since is not None:
            self._idle += tree_seconds(self._pid) - self._since
            self._since = None
