"""The one sentence of a grade book, the table of a class, and its CSV."""

import pandas as pd

from mnistbench.checking import FACTS
from mnistbench.grading.book import QUESTIONS, Grade, GradeBook
from mnistbench.reports import Table, signs, to_csv

SIGNS = {"right": True, "wrong": False, "does_not_run": None}
WORDS = {"right": "right", "wrong": "wrong", "does_not_run": "does not run"}
ANSWERS = {"right": True, "wrong": False}
MAX_NAMED = 5  # mistakes that the sentence counts


def sentence(book: GradeBook) -> str:
    """Return how many are right, which mistakes others have, which are other networks, and how many do not run."""
    n = len(book.grades)
    right = sum(grade.verdict == "right" for grade in book.grades)
    wrong = [grade for grade in book.grades if grade.verdict == "wrong"]
    named = [grade for grade in wrong if grade.mistakes]
    others = [grade for grade in wrong if grade.facts and not grade.mistakes]
    idle = sum(grade.verdict == "does_not_run" for grade in book.grades)
    parts = [f"{right} right"]
    if named:
        counts = book.model_copy(update={"grades": named}).most_frequent()
        told = ", ".join(f"{name} {number}" for name, number in counts[:MAX_NAMED])
        more = ", …" if len(counts) > MAX_NAMED else ""
        parts.append(f"{len(named)} with a named mistake ({told}{more})")
    if others:
        alike = all(each["id"] in FACTS for grade in others for each in grade.facts)
        parts.append(f"{len(others)} another network{'' if alike else ' or loss'}")
    if unnamed := len(wrong) - len(named) - len(others):
        parts.append(f"{unnamed} wrong with none named")
    if idle:
        parts.append(f"{idle} {'does' if idle == 1 else 'do'} not run")
    return f"{n} submission{'' if n == 1 else 's'}: {', '.join(parts)}."


def table(book: GradeBook) -> Table:
    """Return the class at a glance, for a terminal."""
    cells: list[tuple[str, ...]] = [
        (
            grade.student,
            f"{grade.points:g}",
            outcome(grade),
            "; ".join(filter(None, [", ".join(each["id"] for each in grade.named), _beside(grade)])),
        )
        for grade in book.grades
    ]
    return Table("Grades", ("Student", f"Of {book.of_points:g}", "Verdict", "What was found"), cells, notes=2)


def _beside(grade: Grade) -> str:
    """Return why it was not asked everything, where nothing is named, and that its run failed in any case."""
    return grade.reason if grade.failed_run or not grade.named else ""


def outcome(grade: Grade) -> str:
    """Return the verdict behind its sign."""
    return signs.signed(SIGNS[grade.verdict], WORDS[grade.verdict])


def csv(book: GradeBook) -> str:
    """Return ``grades.csv``: a line a student."""
    same = {student: "; ".join(each for each in group if each != student)
            for group in book.same_code() for student in group}  # fmt: skip
    lines = [_line(grade, book, same.get(grade.student, "")) for grade in book.grades]
    return to_csv(pd.DataFrame(lines, dtype=object))


def _line(grade: Grade, book: GradeBook, same_code: str) -> dict[str, object]:
    return {
        "student": grade.student,
        "file": grade.file,
        "points": grade.points,
        "of_points": book.of_points,
        "verdict": grade.verdict,
        "mistakes": " ".join(each["id"] for each in grade.named),
        **{question: grade.answer(question) for question in QUESTIONS},
        "test_accuracy": grade.test_accuracy,
        "train_seconds": grade.train_seconds,
        "seconds": grade.seconds,
        "libraries": " ".join(grade.libraries),
        "same_code": same_code,
        "file_sha256": grade.file_sha256,
        "error": grade.reason,
    }
