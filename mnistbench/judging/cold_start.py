"""Cold start against steady state: what a net costs before it is up to speed, and when that would be repaid.

Pure functions of a table of runs.
"""

import math
from collections.abc import Sequence

import pandas as pd

START_UP = ["import_seconds", "build_seconds", "first_epoch_seconds", "steady_epoch_seconds"]


def cold_starts(runs: pd.DataFrame, point: Sequence[str]) -> pd.DataFrame:
    """Return for each point and net its cold start and steady epoch in seconds, the mean over seeds.

    The cold start is importing and building, and what the first epoch took beyond a steady one (compiling mostly).
    ``repaid_after_epochs`` is the number of epochs from which on this net, cold start and all, is not behind the
    first net of its point: infinite where it falls behind for good, 0 for that net itself. Runs of one epoch have
    no steady state and are left out.
    """
    ok = runs[(runs["status"] == "ok") & runs["steady_epoch_seconds"].notna()]
    groups = ok.astype(dict.fromkeys(START_UP, float)).groupby([*point, "net"], sort=False)
    means = groups[START_UP].mean().reset_index()
    warming_up = (means["first_epoch_seconds"] - means["steady_epoch_seconds"]).clip(lower=0)
    means["cold_start_seconds"] = means["import_seconds"] + means["build_seconds"] + warming_up
    firsts = means.groupby(list(point), sort=False)[["cold_start_seconds", "steady_epoch_seconds"]].transform("first")
    later = means["cold_start_seconds"] - firsts["cold_start_seconds"]
    gain = firsts["steady_epoch_seconds"] - means["steady_epoch_seconds"]
    means["repaid_after_epochs"] = [_epochs(cost, each) for cost, each in zip(later, gain, strict=True)]
    return means.drop(columns=START_UP[:3])


def _epochs(cost: float, gain: float) -> float:
    """Return after how many epochs a gain in each has made up for a cost at the start."""
    if cost <= 0 and gain >= 0:
        return 0
    return math.ceil(cost / gain) if gain > 0 else math.inf
