"""What comes out of a grade book: the answer, CSV, page, feedback, and what graders' systems read."""

import csv
import io
from pathlib import Path

import pytest

from mnistbench.grading import answer, feedback, page
from mnistbench.grading.book import Grade, GradeBook, Item
from mnistbench.grading.writing import file_names, write

HOSTILE = "<script>alert(1)</script>\x1b[31m =1+1"
QUESTIONS = ("gradients", "loop", "network", "certificate")


def found(*mistakes: str) -> dict[str, object]:
    diagnoses = [{"id": each, "sentence": f"{each} is wrong.", "or": [], "evidence": ["seen"]} for each in mistakes]
    told = {name: {"answer": "wrong" if mistakes else "right", "evidence": []} for name in QUESTIONS}
    return {"passed": not mistakes, "diagnoses": diagnoses, "secret": 7, **told}


def grade(student: str, verdict: str = "right", *mistakes: str, **more: object) -> Grade:
    earned = 1.0 if verdict == "right" else 0.0
    items = [Item(name="runs", points=1, of=1, words="runs"),
             Item(name="loop", points=earned, of=2 * earned or 2, words="loop", shown=False)]  # fmt: skip
    asked = None if verdict == "does_not_run" else found(*mistakes)
    return Grade(student=student, file=f"{student}.py", verdict=verdict, found=asked, items=items, **more)


@pytest.fixture
def book() -> GradeBook:
    grades = [
        grade("ada", test_accuracy=0.93, tree_sha256="a"), grade("bob", tree_sha256="a"),
        grade("cyd", "wrong", "no_shuffle"), grade("dan", "wrong", "no_shuffle", "b1_frozen"), grade("eli", "wrong"),
        grade(HOSTILE, "does_not_run", error=f"importing raised {HOSTILE}"),
    ]  # fmt: skip
    return GradeBook(name="hw1", grades=grades, of_points=3, secret=7, fence="fenced")


def test_one_sentence_counts_the_class(book: GradeBook) -> None:
    assert answer.sentence(book) == (
        "6 submissions: 2 right, 2 with a named mistake (no_shuffle 2, b1_frozen 1), 1 wrong with none named,"
        " 1 does not run."
    )
    assert answer.sentence(book.model_copy(update={"grades": book.grades[:1]})) == "1 submission: 1 right."


def test_csv_has_a_line_a_student(book: GradeBook) -> None:
    lines = list(csv.DictReader(io.StringIO(answer.csv(book))))
    assert [line["verdict"] for line in lines] == ["right"] * 2 + ["wrong"] * 3 + ["does_not_run"]
    assert lines[3]["mistakes"] == "no_shuffle b1_frozen"
    assert lines[0]["same_code"] == "bob"
    assert lines[0]["gradients"] == "right"
    assert {"student", "file", "points", "test_accuracy", "seconds", "file_sha256", "error"} <= lines[0].keys()


def test_the_page_escapes_what_students_wrote_and_has_each_once(book: GradeBook) -> None:
    html = page.html(book)
    assert "<script>alert" not in html
    assert html.count('<details class="part"') == 6
    assert "no accusation" in html
    assert "ada, bob" in html


def test_feedback_tells_what_is_shown_alone(book: GradeBook) -> None:
    told = feedback.markdown(book.grades[3])
    assert told.startswith("# dan\n\n**Your net runs, and something in it is not as it should be.** 1 of 1 points.")
    assert "shuffle is wrong" not in told  # the loop's outcome is hidden, and so is what names it
    shown = [item.model_copy(update={"shown": True}) for item in book.grades[3].items]
    assert "shuffle is wrong." in feedback.markdown(book.grades[3].model_copy(update={"items": shown}))
    assert "<script>" not in feedback.markdown(book.grades[5])


def test_files_have_plain_names_and_no_two_alike(book: GradeBook, tmp_path: Path) -> None:
    names = file_names([grade(name) for name in ("../../x", "A", "a", "..", "x" * 300)])
    assert names == ["x", "A", "a_2", "student", "x" * 80]
    write(book, tmp_path / "out", ("gradescope", "github", "junit"))
    files = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert {"grades.csv", "grades.html", "junit.xml", "feedback/ada.md", "gradescope/ada.json"} <= files
    assert len([file for file in files if file.startswith("feedback/")]) == 6
