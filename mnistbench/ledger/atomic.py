"""Writing a file whole or not at all. What the files are is their own module's."""

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from mnistbench.errors import ResultsError

OTHER_FOLDER = "choose another folder with --output"  # the advice of every command that has the option


@contextlib.contextmanager
def advising(advice: str) -> Iterator[None]:
    """Let errors in a folder that no ``--output`` chooses give another advice.

    Raises:
        ResultsError: as the body raised it, with that advice.
    """
    try:
        yield
    except ResultsError as error:
        raise ResultsError(str(error).replace(OTHER_FOLDER, advice)) from error


@contextlib.contextmanager
def replacing(file: Path) -> Iterator[IO[bytes]]:
    """Yield a temporary file that takes the file's place at the end, flushed to disk; after an error it is gone.

    Raises:
        OSError: the folder cannot be written.
    """
    file.parent.mkdir(exist_ok=True)  # not its parents: a folder that is deleted under way stays so
    with tempfile.NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", suffix=".part", delete=False) as stream:
        try:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
            os.chmod(stream.name, 0o644)
            os.replace(stream.name, file)
        except BaseException:
            os.unlink(stream.name)
            raise


def write_atomically(file: Path, content: str | bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        ResultsError: the folder cannot be written.
    """
    try:
        with replacing(file) as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise ResultsError(cannot_write(file, error)) from error


def cannot_write(place: Path, error: OSError) -> str:
    """Return the sentence for a place that cannot be written."""
    advice = "free the disk or " if error.errno == errno.ENOSPC else ""
    return f"{place}: cannot be written ({error.strerror}); {advice}{OTHER_FOLDER}."
