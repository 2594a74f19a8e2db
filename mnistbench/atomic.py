"""Writing a file whole or not at all. What the files are is their own module's."""

import errno
import os
import tempfile
from pathlib import Path

from mnistbench.errors import ResultsError


def write_atomically(file: Path, content: str | bytes) -> None:
    """Write a file whole or not at all: a temporary file, flushed to disk, takes its place.

    Raises:
        ResultsError: the folder cannot be written.
    """
    try:
        file.parent.mkdir(exist_ok=True)  # not its parents: a folder that is deleted under way stays so
        with tempfile.NamedTemporaryFile(
            dir=file.parent,
            prefix=f".{file.name}.",
            suffix=".part",
            delete=False,
        ) as stream:
            try:
                stream.write(content.encode() if isinstance(content, str) else content)
                stream.flush()
                os.fsync(stream.fileno())
                os.chmod(stream.name, 0o644)
                os.replace(stream.name, file)
            except BaseException:
                os.unlink(stream.name)
                raise
    except OSError as error:
        raise ResultsError(cannot_write(file, error)) from error


def cannot_write(place: Path, error: OSError) -> str:
    """Return the sentence for a place that cannot be written."""
    advice = "free the disk or " if error.errno == errno.ENOSPC else ""
    return f"{place}: cannot be written ({error.strerror}); {advice}choose another folder with --output."
