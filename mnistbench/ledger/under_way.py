"""Which runs are under way: a small file each, so that the next start knows what was running when one was killed.

The files stand in ``under_way/`` of an experiment's folder from before a run begins until its row is written.
"""

import contextlib
import stat
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mnistbench.experiment import Spec
from mnistbench.ledger.atomic import write_atomically

FOLDER = "under_way"
_MAX_BYTES = 64 * 1024


class Marker(BaseModel):
    """One run that was begun: what it is, how many times without an end, and whether by the start that ended last."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    run: str
    begun: int = Field(ge=1)
    lately: bool = True


class UnderWay:
    """The markers of an experiment's folder; only the one who holds its lock writes them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER

    def begin(self, spec: Spec) -> None:
        """Mark a run that is about to begin.

        Raises:
            ResultsError: the folder cannot be written.
        """
        before = self._read(spec)
        self._write(spec, Marker(run=spec.label, begun=before.begun + 1 if before else 1))

    def end(self, specs: Iterable[Spec]) -> None:
        """Unmark runs that have a row, or whose parent lives."""
        for spec in specs:
            with contextlib.suppress(OSError):
                self._file(spec).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._folder.rmdir()  # if nothing else is under way

    def left(self, specs: Iterable[Spec]) -> dict[Spec, Marker]:
        """Return the runs, of those, that a killed start has left under way."""
        if not self._folder.is_dir():
            return {}
        return {spec: marker for spec in specs if (marker := self._read(spec))}

    def tell(self, left: dict[Spec, Marker]) -> None:
        """Keep that a start has told of these, so that the next one does not take them for the last one's.

        Raises:
            ResultsError: the folder cannot be written.
        """
        for spec, marker in left.items():
            if marker.lately:
                self._write(spec, marker.model_copy(update={"lately": False}))

    def _file(self, spec: Spec) -> Path:
        return self._folder / f"{spec.run_id}.json"

    def _write(self, spec: Spec, marker: Marker) -> None:
        write_atomically(self._file(spec), marker.model_dump_json() + "\n")

    def _read(self, spec: Spec) -> Marker | None:
        """Return a run's marker; none where there is none, or what stands there is no marker."""
        file = self._file(spec)
        try:
            info = file.lstat()
            if not stat.S_ISREG(info.st_mode) or info.st_size > _MAX_BYTES:
                return None
            return Marker.model_validate_json(file.read_bytes())
        except (OSError, ValidationError):
            return None
