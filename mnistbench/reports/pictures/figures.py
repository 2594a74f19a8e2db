"""Which pictures a report has, in the order of reading, and each of them by its name."""

import difflib
from collections.abc import Callable
from typing import TYPE_CHECKING

from mnistbench.errors import ResultsError
from mnistbench.reports.pictures import certificate_pictures, net_pictures, phase_pictures, sweep_pictures
from mnistbench.reports.pictures.drawing import Picture, file, plain_style

if TYPE_CHECKING:
    from mnistbench.reports.answers import Answers
    from mnistbench.reports.report import Report

__all__ = ["NAMES", "Picture", "draw", "draw_one", "file"]


def _of_net(drawing: "Callable[[Answers], Picture | None]") -> "Callable[[Report], Picture | None]":
    return lambda report: drawing(report.answers) if report.answers else None


_DRAWINGS: "dict[str, Callable[[Report], Picture | None]]" = {
    "differences": lambda report: certificate_pictures.differences(report.certificates, report.short),
    "accuracy-against-time": lambda report: sweep_pictures.accuracy_against_time(report.summary, report.short),
    "time-by-size": lambda report: sweep_pictures.time_by_size(report.summary, report.short),
    "confusion": _of_net(net_pictures.confusion),
    "mistakes": _of_net(net_pictures.worst_mistakes),
    "weights": _of_net(net_pictures.first_layer),
    "curves-by-epoch": lambda report: sweep_pictures.curves(report.rows, "epoch", report.short),
    "curves-by-seconds": lambda report: sweep_pictures.curves(report.rows, "train_seconds", report.short),
    "phases": lambda report: phase_pictures.phases(report.runs, report.short),
}

NAMES = tuple(_DRAWINGS)


def draw(report: "Report") -> list[Picture]:
    """Draw every picture that the planned runs have the figures for."""
    with plain_style():
        pictures = [drawing(report.asked) for drawing in _DRAWINGS.values()]
    return [picture for picture in pictures if picture]


def draw_one(report: "Report", name: str) -> Picture:
    """Draw one picture by its name, one of ``NAMES``.

    Raises:
        ResultsError: no picture has this name, or the planned runs do not have what it shows.
    """
    if name not in _DRAWINGS:
        near = difflib.get_close_matches(name, NAMES, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ResultsError(f"There is no picture {name!r}; there are {', '.join(NAMES)}.{hint}")
    with plain_style():
        picture = _DRAWINGS[name](report.asked)
    if picture is None:
        raise ResultsError(f"The runs of {report.experiment.name} do not have what the picture {name!r} shows.")
    return picture
