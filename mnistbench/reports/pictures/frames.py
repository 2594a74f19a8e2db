"""The frame of a panel: its headings, its axes at counted places, and labels beside what they name."""

import dataclasses
import textwrap
from collections.abc import Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedFormatter, LogLocator, MaxNLocator, NullLocator
from matplotlib.transforms import IdentityTransform

from mnistbench.reports.palette import INK, look
from mnistbench.reports.pictures.drawing import WIDTH, printable

LINE = 13  # units from one line of text to the next
LETTER = 6.1  # units of a usual letter at 10 units a line
KEY = 16  # units of the line and the marker before a label
KEYS = 3  # of a key beside each other
LONGEST = 22  # letters of a label
LOG_FROM = 5  # times the smallest value: more needs a log axis to be read


@dataclasses.dataclass(frozen=True)
class Label:
    """A name for the point (x, y) of a panel, in a net's look or in a colour."""

    x: float
    y: float
    text: str
    colour: str
    marker: str = ""


class Frame(NamedTuple):
    """A panel in the making."""

    figure: Figure
    axes: Axes


def frame(
    place: str,
    y: str,
    x: str,
    *,
    labels: Sequence[str] = (),
    key: Sequence[tuple[str, str]] = (),
    left: float = 42,
    right: float = 10,
    plot: float = 150,
) -> Frame:
    """Return an empty panel: headings and a key (texts and colours) above, an axis below, labels to the right.

    Sizes are in units.
    """
    bold, plain = textwrap.wrap(printable(place), 46), [y] if y else []
    above = LINE * (len(bold) + len(plain) + -(-len(key) // KEYS)) + 8
    below = 32 if x else 6
    plot = max(plot, LINE * len(labels))
    height = round(above + plot + below)
    if labels:
        right = KEY + 12 + LETTER * max(len(shorten(text)) for text in labels)
    figure = Figure((WIDTH / 72, height / 72))
    axes = figure.add_axes((left / WIDTH, below / height, (WIDTH - left - right) / WIDTH, plot / height))
    for number, heading in enumerate([*bold, *plain], start=1):
        weight = "bold" if number <= len(bold) else "normal"
        figure.text(2 / WIDTH, 1 - (LINE * number - 2) / height, heading, weight=weight)
    for number, (text, colour) in enumerate(key):
        row, column = divmod(number, KEYS)
        at = 2 + column * WIDTH / KEYS, height - LINE * (len(bold) + len(plain) + row + 1)
        figure.add_artist(Rectangle(at, 10, 10, color=colour, linewidth=0, transform=IdentityTransform()))
        figure.text((at[0] + 14) / WIDTH, (at[1] + 2) / height, text)
    if x:
        figure.text((left + (WIDTH - left - right) / 2) / WIDTH, 4 / height, x, ha="center")
    return Frame(figure, axes)


def shorten(text: str) -> str:
    """Return a name as a picture has room for it: one too long loses its middle."""
    shown = printable(text)
    half = LONGEST // 2
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - half - 1]}…{shown[-half:]}"


def few_ticks(axis: Any, *, whole: bool = False) -> None:
    """Put at most six numbers on an axis; whole ones where it counts something."""
    axis.set_major_locator(MaxNLocator(5, integer=whole, min_n_ticks=2))


def is_wide(smallest: float, largest: float) -> bool:
    """Say whether a line would press the short times together."""
    return largest > LOG_FROM * smallest > 0


def time_axis(axes: Axes, smallest: float, largest: float, *, log: bool) -> None:
    """Give the time axis few numbers, and a log scale where its picture has one."""
    if not log:
        few_ticks(axes.xaxis)
        return
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if largest < 100 * smallest else (1,)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_locator(NullLocator())


def powers_of_ten(axes: Axes, lowest: int, highest: int) -> None:
    """Give the y axis a log scale from one power of ten to another, with at most six of them named."""
    step = max(1, -(-(highest - lowest) // 5))
    exponents = range(lowest, highest + 1, step)
    axes.set_yscale("log")
    axes.set_ylim(10.0**lowest, 10.0**highest)
    axes.set_yticks([10.0**exponent for exponent in exponents], minor=False)
    axes.yaxis.set_major_formatter(FixedFormatter([f"1e{exponent}" for exponent in exponents]))
    axes.yaxis.set_minor_locator(NullLocator())


def line(axes: Axes, net: str, x: Any, y: Any, name: str, **settings: Any) -> None:
    """Draw one net's series in its look; ``name`` is its id."""
    colour, marker = look(net)
    (drawn,) = axes.plot(x, y, **{"color": colour, "marker": marker, **settings})
    drawn.set_gid(name)


def net_label(x: float, y: float, net: str, text: str = "") -> Label:
    """Return a label in a net's look."""
    return Label(x, y, text or net, *look(net))


def label(made: Frame, labels: Sequence[Label]) -> None:
    """Write labels to the right of the axes, none over another, each with a thin line from its point."""
    figure, axes = made
    width, height = 72 * figure.get_size_inches()
    axes.autoscale_view()
    points = [axes.transData.transform((each.x, each.y)) for each in labels]
    bottom, top = (height * edge for edge in (axes.get_position().y0, axes.get_position().y1))
    start = width * axes.get_position().x1 + 4
    order = sorted(range(len(labels)), key=lambda index: -points[index][1])
    places = _apart([min(max(points[index][1], bottom), top) for index in order], bottom, top)
    for index, y in zip(order, places, strict=True):
        each, (x, from_y) = labels[index], points[index]
        looks: dict[str, Any] = {"color": each.colour, "transform": IdentityTransform()}
        figure.add_artist(Line2D([x, start, start + KEY - 6], [from_y, y, y], alpha=0.5, linewidth=0.7, **looks))
        if each.marker:
            figure.add_artist(Line2D([start + KEY - 6], [y], marker=each.marker, markersize=6, **looks))
        figure.text((start + KEY) / width, (y - 3.5) / height, shorten(each.text), color=INK)


def _apart(wanted: list[float], bottom: float, top: float) -> list[float]:
    """Return places in falling order near the wanted ones, a line of text apart, between bottom and top."""
    gap = min(LINE - 1, (top - bottom) / max(len(wanted) - 1, 1))
    places: list[float] = []
    for y in wanted:
        places.append(min(y, places[-1] - gap) if places else y)
    floor = bottom
    for index in range(len(places) - 1, -1, -1):
        places[index] = max(places[index], floor)
        floor = places[index] + gap
    return places
