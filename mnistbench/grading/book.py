"""The grade book: what was found of each submission, and the points that its items earned.

No file, no process and no format is known here.
"""

from collections import Counter
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

QUESTIONS = ("gradients", "loop", "network", "certificate")  # that check asks
Verdict = Literal["right", "wrong", "does_not_run"]


class Item(BaseModel):
    """One item of the rubric, as one submission earned it: its points, of how many, and the sentence that says why."""

    model_config = ConfigDict(frozen=True)

    name: str
    points: float
    of: float
    words: str
    shown: bool = True
    """Whether the student is told."""


class Grade(BaseModel):
    """All that is known of one student's submission."""

    model_config = ConfigDict(frozen=True)

    student: str
    file: str
    """As it was handed in, below what the teacher gave; empty where there is none."""
    file_sha256: str | None = None
    tree_sha256: str | None = None
    """Of its syntax tree, names and comments aside; equal for the same code."""
    verdict: Verdict
    error: str = ""
    """Why it does not run, or was not asked everything."""
    found: dict[str, Any] | None = None
    """What ``check`` found, as :meth:`mnistbench.checking.Findings.to_dict` has it."""
    libraries: list[str] = []
    """Libraries whose own nets its process had loaded: a fact, and no mistake."""
    test_accuracy: float | None = None
    """Fraction of the test images, after the run that the rubric asks for."""
    train_seconds: float | None = None
    seconds: float = 0.0
    """What judging it took, in all."""
    items: list[Item] = []

    @property
    def points(self) -> float:
        """Return the sum of the points of its items."""
        return sum(item.points for item in self.items)

    @property
    def mistakes(self) -> list[dict[str, Any]]:
        """Return the mistakes that were named: each its ``id``, ``sentence`` and ``evidence``."""
        return list(self.found["diagnoses"]) if self.found else []

    @property
    def told_mistakes(self) -> list[dict[str, Any]]:
        """Return the mistakes that the student may be told: none where an answer that they bear on is hidden."""
        hidden = {item.name for item in self.items if not item.shown}
        return [] if hidden.intersection(QUESTIONS) else self.mistakes

    def answer(self, question: str) -> str:
        """Return the answer to a question, such as ``gradients``; empty where nothing was said."""
        return str(self.found[question]["answer"]) if self.found else ""


class GradeBook(BaseModel):
    """A class, judged: a grade a student, in the order of their names."""

    model_config = ConfigDict(frozen=True)

    name: str
    grades: list[Grade]
    of_points: float
    """What a submission can earn."""
    secret: int
    """The number that pixels, classes and test images were permuted by; the same number asks the same again."""
    fence: str
    """What stood around each submission, in words."""

    def most_frequent(self) -> list[tuple[str, int]]:
        """Return the ids of the mistakes that were named, with how many submissions have each, the commonest first."""
        counts = Counter(mistake["id"] for grade in self.grades for mistake in grade.mistakes)
        return sorted(counts.items(), key=lambda each: (-each[1], each[0]))

    def same_code(self) -> list[list[str]]:
        """Return the groups of students whose files are the same code, names and comments aside."""
        groups: dict[str, list[str]] = {}
        for grade in self.grades:
            if grade.tree_sha256:
                groups.setdefault(grade.tree_sha256, []).append(grade.student)
        return [group for group in groups.values() if len(group) > 1]
