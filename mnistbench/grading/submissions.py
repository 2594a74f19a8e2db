"""What one student handed in: their files copied into a folder that nobody else sees, and the one with the net chosen.

Nothing of theirs is run here; they are read as Python in a child, which may be ended.
"""

import contextlib
import dataclasses
import resource
import subprocess
import sys
from pathlib import Path, PurePosixPath

from mnistbench.errors import printable
from mnistbench.experiment import net_files

READ_SECONDS, READ_BYTES = 10, 2 * 2**30  # processor time and memory in which a student's files are read as Python
CHOOSE = "from mnistbench.grading import submissions; submissions.tell_nets()"


@dataclasses.dataclass(frozen=True)
class Submission:
    """What one student handed in: the file that is judged, its copy, and why it cannot be judged, where it cannot."""

    student: str
    file: str
    copy: Path | None = None
    problem: str = ""


@dataclasses.dataclass(frozen=True)
class Found:
    """One file below what was given, by its name there: its content, or why that cannot be had."""

    name: PurePosixPath
    content: bytes = b""
    problem: str = ""
    archive: PurePosixPath | None = None
    """A student's own zip, in which it was found."""

    @property
    def handed_in(self) -> PurePosixPath:
        """Return the name of what was handed in, which tells the student; what a zip of theirs holds tells nobody."""
        return self.archive or self.name


def submission(student: str, found: list[Found], folder: Path) -> Submission:
    """Copy a student's files into a folder of their own, and choose the one with the net."""
    listed = ", ".join(printable(str(each.name)) for each in found[:5])
    if broken := next((each for each in found if each.problem), None):
        return Submission(student, listed, problem=printable(f"{str(broken.name)[:200]}: {broken.problem}."))
    folder.mkdir(mode=0o700)
    copies: dict[Path, str] = {}
    for each in found:
        copy = folder.joinpath(*(each.name.parts[1:] or each.name.parts))
        if copy in copies:
            return Submission(student, listed, problem=f"{each.name}: there are two files of this name.")
        try:
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(each.content)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            return Submission(student, listed, problem=printable(f"{each.name}: cannot be kept ({reason})."))
        copies[copy] = printable(str(each.name))
    nets = list(copies) if len(copies) == 1 else _nets(list(copies))
    if nets is None:
        what = f"the {len(copies)} files take longer than {READ_SECONDS} s to be read, or too much memory"
        return Submission(student, listed, problem=f"{what}; hand in one.")
    if len(nets) != 1:
        what = f"{len(nets)} of the {len(copies)} files have a net" if nets else "none of the files has a net"
        return Submission(student, listed, problem=f"{what}, a class with fit and predict; hand in one.")
    return Submission(student, copies[nets[0]], nets[0])


def _nets(copies: list[Path]) -> list[Path] | None:
    """Return the files with one class that can be a net; ``None`` where the child that reads them was ended."""
    line = [sys.executable, "-P", "-c", CHOOSE, *map(str, copies)]
    done = subprocess.run(
        line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
    )
    return None if done.returncode else [copies[int(number)] for number in done.stdout.split()]


def tell_nets() -> None:
    """Print the numbers of the files in ``sys.argv`` with one class that can be a net: what the child does.

    Parsing what was written to be parsed slowly, or not at all, takes long or ends a process.
    """
    for kind, most in ((resource.RLIMIT_CPU, READ_SECONDS), (resource.RLIMIT_DATA, READ_BYTES)):
        resource.setrlimit(kind, (most, most))
    for number, file in enumerate(sys.argv[1:]):
        with contextlib.suppress(Exception):  # whatever is in it, it is this student's
            net_files.require(file)
            sys.stdout.write(f"{number}\n")
