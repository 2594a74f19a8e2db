"""What a reader must know of the figures: on what they rest, and which of them compare with no others. Said once each.

What the figures show is :mod:`~mnistbench.reports.verdicts`'.
"""

from collections.abc import Sequence

import pandas as pd

from mnistbench.judging import Claim, claims
from mnistbench.ledger import Row
from mnistbench.reports.columns import POINT
from mnistbench.reports.names import listed
from mnistbench.reports.tables import FLAG

SEEDS_ENOUGH = 5  # for an interval that is of use
START = {"keras": "glorot", "keras-tuned": "glorot", "keras-jax": "glorot", "keras-torch": "glorot"}  # others their own


def one_seed(runs: pd.DataFrame, pairs: pd.DataFrame) -> list[str]:
    """Say once that there are no intervals with one seed, and what more seeds would cost, by the runs' own seconds."""
    if not (pairs["n"] == 1).any() or pairs["quick"].any():
        return []
    settings = [*POINT, "net"]
    known = runs[(runs["status"] == "ok") & runs["life_seconds"].notna()].astype({"life_seconds": float})
    by_net = known.groupby(settings, sort=False)["life_seconds"]
    more = (SEEDS_ENOUGH - by_net.size()).clip(lower=0)
    minutes = float((more * by_net.mean()).sum()) / 60 / float(known["jobs"].max() if len(known) else 1)
    adds = f"`--seeds {SEEDS_ENOUGH}` adds {int(more.sum()):,} runs, {about(minutes)}"
    lack = f"1 seed: no intervals, and a ratio of times is shown from {claims.ONE_SEED_RATIO} on"
    return [f"{lack}; {adds}." if len(known) else f"{lack}."]


def about(minutes: float) -> str:
    """Return a time that was estimated, no more exact than it is."""
    if minutes < 1:
        return f"about {max(1, round(60 * minutes))} s"
    if minutes < 90:
        return f"about {round(minutes)} {'minute' if round(minutes) == 1 else 'minutes'}"
    return f"about {minutes / 60:.1f} hours"


def how_shown(pairs: pd.DataFrame, made: Sequence[Claim]) -> list[str]:
    """Say once by which rule a difference is shown, where several seeds give intervals."""
    if not (pairs["n"] > 1).any():
        return []
    rule = (
        "A difference is shown where its 95 % interval, paired by seed, leaves out 0 (for a ratio of times: 1, and it"
        f" is at least {claims.CLEAR_RATIO})"
    )
    if any(claim.kind == "accuracy_equivalent" for claim in made):
        rule += f"; that none is large, where {claims.RULES['equivalence']}"
    return [f"{rule}."]


def spread(summary: pd.DataFrame) -> list[str]:
    """Say once what stands behind ±."""
    told = ["between seeds"] if (summary["n"] > 1).any() else []
    if ((summary["n"] == 1) & summary["steady_epoch_sd_mean"].notna()).any():
        told.append("between the steady epochs of one run")
    return [f"± is one standard deviation {listed(told, 'or')}."] if told else []


def own_starts(runs: pd.DataFrame) -> list[str]:
    """Say where start and shuffle are each library's own, that accuracies differ by it."""
    shipped = runs[(runs["status"] == "ok") & (runs["protocol"] == "as_shipped")]
    if len({START.get(net, net) for net in shipped["net"]}) < 2:
        return []
    return [
        "Each net starts and shuffles as its own library does, so test accuracies differ by that too, most after few"
        " epochs; `--protocol controlled` makes both alike."
    ]


def warnings(rows: list[Row]) -> list[str]:
    """Say which times compare with no others, and why: other machines, and runs side by side."""
    sentences = []
    ok = [row for row in rows if row.status == "ok"]
    machines = sorted({row.machine for row in ok})
    if len(machines) > 1:
        sentences.append(
            f"The runs come from {len(machines)} kinds of machine, which are kept apart: {'; '.join(machines)}."
        )
    settings = sorted({(row.jobs, row.spec.threads) for row in ok})
    if len(settings) > 1:
        shown = ", ".join(f"{jobs} × {threads}" for jobs, threads in settings)
        sentences.append(f"Times differ with the runs side by side × threads ({shown}): compare within one of them.")
    return sentences


def flag_notice(runs: pd.DataFrame) -> list[str]:
    """Say how many runs are flagged, and where the reasons are."""
    flagged = int(runs["flags"].astype(bool).sum())
    if not flagged:
        return []
    return [
        f"Flagged ({FLAG}): {flagged} of {len(runs)} runs; something besides them may have had a part in their times."
        " `mnistbench sweep` with `--repeat-flagged` runs them again."
    ]
