"""Rows to summaries, intervals and tests: pure functions of tables of runs, with no file and no format.

Only the parent imports this: SciPy's own OpenBLAS would share the cores with that of a run under the clock. It is
loaded where there are several seeds, since one has no interval and need not wait for it.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from mnistbench.experiment import REFERENCE_NET

CONFIDENCE = 0.95
ALPHA = 0.05
EQUIVALENCE_MARGIN = 0.001  # of accuracy, 0.1 points: about what another seed changes (one sd is 0.09 points)
ACCURACY_MARGIN = 0.004  # the published rows count as reproduced within 0.4 points of test accuracy …
LOSS_MARGIN = 0.010  # … and 0.010 of test loss
TARGETS = (0.95, 0.97, 0.975)  # test accuracies that time to accuracy is told for
PUBLISHED_FILE = Path(__file__).parent / "published.csv"
CLOCKS = ("time_seconds", "steady_epoch_seconds", "train_seconds")
SETTING = ["hidden_size", "lr", "batch_size", "epochs"]


def mean_interval(values: ArrayLike) -> tuple[float, float]:
    """Return the 95 % interval of the mean: mean ± t(0.975, n - 1) · sd / √n; NaN twice for fewer than two values."""
    n, mean, error = _mean_and_error(values)
    reach = float(_quantile(n)) * error
    return mean - reach, mean + reach


def independent_difference(
    mean: float, reach: float, n: int, other_mean: float, other_reach: float, other_n: int
) -> tuple[float, float, float]:
    """Return the difference of two means of independent runs, and its 95 % interval by Welch's t.

    Each mean has the reach of its own 95 % interval to either side, and its n of two or more.
    """
    difference = mean - other_mean
    ours, theirs = (reach / float(_quantile(n))) ** 2, (other_reach / float(_quantile(other_n))) ** 2
    if ours + theirs == 0:
        return difference, difference, difference
    freedom = (ours + theirs) ** 2 / (ours**2 / (n - 1) + theirs**2 / (other_n - 1))
    far = float(_quantile(freedom + 1)) * math.sqrt(ours + theirs)
    return difference, difference - far, difference + far


def equivalence_p(differences: ArrayLike, margin: float) -> float:
    """Test whether a mean difference lies within ± ``margin``, by two one-sided paired t-tests.

    Returns the larger of the two p values (Schuirmann 1987): below :data:`ALPHA`, the two are equivalent.
    NaN for fewer than two differences.
    """
    n, mean, error = _mean_and_error(differences)
    if n < 2:
        return math.nan
    if error == 0:
        return float(abs(mean) >= margin)
    from scipy.special import stdtr

    return float(stdtr(n - 1, (abs(mean) - margin) / error))


def _quantile(n: Any) -> Any:
    """Return how many standard errors the 95 % interval of a mean of n values reaches to either side; NaN for one."""
    if not np.any(np.greater(n, 1)):
        return math.nan
    from scipy.special import stdtrit

    return stdtrit(n - 1, (1 + CONFIDENCE) / 2)


def _mean_and_error(values: ArrayLike) -> tuple[int, float, float]:
    """Return n, the mean and its standard error; NaN for fewer than two values."""
    array = np.asarray(values, dtype=float)
    n = len(array)
    if n < 2:
        return n, math.nan, math.nan
    return n, float(array.mean()), float(array.std(ddof=1)) / math.sqrt(n)


def summarise(runs: pd.DataFrame, point: Sequence[str], figures: Sequence[str]) -> pd.DataFrame:
    """Group the runs that are ok over their seeds.

    Returns one line for each point and net, in the order of ``runs``: the columns of ``point``, ``net``,
    ``n`` runs, how many of them are ``flagged``, and for each figure its mean, its standard deviation (n - 1 in
    the divisor) and the 95 % interval of the mean from ``low`` to ``high``; the last three are NaN for one run.
    """
    ok = runs[runs["status"] == "ok"]
    ok = ok.astype(dict.fromkeys(figures, float)).assign(flagged=ok["flags"].astype(bool))
    groups = ok.groupby([*point, "net"], sort=False)
    columns: dict[str, Any] = {"n": groups.size(), "flagged": groups["flagged"].sum()}
    for figure in figures:
        columns[f"{figure}_mean"] = groups[figure].mean()
        columns[f"{figure}_sd"] = groups[figure].std(ddof=1)
        reach = _quantile(columns["n"]) * groups[figure].sem()
        columns[f"{figure}_low"] = columns[f"{figure}_mean"] - reach
        columns[f"{figure}_high"] = columns[f"{figure}_mean"] + reach
    return pd.DataFrame(columns).reset_index()


def pairs(runs: pd.DataFrame, point: Sequence[str], figures: Sequence[str]) -> pd.DataFrame:
    """Compare each other net with the reference net of its point, seed by seed.

    The reference is ``numpy`` where it ran, else the first net. ``n`` counts the seeds at which both are ok; with
    one there is a difference but no interval, with none there are no figures.

    Returns one line for each point and other net: the columns of ``point``, ``net``, ``reference``, ``n``; for the
    time to the end of training and that of a steady epoch both nets' medians, their ratio (net over reference) and its
    interval from the paired differences of log times; both nets' median seconds of training alone; for each other
    figure the mean difference (net less reference) and its interval; and the p of the equivalence test of test
    accuracy with a margin of 0.1 points.
    """
    ok = runs[runs["status"] == "ok"].astype(dict.fromkeys((*figures, *CLOCKS), float))
    lines = []
    for values, rows in ok.groupby(list(point), sort=False):
        nets = {str(net): lines_of_net.set_index("seed") for net, lines_of_net in rows.groupby("net", sort=False)}
        reference = REFERENCE_NET if REFERENCE_NET in nets else next(iter(nets))
        for net in nets:
            if net != reference:
                names = {"net": net, "reference": reference}
                lines.append(dict(zip(point, values, strict=True)) | names | _pair(nets[net], nets[reference], figures))
    no_runs = ok[:0]  # names the columns where there is no pair at all
    return pd.DataFrame(lines, columns=[*point, "net", "reference", *_pair(no_runs, no_runs, figures)])


def _pair(net: pd.DataFrame, reference: pd.DataFrame, figures: Sequence[str]) -> dict[str, Any]:
    """Return the figures of one pair of nets; both tables are indexed by seed."""
    seeds = reference.index.intersection(net.index)
    net, reference = net.loc[seeds], reference.loc[seeds]
    line: dict[str, Any] = {"n": len(seeds)}
    for clock in CLOCKS:
        line[clock], line[f"{clock}_reference"] = net[clock].median(), reference[clock].median()
    for clock in ("time", "steady_epoch"):
        seconds = f"{clock}_seconds"
        logs = np.log(net[seconds]) - np.log(reference[seconds])
        line[f"{clock}_ratio"] = line[seconds] / line[f"{seconds}_reference"]
        line[f"{clock}_ratio_low"], line[f"{clock}_ratio_high"] = np.exp(mean_interval(logs.dropna()))
    for figure in figures:
        if figure != "time_seconds":
            differences = net[figure] - reference[figure]
            line[f"{figure}_difference"] = differences.mean()
            line[f"{figure}_difference_low"], line[f"{figure}_difference_high"] = mean_interval(differences)
    line["equivalence_p"] = equivalence_p(net["test_accuracy"] - reference["test_accuracy"], EQUIVALENCE_MARGIN)
    return line


def time_to_accuracy(epochs: pd.DataFrame, point: Sequence[str]) -> pd.DataFrame:
    """Return when each net's test accuracy first reached each of :data:`TARGETS`.

    ``epochs`` has one line for each epoch of each ok run: the columns of ``point``, ``net``, ``seed``, ``epoch``,
    ``train_seconds`` up to its end, ``test_accuracy``. Returns one line for each point, net and ``target``: ``n``
    runs, how many of them ``reached`` it, and the median over all of them of ``epoch`` and ``train_seconds`` until
    its end; a run that did not reach it counts as infinitely late, and where the median is such a run both are NaN.
    """
    net, run = [*point, "net"], [*point, "net", "seed"]
    parts = []
    for target in TARGETS:
        there = epochs[epochs["test_accuracy"] >= target].groupby(run, sort=False)[["epoch", "train_seconds"]].first()
        all_runs = epochs[run].drop_duplicates().set_index(run)
        late = all_runs.join(there).astype(float).fillna(math.inf)
        nets = late.groupby(net, sort=False)
        reached = np.isfinite(late["epoch"]).groupby(net, sort=False).sum()
        medians = nets.median().replace(math.inf, math.nan)
        parts.append(medians.assign(target=target, n=nets.size(), reached=reached).reset_index())
    table = pd.concat(parts)[[*net, "target", "n", "reached", "epoch", "train_seconds"]]
    return table.iloc[table.groupby(net, sort=False).ngroup().argsort(kind="stable")]


def published() -> pd.DataFrame:
    """Return the eight rows of the original page, with this project's names for columns and nets."""
    return pd.read_csv(PUBLISHED_FILE).rename(columns={"time_s": "time_seconds"})


def with_published(summary: pd.DataFrame, figures: Sequence[str]) -> pd.DataFrame:
    """Return the summary's lines that the original published too, with its figures beside them.

    A line ``reproduced`` is True where test accuracy and test loss lie within the margins above. Runs on
    a part of the data, on another dataset or one permuted, or under control are not the original's.
    """
    same_data = summary[
        ~summary["quick"].astype(bool)
        & summary["dataset"].isin(["mnist", "keras"])
        & (summary["protocol"] == "as_shipped")
        & (summary["secret"] == 0)
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
