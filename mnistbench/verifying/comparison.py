"""Two sides, claim by claim: what each rule says, what differs between them, and one sentence for all of it."""

import dataclasses
import functools
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from mnistbench.judging import Claim
from mnistbench.reports import Table, names, signs
from mnistbench.verifying import changes, consistency, derived, rules, wording
from mnistbench.verifying.finding import WORDS, Finding, Shown, Verdict
from mnistbench.verifying.matching import Matches
from mnistbench.verifying.side import Side

SCHEMA_VERSION = 1
OTHER_DATA = "other data"


@dataclasses.dataclass(frozen=True)
class Comparison:
    """What ``diff`` and ``verify`` give back: a finding for each claim that states something."""

    old: Side
    new: Side
    findings: list[Finding]
    unstated: int
    """How many entries of ``claims.json`` say only that something cannot be told."""

    @functools.cached_property
    def counts(self) -> dict[str, int]:
        """Return how many claims hold, do not hold, and cannot be told."""
        counted = Counter(WORDS[each.verdict.holds] for each in self.findings)
        return {word: counted[word] for word in WORDS.values()}

    @property
    def answer(self) -> str:
        """Return the one sentence that the reader came for."""
        total = len(self.findings)
        hold, fail, open_ = self.counts.values()
        if not total:
            return f"{self.old.name} claims nothing that could be tested."
        told = f"; {open_} of {total} cannot be told" if open_ else ""
        if fail:
            first = next(each for each in self.findings if each.verdict.holds is False)
            which = f"“{first.sentence}”" + (f" and {fail - 1} more" if fail > 1 else "")
            return (
                f"{fail} of {total} claims of {self.old.name} {_do(fail)} not hold in {self.new.name}: {which}{told}."
            )
        if not hold:
            return f"None of the {total} claims of {self.old.name} can be told from {self.new.name}."
        if not open_:
            amount = "the only claim" if total == 1 else f"{names.count(total, both=True)} claims"
            return f"{amount[0].upper()}{amount[1:]} of {self.old.name} hold{'s' * (total == 1)} in {self.new.name}."
        return (f"No claim of {self.old.name} fails in {self.new.name}: {hold} of {total} hold{'s' * (hold == 1)},"
                f" {open_} cannot be told.")  # fmt: skip

    def fails(self, groups: Collection[str]) -> bool:
        """Say whether a claim of one of these groups does not hold."""
        return any(each.verdict.holds is False and each.group in groups for each in self.findings)

    @property
    def notes(self) -> list[str]:
        """Return what must be known of the table."""
        if not self.unstated:
            return []
        entries = "1 entry says" if self.unstated == 1 else f"{self.unstated} entries say"
        return [f"{entries} only that something cannot be told, and cannot fail."]

    @property
    def table(self) -> Table:
        """Return a line for each claim."""
        cells: list[tuple[str, ...]] = [
            (
                each.sentence, str(each.number or ""), wording.shown(each.kind, each.old),
                wording.shown(each.kind, each.new), signs.signed(each.verdict.holds, each.outcome),
            )
            for each in self.findings
        ]  # fmt: skip
        headings = ("Claim", "No.", "Old", "New", "Verdict")
        return Table("Claim by claim", headings, cells, notes=1, ranks=(0, 3, 2, 1, 0))

    @property
    def changed(self) -> Table:
        """Return what differs between the sides."""
        return changes.table(self.old, self.new)

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON has it."""
        return {
            "schema_version": SCHEMA_VERSION,
            "old": self.old.name,
            "new": self.new.name,
            "answer": self.answer,
            "counts": self.counts,
            "unstated": self.unstated,
            "changed": changes.values(self.old, self.new),
            "claims": [each.to_json() for each in self.findings],
        }


def compared(
    old: Side, new: Side, *, only: Sequence[int] | None = None, unknown: Mapping[str, str] | None = None
) -> Comparison:
    """Test each claim of the old side by the runs of the new.

    Args:
        old: has the claims.
        new: has the runs.
        only: numbers of the claims to test, from 1; left out, all, and what is drawn from several.
        unknown: why a net could not be run, by its name.
    """
    words = wording.Words(old.claims)
    matches = Matches(new, unknown or {})
    data = OTHER_DATA if changes.other_data(old, new) else ""
    checked = consistency.Own(old)
    findings, unstated = [], 0
    for number, claim in enumerate(old.claims, 1):
        if only is not None and number not in only:
            continue
        false = checked.against(claim)
        if claim.holds is None and not false:
            unstated += 1
            continue
        verdict, then = (false, Shown()) if false else _tested(claim, matches, data)
        findings.append(Finding(claim.kind, words.of(claim), verdict, number, claim, wording.figure(claim), then))
    if only is None:
        findings += derived.orders(old.claims, matches, words)
        findings += derived.weights(old, new, words)
    return Comparison(old, new, findings, unstated)


def _tested(claim: Claim, matches: Matches, data: str) -> tuple[Verdict, Shown]:
    """Return what the new side says of a claim, and its own figure."""
    rule = RULES[claim.kind]
    answers = matches.of(claim)
    if not answers:
        return matches.missing(claim), Shown()
    outcomes = [rule(claim, new) for new in answers]
    verdict = next((each for holds in (False, None) for each in outcomes if each.holds is holds), outcomes[0])
    if data and rule in (rules.accuracy, rules.pair_accuracy, rules.published):
        verdict = Verdict(None, data)
    return verdict, _figure(claim, answers[0])


def _figure(old: Claim, new: Claim) -> Shown:
    if "ratio" in new.numbers:
        return rules.ratio(old, new)
    return rules.difference(old, new) if "difference" in new.numbers else wording.figure(new)


def _do(number: int) -> str:
    return "does" if number == 1 else "do"


RULES = {
    "learned": rules.accuracy,
    "accuracy_equivalent": rules.pair_accuracy,
    "accuracy_differs": rules.pair_accuracy,
    "reproduced": rules.published,
    "same_network": rules.certificate,
    "faster_to_end": rules.faster,
    "faster_steady_epoch": rules.faster,
}
