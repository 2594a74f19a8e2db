"""What a check has found: the answers to its questions, and the mistakes that are named, each with its evidence."""

import dataclasses
from collections.abc import Collection
from typing import Any, NamedTuple

from mnistbench.checking.table import SENTENCES, UNKNOWN

QUESTIONS = {
    "gradients": "are the gradients right, for whatever net this is",
    "loop": "how does fit loop",
    "network": "is it the network that was asked for",
    "certificate": "is it the same network after an epoch",
}
RIGHT, WRONG, OTHER, NOT_ASKED = "right", "wrong", "other", "not asked"
FACTS = frozenset({"other_network"})  # right in itself, and not what was asked for


@dataclasses.dataclass
class Diagnosis:
    """One named mistake: what is added to its sentence here, what it may also be, and what was seen of it."""

    name: str
    detail: str = ""
    others: list[str] = dataclasses.field(default_factory=list)
    evidence: list[str] = dataclasses.field(default_factory=list)
    fact: bool = False

    @property
    def sentence(self) -> str:
        """Return the sentence of the table, with what was measured here."""
        if self.name == UNKNOWN:
            return self.detail
        return SENTENCES[self.name] + (f" Here {self.detail}." if self.detail else "")

    def as_json(self) -> dict[str, Any]:
        """Return it ready for JSON; under ``or`` the mistakes that make the very same steps."""
        return {
            "id": self.name,
            "sentence": self.sentence,
            "or": [{"id": name, "sentence": SENTENCES[name]} for name in self.others],
            "evidence": self.evidence,
        }


@dataclasses.dataclass
class Answer:
    """The answer to one question, and what it rests on."""

    answer: str = NOT_ASKED
    evidence: list[str] = dataclasses.field(default_factory=list)

    def say(self, answer: str, evidence: str = "") -> None:
        """Put down an answer; one that was wrong stays wrong."""
        if self.answer != WRONG:
            self.answer = answer
        if evidence:
            self.evidence.append(evidence)


class Beside(NamedTuple):
    """Whether a training did what the reference's does, what each did in words, and the test accuracies apart."""

    right: bool | None
    """None where that was not told."""
    words: str = ""
    accuracy: str = ""


@dataclasses.dataclass
class Examination:
    """All that a check has found of one net."""

    net: str
    secret: int = 0
    answers: dict[str, Answer] = dataclasses.field(default_factory=lambda: {name: Answer() for name in QUESTIONS})
    parameters: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    loss: str | None = None
    diagnoses: list[Diagnosis] = dataclasses.field(default_factory=list)
    errors: list[str] = dataclasses.field(default_factory=list)
    remarks: list[str] = dataclasses.field(default_factory=list)
    libraries: list[str] = dataclasses.field(default_factory=list)
    proof: dict[str, Any] | None = None
    passed: bool = False

    def name(self, question: str, name: str, evidence: str = "", **more: Any) -> None:
        """Name a mistake, once, as the answer to a question."""
        if all(each.name != name for each in self.diagnoses):
            self.diagnoses.append(Diagnosis(name, evidence=[evidence] if evidence else [], **more))
        fact = name in FACTS or more.get("fact")
        self.answers[question].say(OTHER if fact else WRONG, evidence)

    @property
    def mistakes(self) -> list[Diagnosis]:
        """Return what is named and is no mere fact."""
        return [each for each in self.diagnoses if each.name not in FACTS and not each.fact]

    def forgive(self, names: Collection[str]) -> bool:
        """Take back the mistakes of these names, and say whether there were any."""
        left = [each for each in self.diagnoses if each.name not in names]
        found, self.diagnoses = len(left) < len(self.diagnoses), left
        return found

    def decide(self, *, accept_other_networks: bool, forgive_loop: bool = False) -> None:
        """Say whether it passes."""
        questions = ("gradients", "certificate") if forgive_loop else ("gradients", "loop", "certificate")
        wrong = self.mistakes or any(self.answers[q].answer == WRONG for q in questions)
        other = any(each not in self.mistakes for each in self.diagnoses)
        unsaid = self.errors or any(self.answers[q].answer == NOT_ASKED for q in ("gradients", "loop"))
        self.passed = not (wrong or unsaid or (other and not accept_other_networks))

    def as_json(self) -> dict[str, Any]:
        """Return what was found, ready for JSON."""
        answers: dict[str, dict[str, Any]] = {name: dataclasses.asdict(each) for name, each in self.answers.items()}
        answers["certificate"] |= self.proof or {}
        answers["gradients"]["parameters"] = self.parameters
        return {
            "net": self.net,
            "secret": self.secret,
            "passed": self.passed,
            **answers,
            "diagnoses": [each.as_json() for each in self.diagnoses],
            "remarks": self.remarks,
            "libraries": self.libraries,
            "errors": self.errors,
        }
