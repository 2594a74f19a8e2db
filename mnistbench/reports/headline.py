"""The one sentence that the reader came for, made from claims, and the line on where, when and on what below it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from mnistbench.judging import Claim, claims, stats
from mnistbench.ledger import Row
from mnistbench.reports import profile, verdicts
from mnistbench.reports.answers import Answers
from mnistbench.reports.columns import BY_NAME
from mnistbench.reports.names import Places, listed, spoken
from mnistbench.reports.verdicts import grouped, span

# Else a net's name opens the sentence.
OWN_WORDS = ("no net ", "whether ", "their ", "both ", "all ", "the ", "a trial")
MAX_NAMED = 3  # nets that one sentence can name
FIGURES_OF_ROWS = "test accuracy and loss"  # by which a published row is reproduced; its time is another machine's


class Headline:
    """Makes the answer of a report from its rows, its claims and the epochs at which accuracies were reached."""

    def __init__(
        self,
        rows: Sequence[Row],
        made: Sequence[Claim],
        targets: pd.DataFrame,
        short: Mapping[str, str],
        answers: Answers | None = None,
    ) -> None:
        self.rows, self.claims, self.targets, self.short, self.answers = rows, made, targets, short, answers
        self.learned = [claim for claim in made if claim.kind == "learned"]
        self.places = Places(claim.point for claim in made if claim.kind in ("learned", "not_compared"))
        self.doubtful = {claim.nets[0] for claim in made if claim.rule in ("certificate", "architecture")
                         and claim.kind == "not_compared"}  # fmt: skip
        self.nets = list(dict.fromkeys(claim.nets[0] for claim in self.learned))
        self.is_sweep = len(self.nets) == 1 or bool({"lr", "batch_size", "epochs"} & set(self.places.varied))

    def sentence(self, planned: int) -> str:
        """Return the answer; ``planned`` is the number of runs that were asked for."""
        failed = [row for row in self.rows if row.status not in ("ok", "skipped")]
        if not self.rows:
            return f"None of the planned runs ({planned:,}) has been done yet."
        if not self.learned:
            first = self.rows[0]
            why = " ".join(f"{first.status}: {first.error}".rstrip(": ").split())
            return f"No run is ok ({spoken(first.spec.net, self.short)}: {why.rstrip('.')})."
        parts = [*self._networks(), *self._main()]
        parts = [*(parts or self._reached()), *self._left_out()]
        if failed:
            nets = listed(list(dict.fromkeys(spoken(row.spec.net, self.short) for row in failed))[:MAX_NAMED])
            parts.append(f"{len(failed)} of {len(self.rows)} runs failed ({nets})")
        answer = "; ".join(parts) + "."
        return answer[0].upper() + answer[1:] if answer.startswith(OWN_WORDS) else answer

    def _main(self) -> list[str]:
        """Return what the experiment is about: one net, a profile, a trial, two nets, many, or a sweep."""
        if any(claim.point["quick"] for claim in self.learned):
            return [self._trial()]
        if any(claim.point["profile"] for claim in self.learned):
            return [profile.largest(row) for row in self.rows if row.status == "ok"][:1]
        if len(self.learned) == 1:
            return [self._one_net(), *self._published()]
        return [*(self._furthest() if self.is_sweep else []), *self._times(), *self._published()]

    def _networks(self) -> list[str]:
        """Return what the certificates show."""
        proofs = [claim for claim in self.claims if claim.kind == "same_network"]
        told = []
        for (holds, reference), group in grouped(proofs, lambda c: (c.holds, c.nets[1])).items():
            nets = list(dict.fromkeys(claim.nets[0] for claim in group))
            named = [spoken(net, self.short) for net in nets]
            theirs = spoken(reference, self.short)
            if holds:
                largest = max(claim.numbers["largest_difference"] or 0 for claim in group)
                dtypes = listed(list(dict.fromkeys(claim.point["dtype"] for claim in group)))
                who = listed([theirs, *named]) if len(nets) <= MAX_NAMED else f"{theirs} and {len(nets)} other nets"
                told.append(f"{who} are the same network {verdicts.over(group)} in {dtypes}: no weight differs by more"
                            f" than {largest:.1e}")  # fmt: skip
            elif holds is False:
                who = listed(named) if len(nets) <= MAX_NAMED else f"{len(nets)} nets"
                told.append(f"{who} {'is' if len(nets) == 1 else 'are'} not the same network as {theirs}"
                            + (f" ({group[0].reason})" if len(nets) == 1 else ""))  # fmt: skip
            else:
                told.append(f"whether {listed(named[:MAX_NAMED])} and {theirs} are the same network cannot be told"
                            f" ({group[0].reason.removeprefix('no verdict: ')})")  # fmt: skip
        return told

    def _trial(self) -> str:
        """Return what a trial shows: that it runs, and what it got."""
        best = sorted(self.learned, key=lambda claim: -(claim.numbers["test_accuracy"] or 0))
        rest = 0
        if len(self.places.all) == 1:
            got = [f"{self._name(claim)} gets {_percent(claim)} %" for claim in self.learned[:MAX_NAMED]]
            rest = max(0, len(self.learned) - MAX_NAMED)
        else:
            got = [f"{self._name(best[0])} gets the most, {_percent(best[0])} % {self.places.at([best[0].point])}"]
        more = f"; {rest} more {'net stands' if rest == 1 else 'nets stand'} in the table" if rest else ""
        return f"a trial on part of the images, no verdict: {listed(got)} of the test images right{more}"

    def _reached(self) -> list[str]:
        """Return what each net got, where nothing else can be said."""
        told = []
        for net, group in list(grouped(self.learned, lambda claim: claim.nets[0]).items())[:MAX_NAMED]:
            got = span([100 * (claim.numbers["test_accuracy"] or 0) for claim in group], 2)
            told.append(f"{spoken(net, self.short)} gets {got} % right {self.places.at(c.point for c in group)}")
        return told

    def _one_net(self) -> str:
        """Return how many images one net gets right, and what it confuses most."""
        (claim,) = self.learned
        name = self._name(claim)
        if claim.numbers["n"] != 1 and claim.interval:
            low, high = (BY_NAME["test_accuracy"].show(end) for end in claim.interval)
            return f"{name}: {_percent(claim)} % right (95 % interval {low}–{high}, {claim.numbers['n']} seeds)"
        if self.answers is None or not (self.answers.digits != self.answers.labels).any():
            return f"{name}: {_percent(claim)} % right"
        wrong = int((self.answers.digits != self.answers.labels).sum())
        label, digit = self.answers.most_confused
        return (f"{name}: {_percent(claim)} % right, {wrong:,} of {len(self.answers.labels):,} wrong, most often"
                f" {label} read as {digit}")  # fmt: skip

    def _times(self) -> list[str]:
        """Return which net is faster to the end of training, and what is shown of their accuracies."""
        pairs = verdicts.with_the_reference(self.claims, "faster_to_end")
        if not pairs:
            return []
        if len({net for claim in pairs for net in claim.nets}) > 2:
            return self._fastest()
        told = [sentence.rstrip(".").partition(" (")[0] for sentence in verdicts.times(pairs, self.places, self.short)]
        accuracies = verdicts.with_the_reference(self.claims, "accuracy_")
        if len(told) == 1 and pairs[0].holds and {claim.kind for claim in accuracies} == {"accuracy_equivalent"}:
            seeds = verdicts.span([claim.numbers["n"] or 0 for claim in accuracies], 0)
            margin = 100 * stats.EQUIVALENCE_MARGIN
            return [f"{told[0]} and is as accurate, within {margin:g} points ({seeds} seeds)"]
        if any(claim.kind == "same_network" and claim.holds for claim in self.claims):
            return told
        if all(claim.numbers["n"] == 1 for claim in accuracies):
            return [*told, self._one_seed_each(accuracies)]
        if {claim.kind for claim in accuracies} == {"accuracy_unshown"}:
            return [*told, "no difference in test accuracy is shown"]
        sentences = verdicts.accuracies(accuracies, self.places, self.short)
        heads = (text.partition(" (")[0].rstrip(".") for text in sentences)
        return [*told, *(head.replace("Test accuracy: ", "in test accuracy ") for head in heads)]

    def _one_seed_each(self, pairs: Sequence[Claim]) -> str:
        """Return how far apart two nets' test accuracies are, and which is ahead where one is at each point."""
        gaps: dict[str, list[float]] = {net: [] for net in pairs[0].nets}
        for claim in pairs:
            difference = claim.numbers["difference"] or 0
            gaps[claim.nets[difference < 0]].append(100 * abs(difference))
        (ahead, most), (_, rest) = sorted(gaps.items(), key=lambda item: -len(item[1]))
        if rest or max(most) < 0.005:  # which would read as 0.00
            return f"their test accuracies are within {max([*most, *rest]):.2f} points (1 seed)"
        return f"{spoken(ahead, self.short)}'s test accuracy is {span(most, 2)} points higher (1 seed)"

    def _fastest(self) -> list[str]:
        """Return which of many nets is the fastest to the end of training, and where."""
        best = {key[:-1]: net for key, net in claims.best(self.claims).items() if key[-1] == "time_seconds"}
        points = {tuple(claim.point.values()): claim.point for claim in self.learned}
        told = []
        for net, keys in grouped(best, lambda key: best[key]).items():
            ratios = [claim.numbers["ratio"] or 0 for claim in self.claims if claim.kind == "faster_to_end"
                      and claim.holds and claim.nets[0] == net and tuple(claim.point.values()) in keys]  # fmt: skip
            times = f"{span(ratios, verdicts.digits_of(ratios, []))} times faster than the others"
            place = self.places.at(points[key] for key in keys)
            of = "is, of the nets compared, the fastest to the end of training"
            told.append(f"{spoken(net, self.short)} {of} {place}, {times}")
        rest = [point for key, point in points.items() if key not in best]
        if rest:
            told.append(f"no net is shown to be the fastest {self.places.at(rest, denied=True)}")
        return told

    def _furthest(self) -> list[str]:
        """Return at which points the nets get furthest, where they reach a good accuracy soonest, and where none."""
        told = []
        for net in [net for net in self.nets if net not in self.doubtful][:MAX_NAMED]:
            own = [claim for claim in self.learned if claim.nets[0] == net]
            if len(own) < 2:
                continue
            best = max(own, key=lambda claim: claim.numbers["test_accuracy"] or 0)
            if not best.holds:
                continue
            alike = [claim for claim in own if _alike(claim, best)]
            reached = span([100 * (claim.numbers["test_accuracy"] or 0) for claim in alike], 2)
            place = self.places.at(claim.point for claim in alike)
            lost = [claim.point for claim in own if not claim.holds]
            chance = f", and learns nothing {self.places.at(lost)}" if lost else ""
            told.append(f"{spoken(net, self.short)} gets furthest {place}, to {reached} %{self._soonest(net)}{chance}")
        return told

    def _soonest(self, net: str) -> str:
        """Return where a net reaches the highest of the target accuracies that it reaches at all, soonest."""
        there = self.targets[(self.targets["net"] == net) & self.targets["train_seconds"].notna()]
        if there.empty:
            return ""
        target = there["target"].max()
        at_target = there[there["target"] == target]
        first: Any = at_target.loc[at_target["train_seconds"].astype(float).idxmin()]
        seconds = BY_NAME["train_seconds"].show(first["train_seconds"])
        return f", and to {100 * target:g} % soonest {self.places.at([first])}, after {seconds} s"

    def _published(self) -> list[str]:
        rows = [claim for claim in self.claims if claim.kind == "reproduced"]
        if not rows:
            return []
        good = sum(bool(claim.holds) for claim in rows)
        if len(rows) == 1:
            return [f"the published row is {'' if good else 'not '}reproduced in {FIGURES_OF_ROWS}"]
        figures = f"reproduced in {FIGURES_OF_ROWS}"
        if good == len(rows):
            return [f"{f'all {good}' if good > 2 else 'both'} published rows are {figures}"]
        return [f"{good} of {len(rows)} published rows {'is' if good == 1 else 'are'} {figures}"]

    def _left_out(self) -> list[str]:
        """Return the nets that are compared nowhere, and of many those that are not compared somewhere, and why.

        A trial compares none; where two are compared, or settings, their own part of the sentence says where.
        """
        if any(claim.point["quick"] for claim in self.learned):
            return []
        out = [claim for claim in self.claims if claim.kind == "not_compared" and len(claim.nets) == 1]
        proven = {claim.nets[0] for claim in self.claims if claim.kind == "same_network" and claim.holds is False}
        nets = grouped([claim for claim in out if claim.rule != "no_run"], lambda claim: claim.nets[0])
        places = {}
        for net, group in nets.items():
            nowhere = len(group) == sum(claim.nets[0] == net for claim in self.learned)
            if net not in proven and (nowhere or (len(self.nets) > 2 and not self.is_sweep)):
                places[net] = "" if nowhere else f" {self.places.at(claim.point for claim in group)}"
        if len(places) > MAX_NAMED:
            return [f"{len(places)} nets are not compared{'' if not any(places.values()) else ' at every point'}"]
        alike = grouped(places, lambda net: (places[net], net if nets[net][0].rule != "accuracy_margin" else ""))
        return [
            f"{listed([spoken(net, self.short) for net in named])} {'is' if len(named) == 1 else 'are'} not"
            f" compared{place}: {verdicts.reason([claim for net in named for claim in nets[net]])}"
            for (place, _), named in alike.items()
        ]

    def _name(self, claim: Claim) -> str:
        return spoken(claim.nets[0], self.short)


