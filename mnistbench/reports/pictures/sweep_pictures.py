"""Pictures of an experiment: how its nets learn and what they cost.

Each function returns ``None`` where the rows do not have what it shows.
"""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from mnistbench.judging import stats
from mnistbench.ledger import Row
from mnistbench.reports import csv_files
from mnistbench.reports.columns import BY_NAME, FIGURES, POINT
from mnistbench.reports.names import varied_settings, where
from mnistbench.reports.palette import look
from mnistbench.reports.pictures.drawing import Panel, Picture, gid, panel
from mnistbench.reports.pictures.frames import few_ticks, frame, is_wide, label, line, net_label, time_axis

Names = Mapping[str, str]  # of nets, to what a picture calls them

MAX_POINTS = 8  # of the grid, in pictures that have a panel for each; the CSV files have all
MAX_LABELS = 16
PERCENT = 100
NARROWEST = 0.4  # points of accuracy that the axis spans: about four deviations of a seed
SEEN_THROUGH = {"linestyle": (0, (3, 3)), "markerfacecolor": "none"}
BY = {"epoch": "by epoch", "train_seconds": "by seconds of training"}
TO_THE_END = "Time to the end of training (s)"
AXIS = {"epoch": "Epoch", "train_seconds": "Training (s)"}


def curves(rows: list[Row], x: str, short: Names) -> Picture | None:
    """Draw test accuracy and test loss by ``epoch`` or ``train_seconds``: two panels for each point.

    Lines are means over seeds, bands one standard deviation to either side.
    """
    epochs = csv_files.epochs_frame([row for row in rows if row.status == "ok"])
    if epochs["epoch"].nunique() < 2:
        return None
    points = list(epochs.groupby(list(POINT), sort=False))
    panels = []
    for values, lines in points[:MAX_POINTS]:
        place = where(dict(zip(POINT, values, strict=True)), varied_settings(epochs))
        panels += [_curves(lines, x, name, place, short) for name in ("test_accuracy", "test_loss")]
    alone = ", building not counted" if x == "train_seconds" else ""
    title = f"Test accuracy and loss {BY[x]}{alone}" + _part(MAX_POINTS, len(points), "points")
    return Picture(f"curves-by-{x.removeprefix('train_')}", title, tuple(panels), folds=True)


def _curves(lines: pd.DataFrame, x: str, name: str, place: str, short: Names) -> Panel:
    nets = list(lines.groupby("net", sort=False))
    made = frame(place, BY_NAME[name].heading, AXIS[x], labels=[short.get(str(net), str(net)) for net, _ in nets])
    few_ticks(made.axes.xaxis, whole=x == "epoch")
    few_ticks(made.axes.yaxis)
    labels, said = [], []
    for number, (net, seeds) in enumerate(nets):
        lies_on_another = number > 0 and bool((seeds["protocol"] == "controlled").all())
        end = _curve(made.axes, str(net), seeds, x, name, place, seen_through=lies_on_another)
        labels.append(net_label(*end, str(net), short.get(str(net), "")))
        said.append(f"{net} ends at {BY_NAME[name].show(end[1] / _factor(name))}")
    label(made, labels)
    return panel(made.figure, place, f"{BY_NAME[name].heading} {BY[x]} at {place}: {', '.join(said)}")


def _curve(
    axes: Axes, net: str, seeds: pd.DataFrame, x: str, name: str, place: str, *, seen_through: bool
) -> tuple[float, float]:
    """Draw one net's curve and return where it ends; ``seen_through`` where it may lie on another's."""
    by_epoch = seeds.groupby("epoch")
    along = by_epoch["train_seconds"].mean() if x == "train_seconds" else pd.Series(sorted(seeds["epoch"].unique()))
    mean, sd = _factor(name) * by_epoch[name].mean(), _factor(name) * by_epoch[name].std(ddof=1)
    line(axes, net, along, mean, gid(name, net, place), **(SEEN_THROUGH if seen_through else {}))
    if sd.notna().any():
        band = axes.fill_between(along, mean - sd, mean + sd, color=look(net).colour, alpha=0.2, linewidth=0)
        band.set_gid(gid("band", name, net, place))
    return float(along.iloc[-1]), float(mean.iloc[-1])


def time_by_size(summary: pd.DataFrame, short: Names) -> Picture | None:
    """Draw the time of each net by hidden size, with the published points: a panel for each setting of the rest."""
    rest = [name for name in POINT if name != "hidden_size"]
    groups = [
        (values, lines)
        for values, lines in summary.groupby(rest, sort=False)
        if lines["hidden_size"].nunique() > 1
    ]  # fmt: skip
    if not groups:
        return None
    settings = [name for name in varied_settings(summary) if name != "hidden_size"]
    panels = [
        _times(lines, where(dict(zip(rest, values, strict=True)), settings), short)
        for values, lines in groups[:MAX_POINTS]
    ]
    title = "Time by hidden size" + _part(MAX_POINTS, len(groups), "settings")
    return Picture("time-by-size", title, tuple(panels))


