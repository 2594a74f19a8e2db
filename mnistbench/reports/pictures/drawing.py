"""Pictures as SVG: what all of them share. The same rows give the same bytes."""

import contextlib
import dataclasses
import io
import urllib.parse
from collections.abc import Iterator
from typing import Any

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend

from mnistbench.reports.palette import INK, look

WIDTH = 8.0  # inches, of every picture; 72 points each

_STYLE: dict[str, Any] = {
    "axes.edgecolor": INK,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.unicode_minus": False,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "none",
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that every machine measures the same
    "font.size": 10,
    "grid.alpha": 0.2,
    "grid.color": INK,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.markersize": 4.5,
    "savefig.facecolor": "none",
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "mnistbench",  # else ids are random
    "text.color": INK,
    "text.parse_math": False,  # a net's name is no formula
    "xtick.color": INK,
    "ytick.color": INK,
}


@dataclasses.dataclass(frozen=True)
class Picture:
    """One picture; ``alt`` says it to those who do not see it."""

    name: str
    title: str
    alt: str
    svg: str

    @property
    def file(self) -> str:
        """Its file inside an experiment's folder."""
        return file(self.name)

    def _repr_svg_(self) -> str:
        return self.svg


def file(name: str) -> str:
    """Return the file of a picture inside an experiment's folder."""
    return f"figures/{name}.svg"


@contextlib.contextmanager
def plain_style() -> Iterator[None]:
    """Draw in this project's style, whatever the user's own ``matplotlibrc`` says."""
    with style.context(["default", _STYLE]):
        yield


def to_svg(figure: Figure) -> str:
    """Return a figure as SVG without date and version, which would differ from one writing to the next."""
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


def gid(*parts: object) -> str:
    """Return the id of a drawn series, by which the SVG can be read: ``test_accuracy:numpy:H=30``."""
    return urllib.parse.quote(":".join(map(str, parts)).replace(" ", ""), safe=":=,")


def line(axes: Axes, net: str, x: Any, y: Any, name: str, *, label: str | None = None, **settings: Any) -> None:
    """Draw one net's series in its look; ``name`` is its id."""
    colour, marker = look(net)
    (drawn,) = axes.plot(x, y, **{"color": colour, "marker": marker, **settings})
    drawn.set_gid(name)
    drawn.set_label(label or printable(net))


def legend(figure: Figure, axes: Axes) -> None:
    """Put the nets of one panel above all panels."""
    handles = [handle for handle in axes.lines if handle.get_gid()]
    labels = [str(handle.get_label()) for handle in handles]
    # Matplotlib drops a label that begins with "_", which a net's name may: the texts come afterwards.
    drawn: Legend = figure.legend(
        handles, ["label"] * len(handles), loc="outside upper right", ncols=min(len(handles), 5)
    )
    for text, label in zip(drawn.get_texts(), labels, strict=True):
        text.set_text(label)


def printable(text: str) -> str:
    """Return a text with nothing in it that XML does not take."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
