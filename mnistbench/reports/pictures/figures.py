"""Which pictures a report has, in the order of reading."""

from typing import TYPE_CHECKING

from mnistbench.reports.pictures import net_pictures, sweep_pictures
from mnistbench.reports.pictures.drawing import Picture, file, plain_style

if TYPE_CHECKING:
    from mnistbench.reports.report import Report

__all__ = ["NAMES", "Picture", "draw", "file"]

NAMES = (
    "accuracy-against-time",
    "time-by-size",
    "curves-by-epoch",
    "curves-by-seconds",
    "phases",
    "confusion",
    "mistakes",
    "weights",
)


def draw(report: "Report") -> list[Picture]:
    """Draw every picture that the rows have the figures for."""
    with plain_style():
        pictures = [
            sweep_pictures.accuracy_against_time(report.summary),
            sweep_pictures.time_by_size(report.summary),
            sweep_pictures.curves(report.rows, "epoch"),
            sweep_pictures.curves(report.rows, "train_seconds"),
            sweep_pictures.phases(report.runs),
        ]
        if report.answers:
            pictures += [
                net_pictures.confusion(report.answers),
                net_pictures.worst_mistakes(report.answers),
                net_pictures.first_layer(report.answers),
            ]
    return [picture for picture in pictures if picture]
