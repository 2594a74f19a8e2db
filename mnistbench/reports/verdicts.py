"""Sentences made from claims, for every report: what differs in the point alone is said once.

A trial with ``--quick`` has none, but for that a net is not the network it should be.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeVar

import pandas as pd

from mnistbench.experiment import REFERENCE_NET
from mnistbench.judging import Claim, stats
from mnistbench.reports.columns import BY_NAME
from mnistbench.reports.names import Places, listed, spoken

CLOCKS = {"faster_to_end": "to the end of training", "faster_steady_epoch": "in a steady epoch"}
FAILS = ("certificate", "chance")  # rules by which a net is wrong; one that only scores lower may be right
K = TypeVar("K")
Outcome = Literal["pass", "shown", "fail", "no verdict"]


class Verdict(str):
    """A sentence, and what it comes to: a proof passes or fails, a difference is shown, or there is no verdict."""

    outcome: Outcome

    def __new__(cls, sentence: str, outcome: Outcome) -> "Verdict":
        """Make one."""
        made = super().__new__(cls, sentence)
        made.outcome = outcome
        return made


def sentences(claims: Sequence[Claim], short: Mapping[str, str]) -> list[Verdict]:
    """Return every verdict: certificates, times, test accuracies, published rows, what is not compared."""
    told = [claim for claim in claims if not claim.point["quick"]]
    places = Places(claim.point for claim in told if claim.kind in ("learned", "not_compared"))
    return [
        *networks(
            [c for c in claims if c.kind == "same_network" and (not c.point["quick"] or c.holds is False)], short
        ),
        *(sentence for kind in CLOCKS for sentence in times(with_the_reference(told, kind), places, short)),
        *accuracies(with_the_reference(told, "accuracy_"), places, short),
        *published([claim for claim in told if claim.kind == "reproduced"], places, short),
        *not_compared([claim for claim in told if claim.kind == "not_compared"], places, short),
    ]


def with_the_reference(claims: Iterable[Claim], kind: str) -> list[Claim]:
    """Return the claims of some kind on two nets, one of them NumPy where it ran: the others are for marks alone."""
    found = [claim for claim in claims if claim.kind.startswith(kind)]
    of_numpy = {str(claim.point) for claim in found if REFERENCE_NET in claim.nets}
    return [claim for claim in found if REFERENCE_NET in claim.nets or str(claim.point) not in of_numpy]


def networks(claims: Sequence[Claim], short: Mapping[str, str]) -> list[Verdict]:
    """Say of each pair of nets in which controlled runs they are the same network."""
    told = []
    for (nets, holds, reason), group in grouped(claims, lambda c: (c.nets, c.holds, c.reason)).items():
        net, reference = (spoken(name, short) for name in nets)
        sizes = listed(list(dict.fromkeys(str(claim.point["hidden_size"]) for claim in group)))
        seeds = list(dict.fromkeys(claim.point["seed"] for claim in group))
        dtypes = listed(list(dict.fromkeys(claim.point["dtype"] for claim in group)))
        place = f"at H = {sizes} in {dtypes}, {'seed' if len(seeds) == 1 else 'seeds'} {listed(list(map(str, seeds)))}"
        if holds is None:
            told.append(Verdict(f"{net} and {reference} {place}: {reason}.", "no verdict"))
        elif holds:
            largest = max(claim.numbers["largest_difference"] or 0 for claim in group)
            until = f" ({reason.removeprefix('same network ')})" if reason else ""
            told.append(Verdict(f"{reference} and {net} {place} are the same network {over(group)}{until}: no weight"
                                f" differs by more than {largest:.1e}.", "pass"))  # fmt: skip
        else:
            ask = f" mnistbench check {nets[0]} says what is wrong." if ":" in nets[0] else ""
            told.append(Verdict(f"{net} and {reference} {place} are not the same network: {reason}.{ask}", "fail"))
    return told


def over(claims: Sequence[Claim]) -> str:
    """Return after how many judged epochs."""
    epochs = sorted({int(claim.numbers["epochs"] or 0) for claim in claims})
    return f"after {epochs[0]} epoch" if epochs == [1] else f"after {listed(list(map(str, epochs)))} epochs"


def times(claims: Sequence[Claim], places: Places, short: Mapping[str, str]) -> list[Verdict]:
    """Say which net is faster than which others by one of the two clocks, and where none is shown to be."""
    told = []
    shown = grouped([c for c in claims if c.holds], lambda c: c.nets)
    by_place = grouped(shown, lambda nets: (nets[0], places.at(c.point for c in shown[nets])))
    for (faster, place), pairs in by_place.items():
        name, clock = spoken(faster, short), CLOCKS[claims[0].kind]
        group = [claim for pair in pairs for claim in shown[pair]]
        others = [(spoken(pair[1], short), ratios(shown[pair], digits(group))) for pair in pairs]
        if len(pairs) == 1:
            ((other, many),) = others
            sentence = f"{name} trains {many} times faster than {other} {clock} {place} ({basis(group)})."
        else:
            than = listed([f"than {other} {many} times" for other, many in others])
            sentence = f"{name} trains faster {clock} {place} ({basis(group)}): {than}."
        told.append(Verdict(sentence, "shown"))
    unclear = grouped([c for c in claims if not c.holds], lambda c: tuple(sorted(c.nets, key=_reference_last)))
    for (net, reference), group in unclear.items():
        other, one = (spoken(name, short) for name in (reference, net))
        place = places.at((claim.point for claim in group), denied=True)
        group = [claim if claim.nets[0] == reference else claim.turned() for claim in group]  # as the table has it
        sentence = (f"{other} and {one} show no clear difference {CLOCKS[claims[0].kind]} {place} ({one} takes"
                    f" {ratios(group, digits(group))} times {other}'s seconds; {basis(group)}).")  # fmt: skip
        told.append(Verdict(sentence, "no verdict"))
    return told


def digits(claims: Sequence[Claim]) -> int:
    """Return with how many digits after the point the ratios and intervals of one sentence are shown."""
    ends = [end for claim in claims for end in claim.interval or ()]
    return digits_of([claim.numbers["ratio"] or 0 for claim in claims], ends)


def digits_of(values: Sequence[float], ends: Sequence[float]) -> int:
    """Return how many digits ratios need: two if one is below 2, else one; up to four until their interval has ends."""
    fewest = 2 if min([*values, *ends]) < 2 else 1
    return next((count for count in range(fewest, 5) if "–" in span(ends or [0], count)), fewest)


def ratios(claims: Sequence[Claim], count: int) -> str:
    """Return the range of the ratios: ``3.0–6.6``."""
    return span([claim.numbers["ratio"] or 0 for claim in claims], count)


def basis(claims: Sequence[Claim]) -> str:
    """Return what ratios rest on: their intervals and seeds, or with one seed the seconds."""
    ends = [end for claim in claims for end in claim.interval or ()]
    n = span([claim.numbers["n"] or 0 for claim in claims], 0)
    if all(claim.interval for claim in claims):
        return f"95 % interval{'s within' * (len(claims) > 1)} {span(ends, digits(claims))}, {n} seeds"
    if len(claims) == 1:
        show = BY_NAME["time_seconds" if claims[0].kind == "faster_to_end" else "steady_epoch_seconds"].show
        return f"{show(claims[0].numbers['seconds'])} s against {show(claims[0].numbers['other_seconds'])} s"
    return "1 seed" if n == "1" else f"{n} seeds"


def accuracies(claims: Sequence[Claim], places: Places, short: Mapping[str, str]) -> list[Verdict]:
    """Say how test accuracies differ, where there is more than one seed to tell by."""
    pairs = grouped((claim for claim in claims if claim.interval), lambda c: (c.kind, c.nets))

    def alike(pair: tuple[str, tuple[str, ...]]) -> tuple[str, ...]:
        kind, nets = pair
        place = places.at((claim.point for claim in pairs[pair]), denied=kind != "accuracy_differs")
        return (kind, place, *nets) if kind == "accuracy_differs" else (kind, place, nets[1])

    told = []
    for (kind, place, *_), several in grouped(pairs, alike).items():
        group = [claim for pair in several for claim in pairs[pair]]
        nets, other = [spoken(pair[1][0], short) for pair in several], spoken(several[0][1][1], short)
        them = nets[0] if len(nets) == 1 else f"any of {listed(nets)}"
        low = 100 * min(claim.interval[0] for claim in group if claim.interval)
        high = 100 * max(claim.interval[1] for claim in group if claim.interval)
        interval = "95 % interval" + "s within" * (len(group) > 1)
        if kind == "accuracy_equivalent":
            margin = f"{100 * stats.EQUIVALENCE_MARGIN:g} points"
            seeds = span([claim.numbers["n"] or 0 for claim in group], 0)
            sentence = f"no difference larger than {margin} between {other} and {them} {place} ({seeds} seeds)."
        elif kind == "accuracy_differs":
            points = span([100 * (claim.numbers["difference"] or 0) for claim in group], 2)
            sentence = f"{them} is {points} points better than {other} {place} ({interval} {low:.2f}–{high:.2f})."
        else:
            which = nets[0] if len(nets) == 1 else "each"
            sentence = (f"no difference is shown between {other} and {them} {place} ({which} less {other}: {interval}"
                        f" {low:+.2f} to {high:+.2f} points).")  # fmt: skip
        shown = kind in ("accuracy_equivalent", "accuracy_differs")
        told.append(Verdict(f"Test accuracy: {sentence}", "shown" if shown else "no verdict"))
    return told


def published(claims: Sequence[Claim], places: Places, short: Mapping[str, str]) -> list[Verdict]:
    """Say how many of the published rows are reproduced, and which are not."""
    if not claims:
        return []
    rows = {id(claim): f"{spoken(claim.nets[0], short)} {places.at([claim.point])}" for claim in claims}
    differs = [f"{rows[id(claim)]} differs: {_figures(claim)}" for claim in claims if not claim.holds]
    good = [claim for claim in claims if claim.holds]
    if len(claims) == 1:
        row = f"The published row of {rows[id(claims[0])]}"
        told = f"{row} {'is reproduced' if good else 'differs'}: {_figures(claims[0], brief=bool(good))}"
        return [Verdict(f"{told}; its time is another machine's.", "pass" if good else "fail")]
    all_of = f"{'both' if len(good) == 2 else f'all {len(good)}'} published rows are" if not differs else ""
    some = all_of.capitalize() or f"{len(good)} of {len(claims)} published rows {'is' if len(good) == 1 else 'are'}"
    within = [max(abs((c.numbers[name] or 0) - (c.numbers[f"{name}_published"] or 0)) for c in good)
              for name in ("test_accuracy", "test_loss")] if good else []  # fmt: skip
    margin = f" (test accuracy within {100 * within[0]:.2f} points, test loss within {within[1]:.4f})" if good else ""
    told = "; ".join([f"{some} reproduced{margin}", *differs, "the published times are another machine's"]) + "."
    return [Verdict(told, "fail" if differs else "pass")]


def _figures(claim: Claim, *, brief: bool = False) -> str:
    """Return a published row's test accuracy and ours, and where it is not reproduced the loss too."""
    accuracy, loss = (
        f"{show(claim.numbers[f'{name}_published'])}{unit} published, {show(claim.numbers[name])}{unit} here"
        for name, unit in (("test_accuracy", " %"), ("test_loss", ""))
        for show in [BY_NAME[name].show]
    )
    return accuracy if brief else f"{accuracy}; test loss {loss}"


