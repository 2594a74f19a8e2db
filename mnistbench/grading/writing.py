"""A grade book into its folder: every format's file, each written whole."""

import re
from pathlib import Path

from mnistbench.errors import ResultsError
from mnistbench.grading import answer, feedback, formats, page
from mnistbench.grading.book import Grade, GradeBook
from mnistbench.ledger import cannot_write, write_atomically

NAME_BYTES = 150  # of a file's name, which may have 255 with what is added while it is written
OURS = {  # the files a student, and what only a file that was written here has
    "feedback/*.md": f"\n{feedback.POINTS}\n".encode(),
    **{f"{kind}/*.json": b'"tests": [' for kind in formats.PER_STUDENT},
}


def write(book: GradeBook, folder: Path, more: tuple[str, ...] = ()) -> None:
    """Write ``grades.csv``, ``grades.html``, ``feedback/`` and what else is asked for: gradescope, github, junit.

    Pages and results of students whom the book does not have are removed from these folders.

    Raises:
        ResultsError: the folder cannot be written.
    """
    names = file_names(book.grades)
    _remove_others(folder, names)
    files = {"grades.csv": answer.csv(book), "grades.html": page.html(book)}
    for grade, name in zip(book.grades, names, strict=True):
        files[f"feedback/{name}.md"] = feedback.markdown(grade)
        files |= {f"{kind}/{name}.json": formats.PER_STUDENT[kind](grade) for kind in more if kind != "junit"}
    if "junit" in more:
        files["junit.xml"] = formats.junit(book)
    for file, content in files.items():
        write_atomically(folder / file, content)


def _remove_others(folder: Path, names: list[str]) -> None:
    """Remove the pages and results of students that the book no longer has, so that none is handed back by mistake."""
    for pattern, mark in OURS.items():
        for file in folder.glob(pattern):
            try:
                if file.stem not in names and file.is_file() and mark in file.read_bytes():
                    file.unlink()
            except OSError as error:
                raise ResultsError(cannot_write(file, error)) from error


def file_names(grades: list[Grade]) -> list[str]:
    """Return a plain file name a student, no two alike, whatever the students are called."""
    taken: set[str] = set()
    names = []
    for grade in grades:
        plain = re.sub(r"[^\w.-]+", "_", grade.student).strip("._")[:80]
        plain = plain.encode()[:NAME_BYTES].decode(errors="ignore") or "student"
        name, number = plain, 1
        while name.casefold() in taken:
            number += 1
            name = f"{plain}_{number}"
        taken.add(name.casefold())
        names.append(name)
    return names
