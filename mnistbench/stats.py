"""Rows to summaries and verdicts: pure functions of tables of runs, with no file and no format."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

ACCURACY_MARGIN = 0.004  # the published rows count as reproduced within 0.4 points of test accuracy …
LOSS_MARGIN = 0.010  # … and 0.010 of test loss
PUBLISHED_FILE = Path(__file__).parent / "published.csv"
SETTING = ["hidden_size", "lr", "batch_size", "epochs"]


def summarise(runs: pd.DataFrame, point: Sequence[str], figures: Sequence[str]) -> pd.DataFrame:
    """Group the runs that are ok over their seeds.

    Returns one line for each point and net, in the order of ``runs``: the columns of ``point``, ``net``,
    ``n`` runs, and for each figure its mean and its standard deviation (n - 1 in the divisor, NaN for one run).
    """
    ok = runs[runs["status"] == "ok"]
    groups = ok.astype(dict.fromkeys(figures, float)).groupby([*point, "net"], sort=False)
    columns: dict[str, Any] = {"n": groups.size()}
    for figure in figures:
        columns[f"{figure}_mean"] = groups[figure].mean()
        columns[f"{figure}_sd"] = groups[figure].std(ddof=1)
    return pd.DataFrame(columns).reset_index()


@dataclasses.dataclass(frozen=True)
class Speed:
    """How many times faster one net was than another at one point, by mean time.

    ``spread_seconds`` is the sum of both standard deviations over seeds, 0 where there is one seed.
    """

    point: dict[str, Any]
    faster: str
    slower: str
    faster_seconds: float
    slower_seconds: float
    spread_seconds: float

    @property
    def is_clear(self) -> bool:
        """Say whether the difference is worth a verdict: 5 % or more, and more than the spread over seeds."""
        return self.ratio >= 1.05 and self.slower_seconds - self.faster_seconds > self.spread_seconds

    @property
    def ratio(self) -> float:
        """Return the slower time over the faster."""
        return self.slower_seconds / self.faster_seconds


def speeds(summary: pd.DataFrame, point: Sequence[str]) -> list[Speed]:
    """Compare each other net with the first one of its point."""
    verdicts = []
    for values, nets in summary.groupby(list(point), sort=False):
        first = nets.iloc[0]
        for _, other in nets.iloc[1:].iterrows():
            fast, slow = sorted((first, other), key=lambda line: float(line["time_seconds_mean"]))
            verdicts.append(
                Speed(
                    point=dict(zip(point, values, strict=True)),
                    faster=str(fast["net"]),
                    slower=str(slow["net"]),
                    faster_seconds=float(fast["time_seconds_mean"]),
                    slower_seconds=float(slow["time_seconds_mean"]),
                    spread_seconds=sum(float(line["time_seconds_sd"]) for line in (fast, slow) if line["n"] > 1),
                )
            )
    return verdicts


def published() -> pd.DataFrame:
    """Return the eight rows of the original page, with this project's names for columns and nets."""
    return pd.read_csv(PUBLISHED_FILE).rename(columns={"time_s": "time_seconds"})


def with_published(summary: pd.DataFrame, figures: Sequence[str]) -> pd.DataFrame:
    """Return the summary's lines that the original published too, with its figures beside them.

    A line ``reproduced`` is True where test accuracy and test loss lie within the margins above. Runs on
    a part of the data, on another dataset, or under control are not the original's.
    """
    same_data = summary[
        ~summary["quick"].astype(bool)
        & summary["dataset"].isin(["mnist", "keras"])
        & (summary["protocol"] == "as_shipped")
    ]
    keys = [*SETTING, "net"]
    theirs = published()[[*keys, *figures]].rename(columns={name: f"{name}_published" for name in figures})
    both = same_data.astype(dict.fromkeys(SETTING, float)).merge(
        theirs.astype(dict.fromkeys(SETTING, float)), on=keys, how="inner"
    )
    for figure in figures:
        both[f"{figure}_difference"] = both[f"{figure}_mean"] - both[f"{figure}_published"]
    # Rounded, so that a difference of just the margin is within it.
    both["reproduced"] = (both["test_accuracy_difference"].abs().round(9) <= ACCURACY_MARGIN) & (
        both["test_loss_difference"].abs().round(9) <= LOSS_MARGIN
    )
    return both.astype({"hidden_size": int, "batch_size": int, "epochs": int})
