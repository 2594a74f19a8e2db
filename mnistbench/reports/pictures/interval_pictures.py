"""The picture of a comparison: each figure as it was and as it is now, with their intervals, on one axis."""

import dataclasses
import math
from collections.abc import Sequence

from matplotlib.axes import Axes

from mnistbench.reports.palette import INK, NETS
from mnistbench.reports.pictures.drawing import Panel, Picture, gid, panel, plain_style
from mnistbench.reports.pictures.frames import frame, is_wide, time_axis

MAX_LINES = 24  # of a panel; the table has all
ROW = 22  # units from one claim to the next
LABELS = 34  # units of the numbers to the left
OLD, NEW = INK, NETS["numpy"].colour
Figure = tuple[float, tuple[float, float] | None]


@dataclasses.dataclass(frozen=True)
class IntervalLine:
    """One claim: its short name on the axis, its words, and its old and its new figure, either of which may lack."""

    name: str
    words: str
    old: Figure | None
    new: Figure | None


def intervals(title: str, groups: Sequence[tuple[str, Sequence[IntervalLine]]]) -> Picture | None:
    """Draw a panel for each group of claims of one unit, which is its heading; ``None`` where there is no figure."""
    with plain_style():
        panels = tuple(_panel(unit, lines[:MAX_LINES], len(lines)) for unit, lines in groups if lines)
    return Picture("claims", title, panels) if panels else None


def _panel(unit: str, lines: Sequence[IntervalLine], total: int) -> Panel:
    place = unit + (f" (the first {len(lines)} of {total})" if total > len(lines) else "")
    made = frame(
        place, "", unit, key=[("old", OLD), ("new", NEW)], left=LABELS, plot=ROW * len(lines) + 10
    )  # fmt: skip
    for row, line in enumerate(lines):
        for name, figure, colour, height in (("old", line.old, OLD, row - 0.17), ("new", line.new, NEW, row + 0.17)):
            if figure:
                _draw(made.axes, figure, colour, height, gid(name, line.name))
    values = [end for line in lines for figure in (line.old, line.new) if figure for end in (figure[1] or [figure[0]])]
    time_axis(made.axes, min(values), max(values), log=is_wide(min(values), max(values)))
    made.axes.set_yticks(range(len(lines)), [line.name for line in lines])
    made.axes.set_ylim(len(lines) - 0.5, -0.5)
    made.axes.margins(x=0.08)
    return panel(made.figure, place, f"{place}: {'; '.join(line.words for line in lines)}")


def _draw(axes: Axes, figure: Figure, colour: str, height: float, name: str) -> None:
    value, interval = figure
    low, high = interval or (math.nan, math.nan)
    axes.plot([low, high], [height, height], color=colour, linewidth=2)
    (drawn,) = axes.plot([value], [height], color=colour, marker="o")
    drawn.set_gid(name)
