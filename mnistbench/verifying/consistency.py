"""Whether a claim follows from its own folder's runs at all, before another side is asked."""

import math
from collections.abc import Mapping
from typing import Any

from mnistbench.judging import Claim
from mnistbench.verifying.finding import Verdict
from mnistbench.verifying.side import Side

CLOSE = 1e-6  # relative; CSV has every digit, and sums may be taken in another order
TINY = 1e-12


class Own:
    """The claims that a folder's CSV files give."""

    def __init__(self, side: Side) -> None:
        self._kept = side.has_certificates
        self._by_place = {_place(claim): claim for claim in side.own}

    def against(self, claim: Claim) -> Verdict | None:
        """Return the verdict on a claim that its own runs do not give; nothing where they do, or are not kept."""
        if claim.kind == "same_network" and (not self._kept or claim.holds is None):
            return None
        own = self._by_place.get(_place(claim))
        if own is None:
            return Verdict(False, "its own runs do not give it")
        if own.holds is not claim.holds:
            return Verdict(False, "its own runs say otherwise")
        wrong = [name for name, value in claim.numbers.items() if not _close(value, own.numbers.get(name))]
        ends = zip(claim.interval or (), own.interval or (), strict=False)
        if not wrong and all(_close(ours, theirs) for ours, theirs in ends):
            return None
        if not wrong:
            return Verdict(False, "its own runs give another interval")
        name = wrong[0]
        return Verdict(False, f"its own runs give {name.replace('_', ' ')} {_said(own.numbers.get(name))}")


def _place(claim: Claim) -> tuple[Any, ...]:
    return claim.kind, claim.nets, _sorted(claim.point)


def _sorted(point: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(sorted(point.items()))


def _close(ours: float | None, theirs: float | None) -> bool:
    if ours is None or theirs is None:
        return ours is theirs
    return math.isclose(ours, theirs, rel_tol=CLOSE, abs_tol=TINY)


def _said(value: float | None) -> str:
    return "none" if value is None else f"{value:.4g}"
