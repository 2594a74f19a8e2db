"""A whole class: its submissions side by side, each grade on disk as soon as it is there, and the book of them all."""

import contextlib
import hashlib
import json
import os
import queue
import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypedDict

from pydantic import ValidationError

from mnistbench import __version__
from mnistbench.errors import GradingError, ResultsError
from mnistbench.grading import examining, intake
from mnistbench.grading.book import Grade, GradeBook
from mnistbench.grading.examining import Terms
from mnistbench.grading.rubric import load_rubric
from mnistbench.grading.submissions import Submission
from mnistbench.ledger import locked, write_atomically
from mnistbench.machine import fence
from mnistbench.running import interrupts_deferred

CLASS_FILE = "class.json"
FENCED = "each submission ran behind {}: no network, no files but its own, bounded memory and processes"
UNFENCED = "no fence: submissions ran with the rights of who judged them"
Listener = Callable[[dict[str, Any]], None]


class GradeOptions(TypedDict, total=False):
    """On what terms a class is judged; defaults are those of the command."""

    rubric: str | Path | None
    """Points and what is allowed, a YAML file; else the default one."""
    class_name: str
    """Of the net in each file; left out where each has one."""
    student: str | None
    """A regular expression with a group ``student`` that finds the name in a file's path."""
    jobs: int
    timeout: float
    """Seconds for each submission's questions, and again for its run."""
    secret: int | None
    """The number that pixels, classes and test images are permuted by; drawn where it is left out."""
    fenced: bool
    """Run each behind a fence, as is the default; otherwise it has the caller's own rights."""


def grade_class(given: Sequence[Path], output: Path, options: GradeOptions, on_event: Listener) -> GradeBook:
    """Judge every submission that has no grade yet, and return the book.

    ``on_event`` hears ``{"submissions": n, "to_do": n, "left_out": [file, ...]}``, then for each student ``{"student":
    name, "question": 1 to 4}`` and ``{"student": name, "grade": Grade}``.

    Raises:
        GradingError, FenceError: nothing can be judged so.
        KeyboardInterrupt: what is finished is on disk.
    """
    if (named := options.get("class_name", "")) and not named.isidentifier():
        raise GradingError(f"--class {named!r}: is no name of a class in Python; give one such as MyNet.")
    fenced_by = fence.require() if options.get("fenced", True) else ""
    with locked(output, frozenset({CLASS_FILE})), _scratch(output) as scratch:
        submissions, nameless = intake.collect(given, scratch, options.get("student"), output)
        terms = _terms(output, options, fenced_by, scratch)
        files = {each.student: output / "grades" / f"{_digest(each, terms)}.json" for each in submissions}
        grades = {each.student: known for each in submissions if (known := _read(files[each.student]))}
        to_do = [each for each in submissions if each.student not in grades]
        on_event({"submissions": len(submissions), "to_do": len(to_do), "left_out": nameless})
        for made in _all(to_do, terms, options.get("jobs", 1), on_event):
            write_atomically(files[made.student], made.model_dump_json(indent=1))
            grades[made.student] = made
            on_event({"student": made.student, "grade": made})
    return GradeBook(
        name=output.name,
        grades=[grades[each.student] for each in submissions],
        of_points=terms.rubric.of_points,
        secret=terms.secret,
        fence=FENCED.format(fenced_by) if fenced_by else UNFENCED,
    )


@contextlib.contextmanager
def _scratch(output: Path) -> Iterator[Path]:
    """Yield a folder for the copies; one that a killed grading of the same class left is removed."""
    prefix = f"class-{hashlib.sha256(os.fsencode(output.resolve())).hexdigest()[:12]}-"
    for left in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=prefix) as folder:
        yield Path(folder)


def _terms(output: Path, options: GradeOptions, fenced_by: str, scratch: Path) -> Terms:
    file = options.get("rubric")
    rubric = load_rubric(Path(file) if file else None)
    return Terms(
        rubric,
        _secret(output, options.get("secret")),
        options.get("timeout", 20),
        fenced_by,
        options.get("class_name", ""),
        examining.numpy_seconds(rubric, scratch),
        scratch,
    )


def _all(to_do: list[Submission], terms: Terms, jobs: int, on_event: Listener) -> Iterator[Grade]:
    """Yield each grade as it is there.

    Raises:
        KeyboardInterrupt: after what is under way was ended.
    """
    heard: queue.SimpleQueue[dict[str, Any] | Future[Grade | None]] = queue.SimpleQueue()
    over = threading.Event()
    with interrupts_deferred() as stopped, ThreadPoolExecutor(jobs) as pool:

        def one(submission: Submission) -> Grade | None:
            def asked(question: int) -> None:
                heard.put({"student": submission.student, "question": question})

            try:
                return examining.grade(submission, terms, asked, lambda: stopped() or over.is_set())
            except Exception as error:  # whatever it is, it is this submission's
                return examining.failed(submission, terms, error)

        try:
            left = len(to_do)
            for submission in to_do:
                pool.submit(one, submission).add_done_callback(heard.put)
            while left:
                news = heard.get()
                if isinstance(news, dict):
                    on_event(news)
                    continue
                left -= 1
                if made := news.result():
                    yield made
        finally:
            over.set()
    if stopped():
        raise KeyboardInterrupt


def _secret(output: Path, given: int | None) -> int:
    """Return the number that this class is asked by: the one given, or drawn once and kept beside the grades."""
    file = output / CLASS_FILE
    if given is None and file.exists():
        try:
            return int(json.loads(file.read_text())["secret"])
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise ResultsError(f"{file}: cannot be read ({error}); delete it to draw another number.") from error
    number = secrets.randbelow(2**31) + 1 if given is None else given
    write_atomically(file, json.dumps({"secret": number}) + "\n")
    return number


def _digest(submission: Submission, terms: Terms) -> str:
    """Return what decides a grade, as a file's name: the student's files, and the terms."""
    told = hashlib.sha256(f"{submission.student}\0{submission.file}\0{submission.problem}\0".encode())
    rubric, fenced = terms.rubric.model_dump_json(), bool(terms.fenced_by)
    fixed = (rubric, terms.secret, terms.timeout_seconds, terms.class_name, fenced, __version__)
    told.update("\0".join(map(str, fixed)).encode())
    if submission.copy:
        for file in sorted(submission.copy.parent.rglob("*")):
            if file.is_file():
                told.update(b"\0" + os.fsencode(file.name) + b"\0" + file.read_bytes())
    return told.hexdigest()[:24]


def _read(file: Path) -> Grade | None:
    """Return a grade that is there already."""
    try:
        return Grade.model_validate_json(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, ValidationError):
        return None