def not_compared(claims: Sequence[Claim], places: Places, short: Mapping[str, str]) -> list[Verdict]:
    """Say which nets are compared with no other, and why; failures stand among the results."""
    told = []
    shown = [claim for claim in claims if claim.rule != "no_run"]
    for (nets, rule), group in grouped(shown, lambda c: (c.nets, c.rule)).items():
        who = listed([spoken(name, short) for name in nets])
        verb = "is" if len(nets) == 1 else "are"
        when = " in time" if rule == "too_short" else ""
        sentence = f"{who} {verb} not compared{when} {places.at(c.point for c in group)}: {reason(group)}."
        told.append(Verdict(sentence, "fail" if rule in FAILS else "no verdict"))
    return told


def reason(claims: Sequence[Claim]) -> str:
    """Return why a net is not compared: one reason, with the range of its number over the points."""
    values = [value for claim in claims if (value := claim.numbers.get("value")) is not None]
    if len(values) == len(claims):
        bare = {claim.reason.replace(f"{value:.2f}", "{}", 1) for claim, value in zip(claims, values, strict=True)}
        if len(bare) == 1:
            return bare.pop().format(span(values, 2))
    return listed(list(dict.fromkeys(claim.reason for claim in claims)))


def span(values: Sequence[float], digits: int) -> str:
    """Return ``3.0–6.6``, or the one value where both ends read alike."""
    low, high = (f"{value:.{digits}f}" for value in (min(values), max(values)))
    return low if low == high else f"{low}–{high}"


def grouped(items: Iterable[Any], by: Callable[[Any], K]) -> dict[K, list[Any]]:
    """Return items by what they have in common, in the order of their first."""
    groups: dict[K, list[Any]] = {}
    for item in items:
        groups.setdefault(by(item), []).append(item)
    return groups


def _reference_last(net: str) -> tuple[bool, str]:
    return net == REFERENCE_NET, net


def mean_and_sd(line: "pd.Series[Any]", name: str) -> str:
    """Return the mean of a figure as people read it, with ± one standard deviation where there are several runs.

    Of a single run the steady epoch has one too: that of its own epochs.
    """
    column = BY_NAME[name]
    mean, sd = line[f"{name}_mean"], line[f"{name}_sd"]
    if line["n"] < 2 and name == "steady_epoch_seconds":
        sd = line["steady_epoch_sd_mean"]
    return column.show(mean) if sd != sd else f"{column.show(mean)} ± {column.show(sd)}"
