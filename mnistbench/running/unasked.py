"""What a user's net does outside ``fit``: its time is taken from outside, and no clock of training runs meanwhile.

The package's own nets compute where they are asked to, and have nothing here.
"""

import time
from typing import Any, NamedTuple

from numpy.typing import NDArray

from mnistbench.machine import tree_seconds
from mnistbench.nets import Trainer

DISTURBED = 0.5  # wall seconds by which all calls of predict may be late through no fault of the net


class _Clocks(NamedTuple):
    """Seconds that one call took."""

    processor: float
    wall: float


class Unasked:
    """Adds up the work of a net that nobody asked for at the time; only of a net in a process of its own."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._pid: int | None = getattr(trainer, "pid", None)
        self._idle = 0.0
        self._firsts: list[_Clocks] = []
        self._second: _Clocks | None = None
        self._since: float | None = None

    @property
    def seconds(self) -> float | None:
        """Return the seconds used between calls, and by how much each first ``predict`` took longer than a second one.

        They are the processor's, or those of the wall where these are more by :data:`DISTURBED`: a process that nobody
        waits for is on no other clock. ``None`` for a net that is in no process of its own.
        """
        if self._pid is None:
            return None
        processor, wall = 0.0, 0.0
        if second := self._second:
            processor = sum(first.processor - second.processor for first in self._firsts)
            wall = sum(first.wall - second.wall for first in self._firsts) - DISTURBED
        return self._idle + max(0.0, processor, wall)

    def predict(self, images: NDArray[Any], *, again: bool) -> NDArray[Any]:
        """Return probabilities; with ``again`` ask twice, since what was put off to a first is not in a second."""
        if self._pid is None:
            return self._trainer.predict(images)
        told, first = self._timed(images, self._pid)
        self._firsts.append(first)
        if again:
            _, self._second = self._timed(images, self._pid)
        self._since = tree_seconds(self._pid)
        return told

    def _timed(self, images: NDArray[Any], pid: int) -> "tuple[NDArray[Any], _Clocks]":
        wall, processor = time.monotonic(), tree_seconds(pid)
        told = self._trainer.predict(images)
        return told, _Clocks(tree_seconds(pid) - processor, time.monotonic() - wall)

    def end_idle(self) -> None:
        """Count what the net's processes have used since the last answer; from here on they are asked again."""
        if self._pid is not None and self._since is not None:
            self._idle += tree_seconds(self._pid) - self._since
            self._since = None
