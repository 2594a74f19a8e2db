"""Verdicts as data: what a report claims, by which rule, from which numbers, so that it can be tested again.

Pure functions of the tables of runs, summaries and pairs, and of certificates. Sentences are made from claims
elsewhere.
"""

import dataclasses
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import pandas as pd

from mnistbench.experiment import REFERENCE_NET
from mnistbench.judging import stats
from mnistbench.judging.certificate import Certificate
from mnistbench.judging.standing import CHANCE_LIMIT, UNASKED_FRACTION, UNASKED_SECONDS, Doubt, Key

SCHEMA_VERSION = 1
CLEAR_RATIO = 1.05  # drift of a machine between two runs passes for less
ONE_SEED_RATIO = 1.5  # times of one net differ by 10 % (sd) between seeds, so a ratio by 14 %: three of these
MIN_TRAIN_SECONDS = 0.2  # of training; in less, starting threads and the first touch of memory are the most of it

Kind = Literal[
    "faster_to_end", "faster_steady_epoch", "accuracy_equivalent", "accuracy_differs", "accuracy_unshown",
    "reproduced", "same_network", "not_compared", "learned",
]  # fmt: skip
TIMES: dict[Kind, str] = {"faster_to_end": "time", "faster_steady_epoch": "steady_epoch"}

