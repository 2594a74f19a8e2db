"""What ``train``, ``compare`` and ``sweep`` give back: a report with its folder, its pictures and a notebook's view."""

import dataclasses
import html
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from mnistbench.reports.report import Report

if TYPE_CHECKING:
    from mnistbench.reports.pictures.drawing import Picture
    from mnistbench.reports.tables import Table


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
            ResultsError: there is no picture of that name for these runs.
        """
        from mnistbench.reports.pictures import figures  # only now: matplotlib takes its time

        return figures.draw_one(self, name)

    def __repr__(self) -> str:
        return "\n".join(
            [self.answer, *map(str, self.verdicts), self.accounting, f"Report: {self.folder / 'report.html'}"]
        )

    def _repr_html_(self) -> str:
        lines = "".join(f"<li>{html.escape(str(sentence))}</li>" for sentence in self.verdicts)
        told = f"<p><b>{html.escape(self.answer)}</b></p><ul>{lines}</ul><p>{html.escape(self.accounting)}</p>"
        return told + "".join(_html_table(table) for table in self.results)


def _html_table(table: "Table") -> str:
    """Return a table of the report as a notebook shows one."""
    return pd.DataFrame(table.cells, columns=table.headings).to_html(index=False)
