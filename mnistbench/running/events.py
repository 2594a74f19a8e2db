"""What a child may tell of itself, read by the parent line by line. What has another form ends the run, and says so.

A user's own code runs in a process that this child has started, and may try to forge its words, so that nothing that
comes through its pipe is believed unread: each event
is one line of JSON of at most :data:`MAX_BYTES`, of a known kind, with known fields, its epochs in order.
"""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mnistbench.errors import MnistbenchError, printable
from mnistbench.ledger import EpochScore, Row

PROTOCOL = 1  # the form of what a child is told and tells; a change of it is a new number
MAX_BYTES = 2**20
# What the parent alone knows of a run.
_PARENTS = {"spec", "status", "error", "attempt", "started_at", "pid", "jobs", "history", "life_seconds", "load_before",
            "percent_of_peak"}  # fmt: skip
MEASURED = Row.model_fields.keys() - _PARENTS | {"check", "code", "beside"}


class StrangeEventError(MnistbenchError):
    """A child has told what no child tells."""


class Ended(BaseModel):
    """How a child says that its job ended."""

    model_config = ConfigDict(extra="forbid", strict=True)

    status: Literal["ok", "diverged", "error", "skipped"]
    error: str


class Event(BaseModel):
    """One line of a child: fields of its row, an epoch's scores, how far a check is, or the end."""

    model_config = ConfigDict(extra="forbid", strict=True, ser_json_inf_nan="constants")

    measured: dict[str, Any] = Field(default_factory=dict)
    epoch: EpochScore | None = None
    question: int | None = Field(None, ge=1, le=4)
    words: str = ""
    ended: Ended | None = None


class Lines:
    """Cuts what comes through a pipe into lines."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Yield the lines that are whole with this chunk.

        Raises:
            StrangeEventError: one is longer than an event may be.
        """
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        yield from lines
        if len(self._rest) > MAX_BYTES:
            raise StrangeEventError(f"the child told a line of more than {MAX_BYTES // 2**20} MiB")


class Told:
    """What a child has told so far: the fields of its row, in ``seen``."""

    def __init__(self, epochs: int) -> None:
        self._epochs = epochs
        self.seen: dict[str, Any] = {"history": []}

    @property
    def ended(self) -> bool:
        """Say whether the child has told its end."""
        return "status" in self.seen

    def take(self, line: bytes) -> dict[str, Any]:
        """Read one line, add what it tells, and return the event.

        Raises:
            StrangeEventError: it is no event, or none that may come now.
        """
        try:
            event = Event.model_validate_json(line)
        except ValidationError as error:
            raise StrangeEventError(f"the child told what is no event: {line[:80].decode(errors='replace')}") from error
        if unknown := event.measured.keys() - MEASURED:
            raise StrangeEventError(f"the child told of {sorted(unknown)[0][:80]}, which no child measures")
        if event.epoch:
            due = len(self.seen["history"]) + 1
            if event.epoch.epoch != due or due > self._epochs:
                raise StrangeEventError(f"the child told of epoch {event.epoch.epoch}; {due} of {self._epochs} was due")
            self.seen["history"].append(event.epoch.model_dump())
        self.seen |= event.measured
        if event.ended:
            self.seen |= {"status": event.ended.status, "error": printable(event.ended.error)}
        return event.model_dump(exclude_unset=True)