def _times(lines: pd.DataFrame, place: str, short: Names) -> Panel:
    theirs = list(stats.with_published(lines, FIGURES).groupby("net", sort=False))
    ours = list(lines.groupby("net", sort=False))
    names = [short.get(str(net), str(net)) for net, _ in ours] + [_published(net) for net, _ in theirs]
    made = frame(place, TO_THE_END, "Hidden units H", labels=names, plot=170)
    labels, said = [], []
    for net, sizes in theirs:
        x, y = sizes["hidden_size"], sizes["time_seconds_published"]
        line(
            made.axes, str(net), x, y, gid("published", net, place),
            linestyle="--", linewidth=1, markerfacecolor="none",
        )  # fmt: skip
        labels.append(net_label(x.iloc[-1], y.iloc[-1], str(net), _published(net)))
    for net, sizes in ours:
        x, y = sizes["hidden_size"], sizes["time_seconds_mean"]
        line(made.axes, str(net), x, y, gid("time_seconds", net, place))
        _error_bars(made.axes, str(net), x, sizes)
        labels.append(net_label(x.iloc[-1], y.iloc[-1], str(net), short.get(str(net), "")))
        said.append(
            f"{net} takes {_show(sizes, 0, 'time_seconds')} s at the first size and"
            f" {_show(sizes, -1, 'time_seconds')} s at the last"
        )
    made.axes.set_xticks(_room_between(sorted(map(int, lines["hidden_size"].unique()))))
    made.axes.set_ylim(bottom=0)
    few_ticks(made.axes.yaxis)
    label(made, labels)
    return panel(made.figure, place, ", ".join(said))


def _room_between(sizes: list[int]) -> list[int]:
    """Return the sizes that can be named on an axis, from the largest down, none over another."""
    named = sizes[-1:]
    for size in reversed(sizes):
        if named[0] - size >= (sizes[-1] - sizes[0]) / 8:
            named.insert(0, size)
    return named


def _published(net: object) -> str:
    return f"{net}, published"


def accuracy_against_time(summary: pd.DataFrame, short: Names) -> Picture | None:
    """Draw time and test accuracy, up and to the left is better: a panel for each point that has several nets.

    Where none has, a panel for each net that has several points.
    """
    names = varied_settings(summary)
    by_point = [
        (where(dict(zip(POINT, values, strict=True)), names), nets, [str(net) for net in nets["net"]])
        for values, nets in summary.groupby(list(POINT), sort=False)
        if len(nets) > 1
    ]
    by_net = [
        (str(net), points, [where(point, names) for _, point in points.iterrows()])
        for net, points in summary.groupby("net", sort=False)
        if len(points) > 1
    ]
    groups = by_point or by_net
    if not groups:
        return None
    times = [points["time_seconds_mean"] for _, points, _ in groups]
    log = any(is_wide(each.min(), each.max()) for each in times)  # on every panel, so that they compare
    panels = [
        _accuracies(place, points, [short.get(each, each) for each in labels], log=log)
        for place, points, labels in groups[:MAX_POINTS]
    ]
    title = "Accuracy against time" + _part(MAX_POINTS, len(groups), "points" if by_point else "nets")
    return Picture("accuracy-against-time", title, tuple(panels))


def _accuracies(place: str, points: pd.DataFrame, names: list[str], *, log: bool) -> Panel:
    """Draw points of one place by their names; of very many, the soonest and the most accurate have theirs."""
    told = list(range(len(names)))
    if len(names) > MAX_LABELS:
        told = sorted({int(points["time_seconds_mean"].argmin()), int(points["test_accuracy_mean"].argmax())})
    seconds = f"{TO_THE_END}, log scale" if log else TO_THE_END
    made = frame(place, BY_NAME["test_accuracy"].heading, seconds, labels=[names[at] for at in told])
    labels, said = [], []
    for at, (_, point) in enumerate(points.iterrows()):
        x, y, net = point["time_seconds_mean"], PERCENT * point["test_accuracy_mean"], str(point["net"])
        _error_bars(made.axes, net, [x], points.iloc[[at]], x="time_seconds", y="test_accuracy", factor=PERCENT)
        line(made.axes, net, [x], [y], gid("accuracy", net, names[at] if place == net else place), markersize=7)
        said.append(f"{names[at]} {_show(points, at, 'test_accuracy')} % in {_show(points, at, 'time_seconds')} s")
        if at in told:
            labels.append(net_label(x, y, net, names[at]))
    made.axes.margins(0.12)
    _at_least(made.axes, NARROWEST)
    time_axis(made.axes, points["time_seconds_mean"].min(), points["time_seconds_mean"].max(), log=log)
    few_ticks(made.axes.yaxis)
    label(made, labels)
    return panel(made.figure, place, f"{place}: {', '.join(said)}")


def _at_least(axes: Axes, span: float) -> None:
    """Let the y axis span so much at least, in its units: less is no difference that a picture should make large."""
    low, high = axes.get_ylim()
    if high - low < span or math.isclose(*axes.dataLim.intervaly):
        middle = float(axes.dataLim.intervaly.mean())
        axes.set_ylim(middle - span / 2, middle + span / 2)


def _error_bars(
    axes: Axes, net: str, along: Any, points: pd.DataFrame, *, x: str = "", y: str = "time_seconds", factor: float = 1
) -> None:
    """Add one standard deviation over seeds to either side, where there are several."""
    if points[f"{y}_sd"].notna().any():
        axes.errorbar(
            along, factor * points[f"{y}_mean"], yerr=factor * points[f"{y}_sd"].fillna(0),
            xerr=points[f"{x}_sd"].fillna(0) if x else None, fmt="none", ecolor=look(net).colour, linewidth=1.2,
        )  # fmt: skip


def _factor(name: str) -> float:
    return PERCENT if name == "test_accuracy" else 1


def _show(points: pd.DataFrame, at: int, name: str) -> str:
    return BY_NAME[name].show(points[f"{name}_mean"].iloc[at])


def _part(shown: int, total: int, what: str) -> str:
    return "" if shown >= total else f" (the first {shown} of {total} {what}; the CSV files have all)"