def _percent(claim: Claim) -> str:
    return BY_NAME["test_accuracy"].show(claim.numbers["test_accuracy"])


def _alike(claim: Claim, best: Claim) -> bool:
    """Say whether what a net reached is not told apart from its best: by the margin, or where intervals touch."""
    if claim.interval and best.interval:
        return claim.interval[1] >= best.interval[0]
    gap = (best.numbers["test_accuracy"] or 0) - (claim.numbers["test_accuracy"] or 0)
    return round(gap, 9) <= stats.ACCURACY_MARGIN


def circumstances(rows: Sequence[Row]) -> str:
    """Return the line below the answer: machine, date, dataset, seeds."""
    if not rows:
        return ""
    machines = list(dict.fromkeys(row.machine for row in rows))
    days = sorted({row.started_at[:10] for row in rows})
    dates = list(dict.fromkeys(_date(day) for day in (days[0], days[-1])))
    datasets = dict.fromkeys(
        ("MNIST" if row.spec.dataset in ("mnist", "keras") else Path(row.spec.dataset).name)
        + (", first 6,000 and 1,000 images" if row.spec.quick else "")
        + (f", permuted by secret {row.spec.secret}" if row.spec.secret else "")
        for row in rows
    )
    seeds = sorted({row.spec.seed for row in rows})
    shown = f"seed {seeds[0]}" if len(seeds) == 1 else f"{len(seeds)} seeds"
    return " · ".join([listed(machines), "–".join(dates), listed(list(datasets)), shown])


def _date(day: str) -> str:
    try:
        read = datetime.fromisoformat(day)
    except ValueError:
        return day
    return f"{read.day} {read:%B %Y}"
