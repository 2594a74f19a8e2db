"""Pictures as SVG: a picture is one panel or several, each of its own size. The same rows give the same bytes."""

import contextlib
import dataclasses
import io
import itertools
import re
import urllib.parse
from collections.abc import Iterator, Sequence
from typing import Any

from matplotlib import style
from matplotlib.figure import Figure

from mnistbench.reports.palette import INK

WIDTH = 340  # units of every panel, at 72 an inch: a telephone shows one whole
GAP = 20  # units between the panels of one file
ACROSS = 2  # panels beside each other in a file; a page lets them flow

# One font, so that every machine measures the same; it comes with matplotlib, and Verdana is as wide.
_FONT = "DejaVu Sans"
_FONTS = f"'{_FONT}', Verdana, sans-serif"

_STYLE: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": INK,
    "axes.facecolor": "none",
    "axes.formatter.useoffset": False,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.unicode_minus": False,
    "figure.constrained_layout.use": False,  # places are counted, not measured: layout costs more than drawing
    "figure.dpi": 72,
    "figure.facecolor": "none",
    "font.family": _FONT,
    "font.size": 10,
    "grid.alpha": 0.2,
    "grid.color": INK,
    "lines.linewidth": 1.6,
    "lines.markersize": 5,
    "savefig.facecolor": "none",
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "mnistbench",  # else ids are random
    "text.color": INK,
    "text.parse_math": False,  # a net's name is no formula
    "xtick.color": INK,
    "ytick.color": INK,
}


@dataclasses.dataclass(frozen=True)
class Panel:
    """One drawing of its own: ``place`` says what it is of where there are several, ``alt`` says it in words.

    ``svg`` is one element, ``width`` and ``height`` its size in units.
    """

    place: str
    alt: str
    svg: str
    width: int
    height: int


@dataclasses.dataclass(frozen=True)
class Picture:
    """One picture; where it ``folds``, the first place stands open and the others are looked up."""

    name: str
    title: str
    panels: tuple[Panel, ...]
    folds: bool = False

    @property
    def file(self) -> str:
        """Its file inside an experiment's folder."""
        return file(self.name)

    @property
    def alt(self) -> str:
        """Return the picture in words, for those who do not see it."""
        return f"{self.title}: {'; '.join(panel.alt for panel in self.panels)}."

    @property
    def places(self) -> list[tuple[str, list[Panel]]]:
        """Return the panels of each place together."""
        return [(place, list(panels)) for place, panels in itertools.groupby(self.panels, lambda panel: panel.place)]

    @property
    def svg(self) -> str:
        """Return all panels as one file."""
        return f'<?xml version="1.0" encoding="utf-8" standalone="no"?>\n{_together(self.panels)}'

    def _repr_svg_(self) -> str:
        """Show it in a notebook."""
        return _together(self.panels)


def file(name: str) -> str:
    """Return the file of a picture inside an experiment's folder."""
    return f"figures/{name}.svg"


@contextlib.contextmanager
def plain_style() -> Iterator[None]:
    """Draw in this project's style, whatever the user's own ``matplotlibrc`` says."""
    with style.context(["default", _STYLE]):
        yield


def panel(figure: Figure, place: str, alt: str) -> Panel:
    """Return a figure as a panel."""
    width, height = (round(72 * inches) for inches in figure.get_size_inches())
    return Panel(place, alt, _svg(figure), width, height)


def with_ids(svg: str, prefix: str) -> str:
    """Return an SVG with a prefix before each of its ids, so that several can stand in one document."""
    return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}", svg)


def gid(*parts: object) -> str:
    """Return the id of a drawn series, by which the SVG can be read: ``test_accuracy:numpy:H=30``."""
    return urllib.parse.quote(":".join(map(str, parts)).replace(" ", ""), safe=":=,")


def printable(text: str) -> str:
    """Return a text with nothing in it that XML does not take."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def _svg(figure: Figure) -> str:
    """Return a figure as one element, without what would differ between writings or is said of each text again."""
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    svg = stream.getvalue()
    svg = re.sub(r"<metadata>.*?</metadata>\s*|<style.*?</style>", "", svg[svg.index("<svg") :], flags=re.S)
    svg = re.sub(rf" font-family: '{_FONT}';| transform=\"rotate\(-0 [^\"]*\)\"", "", svg)
    lines = [line.strip() for line in svg.splitlines()]
    return "\n".join(line for line in lines if line).replace(
        "<svg ", f'<svg font-family="{_FONTS}" stroke-linejoin="round" ', 1
    )


def _together(panels: Sequence[Panel]) -> str:
    """Return panels as one SVG, beside and below each other."""
    if len(panels) == 1:
        return panels[0].svg + "\n"
    placed, top = [], 0
    for start in range(0, len(panels), ACROSS):
        line = panels[start : start + ACROSS]
        for column, each in enumerate(line):
            placed.append(
                with_ids(each.svg, f"{start + column + 1}.").replace(
                    "<svg ", f'<svg x="{column * (WIDTH + GAP)}" y="{top}" ', 1
                )
            )
        top += max(each.height for each in line) + GAP
    size = ACROSS * (WIDTH + GAP) - GAP, top - GAP
    head = '<svg xmlns="http://www.w3.org/2000/svg" width="{0}pt" height="{1}pt" viewBox="0 0 {0} {1}">'.format(*size)
    return "\n".join(
        [head, *(re.sub(r'(width|height)="(\d+)pt"', r'\1="\2"', svg, count=2) for svg in placed), "</svg>\n"]
    )
