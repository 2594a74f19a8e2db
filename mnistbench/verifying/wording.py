"""Claims as sentences, and their figures as people read them."""

from collections.abc import Sequence

import pandas as pd

from mnistbench.judging import Claim
from mnistbench.reports import columns, names
from mnistbench.verifying.finding import Shown

TIMES = {"to_end": "to the end of training", "steady_epoch": "in a steady epoch"}
PERCENT = 100


class Words:
    """The sentences of one side's claims; points are told by what differs between them."""

    def __init__(self, claims: Sequence[Claim]) -> None:
        self._short = names.short_names(net for claim in claims for net in claim.nets)
        points = pd.DataFrame([claim.point for claim in claims])
        seeds = ["seed"] if "seed" in points and points["seed"].nunique() > 1 else []
        self._varied = (
            [*(name for name in names.varied_settings(points) if name in points), *seeds] if len(points) else []
        )

    def of(self, claim: Claim) -> str:
        """Return a claim in a sentence: ``H = 30: NumPy is 5.3 times faster than Keras to the end of training``."""
        return f"{self._place(claim)}: {self._said(claim)}"

    def of_order(self, several: Sequence[Claim], total: int) -> str:
        """Return that one net is faster than another at every point, or at several of the total."""
        first, second = self._nets(several[0])
        time = TIMES[several[0].kind.removeprefix("faster_")]
        place = f"{names.count(total, both=True)} points"
        if len(several) < total:
            place = f"{'; '.join(map(self._place, several))}, of {total} points"
        return f"{first} is faster than {second} {time} at {place}"

    def of_weights(self, net: str) -> str:
        """Return that a net's runs ended alike."""
        return f"{names.spoken(net, self._short)} ends in the same weights, bit for bit"

    def _place(self, claim: Claim) -> str:
        known = [name for name in self._varied if name in claim.point]
        return ", ".join(f"{columns.BY_NAME[name].heading} = {claim.point[name]}" for name in known)

    def _nets(self, claim: Claim) -> list[str]:
        return [names.spoken(net, self._short) for net in claim.nets]

    def _said(self, claim: Claim) -> str:
        first, *rest = self._nets(claim)
        other = rest[0] if rest else ""
        no = "" if claim.holds is not False else "not "
        figure_ = figure(claim).value
        if claim.kind.startswith("faster_"):
            time = TIMES[claim.kind.removeprefix("faster_")]
            return f"{first} is {no}{shown(claim.kind, Shown(figure_))} times faster than {other} {time}"
        return {
            "learned": f"{first} {'learns' if not no else 'does not learn'}, {shown(claim.kind, Shown(figure_))} right",
            "reproduced": f"{first}’s published row is {no}reproduced",
            "same_network": f"{first} and {other} are {no}the same network",
            "accuracy_equivalent": f"{first} and {other} are equally accurate",
            "accuracy_differs": f"{first} is more accurate than {other}",
            "accuracy_unshown": f"nothing is shown of {first}’s accuracy against {other}’s",
            "not_compared": f"{first} is not compared",
        }[claim.kind]


def figure(claim: Claim) -> Shown:
    """Return the figure that a claim is about, with its interval."""
    known = ("ratio", "difference", "largest_difference", "test_accuracy")
    name = next((name for name in known if claim.numbers.get(name) is not None), None)
    return Shown(claim.numbers[name] if name else None, claim.interval)


def shown(kind: str, figure_: Shown) -> str:
    """Return a figure as people read it: a ratio, points of accuracy, a percentage or a difference of weights."""
    if figure_.value is None:
        return columns.MISSING
    if figure_.interval is None:
        return _number(kind, figure_.value)
    low, high = (_number(kind, end, is_end=True) for end in figure_.interval)
    return f"{_number(kind, figure_.value)} ({low} to {high})"


def _number(kind: str, value: float, *, is_end: bool = False) -> str:
    if kind.startswith("faster_"):
        return f"{value:.2f}"
    if kind.startswith("accuracy_"):
        return f"{PERCENT * value:+.2f}"
    if kind == "same_network":
        return f"{value:.1e}"
    return f"{PERCENT * value:.2f}" + ("" if is_end else " %")
