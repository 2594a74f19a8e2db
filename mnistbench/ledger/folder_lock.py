"""One writer at a time in an experiment's folder, and none in any other. What is written is ``results``'."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from mnistbench.errors import ConfigError, ResultsError
from mnistbench.ledger.atomic import OTHER_FOLDER, cannot_write

FOLDERS = ("runs", "models", "trajectories", "figures", "under_way", "grades", "feedback", "gradescope", "github")


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make the folder where it is missing, and keep every other writer out of it.

    The lock ends with the process that holds it, however that ends.

    Raises:
        ResultsError: another command is writing here, the folder or one in it is a link, or cannot be written.
        ConfigError: it has files and no experiment.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        opened = os.open(folder, os.O_RDONLY)
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
        _refuse_other_files(folder)
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


def _refuse_other_files(folder: Path) -> None:
    """Refuse a folder with files and no experiment or class, such as a home, where ours would lie among them."""
    found = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    if found and not found & {"config.yaml", "runs", "class.json"}:
        raise ConfigError(
            f"{folder}: has files, such as {min(found)!r}, and no experiment of mnistbench; give a new or an"
            " empty folder with --output."
        )
