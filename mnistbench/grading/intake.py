"""From what a teacher was handed to submissions: a student's files copied into a folder that nobody else sees.

A file that cannot be taken is its student's own trouble: a submission with a ``problem``. Nothing is run here.
"""

import dataclasses
import io
import lzma
import re
import stat
import struct
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path, PurePosixPath

from mnistbench.errors import GradingError, NetError, printable
from mnistbench.experiment import net_files

SUFFIXES = (".py", ".ipynb")
MAX_FILE_BYTES = 2 * 2**20
MAX_MEMBERS, MAX_UNPACKED_BYTES = 5_000, 500 * 2**20  # of an archive that the teacher gives
MAX_OF_STUDENT, MAX_BYTES_OF_STUDENT, MAX_DEPTH = 200, 20 * 2**20, 3  # of an archive in it, or in a folder
BROKEN = (OSError, ValueError, RuntimeError, EOFError, OverflowError, MemoryError, struct.error, zlib.error,
          lzma.LZMAError, zipfile.BadZipFile)  # fmt: skip
SKIPPED = ("__MACOSX", "__pycache__")


@dataclasses.dataclass(frozen=True)
class Submission:
    """What one student handed in: the file that is judged, its copy, and why it cannot be judged, where it cannot."""

    student: str
    file: str
    copy: Path | None = None
    problem: str = ""


@dataclasses.dataclass(frozen=True)
class _Found:
    """One file below what was given, by its name there: its content, or why that cannot be had."""

    name: PurePosixPath
    content: bytes = b""
    problem: str = ""


class _Budget:
    """What one archive may still unpack."""

    def __init__(self, members: int, size: int) -> None:
        self._left, self._words = [members, size], f"holds more than {members:,} files or {size // 2**20} MiB"

    def take(self, size: int) -> None:
        """Count a member by what it announces.

        Raises:
            zipfile.BadZipFile: there are too many, or they are too large.
        """
        self._left = [self._left[0] - 1, self._left[1] - size]
        if min(self._left) < 0:
            raise zipfile.BadZipFile(self._words)


def _of_students() -> defaultdict[str, _Budget]:
    """Return a budget for the archives of each student together, by the first part of their names."""
    return defaultdict(lambda: _Budget(MAX_OF_STUDENT, MAX_BYTES_OF_STUDENT))


def collect(given: Sequence[Path], scratch: Path, student: str | None = None) -> list[Submission]:
    """Return a submission a student, in the order of their names; ``student`` is a pattern with a group of that name.

    Raises:
        GradingError: what was given is not there, is no folder, zip or file of Python, holds nothing, or the pattern
            is none.
    """
    pattern = _pattern(student)
    files: dict[str, list[_Found]] = {}
    for place in given:
        for found in _files(place):
            name = _student(found.name, pattern)
            if name:
                files.setdefault(name, []).append(found)
    if not files:
        raise GradingError(f"{', '.join(map(str, given))}: no .py and no .ipynb is there that names a student.")
    return [_submission(name, files[name], scratch / f"{n:05}") for n, name in enumerate(sorted(files))]


def _pattern(student: str | None) -> re.Pattern[str] | None:
    try:
        pattern = re.compile(student) if student else None
    except re.error as error:
        raise GradingError(f"--student {student!r}: is no regular expression ({error}).") from error
    if pattern and "student" not in pattern.groupindex:
        raise GradingError(f"--student {student!r}: has no group of that name, as in '(?P<student>[a-z]+)_.*'.")
    return pattern


def _student(name: PurePosixPath, pattern: re.Pattern[str] | None) -> str:
    """Return whose a file is: by the pattern, or by the first folder it lies in, or by its own name."""
    if pattern:
        found = pattern.search(str(name))
        return printable(found["student"]) if found and found["student"] else ""
    return printable(name.parts[0] if len(name.parts) > 1 else name.stem)


def _files(place: Path) -> Iterator[_Found]:
    """Yield the files of one thing that was given."""
    if place.is_dir():
        there = list(_in_folder(place, place, _of_students()))
        yield from (*there, *_empty(place, there))
    elif not place.is_file():
        raise GradingError(f"{place}: is not there, or no file; give a folder, a .zip, or files of Python.")
    elif place.suffix.lower() == ".zip":
        try:
            budget = _Budget(MAX_MEMBERS, MAX_UNPACKED_BYTES)
            yield from _in_zip(place.read_bytes(), PurePosixPath(), budget, 1)
        except BROKEN as error:
            raise GradingError(f"{place}: cannot be read as a zip ({error}).") from error
    elif place.suffix in SUFFIXES:
        yield _read(place, PurePosixPath(place.name))
    else:
        raise GradingError(f"{place}: is neither a folder, nor a .zip, nor a file of Python.")


