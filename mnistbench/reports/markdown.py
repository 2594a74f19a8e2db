"""Markdown: tables that a code host renders, and the whole of ``report.md``. Text from configs is inert in it."""

import html
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mnistbench.reports import tables
from mnistbench.reports.tables import Table

if TYPE_CHECKING:
    from mnistbench.reports import Report
    from mnistbench.reports.pictures.drawing import Picture

HOW_MEASURED = """\
- Each run is one process of its own, started afresh, and the nets take turns.
- Time is the original's: building (with compiling) and training. Importing, reading the data and scoring are
  outside it and have columns of their own. Scoring never runs on the training clock.
- Every net is scored by the same code, over the whole test and training set, after the last epoch.
- As shipped, each net starts and shuffles as its own library does, which is given the seed. Controlled, every net
  starts from the same weights and sees the same batches; the copy that permutes the images is off every net's clock.
- Threads are limited by environment variables, by the library's own setting where it has one, and by
  processor affinity; the environment is an allow-list, so that nobody's settings reach a run.
- A cold start is importing, building, and what the first epoch took beyond a steady one; it is repaid after the
  epochs from which on the net, start and all, is not behind the first net of its point.
- Accuracy and loss are the mean over seeds, with ± one standard deviation where there are several.
- Nets are compared seed by seed. The ratio of times is that of the medians, its interval comes from the differences
  of log times. An accuracy is "no difference larger than 0.1 points" where two one-sided paired t-tests (5 %) say so.
- A run is flagged, not dropped, where its epochs differ by 10 % (sd), where it waited for a core, used more than it
  was given or lost the processor more often than is usual at its point, where more threads ran than there are cores,
  where its phases do not add up to its life, or where it began on a loaded machine or was the first and slow. Of a
  run that was repeated the last attempt counts; the earlier ones are listed with it.
- A published row counts as reproduced within 0.4 points of test accuracy and 0.010 of test loss."""


def table(model: Table) -> str:
    """Return a table; numbers are set to the right."""
    rule = ("---" if index < model.text_columns else "---:" for index in range(len(model.headings)))
    lines = (model.headings, tuple(rule), *(tuple(map(escape, cells)) for cells in model.cells))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def escape(text: str) -> str:
    """Make a text inert: no markup, no HTML, no table, no line break."""
    plain = html.escape(re.sub(r"\s+", " ", text), quote=False)
    return re.sub(r"([\\`*_\[\]|~#@])", r"\\\1", plain)


def report(made: "Report", pictures: "Sequence[Picture]" = ()) -> str:
    """Return ``report.md``: verdicts first, then the tables and pictures, how it was measured, and what was asked."""
    sections = [f"# {escape(made.experiment.name)}", escape(made.accounting)]
    if made.runs["quick"].any():
        sections.append(f"**{tables.QUICK_NOTICE}**")
    if made.sentences:
        sections += ["## Verdicts", "\n".join(f"- {escape(sentence)}" for sentence in made.sentences)]
    comparisons = tables.comparisons(made.summary)
    if comparisons:
        sections.append("## Results")
    for comparison in comparisons:
        sections += [f"### {escape(comparison.title)}", table(comparison)]
    if pictures:
        sections.append("## Pictures")
    for picture in pictures:
        sections += [f"### {escape(picture.title)}", f"![{escape(picture.alt)}]({picture.file})"]
    for part in made.parts:
        sections += [f"## {escape(part.title)}", table(part)]
    sections += ["## How it was measured", HOW_MEASURED]
    config = made.experiment.to_yaml()
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", config)), default=0))
    sections += ["## The config", f"{fence}yaml\n{config.strip()}\n{fence}"]
    return "\n\n".join(sections) + "\n"
