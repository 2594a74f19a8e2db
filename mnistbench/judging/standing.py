"""Right before fast: which nets may be called faster or slower at all. Pure functions of runs and certificates."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from mnistbench.experiment import NETS, Spec
from mnistbench.judging.certificate import Certificate
from mnistbench.judging.stats import ACCURACY_MARGIN, mean_interval

CHANCE_LIMIT = 0.2  # of test accuracy; always answering "1", the most frequent digit, is right for 0.1135
UNASKED_SECONDS, UNASKED_FRACTION = 0.2, 0.1  # of work outside fit, and of its seconds of training: more is no accident
IMPOSSIBLE_PERCENT = 110.0  # of the machine's peak, which is itself measured to some percent
CALM_LR, CALM_LR_OF_IMAGE, CALM_HIDDEN, CALM_EPOCHS = 0.1, 0.1 / 64, 20, 20  # beyond them another order changes more
Key = tuple[Any, ...]  # a point's values, then the net


def works_unasked(unasked_seconds: Any, train_seconds: Any) -> Any:
    """Say whether so much work outside ``fit``, which no clock of training has, is no accident; of arrays, of each."""
    return (unasked_seconds > UNASKED_SECONDS) & (unasked_seconds > UNASKED_FRACTION * train_seconds)


def is_calm(spec: Spec) -> bool:
    """Say whether another order of all images changes so little at a point that a run tells what ``fit`` does there.

    At the points tried within these bounds how far W1 goes varies by 0.3 % (one standard deviation), where to by 0.1 to
    0.8 of that, and test accuracy by up to 0.5 points; at a rate of 0.1 in batches of 16 it is 0.8 % and up to 0.9, at
    a rate of 1 8 %, 1.1 and 20 points.
    """
    return (
        spec.lr <= CALM_LR
        and spec.lr / spec.batch_size <= CALM_LR_OF_IMAGE
        and spec.hidden_size >= CALM_HIDDEN
        and spec.epochs <= CALM_EPOCHS
    )


@dataclasses.dataclass(frozen=True)
class Doubt:
    """Why a net is compared with no other: the rule's name, and the reason as it goes on after "not compared:"."""

    rule: str
    reason: str
    value: float | None = None
    """The number in the reason, as it stands there."""


def tells_architecture(net: str, weights_sha256: Any) -> bool:
    """Say whether a net is known to be 784–H–10: the package's own are, a user's where its four arrays had the shapes.

    A run takes the weights of a user's net only in those shapes, so that their checksum is the sign of it.
    """
    return net in NETS or (weights_sha256 is not None and weights_sha256 == weights_sha256)


def doubts(runs: pd.DataFrame, certificates: Iterable[Certificate], point: Sequence[str]) -> dict[Key, Doubt]:
    """Return why a net at a point may not be compared, for those that may not.

    The rules in turn: a failed certificate of the net, anywhere in the report; no run that is ok; test accuracy at
    chance; a user's net that does not show its weights; test accuracy beyond the margin below the median of the others.
    """
    failed = _failed(runs, certificates)
    found: dict[Key, Doubt] = {}
    for values, at_point in runs.groupby(list(point), sort=False):
        nets = {str(net): lines for net, lines in at_point.groupby("net", sort=False)}
        alone = {net: doubt for net, lines in nets.items() if (doubt := _alone(net, lines, failed))}
        standing = {net: _accuracies(lines) for net, lines in nets.items() if net not in alone}
        behind = {net: doubt for net in standing if (doubt := _behind(net, standing))}
        found |= {(*values, net): doubt for net, doubt in (alone | behind).items()}
    return found


def _failed(runs: pd.DataFrame, certificates: Iterable[Certificate]) -> dict[tuple[str, Any], str]:
    """Return the verdict on each net and file that has failed a certificate; of two users' nets, both are in doubt."""
    files = dict(zip(runs["run_id"], runs["net_sha256"], strict=True)) if len(runs) else {}
    failed = {}
    for proof in certificates:
        if proof.passed is False:
            for spec in (proof.spec, proof.reference):
                if spec is proof.spec or spec.net not in NETS:
                    failed[spec.net, _file(files.get(spec.run_id))] = proof.verdict
    return failed


def _file(sha256: Any) -> str:
    return sha256 if isinstance(sha256, str) else ""


def _alone(net: str, lines: pd.DataFrame, failed: Mapping[tuple[str, Any], str]) -> Doubt | None:
    """Return what a net's own runs at a point say against it."""
    verdicts = [failed[net, file] for file in map(_file, lines["net_sha256"]) if (net, file) in failed]
    if verdicts:
        return Doubt("certificate", f"another network ({verdicts[0]})")
    ok = lines[lines["status"] == "ok"]
    if ok.empty:
        return Doubt("no_run", f"no run is ok ({', '.join(dict.fromkeys(lines['status']))})")
    accuracy = float(ok["test_accuracy"].astype(float).mean())
    if not accuracy >= CHANCE_LIMIT:
        return Doubt("chance", f"it has not learned, {100 * accuracy:.2f} % right", 100 * accuracy)
    unasked = ok["unasked_seconds"].astype(float)
    late = works_unasked(unasked, ok["train_seconds"].astype(float))
    if late.any():
        most = float(unasked[late].max())
        return Doubt("unasked", f"it worked {most:.2f} s outside fit, which no clock of training has", most)
    if net not in NETS and (ok["percent_of_peak"].astype(float) > IMPOSSIBLE_PERCENT).any():
        return Doubt("beyond_peak", "it would have computed faster than the machine can, so its work was elsewhere")
    if not all(tells_architecture(net, sha256) for sha256 in ok["weights_sha256"]):
        return Doubt(
            "architecture", "it shows no weights of 784–H–10 that make its predictions, so it may be another network"
        )
    return None


def _accuracies(lines: pd.DataFrame) -> "pd.Series[float]":
    """Return the test accuracy of each seed that is ok."""
    ok = lines[lines["status"] == "ok"]
    return ok.set_index("seed")["test_accuracy"].astype(float)


def _behind(net: str, standing: Mapping[str, "pd.Series[float]"]) -> Doubt | None:
    """Compare a net with the median of the others: of the package's own, where there are any."""
    all_others = [other for other in standing if other != net]
    others = [other for other in all_others if other in NETS] or all_others
    if not others:
        return None
    ours = standing[net]
    medians = pd.concat([standing[other] for other in others], axis=1).median(axis=1)
    differences = (ours - medians).dropna()
    gap = float(differences.mean()) if len(differences) else float(ours.mean() - medians.mean())
    if not round(gap, 9) < -ACCURACY_MARGIN:
        return None
    if len(differences) > 1 and not mean_interval(differences)[1] < 0:
        return None
    of = "the others" if others == all_others else "the others of the package's own"
    points = f"{-100 * gap:.2f} points of test accuracy below the median of {of}"
    return Doubt("accuracy_margin", f"{points}, beyond the margin of {100 * ACCURACY_MARGIN:g}", -100 * gap)
