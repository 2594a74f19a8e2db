"""What a user's net does outside ``fit``: its time is taken from outside, and no clock of training runs meanwhile.

The package's own nets compute where they are asked to, and have nothing here.
"""

import time
from typing import Any

from numpy.typing import NDArray

from mnistbench.machine import tree_seconds
from mnistbench.nets import Trainer

DISTURBED = 0.5  # wall seconds by which all calls of predict may be late through no fault of the net


class Unasked:
    """Adds up the work of a net that nobody asked for at the time; only of a net in a process of its own."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._pid: int | None = getattr(trainer, "pid", None)
        self._idle = self._processor = self._wall = 0.0
        self._since: float | None = None

    @property
    def seconds(self) -> float | None:
        """Return the seconds used between calls, and by how much ``predict`` took longer than when asked once more.

        They are the processor's, or the wall's less :data:`DISTURBED` where that is more: a process that nobody waits
        for is on no other clock. ``None`` for a net that is in no process of its own.
        """
        return None if self._pid is None else self._idle + max(0.0, self._processor, self._wall - DISTURBED)

    def predict(self, images: NDArray[Any]) -> NDArray[Any]:
        """Return probabilities, asked for twice, since what was put off to the first time is not in the second."""
        if self._pid is None:
            return self._trainer.predict(images)
        began, wall_began = tree_seconds(self._pid), time.monotonic()
        told = self._trainer.predict(images)
        between, wall_between = tree_seconds(self._pid), time.monotonic()
        self._trainer.predict(images)
        self._since, wall_ended = tree_seconds(self._pid), time.monotonic()
        self._processor += (between - began) - (self._since - between)
        self._wall += (wall_between - wall_began) - (wall_ended - wall_between)
        return told

    def end_idle(self) -> None:
        """Count what the net's processes have used since the last answer; from here on they are asked again."""
        if self._pid is not None and self._since is not None:
            self._idle += max(0.0, tree_seconds(self._pid) - self._since)  # it may have ended
            self._since = None
