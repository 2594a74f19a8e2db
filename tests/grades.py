"""One submission graded as a class of its own."""

from pathlib import Path
from typing import Any

import mnistbench
from mnistbench.grading.book import Grade


def graded(text: str, rubric: str, folder: Path, **options: Any) -> Grade:
    """Return the grade of one file by a rubric, without a fence."""
    (folder / "class").mkdir(parents=True)
    (folder / "class" / "ada.py").write_text(text)
    (folder / "rubric.yaml").write_text(rubric)
    named = str(folder / "rubric.yaml")
    book, _ = mnistbench.grade([folder / "class"], output=folder / "out", rubric=named, fenced=False, **options)
    (grade,) = book.grades
    return grade