RULES = {
    "time_interval": f"the 95 % interval of the ratio of times, paired by seed, is above 1 and the ratio at least"
    f" {CLEAR_RATIO}",
    "time_one_seed": f"with one seed there is no interval: the ratio of times is at least {ONE_SEED_RATIO}",
    "too_short": f"nothing is said of times where a net trained for less than {MIN_TRAIN_SECONDS} s",
    "equivalence": f"two one-sided paired t-tests ({100 * stats.ALPHA:g} %) put the difference in test accuracy within"
    f" {100 * stats.EQUIVALENCE_MARGIN:g} points",
    "difference": "the 95 % interval of the difference in test accuracy, paired by seed, does not hold 0",
    "published": f"test accuracy within {100 * stats.ACCURACY_MARGIN:g} points of the published one, test loss within"
    f" {stats.LOSS_MARGIN}",
    "certificate": "no weight and no test loss is further apart than the limit, in any epoch that is judged",
    "no_run": "a net without a run that is ok is compared with none",
    "no_common_seed": "nets are compared at the seeds that both have",
    "chance": f"a net with less than {100 * CHANCE_LIMIT:g} % of the test images right has not learned",
    "unasked": f"a net of one's own that works more than {UNASKED_SECONDS} s, and {100 * UNASKED_FRACTION:g} % of its"
    " training, outside fit is compared with none",
    "beyond_peak": "nor is one that would have computed faster than the machine's own rate",
    "architecture": "a net of one's own is compared where it shows its weights, in the shapes of 784–H–10",
    "accuracy_margin": f"a net whose test accuracy is more than {100 * stats.ACCURACY_MARGIN:g} points below the median"
    " of the others (with several seeds also by an interval below 0) is compared with none",
    "trial": "a trial with --quick compares with nothing",
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Claim:
    """One thing that a report says.

    ``nets`` are those it is about; of two, the first is said to be faster, or is the one compared with the second.
    ``point`` has the settings it holds at, ``numbers`` what it is made from (seconds, fractions, nats), ``interval``
    the 95 % interval of its ratio or difference, ``rule`` a name of :data:`RULES`. ``holds`` is True where the rule
    is met, False where it was tested and is not, ``None`` where it cannot be told; ``reason`` says why not.
    """

    kind: Kind
    nets: tuple[str, ...]
    point: dict[str, Any]
    rule: str
    holds: bool | None
    numbers: dict[str, float | None] = dataclasses.field(default_factory=dict)
    interval: tuple[float, float] | None = None
    reason: str = ""

    def turned(self) -> "Claim":
        """Return the same claim on times with its nets the other way round: ratio, interval and seconds."""
        numbers = self.numbers | {
            "ratio": 1 / (self.numbers["ratio"] or math.nan),
            "seconds": self.numbers["other_seconds"],
            "other_seconds": self.numbers["seconds"],
        }
        interval = self.interval and (1 / self.interval[1], 1 / self.interval[0])
        return dataclasses.replace(self, nets=self.nets[::-1], numbers=numbers, interval=interval)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Claim":
        """Return a claim as :meth:`to_json` gave it."""
        return cls(**{**values, "nets": tuple(values["nets"]), "interval": _interval(*(values["interval"] or ()))})

    def to_json(self) -> dict[str, Any]:
        """Return the claim as JSON has it."""
        return dataclasses.asdict(self) | {
            "nets": list(self.nets),
            "interval": list(self.interval) if self.interval else None,
        }


def make(
    runs: pd.DataFrame,
    summary: pd.DataFrame,
    pairs: pd.DataFrame,
    certificates: Sequence[Certificate],
    against: Mapping[Key, Doubt],
    point: Sequence[str],
    figures: Sequence[str],
) -> list[Claim]:
    """Return every claim: certificates, then for each point its nets, then the published rows.

    ``runs``, ``summary`` and ``pairs`` are tables as in :mod:`~mnistbench.judging.stats`, ``against`` is what
    :func:`~mnistbench.judging.standing.doubts` found; ``point`` names the columns of a point and ``figures`` the
    figures of the published rows.
    """
    here = {(*values, net) for values, lines in runs.groupby(list(point), sort=False) for net in lines["net"]}
    against = {key: doubt for key, doubt in against.items() if key in here}
    lines = pd.concat([pairs, *_of_leaders(runs, summary, against, point, figures)])
    return [
        *same_network(certificates),
        *_learned(summary, point),
        *_not_compared(against, point, pairs),
        *(claim for _, line in lines.iterrows() for claim in _of_pair(line, against, point)),
        *_reproduced(summary, point, figures),
    ]


def best(claims: Iterable[Claim]) -> dict[tuple[Any, ...], str]:
    """Return the net that is shown to be the best of its point: the keys are the point's values, then the figure.

    The best is better than each other net that is compared there. Figures: ``time_seconds``, ``steady_epoch_seconds``
    and ``test_accuracy``.
    """
    of_kind = {"faster_to_end": "time_seconds", "faster_steady_epoch": "steady_epoch_seconds"}
    compared: dict[tuple[Any, ...], set[str]] = {}
    beaten: dict[tuple[Any, ...], dict[str, set[str]]] = {}
    for claim in claims:
        figure = of_kind.get(claim.kind) or ("test_accuracy" if claim.kind.startswith("accuracy_") else None)
        if figure is None:
            continue
        key = (*claim.point.values(), figure)
        compared.setdefault(key, set()).update(claim.nets)
        if claim.holds and claim.kind not in ("accuracy_equivalent", "accuracy_unshown"):
            beaten.setdefault(key, {}).setdefault(claim.nets[0], set()).add(claim.nets[1])
    return {
        key: net
        for key, nets in beaten.items()
        for net, others in nets.items()
        if others == compared[key] - {net}
    }  # fmt: skip


def _of_leaders(
    runs: pd.DataFrame,
    summary: pd.DataFrame,
    against: Mapping[Key, Doubt],
    point: Sequence[str],
    figures: Sequence[str],
) -> Iterator[pd.DataFrame]:
    """Yield the pairs of a point's quickest and most accurate net with all others, where they are not the reference.

    Only so can one be shown to be the best.
    """
    for values, nets in summary.groupby(list(point), sort=False):
        standing = nets[[(*values, net) not in against for net in nets["net"]]]
        if len(standing) < 3 or REFERENCE_NET not in set(standing["net"]):
            continue
        quickest = standing["net"].iloc[standing["time_seconds_mean"].argmin()]
        surest = standing["net"].iloc[standing["test_accuracy_mean"].argmax()]
        here = runs[(runs[list(point)] == list(values)).all(axis=1) & runs["net"].isin(set(standing["net"]))]
        for leader in dict.fromkeys((quickest, surest)):
            if leader != REFERENCE_NET:
                rest = here[here["net"] != REFERENCE_NET]
                first = rest[rest["net"] == leader]
                yield stats.pairs(pd.concat([first, rest[rest["net"] != leader]]), point, figures)


def same_network(certificates: Sequence[Certificate]) -> Iterator[Claim]:
    """Yield for each certificate whether its two nets are the same network."""
    for proof in certificates:
        judged = [each for each in proof.differences if each.judged]
        numbers = {
            "largest_difference": max((each.weights[each.largest] for each in judged), default=None),
            "limit": proof.limit,
            "epochs": max((each.epoch for each in judged), default=None),
            "images_apart": max((each.classified_differently for each in judged), default=None),
        }
        point = dataclasses.asdict(proof.spec)
        del point["net"]
        reason = "" if proof.passed and proof.verdict == "same network" else proof.verdict
        nets = (proof.spec.net, proof.reference.net)
        yield Claim("same_network", nets, point, "certificate", proof.passed, _plain(numbers), None, reason)


def _learned(summary: pd.DataFrame, point: Sequence[str]) -> Iterator[Claim]:
    """Yield what each net has reached at each point, and in which time."""
    for _, line in summary.iterrows():
        names = ("test_accuracy", "test_loss", "time_seconds", "train_seconds", "steady_epoch_seconds")
        numbers = {"n": line["n"]} | {name: line[f"{name}_mean"] for name in names}
        interval = _interval(line["test_accuracy_low"], line["test_accuracy_high"])
        learned = bool(line["test_accuracy_mean"] >= CHANCE_LIMIT)
        yield Claim("learned", (str(line["net"]),), _point(line, point), "chance", learned, _plain(numbers), interval)


def _not_compared(against: Mapping[Key, Doubt], point: Sequence[str], pairs: pd.DataFrame) -> Iterator[Claim]:
    """Yield the nets in doubt; those alone at their point need no such word, unless another network is shown."""
    named = {
        (*(line[name] for name in point), net) for _, line in pairs.iterrows() for net in line[["net", "reference"]]
    }
    for (*values, net), doubt in against.items():
        if (*values, net) in named or doubt.rule in ("certificate", "chance", "no_run"):
            place = _plain(dict(zip(point, values, strict=True)))
            numbers = _plain({"value": doubt.value})
            yield Claim("not_compared", (net,), place, doubt.rule, None, numbers, None, doubt.reason)


def _of_pair(line: "pd.Series[Any]", against: Mapping[Key, Doubt], point: Sequence[str]) -> Iterator[Claim]:
    """Yield what one pair of nets at one point shows: both times, and the test accuracy."""
    nets = (str(line["net"]), str(line["reference"]))
    values = tuple(line[name] for name in point)
    if any((*values, net) in against for net in nets):
        return
    place = _point(line, point)
    if line["quick"]:
        yield Claim("not_compared", nets, place, "trial", None, {}, None, "a trial")
        return
    if not line["n"]:
        yield Claim("not_compared", nets, place, "no_common_seed", None, {}, None, "no seed in common")
        return
    shortest = float(min(line["train_seconds"], line["train_seconds_reference"]))
    if shortest < MIN_TRAIN_SECONDS:
        reason = f"training took {shortest:.2f} s, too short to time"
        yield Claim("not_compared", nets, place, "too_short", None, _plain({"value": shortest}), None, reason)
    else:
        yield from (_faster(kind, line, place) for kind in TIMES if not math.isnan(line[f"{TIMES[kind]}_ratio"]))
    yield _accuracy(line, nets, place)


def _faster(kind: Kind, line: "pd.Series[Any]", place: dict[str, Any]) -> Claim:
    """Return the claim on one of the two times, told from the side of the faster net."""
    name = TIMES[kind]
    ratio, low, high = (float(line[f"{name}_ratio{part}"]) for part in ("", "_low", "_high"))
    nets = (str(line["reference"]), str(line["net"]))
    seconds, other = line[f"{name}_seconds_reference"], line[f"{name}_seconds"]
    numbers = _plain({"ratio": ratio, "seconds": seconds, "other_seconds": other, "n": line["n"]})
    rule = "time_interval" if line["n"] > 1 else "time_one_seed"
    claim = Claim(kind, nets, place, rule, None, numbers, _interval(low, high))
    if ratio < 1:
        claim, ratio = claim.turned(), 1 / ratio
    if line["n"] > 1:
        holds: bool | None = ratio >= CLEAR_RATIO and claim.interval is not None and claim.interval[0] > 1
    else:
        holds = True if ratio >= ONE_SEED_RATIO else None
    return dataclasses.replace(claim, holds=holds)


def _accuracy(line: "pd.Series[Any]", nets: tuple[str, str], place: dict[str, Any]) -> Claim:
    """Return the claim on test accuracy: equivalent, different (the better net first), or neither shown."""
    difference, low, high = (float(line[f"test_accuracy_difference{part}"]) for part in ("", "_low", "_high"))
    numbers = _plain({"difference": difference, "equivalence_p": line["equivalence_p"], "n": line["n"]})
    interval = _interval(low, high)
    if line["equivalence_p"] < stats.ALPHA:
        return Claim("accuracy_equivalent", nets, place, "equivalence", True, numbers, interval)
    if low > 0:
        return Claim("accuracy_differs", nets, place, "difference", True, numbers, interval)
    if high < 0:
        numbers["difference"] = -difference
        return Claim("accuracy_differs", nets[::-1], place, "difference", True, numbers, (-high, -low))
    reason = "one seed" if line["n"] < 2 else ""
    return Claim("accuracy_unshown", nets, place, "equivalence", None, numbers, interval, reason)


def _reproduced(summary: pd.DataFrame, point: Sequence[str], figures: Sequence[str]) -> Iterator[Claim]:
    for _, line in stats.with_published(summary, figures).iterrows():
        numbers = {"n": line["n"]}
        for name in figures:
            numbers |= {f"{name}_published": line[f"{name}_published"], name: line[f"{name}_mean"]}
        holds = bool(line["reproduced"])
        yield Claim("reproduced", (str(line["net"]),), _point(line, point), "published", holds, _plain(numbers))


def _point(line: "pd.Series[Any]", point: Sequence[str]) -> dict[str, Any]:
    return _plain({name: line[name] for name in point})


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as JSON has them: no NumPy types, and nothing in place of NaN and infinity."""
    items = {name: value.item() if hasattr(value, "item") else value for name, value in values.items()}
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in items.items()
    }


def _interval(low: float = math.nan, high: float = math.nan) -> tuple[float, float] | None:
    """Return an interval, or nothing where there is none."""
    return None if math.isnan(low) or math.isnan(high) else (float(low), float(high))
