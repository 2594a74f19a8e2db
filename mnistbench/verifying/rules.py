"""The rule by which each kind of claim holds, does not hold, or cannot be told. Pure functions of two claims.

The old claim is tested by the claim that the new side's own runs give at the same point.
"""

import math
from collections.abc import Callable

from mnistbench.judging import Claim, stats
from mnistbench.verifying.finding import Interval, Shown, Verdict

POINTS = 100  # of accuracy in a fraction
ONE_SEED = "one seed has no interval"


def accuracy(old: Claim, new: Claim) -> Verdict:
    """Test a net's accuracy and loss.

    With several seeds on both sides it does not hold where the 95 % interval of the difference leaves 0 out and the
    difference is above the margin of equivalence. With one on a side, where it is above the margin of the published
    rows, and against several also beyond what one more seed may give (the 95 % prediction interval).
    """
    if old.holds != new.holds:
        return Verdict(False, "it does not learn" if old.holds else "it learns")
    ours, theirs = (claim.numbers["test_accuracy"] for claim in (new, old))
    if ours is None or theirs is None:
        return Verdict(None, "no accuracy")
    gap = round(ours - theirs, 9)
    words = f"{POINTS * gap:+.2f} points"
    if old.interval and new.interval:
        _, low, high = stats.independent_difference(ours, _reach(new), _n(new), theirs, _reach(old), _n(old))
        if abs(gap) > stats.EQUIVALENCE_MARGIN and not low <= 0 <= high:
            return Verdict(False, words)
        return Verdict(None, f"{words}, and few seeds") if abs(gap) > stats.ACCURACY_MARGIN else _loss(old, new)
    if abs(gap) <= stats.ACCURACY_MARGIN:
        return _loss(old, new)
    several = old if old.interval else new
    chance = _reach(several) * math.sqrt(_n(several) + 1) if several.interval else 0
    return Verdict(None, f"{words}, and few seeds") if abs(gap) <= chance else Verdict(False, words)


def _loss(old: Claim, new: Claim) -> Verdict:
    """Test the test loss, once the accuracy is as claimed, by the margin of the published rows."""
    ours, theirs = (claim.numbers["test_loss"] for claim in (new, old))
    if ours is None or theirs is None:
        return Verdict(ours is theirs, "" if ours is theirs else "a loss that is not finite")
    gap = round(ours - theirs, 9)
    return Verdict(abs(gap) <= stats.LOSS_MARGIN, "" if abs(gap) <= stats.LOSS_MARGIN else f"loss {gap:+.3f}")


def pair_accuracy(old: Claim, new: Claim) -> Verdict:
    """Test that two nets are as accurate, or that one is more so, by the test that reports use."""
    if _n(new) < 2:
        return Verdict(None, ONE_SEED)
    if old.kind == "accuracy_equivalent":
        if new.kind == "accuracy_differs" and abs(new.numbers["difference"] or 0) > stats.EQUIVALENCE_MARGIN:
            return Verdict(False, "they differ")
        return Verdict(True) if new.kind == "accuracy_equivalent" else Verdict(None, "not shown by these seeds")
    if new.kind == "accuracy_differs":
        return Verdict(old.nets == new.nets, "" if old.nets == new.nets else "the other way round")
    # A difference within the margin and equivalence within it are no contradiction.
    small = abs(old.numbers["difference"] or 0) <= stats.EQUIVALENCE_MARGIN
    equivalent = new.kind == "accuracy_equivalent" and not small
    return Verdict(False, "equivalent") if equivalent else Verdict(None, "not shown by these seeds")


def published(old: Claim, new: Claim) -> Verdict:
    """Test that a published row is reproduced."""
    return Verdict(old.holds == new.holds, "" if old.holds == new.holds else "not reproduced" if old.holds else "it is")


def certificate(old: Claim, new: Claim) -> Verdict:
    """Test that two nets are the same network: a certificate holds if it holds."""
    if new.holds is None:
        return Verdict(None, new.reason)
    return Verdict(old.holds == new.holds, "" if old.holds == new.holds else new.reason or "the same network")


def faster(old: Claim, new: Claim) -> Verdict:
    """Test that one net is k times faster: the intervals of both ratios overlap, or are apart.

    With one seed on either side it cannot be told, unless the other net is shown to be faster.
    """
    if reverses(old, new):
        return Verdict(False, "the other way round")
    ours = ratio(old, new).interval
    if not old.interval or not ours:
        return Verdict(None, ONE_SEED)
    overlap = ours[0] <= old.interval[1] and old.interval[0] <= ours[1]
    return Verdict(overlap, "" if overlap else "both intervals are apart")


def reverses(old: Claim, new: Claim) -> bool:
    """Say whether the net that was said to be slower is now shown to be faster."""
    return bool(old.holds and new.holds and new.nets == old.nets[::-1])


def ratio(old: Claim, new: Claim) -> Shown:
    """Return the new ratio of times as seen from the net that the old claim calls faster."""
    value = new.numbers["ratio"]
    if new.nets == old.nets or not value:
        return Shown(value, new.interval)
    return Shown(1 / value, _turned(new.interval, lambda end: 1 / end))


def difference(old: Claim, new: Claim) -> Shown:
    """Return the new difference in accuracy as seen from the first net of the old claim."""
    value = new.numbers["difference"]
    if new.nets == old.nets or value is None:
        return Shown(value, new.interval)
    return Shown(-value, _turned(new.interval, lambda end: -end))


def _turned(interval: Interval | None, turn: Callable[[float], float]) -> Interval | None:
    return (turn(interval[1]), turn(interval[0])) if interval else None


def _reach(claim: Claim) -> float:
    low, high = claim.interval or (math.nan, math.nan)
    return (high - low) / 2


def _n(claim: Claim) -> int:
    return int(claim.numbers.get("n") or 0)
