"""``grades.html``: a class on one page that opens offline, with the style of the reports' pages."""

from pathlib import Path

from mnistbench.grading import answer
from mnistbench.grading.book import QUESTIONS, Grade, GradeBook
from mnistbench.reports import offline_page, signs

CLASSES = {"right": "pass", "wrong": "fail", "does_not_run": "no-verdict"}


def html(book: GradeBook) -> str:
    """Return the whole page; Jinja2 escapes all that students wrote."""
    return offline_page(
        Path(__file__).parent / "grades.html.j2",
        book=book,
        answer=answer.sentence(book),
        questions=QUESTIONS,
        outcome=answer.outcome,
        classes=CLASSES,
        words=answer.WORDS,
        cell=cell,
    )


def cell(grade: Grade, question: str) -> str:
    """Return the answer to a question behind its sign."""
    told = grade.answer(question) or "not asked"
    return signs.signed(answer.ANSWERS.get(told), told)
