"""What became of one claim: it holds, does not, or cannot be told."""

import dataclasses
from typing import Any, Literal

from mnistbench.judging import Claim

Interval = tuple[float, float]
Group = Literal["accuracy", "certificate", "speed"]
GROUPS: dict[str, Group] = {
    "learned": "accuracy",
    "reproduced": "accuracy",
    "accuracy_equivalent": "accuracy",
    "accuracy_differs": "accuracy",
    "accuracy_unshown": "accuracy",
    "not_compared": "accuracy",
    "same_network": "certificate",
    "same_weights": "certificate",
    "faster_to_end": "speed",
    "faster_steady_epoch": "speed",
    "order_to_end": "speed",
    "order_steady_epoch": "speed",
}
WORDS = {True: "holds", False: "does not hold", None: "cannot be told"}


@dataclasses.dataclass(frozen=True)
class Verdict:
    """The outcome of a rule: ``holds`` is None where it cannot be told, and ``why`` says more in a few words."""

    holds: bool | None
    why: str = ""


@dataclasses.dataclass(frozen=True)
class Shown:
    """A figure as one side has it, raw: a ratio, a difference or a fraction, with its interval where it has one."""

    value: float | None = None
    interval: Interval | None = None


@dataclasses.dataclass(frozen=True)
class Finding:
    """One claim of the old side, and what the new side says of it.

    ``number`` counts from 1 in ``claims.json``; what is drawn from several claims or from the weights has none.
    ``kind`` is the claim's, or ``order_…`` and ``same_weights``.
    """

    kind: str
    sentence: str
    verdict: Verdict
    number: int | None = None
    claim: Claim | None = None
    old: Shown = Shown()
    new: Shown = Shown()

    @property
    def group(self) -> Group:
        """Return what ``--fail-on`` calls it."""
        return GROUPS[self.kind]

    @property
    def outcome(self) -> str:
        """Return the verdict in words."""
        return WORDS[self.verdict.holds] + (f" ({self.verdict.why})" if self.verdict.why else "")

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "number": self.number,
            "kind": self.kind,
            "group": self.group,
            "claim": self.sentence,
            "outcome": WORDS[self.verdict.holds],
            "why": self.verdict.why,
            "old": dataclasses.asdict(self.old),
            "new": dataclasses.asdict(self.new),
        }
