"""Pictures of where the seconds of a run went."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mnistbench.reports.columns import POINT
from mnistbench.reports.names import varied_settings, where
from mnistbench.reports.palette import PHASES
from mnistbench.reports.pictures.drawing import Panel, Picture, gid, panel
from mnistbench.reports.pictures.frames import LETTER, few_ticks, frame, shorten
from mnistbench.reports.profile import phase_seconds

MAX_PANELS = 8  # points with a panel each; of more, each net's mean over all is drawn
BAR = 20  # units


def phases(runs: pd.DataFrame, short: Mapping[str, str]) -> Picture | None:
    """Draw where the seconds of each net went, as the mean over seeds: a bar for each net, a panel for each point.

    Of many points each net has one bar: the mean over all of its points.
    """
    bars = phase_seconds(runs)
    if bars.empty:
        return None
    points = bars.groupby(list(POINT), sort=False)
    if points.ngroups > MAX_PANELS:
        means = bars.groupby("net", sort=False)[[*PHASES]].mean().reset_index()
        panels = [_bars(f"Mean over {points.ngroups} points", means, short)]
    else:
        names = varied_settings(bars)
        panels = [_bars(where(dict(zip(POINT, point, strict=True)), names), nets, short) for point, nets in points]
    return Picture("phases", "Where the time went", tuple(panels))


def _bars(place: str, bars: pd.DataFrame, short: Mapping[str, str]) -> Panel:
    nets = [shorten(short.get(str(net), str(net))) for net in bars["net"]]
    key = [*PHASES.items()]
    left = 10 + LETTER * max(map(len, nets))
    made = frame(place, "", "Seconds", key=key, left=left, right=50, plot=BAR * len(nets) + 6)
    axes, ends = made.axes, np.zeros(len(bars))
    for phase, colour in PHASES.items():
        drawn = axes.barh(range(len(bars)), bars[phase], left=ends, height=0.7, color=colour)
        for bar, net in zip(drawn, bars["net"], strict=True):
            bar.set_gid(gid("phase", phase, f"{net}, {place}"))
        ends += bars[phase].to_numpy()
    for at, total in enumerate(ends):
        axes.annotate(f"{total:.1f} s", (total, at), xytext=(4, 0), textcoords="offset points", va="center")
    axes.set_yticks(range(len(bars)), nets)
    axes.set_ylim(len(bars) - 0.4, -0.6)
    axes.set_xlim(0, ends.max())
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    few_ticks(axes.xaxis)
    said = ", ".join(f"{net} {total:.2f} s" for net, total in zip(bars["net"], ends, strict=True))
    return panel(made.figure, place, f"{place}: {said} in all")
