"""From what a teacher was handed to the files of each student: folders, zips, and zips in zips, read within bounds.

A file that cannot be taken is its student's own trouble: a submission with a ``problem``. Nothing is run here.
"""

import dataclasses
import io
import os
import re
import stat
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from mnistbench.errors import GradingError, printable
from mnistbench.grading.submissions import Found, Submission, submission

SUFFIXES = (".py", ".ipynb")
MAX_FILE_BYTES = 2 * 2**20
MAX_OF_STUDENT, MAX_BYTES_OF_STUDENT, MAX_DEPTH = 200, 20 * 2**20, 3  # files, and zips in zips
MAX_OF_CLASS, MAX_BYTES_OF_CLASS = 50_000, 2 * 2**30  # of all that is read, which no single student comes near
MAX_PARTS, MAX_NAME = 20, 1_000  # folders of a path, and characters
SKIPPED = ("__MACOSX", "__pycache__")


class _Budget:
    """What each student, and all of them together, may still hand in."""

    def __init__(self, pattern: re.Pattern[str] | None) -> None:
        self._pattern = pattern
        self._class = [MAX_OF_CLASS, MAX_BYTES_OF_CLASS]
        self._students: defaultdict[tuple[str, str], list[int]] = defaultdict(
            lambda: [MAX_OF_STUDENT, MAX_BYTES_OF_STUDENT]
        )

    def student(self, name: PurePosixPath) -> str:
        """Return whose a file is: by the pattern, or by the first folder it lies in, or by its own name."""
        if self._pattern:
            found = self._pattern.search(str(name)[:MAX_NAME])
            return printable(found["student"]) if found and found["student"] else ""
        return printable(name.parts[0] if len(name.parts) > 1 else name.stem)

    def refuse(self, name: PurePosixPath, size: int, archive: PurePosixPath | None = None) -> str:
        """Count a file by what it announces, and return why it is not taken; empty where it is."""
        if _is_deep(name):
            return "lies too deep"
        student, words = self.student(archive or name), "holds more than {:,} files or {} MiB"
        own = self._students[student, "" if student else name.parts[0]]
        own[:] = own[0] - 1, own[1] - size
        if min(own) < 0:
            return words.format(MAX_OF_STUDENT, MAX_BYTES_OF_STUDENT // 2**20)
        self._class = [self._class[0] - 1, self._class[1] - size]
        return f"the class {words.format(MAX_OF_CLASS, MAX_BYTES_OF_CLASS // 2**20)}" if min(self._class) < 0 else ""


def _is_deep(name: PurePosixPath) -> bool:
    return len(name.parts) > MAX_PARTS or len(str(name)) > MAX_NAME


def collect(
    given: Sequence[Path], scratch: Path, student: str | None = None, output: Path | None = None
) -> tuple[list[Submission], list[str]]:
    """Return a submission a student, in the order of their names, and the files in whose path no name is found.

    Args:
        given: folders, zips, files of Python.
        scratch: a folder that nobody else sees, for the copies.
        student: a pattern with a group of that name.
        output: where the book lies, which is no student's.

    Raises:
        GradingError: what was given is not there, is no folder, zip or file of Python, holds nothing, or the pattern
            is none, or finds no name, or the book would lie among them.
    """
    budget = _Budget(_pattern(student))
    files: dict[str, list[Found]] = {}
    nameless, book = list[str](), output.resolve() if output else None
    for place in _once(given):
        if book and place.resolve() == book:
            raise GradingError(f"{place}: the book cannot lie where the submissions do; choose another --output.")
        for found in _files(place, budget, book):
            if name := budget.student(found.handed_in):
                own = files.setdefault(name, [])
                if not (own and own[-1].problem):  # one is enough
                    own.append(found)
            else:
                nameless.append(printable(str(found.name)))
    if not files:
        if nameless:
            raise GradingError(f"--student {student!r}: finds no name in any path, as in {nameless[0]!r}.")
        raise GradingError(f"{', '.join(map(str, given))}: no .py and no .ipynb is there.")
    return [submission(name, files[name], scratch / f"{n:05}") for n, name in enumerate(sorted(files))], nameless


def _once(given: Sequence[Path]) -> list[Path]:
    """Return what was given without what is given twice, or lies in a folder that is given too."""
    places = {place.resolve(): place for place in given}
    return [place for there, place in places.items() if not any(parent in places for parent in there.parents)]


def _pattern(student: str | None) -> re.Pattern[str] | None:
    try:
        pattern = re.compile(student) if student else None
    except re.error as error:
        raise GradingError(f"--student {student!r}: is no regular expression ({error}).") from error
    if pattern and "student" not in pattern.groupindex:
        raise GradingError(f"--student {student!r}: has no group of that name, as in '(?P<student>[a-z]+)_.*'.")
    return pattern


def _files(place: Path, budget: _Budget, output: Path | None) -> Iterator[Found]:
    """Yield the files of one thing that was given."""
    empty: set[str] = set()  # students' folders in which no file of Python was found yet
    above = (output, *output.parents) if output else ()
    if place.is_dir():
        found = _in_folder(place, place, budget, output)
        others = (path for path in place.iterdir() if not _holds_a_book(path) and path.resolve() not in above)
        tops = ((path.name, path.is_dir() and not path.is_symlink()) for path in others)
        empty = _folders(PurePosixPath(name, "*" if is_dir else "") for name, is_dir in tops)
    elif not place.is_file():
        raise GradingError(f"{place}: is not there, or no file; give a folder, a .zip, or files of Python.")
    elif place.suffix.lower() == ".zip":
        found = _in_class(place, budget, empty)
    elif place.suffix in SUFFIXES:
        found = iter([_read(place, PurePosixPath(place.name), budget)])
    else:
        raise GradingError(f"{place}: is neither a folder, nor a .zip, nor a file of Python.")
    for each in found:
        empty.difference_update(each.name.parts[:-1][:1])
        yield each
    for name in sorted(empty):
        yield Found(PurePosixPath(name, "*.py"), problem="is not there, nor a notebook or a zip")


def _holds_a_book(folder: Path) -> bool:
    """Say whether a folder has been graded into, as the one that the books lie in is."""
    return any(map(Path.is_file, (folder / "grades.csv", *folder.glob("*/grades.csv"))))


def _in_folder(folder: Path, root: Path, budget: _Budget, output: Path | None) -> Iterator[Found]:
    name = PurePosixPath(folder.relative_to(root).as_posix())
    if _is_deep(name / "*"):
        yield Found(name, problem="lies too deep")
        return
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        folders = {entry.name for entry in entries if entry.is_dir(follow_symlinks=False)}
    except OSError as error:
        yield Found(name / "*.py", problem=f"cannot be read ({error.strerror})")
        return
    for path in (Path(entry.path) for entry in entries if not _is_skipped(entry.name)):
        if path.name in folders:
            if path.resolve() != output:
                yield from _in_folder(path, root, budget, output)
        elif path.suffix in SUFFIXES:
            yield _read(path, name / path.name, budget)
        elif path.suffix.lower() == ".zip":
            yield from _nested(_read(path, _own_folder(name / path.name), budget, MAX_BYTES_OF_STUDENT), 1, budget)


def _read(path: Path, name: PurePosixPath, budget: _Budget, most: int = MAX_FILE_BYTES) -> Found:
    """Read a file; a link, a pipe or a device is none."""
    try:
        there = path.lstat()
        if not stat.S_ISREG(there.st_mode):
            return Found(name, problem="is a link, a pipe or a device and no file")
        if problem := budget.refuse(name, min(there.st_size, most)):
            return Found(name, problem=problem)
        with path.open("rb") as stream:
            content = stream.read(most + 1)
    except OSError as error:
        return Found(name, problem=f"cannot be read ({error.strerror})")
    return _bounded(Found(name, content), most)


def _bounded(found: Found, most: int) -> Found:
    if len(found.content) <= most:
        return found
    return dataclasses.replace(found, content=b"", problem=f"is larger than {most // 2**20} MiB")


def _in_class(place: Path, budget: _Budget, empty: set[str]) -> Iterator[Found]:
    """Yield the files of a class's zip, and add to ``empty`` the folders that are in it."""
    try:
        content = place.read_bytes()
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            empty |= _folders(_inside(name)[0] for name in archive.namelist())
        yield from _in_zip(content, PurePosixPath(), 1, budget)
    except Exception as error:  # a malformed zip makes the reader raise whatever it meets
        raise GradingError(f"{place}: cannot be read as a zip ({error}).") from error


def _nested(found: Found, depth: int, budget: _Budget) -> Iterator[Found]:
    """Yield what an archive among the files holds, below its own name; a broken one is a file with a problem."""
    if found.problem:
        yield found
        return
    try:
        yield from _in_zip(found.content, found.name.parent, depth, budget, found.handed_in)
    except Exception as error:  # whatever it is, it is this student's
        yield dataclasses.replace(found, content=b"", problem=f"cannot be read as a zip ({error})")


def _in_zip(
    content: bytes, root: PurePosixPath, depth: int, budget: _Budget, archive: PurePosixPath | None = None
) -> Iterator[Found]:
    """Yield the files of a zip, a student's archive or a class's, and of those in it; what leads out is refused."""
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        for member in opened.infolist():
            inside, leads_out = _inside(member.filename)
            is_zip = inside.suffix.lower() == ".zip"
            if member.filename.endswith("/") or any(map(_is_skipped, inside.parts)):
                continue
            if inside.suffix not in SUFFIXES and not is_zip:
                continue
            name = root / (_own_folder(inside) if is_zip else inside)
            most = MAX_BYTES_OF_STUDENT if is_zip else MAX_FILE_BYTES
            found = Found(name, archive=archive)
            if problem := budget.refuse(name, min(member.file_size, most), archive):
                yield dataclasses.replace(found, problem=problem)
            elif leads_out or stat.S_ISLNK(member.external_attr >> 16):
                yield dataclasses.replace(found, problem="leads out of its archive")
            elif is_zip and depth < MAX_DEPTH:
                yield from _nested(_member(opened, member, found, most), depth + 1, budget)
            elif is_zip:
                yield dataclasses.replace(found, problem="is a zip in a zip in a zip")
            else:
                yield _member(opened, member, found, most)


def _inside(filename: str) -> tuple[PurePosixPath, bool]:
    """Return a member's name without what leads out of its archive, and whether something does."""
    given = PurePosixPath(filename.replace("\\", "/"))
    inside = PurePosixPath(*(part for part in given.parts if part not in ("/", "//", "..")))
    return inside, inside != given


def _own_folder(name: PurePosixPath) -> PurePosixPath:
    """Return the name of a zip as if it lay in a folder of its own, where what it holds is told to be."""
    return name.with_suffix("") / name.name


def _folders(names: Iterable[PurePosixPath]) -> set[str]:
    """Return the first folder of each name that has one, or is a zip."""
    own = (_own_folder(name) if name.suffix.lower() == ".zip" else name for name in names)
    return {name.parts[0] for name in own if len(name.parts) > 1 and not _is_skipped(name.parts[0])}


def _is_skipped(part: str) -> bool:
    return part in SKIPPED or part.startswith(".")


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, found: Found, most: int) -> Found:
    try:
        with archive.open(member) as stream:
            content = stream.read(most + 1)  # what it announces is not believed
    except Exception as error:  # whatever it is, it is this student's
        return dataclasses.replace(found, problem=f"cannot be unpacked ({error})")
    return _bounded(dataclasses.replace(found, content=content), most)
