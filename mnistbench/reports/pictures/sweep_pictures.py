"""Pictures of an experiment: how its nets learn, what they cost, and where the time goes.

Each function returns ``None`` where the rows do not have what it shows.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mnistbench.judging import stats
from mnistbench.ledger import Row
from mnistbench.reports import csv_files
from mnistbench.reports.columns import BY_NAME, FIGURES, POINT
from mnistbench.reports.names import varied_settings, where
from mnistbench.reports.palette import PHASES
from mnistbench.reports.pictures.drawing import WIDTH, Picture, gid, legend, line, printable, to_svg
from mnistbench.reports.profile import phase_seconds

MAX_POINTS = 8  # of the grid, in pictures that have a panel for each; the CSV files have all
MAX_BARS = 24
PERCENT = 100
BY = {"epoch": "by epoch", "train_seconds": "by seconds of training"}
AXIS = {"epoch": "Epoch", "train_seconds": "Training (s)"}


def curves(rows: list[Row], x: str) -> Picture | None:
    """Draw test accuracy and test loss by ``epoch`` or ``train_seconds``: a row of panels for each point.

    Lines are means over seeds, bands one standard deviation to either side.
    """
    epochs = csv_files.epochs_frame([row for row in rows if row.status == "ok"])
    if epochs["epoch"].nunique() < 2:
        return None
    points = list(epochs.groupby(list(POINT), sort=False))
    shown = points[:MAX_POINTS]
    figure = Figure((WIDTH, 0.5 + 2.4 * len(shown)))
    panels = figure.subplots(len(shown), 2, squeeze=False)
    said = []
    for (values, lines), (left, right) in zip(shown, panels, strict=True):
        place = where(dict(zip(POINT, values, strict=True)), varied_settings(epochs))
        left.set_title(place)
        for net, seeds in lines.groupby("net", sort=False):
            _curve(left, str(net), seeds, x, "test_accuracy", place)
            _curve(right, str(net), seeds, x, "test_loss", place)
            said.append(f"{net} at {place} {_last(seeds)}")
        left.set_ylabel(BY_NAME["test_accuracy"].heading)
        right.set_ylabel(BY_NAME["test_loss"].heading)
    for axes in panels[-1]:
        axes.set_xlabel(AXIS[x])
    legend(figure, max(panels[:, 0], key=lambda axes: len(axes.lines)))
    title = f"Test accuracy and loss {BY[x]}" + _part(len(shown), len(points), "points")
    return Picture(f"curves-by-{x.removeprefix('train_')}", title, _sentence(title, said), to_svg(figure))


def _curve(axes: Axes, net: str, seeds: pd.DataFrame, x: str, name: str, place: str) -> None:
    factor = PERCENT if name == "test_accuracy" else 1
    by_epoch = seeds.groupby("epoch")
    along = by_epoch["train_seconds"].mean() if x == "train_seconds" else pd.Series(sorted(seeds["epoch"].unique()))
    mean, sd = factor * by_epoch[name].mean(), factor * by_epoch[name].std(ddof=1)
    line(axes, net, along, mean, gid(name, net, place))
    if sd.notna().any():
        band = axes.fill_between(along, mean - sd, mean + sd, color=axes.lines[-1].get_color(), alpha=0.2, linewidth=0)
        band.set_gid(gid("band", name, net, place))


def _last(seeds: pd.DataFrame) -> str:
    last = seeds[seeds["epoch"] == seeds["epoch"].max()]
    return f"ends at {BY_NAME['test_accuracy'].show(last['test_accuracy'].mean())} %"


def time_by_size(summary: pd.DataFrame) -> Picture | None:
    """Draw the time of each net by hidden size, with the published points: a panel for each setting of the rest."""
    rest = [name for name in POINT if name != "hidden_size"]
    groups = [
        (values, lines)
        for values, lines in summary.groupby(rest, sort=False)
        if lines["hidden_size"].nunique() > 1
    ]  # fmt: skip
    if not groups:
        return None
    shown = groups[:MAX_POINTS]
    figure = Figure((WIDTH, 0.5 + 3.2 * len(shown)))
    panels = figure.subplots(len(shown), 1, squeeze=False)[:, 0]
    settings = [name for name in varied_settings(summary) if name != "hidden_size"]
    said = []
    for (values, lines), axes in zip(shown, panels, strict=True):
        place = where(dict(zip(rest, values, strict=True)), settings)
        axes.set_title(place)
        for net, sizes in stats.with_published(lines, FIGURES).groupby("net", sort=False):
            line(
                axes, str(net), sizes["hidden_size"], sizes["time_seconds_published"], gid("published", net, place),
                label=f"{printable(str(net))}, published", linestyle="--", linewidth=1, markerfacecolor="none",
            )  # fmt: skip
        for net, sizes in lines.groupby("net", sort=False):
            line(axes, str(net), sizes["hidden_size"], sizes["time_seconds_mean"], gid("time_seconds", net, place))
            _error_bars(axes, sizes["hidden_size"], sizes, y="time_seconds")
            low, high = sizes["time_seconds_mean"].iloc[[0, -1]]
            said.append(f"{net} takes {low:.2f} s at the first size and {high:.2f} s at the last")
        axes.set_xticks(sorted(lines["hidden_size"].unique()))
        axes.set_ylim(bottom=0)
        axes.set_ylabel(BY_NAME["time_seconds"].heading)
    panels[-1].set_xlabel("Hidden units H")
    legend(figure, max(panels, key=lambda axes: len(axes.lines)))
    title = "Time by hidden size" + _part(len(shown), len(groups), "settings")
    return Picture("time-by-size", title, _sentence(title, said), to_svg(figure))


def accuracy_against_time(summary: pd.DataFrame) -> Picture | None:
    """Draw each net at each point by its time and its test accuracy: up and to the left is better."""
    if len(summary) < 2:
        return None
    figure = Figure((WIDTH, 4.4))
    axes = figure.subplots()
    said = []
    names = varied_settings(summary)
    for net, points in summary.groupby("net", sort=False):
        x, y = points["time_seconds_mean"], PERCENT * points["test_accuracy_mean"]
        line(axes, str(net), x, y, gid("accuracy", net), markersize=7, linewidth=0.8)
        _error_bars(axes, x, points, y="test_accuracy", factor=PERCENT)
        for _, point in points.iterrows():
            place = where(point, names)
            said.append(f"{net} at {place}: {_show(point, 'test_accuracy')} % in {_show(point, 'time_seconds')} s")
            if len(summary) <= MAX_BARS:
                axes.annotate(
                    place, (point["time_seconds_mean"], PERCENT * point["test_accuracy_mean"]),
                    xytext=(6, -10), textcoords="offset points", fontsize=8,
                )  # fmt: skip
    if summary["time_seconds_mean"].max() > 5 * summary["time_seconds_mean"].min() > 0:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(_log_ticks())
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter("")
    axes.set_xlabel(BY_NAME["time_seconds"].heading)
    axes.set_ylabel(BY_NAME["test_accuracy"].heading)
    legend(figure, axes)
    title = "Accuracy against time"
    return Picture("accuracy-against-time", title, _sentence(title, said), to_svg(figure))


def phases(runs: pd.DataFrame) -> Picture | None:
    """Draw where the seconds of each net went, as the mean over seeds: a bar for each net and point."""
    bars = phase_seconds(runs)
    if bars.empty:
        return None
    shown = bars.head(MAX_BARS)
    names = [f"{bar['net']}, {where(bar, varied_settings(bars))}" for _, bar in shown.iterrows()]
    figure = Figure((WIDTH, 1.1 + 0.34 * len(shown)))
    axes = figure.subplots()
    heights = np.arange(len(shown))
    left = np.zeros(len(shown))
    for phase, colour in PHASES.items():
        drawn = axes.barh(heights, shown[phase], left=left, height=0.7, color=colour, label=phase)
        for bar, name in zip(drawn, names, strict=True):
            bar.set_gid(gid("phase", phase, name))
        left += shown[phase].to_numpy()
    axes.set_yticks(heights, list(map(printable, names)))
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("Seconds")
    figure.legend(loc="outside upper right", ncols=len(PHASES), columnspacing=1, handlelength=1)
    title = "Where the time went" + _part(len(shown), len(bars), "bars")
    said = [f"{name}: {total:.2f} s in all" for name, total in zip(names, left, strict=True)]
    return Picture("phases", title, _sentence(title, said), to_svg(figure))


def _error_bars(axes: Axes, x: Any, points: pd.DataFrame, *, y: str, factor: float = 1) -> None:
    """Add one standard deviation over seeds to either side, where there are several."""
    if points[f"{y}_sd"].notna().any():
        axes.errorbar(
            x, factor * points[f"{y}_mean"], yerr=factor * points[f"{y}_sd"].fillna(0),
            fmt="none", ecolor=axes.lines[-1].get_color(), capsize=3, linewidth=1,
        )  # fmt: skip


def _log_ticks() -> Any:
    from matplotlib.ticker import LogLocator

    return LogLocator(subs=(1, 2, 5))


def _show(point: "pd.Series[Any]", name: str) -> str:
    return BY_NAME[name].show(point[f"{name}_mean"])


def _part(shown: int, total: int, what: str) -> str:
    return "" if shown == total else f" (the first {shown} of {total} {what}; the CSV files have all)"


def _sentence(title: str, said: list[str]) -> str:
    return f"{title}: {'; '.join(said)}."
