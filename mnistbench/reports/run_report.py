"""What ``train``, ``compare`` and ``sweep`` give back: a report with its folder, its pictures and a notebook's view."""

import dataclasses
import html
from pathlib import Path
from typing import TYPE_CHECKING

from mnistbench.reports.report import Report

if TYPE_CHECKING:
    from mnistbench.reports.pictures.drawing import Picture


@dataclasses.dataclass(frozen=True, repr=False, kw_only=True)
class RunReport(Report):
    """A :class:`~mnistbench.reports.report.Report` that has been written to ``folder``."""

    folder: Path

    @classmethod
    def of(cls, made: Report, folder: Path) -> "RunReport":
        """Return a report together with the folder that holds its files."""
        return cls(**{field.name: getattr(made, field.name) for field in dataclasses.fields(made)}, folder=folder)

    def figure(self, name: str) -> "Picture":
        """Draw one picture, such as ``accuracy-against-time``; a notebook shows it.

        Raises:
            ValueError: there is no picture of that name for these runs.
        """
        from mnistbench.reports.pictures import figures  # only now: matplotlib takes its time

        pictures = {picture.name: picture for picture in figures.draw(self)}
        if name not in pictures:
            raise ValueError(f"{name!r} is no picture of these runs; there are {', '.join(pictures)}.")
        return pictures[name]

    def __repr__(self) -> str:
        return "\n".join([*self.verdicts, self.accounting, f"Report: {self.folder / 'report.html'}"])

    def _repr_html_(self) -> str:
        lines = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in self.verdicts)
        return f"<p>{html.escape(self.accounting)}</p><ul>{lines}</ul>{self.summary.to_html()}"
