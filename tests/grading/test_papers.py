"""What comes out of a grade book: the answer, CSV, page, feedback, and what graders' systems read."""

import csv
import io
import json
from pathlib import Path

import pytest

from mnistbench.checking.examination import FACTS
from mnistbench.grading import answer, feedback, formats, page
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


def another(verdict: str, student: str = "fay", **answers: str) -> Grade:
    """Return the grade of another network, as check finds it."""
    told = found("other_network")
    told |= {name: {"answer": answers.get(name, "right"), "evidence": []} for name in QUESTIONS}
    told["network"] = {"answer": "other", "evidence": []}
    return grade(student, verdict).model_copy(update={"found": told, "items": []})


def test_another_network_is_a_fact_and_no_mistake(book: GradeBook) -> None:
    assert set(FACTS) == {"other_network"}
    mixed = another("wrong", "gus", loop="wrong")
    mixed.found["diagnoses"] += found("no_shuffle")["diagnoses"]
    more = book.model_copy(update={"grades": [*book.grades, another("wrong"), another("right"), mixed]})
    assert answer.sentence(more) == (
        "9 submissions: 3 right, 3 with a named mistake (no_shuffle 3, b1_frozen 1), 1 another network,"
        " 1 wrong with none named, 1 does not run."
    )
    assert "<code>other_network</code></th>" not in page.html(more)  # the table of mistakes
    told = feedback.markdown(another("wrong"))
    assert "**Your net is right in itself, and not what was asked for.**" in told
    assert "## Not what was asked for\n\nother\\_network is wrong." in told
    assert "mend" not in told + feedback.markdown(another("right"))
    both = feedback.markdown(mixed)
    assert both.index("## What to mend") < both.index("shuffle is wrong.") < both.index("## Not what was asked for")


def test_a_run_that_failed_is_told_as_the_runs_and_not_as_a_mistake() -> None:
    late, items = "ran longer than the 5 s of --timeout", [
        Item(name="loop", points=0, of=2, words="loop: other"),
        Item(name="accuracy", points=0, of=1, words="no test accuracy"),
    ]  # fmt: skip
    told = grade("ada", error=late).model_copy(update={"items": items})
    book = GradeBook(name="hw1", grades=[told], of_points=3, secret=7, fence="fenced")
    ((*_, cell),) = answer.table(book).cells
    assert cell == f"its run for accuracy failed: {late}"
    assert f"Its run for accuracy failed: {late}" in page.html(book)
    assert f"## The run for accuracy\n\n{late}" in feedback.markdown(told)
    loop, accuracy = (test["output"] for test in json.loads(formats.gradescope(told))["tests"])
    assert (loop, accuracy) == ("loop: other", f"no test accuracy\nits run for accuracy failed: {late}")
    hidden = told.model_copy(update={"items": [items[0], items[1].model_copy(update={"shown": False})]})
    assert late not in feedback.markdown(hidden)
    refused = told.model_copy(update={"items": [items[1].model_copy(update={"words": "x; the file is refused"})]})
    assert refused.reason == late


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
    assert "shuffle is wrong" not in told  # the loop's outcome is hidden, and so is what names it
    shown = [item.model_copy(update={"shown": True}) for item in book.grades[3].items]
    told = feedback.markdown(book.grades[3].model_copy(update={"items": shown}))
    assert told.startswith("# dan\n\n**Your net runs, and something in it is not as it should be.** 1 of 3 points.")
    assert "shuffle is wrong." in told
    assert "<script>" not in feedback.markdown(book.grades[5])


def test_where_an_answer_is_hidden_nothing_tells_a_right_net_from_a_wrong_one(book: GradeBook) -> None:
    right, wrong, idle = (book.grades[i].model_copy(update={"student": "x", "file": "x.py"}) for i in (0, 3, 5))
    assert feedback.markdown(right) == feedback.markdown(wrong)
    assert feedback.markdown(right).startswith("# x\n\n**Your net runs.** 1 of 1 points.")
    assert formats.github(right) == formats.github(wrong)
    outputs = [json.loads(formats.gradescope(each))["output"] for each in (right, wrong)]
    assert outputs == ["Your net runs."] * 2
    assert feedback.opening(idle) == "Your net could not be asked."
    assert json.loads(formats.github(idle))["status"] == "fail"


def test_files_have_plain_names_and_no_two_alike(book: GradeBook, tmp_path: Path) -> None:
    names = file_names([grade(name) for name in ("../../x", "A", "a", "..", "x" * 300)])
    assert names == ["x", "A", "a_2", "student", "x" * 80]
    assert [len(name.encode()) for name in file_names([grade("漢" * 80), grade("𝒜" * 80)])] == [150, 148]
    write(book, tmp_path / "out", ("gradescope", "github", "junit"))
    files = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert {"grades.csv", "grades.html", "junit.xml", "feedback/ada.md", "gradescope/ada.json"} <= files
    assert len([file for file in files if file.startswith("feedback/")]) == 6


def test_what_is_left_of_students_whom_the_book_has_not_is_removed(book: GradeBook, tmp_path: Path) -> None:
    write(book, tmp_path, ("gradescope",))
    (tmp_path / "feedback" / "notes.md").write_text("of the teacher's own")
    write(book.model_copy(update={"grades": [grade("Ada"), book.grades[1]]}), tmp_path)
    left = {str(file.relative_to(tmp_path)) for file in tmp_path.glob("*/*")}
    assert left == {"feedback/Ada.md", "feedback/bob.md", "feedback/notes.md", "gradescope/bob.json"}
