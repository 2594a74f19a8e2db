"""The grade book: what was found of each submission, and the points that its items earned.

No file, no process and no format is known here.
"""

from collections import Counter
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from mnistbench.checking import FACTS

QUESTIONS = ("gradients", "loop", "network", "certificate")  # that check asks
OF_THE_RUN = ("accuracy", "time")  # items
REFUSED = "the file is refused"
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
    """Why it does not run, was not asked everything, or its run ended badly; see :attr:`reason`."""
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
    def named(self) -> list[dict[str, Any]]:
        """Return what was named, mistakes and facts: each its ``id``, ``sentence`` and ``evidence``."""
        return list(self.found["diagnoses"]) if self.found else []

    @property
    def facts(self) -> list[dict[str, Any]]:
        """Return what is named and no mistake: another network, and what was named where no answer is wrong."""
        wrong = any(self.answer(question) == "wrong" for question in QUESTIONS)
        return [each for each in self.named if each["id"] in FACTS or not wrong]

    @property
    def mistakes(self) -> list[dict[str, Any]]:
        """Return the mistakes that were named."""
        return [each for each in self.named if each not in self.facts]

    @property
    def tells_named(self) -> bool:
        """Say whether the student may be told what was named: not where an answer that it bears on is hidden."""
        return all(item.shown for item in self.items if item.name in QUESTIONS)

    @property
    def failed_run(self) -> str:
        """Return what the run was for that ended badly after all was asked: accuracy, time or both; else nothing."""
        stopped = not self.found or self.found.get("errors") or any(item.words.endswith(REFUSED) for item in self.items)
        if not self.error or stopped:
            return ""
        return " and ".join(item.name for item in self.items if item.name in OF_THE_RUN)

    @property
    def reason(self) -> str:
        """Return why it does not run, or which run ended badly, and why."""
        return f"its run for {self.failed_run} failed: {self.error}" if self.failed_run else self.error

    @property
    def told_reason(self) -> str:
        """Return the reason as far as the student may be told: not that of a run whose items are all hidden."""
        hides_run = not any(item.shown for item in self.items if item.name in OF_THE_RUN)
        return "" if self.failed_run and hides_run else self.reason

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