def _empty(folder: Path, there: Collection[_Found]) -> Iterator[_Found]:
    """Yield a student's folder in which no file of Python was found."""
    names = {found.name.parts[0] for found in there}
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink() and not _is_skipped(path.name) and path.name not in names:
            yield _Found(PurePosixPath(path.name, "*.py"), problem="is not there, nor a notebook or a zip")


def _in_folder(folder: Path, root: Path, budgets: defaultdict[str, _Budget]) -> Iterator[_Found]:
    for path in sorted(folder.iterdir()):
        name = PurePosixPath(path.relative_to(root).as_posix())
        if _is_skipped(path.name):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _in_folder(path, root, budgets)
        elif path.suffix in SUFFIXES:
            yield _read(path, name)
        elif path.suffix.lower() == ".zip" and not path.is_symlink():
            yield from _nested(_read(path, name, MAX_BYTES_OF_STUDENT), 1, budgets[name.parts[0]])


def _read(path: Path, name: PurePosixPath, most: int = MAX_FILE_BYTES) -> _Found:
    """Read a file; a link, a pipe or a device is none."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return _Found(name, problem="is a link, a pipe or a device and no file")
        with path.open("rb") as stream:
            content = stream.read(most + 1)
    except OSError as error:
        return _Found(name, problem=f"cannot be read ({error.strerror})")
    return _Found(name, content) if len(content) <= most else _too_large(name, most)


def _too_large(name: PurePosixPath, most: int) -> _Found:
    return _Found(name, problem=f"is larger than {most // 2**20} MiB")


def _nested(found: _Found, depth: int, budget: _Budget) -> Iterator[_Found]:
    """Yield what an archive among the files holds, below its own name; a broken one is a file with a problem."""
    inside = found.name.with_suffix("")
    if found.problem:
        yield dataclasses.replace(found, name=inside / found.name.name)
        return
    try:
        yield from _in_zip(found.content, inside, budget, depth)
    except BROKEN as error:
        yield _Found(inside / found.name.name, problem=f"cannot be read as a zip ({error})")


def _in_zip(content: bytes, root: PurePosixPath, budget: _Budget, depth: int) -> Iterator[_Found]:
    """Yield the files of a zip, and of those in it; names that lead out of it are refused."""
    of_class = _of_students() if depth == 1 and not root.parts else None
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.infolist():
            name = PurePosixPath(member.filename.replace("\\", "/"))
            if member.is_dir() or any(map(_is_skipped, name.parts)):
                continue
            is_zip = name.suffix.lower() == ".zip"
            if name.suffix not in SUFFIXES and not is_zip:
                continue
            budget.take(member.file_size)
            if name.is_absolute() or ".." in name.parts or stat.S_ISLNK(member.external_attr >> 16):
                yield _Found(root / name.name, problem="leads out of its archive")
                continue
            found = _member(archive, member, root / name, MAX_BYTES_OF_STUDENT if is_zip else MAX_FILE_BYTES)
            if is_zip and depth < MAX_DEPTH:
                yield from _nested(found, depth + 1, budget if of_class is None else of_class[name.parts[0]])
            else:
                yield found if not is_zip else _Found(found.name, problem="is a zip in a zip in a zip")


def _is_skipped(part: str) -> bool:
    return part in SKIPPED or (part.startswith(".") and part != "..")


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: PurePosixPath, most: int) -> _Found:
    try:
        with archive.open(member) as stream:
            content = stream.read(most + 1)  # what it announces is not believed
    except BROKEN as error:
        return _Found(name, problem=f"cannot be unpacked ({error})")
    return _Found(name, content) if len(content) <= most else _too_large(name, most)


def _submission(student: str, found: list[_Found], folder: Path) -> Submission:
    """Copy a student's files into a folder of their own, and choose the one with the net."""
    listed = ", ".join(printable(str(each.name)) for each in found[:5])
    if broken := next((each for each in found if each.problem), None):
        return Submission(student, listed, problem=printable(f"{broken.name}: {broken.problem}."))
    folder.mkdir(mode=0o700)
    copies: dict[Path, str] = {}
    for each in found:
        copy = folder.joinpath(*(each.name.parts[1:] or each.name.parts))
        if copy in copies:
            return Submission(student, listed, problem=f"{each.name}: there are two files of this name.")
        try:
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(each.content)
        except OSError as error:
            return Submission(student, listed, problem=printable(f"{each.name}: cannot be kept ({error.strerror})."))
        copies[copy] = printable(str(each.name))
    nets = [copy for copy in copies if len(copies) == 1 or _has_net(copy)]
    if len(nets) != 1:
        what = f"{len(nets)} of the {len(copies)} files have a net" if nets else "none of the files has a net"
        return Submission(student, listed, problem=f"{what}, a class with fit and predict; hand in one.")
    return Submission(student, copies[nets[0]], nets[0])


def _has_net(copy: Path) -> bool:
    """Say whether a file has one class that can be a net."""
    try:
        net_files.require(str(copy))
    except (NetError, RecursionError, MemoryError, ValueError):  # whatever is in it, it is this student's
        return False
    return True
