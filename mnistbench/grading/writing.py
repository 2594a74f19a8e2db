"""A grade book into its folder: every format's file, each written whole."""

import re
from pathlib import Path

from mnistbench.grading import answer, feedback, formats, page
from mnistbench.grading.book import Grade, GradeBook
from mnistbench.ledger import write_atomically


def write(book: GradeBook, folder: Path, more: tuple[str, ...] = ()) -> None:
    """Write ``grades.csv``, ``grades.html``, ``feedback/`` and what else is asked for: gradescope, github, junit.

    Raises:
        ResultsError: the folder cannot be written.
    """
    names = file_names(book.grades)
    files = {"grades.csv": answer.csv(book), "grades.html": page.html(book)}
    for grade, name in zip(book.grades, names, strict=True):
        files[f"feedback/{name}.md"] = feedback.markdown(grade)
        files |= {f"{kind}/{name}.json": formats.PER_STUDENT[kind](grade) for kind in more if kind != "junit"}
    if "junit" in more:
        files["junit.xml"] = formats.junit(book)
    for file, content in files.items():
        write_atomically(folder / file, content)


def file_names(grades: list[Grade]) -> list[str]:
    """Return a plain file name a student, no two alike, whatever the students are called."""
    taken: set[str] = set()
    names = []
    for grade in grades:
        plain = re.sub(r"[^\w.-]+", "_", grade.student).strip("._")[:80] or "student"
        name, number = plain, 1
        while name.casefold() in taken:
            number += 1
            name = f"{plain}_{number}"
        taken.add(name.casefold())
        names.append(name)
    return names
