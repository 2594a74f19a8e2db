"""Where a claim's point is on the other side: by what was asked, not by machine, threads or runs side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

from mnistbench.experiment import QUICK_EPOCHS
from mnistbench.judging import Claim
from mnistbench.verifying.finding import Verdict
from mnistbench.verifying.side import Side

PLACE = ("machine", "jobs", "threads")
FAMILIES = {
    "accuracy_equivalent": "accuracy", "accuracy_differs": "accuracy", "accuracy_unshown": "accuracy",
}  # fmt: skip


def key(point: Mapping[str, Any], *, quick: bool) -> tuple[Any, ...]:
    """Return what a point asks for; with ``quick`` as a trial of it would."""
    asked = {name: value for name, value in point.items() if name not in (*PLACE, "seed")}
    if quick and not asked["quick"]:
        asked |= {"quick": True, "epochs": min(asked["epochs"], QUICK_EPOCHS)}
    return tuple(sorted((name, value) for name, value in asked.items()))


class Matches:
    """The claims of a new side by kind, nets and point."""

    def __init__(self, old: Side, new: Side, unknown: Mapping[str, str]) -> None:
        self.new, self.unknown = new, unknown
        self.subset = new.is_quick and not old.is_quick
        self.found: dict[tuple[Any, ...], list[Claim]] = {}
        for claim in new.own:
            self.found.setdefault(self._place(claim), []).append(claim)

    def _place(self, claim: Claim, family: str = "") -> tuple[Any, ...]:
        name = family or FAMILIES.get(claim.kind, claim.kind)
        return name, frozenset(claim.nets), key(claim.point, quick=self.subset)

    def of(self, claim: Claim) -> list[Claim]:
        """Return the new claims that answer an old one: of the same seed or machine, where there are several."""
        several = self.found.get(self._place(claim), [])
        for names in (("seed", *PLACE), ("seed",), PLACE):
            alike = [new for new in several if _agree(claim, new, names)]
            if alike:
                return alike
        return several

    def missing(self, claim: Claim) -> Verdict:
        """Say why no new claim answers an old one."""
        for net in claim.nets:
            if net in self.unknown:
                return Verdict(None, self.unknown[net])
        for nets in (claim.nets, *((net,) for net in claim.nets)):
            place = "not_compared", frozenset(nets), key(claim.point, quick=self.subset)
            for doubt in self.found.get(place, []):
                if doubt.rule == "no_run":
                    return self._failed(doubt, claim)
                if doubt.rule in ("certificate", "chance"):
                    return Verdict(False, doubt.reason)
                return Verdict(None, doubt.reason)
        if self.subset and claim.kind == "reproduced":
            return Verdict(None, "a subset")
        return Verdict(None, "not run on the new side")

    def _failed(self, doubt: Claim, claim: Claim) -> Verdict:
        diverged = claim.kind in ("learned", "reproduced") and "diverged" in doubt.reason
        return Verdict(False if diverged else None, doubt.reason)


def _agree(old: Claim, new: Claim, names: Sequence[str]) -> bool:
    return all(old.point.get(name) == new.point.get(name) for name in names)
