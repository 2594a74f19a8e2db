"""Where a claim's point is on the other side: by what was asked, not by machine, threads or runs side by side."""

from collections.abc import Mapping
from typing import Any

from mnistbench.judging import Claim
from mnistbench.verifying.finding import Verdict
from mnistbench.verifying.side import Side

PLACE = ("machine", "jobs", "threads")
NOT_RUN = "not run on the new side"
FAMILIES = {
    "accuracy_equivalent": "accuracy", "accuracy_differs": "accuracy", "accuracy_unshown": "accuracy",
}  # fmt: skip


def key(point: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what a point asks for."""
    return tuple(sorted((name, value) for name, value in point.items() if name not in PLACE))


class Matches:
    """The claims of a new side by kind, nets and point."""

    def __init__(self, new: Side, unknown: Mapping[str, str]) -> None:
        self.new, self.unknown = new, unknown
        self.found: dict[tuple[Any, ...], list[Claim]] = {}
        for claim in new.own:
            self.found.setdefault(self._place(claim), []).append(claim)

    def _place(self, claim: Claim, family: str = "") -> tuple[Any, ...]:
        name = family or FAMILIES.get(claim.kind, claim.kind)
        return name, frozenset(claim.nets), key(claim.point)

    def of(self, claim: Claim) -> list[Claim]:
        """Return the new claims that answer an old one: of the same machine, where there are several."""
        several = self.found.get(self._place(claim), [])
        alike = [new for new in several if all(claim.point.get(name) == new.point.get(name) for name in PLACE)]
        return alike or several

    def missing(self, claim: Claim) -> Verdict:
        """Say why no new claim answers an old one."""
        for net in claim.nets:
            if net in self.unknown:
                return Verdict(None, self.unknown[net])
        for nets in (claim.nets, *((net,) for net in claim.nets)):
            place = "not_compared", frozenset(nets), key(claim.point)
            for doubt in self.found.get(place, []):
                if doubt.rule == "no_run":
                    return self._failed(doubt, claim)
                if doubt.rule in ("certificate", "chance"):
                    return Verdict(False, doubt.reason)
                return Verdict(None, doubt.reason)
        return Verdict(None, NOT_RUN)

    def _failed(self, doubt: Claim, claim: Claim) -> Verdict:
        diverged = claim.kind in ("learned", "reproduced") and "diverged" in doubt.reason
        return Verdict(False if diverged else None, doubt.reason)
