"""One writer at a time in a folder of ours, and none in any other. What is written is ``results``' and others'."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from mnistbench.errors import ConfigError, ResultsError
from mnistbench.ledger.atomic import OTHER_FOLDER, cannot_write

EXPERIMENT = frozenset({"config.yaml", "runs"})
FOLDERS = ("runs", "models", "trajectories", "figures", "under_way", "grades", "feedback", "gradescope", "github")


@contextlib.contextmanager
def locked(folder: Path, marks: frozenset[str] = EXPERIMENT) -> Iterator[None]:
    """Make the folder where it is missing, and keep every other writer out of it.

    A folder with files is ours where one of ``marks`` is among them. The lock ends with the process that holds it,
    however that ends.

    Raises:
        ResultsError: another command is writing here, the folder or one in it is a link, or cannot be written.
        ConfigError: it is a file, or has files and none of ``marks``.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        opened = os.open(folder, os.O_RDONLY)
    except FileExistsError as error:
        raise ConfigError(f"{folder}: is a file, and a folder is needed; {OTHER_FOLDER}.") from error
    except OSError as error:
        raise ResultsError(cannot_write(folder, error)) from error
    try:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ResultsError(
                f"{folder}: another mnistbench is writing here; wait for it, or {OTHER_FOLDER}."
            ) from error
        _refuse_links(folder)
        _refuse_other_files(folder, marks)
        for part in (*folder.glob(".*.part"), *folder.glob("*/.*.part")):  # of a writer that was killed
            part.unlink()
        yield
    finally:
        os.close(opened)


def _refuse_links(folder: Path) -> None:
    """Refuse a folder that would lead what is written elsewhere."""
    for place in (folder, *(folder / name for name in FOLDERS)):
        if place.is_symlink():
            raise ResultsError(f"{place}: is a link to {os.path.realpath(place)}; remove it, or {OTHER_FOLDER}.")


def _refuse_other_files(folder: Path, marks: frozenset[str]) -> None:
    """Refuse a folder with other files, such as ``/`` or a home, where ours would lie among them."""
    found = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    if found and not found & marks:
        what = "experiment" if marks == EXPERIMENT else "grade book"
        raise ConfigError(
            f"{folder}: has files, such as {min(found)!r}, and no {what} of mnistbench; give a new or an empty folder"
            " with --output."
        )
