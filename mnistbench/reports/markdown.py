"""Markdown: tables that a code host renders, and the whole of ``report.md``. Text from configs is inert in it."""

import html
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mnistbench.reports import tables
from mnistbench.reports.method import HOW_MEASURED
from mnistbench.reports.tables import Table

if TYPE_CHECKING:
    from mnistbench.reports.pictures.drawing import Picture
    from mnistbench.reports.report import Report


def table(model: Table) -> str:
    """Return a table; numbers are set to the right."""
    rule = ("---" if model.is_text(index) else "---:" for index in range(len(model.headings)))
    shown = [
        tuple(
            f"**{escape(cell)}**" if (line, index) in model.best else escape(cell) for index, cell in enumerate(cells)
        )
        for line, cells in enumerate(model.cells)
    ]
    lines = (tuple(map(escape, model.headings)), tuple(rule), *shown)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def escape(text: str) -> str:
    """Make a text inert: no markup, no HTML, no table, no line break."""
    plain = html.escape(re.sub(r"\s+", " ", text), quote=False)
    return re.sub(r"([\\`*_\[\]|~#@])", r"\\\1", plain)


def report(made: "Report", pictures: "Sequence[Picture]" = ()) -> str:
    """Return ``report.md``: the answer, its circumstances, the verdicts, the results, the pictures, and the rest."""
    sections = [f"# {escape(made.experiment.name)}", f"**{escape(made.answer)}**", escape(made.circumstances)]
    sections += [escape(made.changed)] if made.changed else []
    if made.runs["quick"].any():
        sections.append(f"**{tables.QUICK_NOTICE}**")
    for heading, sentences in (("Verdicts", made.findings), ("About the figures", made.notices)):
        sections += [f"## {heading}", "\n".join(f"- {escape(each)}" for each in sentences)] if sentences else []
    sections += ["## Results", escape(made.accounting)]
    for result in made.results:
        sections += [f"### {escape(result.title)}", table(result)]
    sections += [tables.BEST_NOTICE] if made.best else []
    sections += [escape(line) for line in made.key]
    if pictures:
        sections.append("## Pictures")
    for picture in pictures:
        sections += [f"### {escape(picture.title)}", f"![{escape(picture.alt)}]({picture.file})"]
    for part in made.parts:
        sections += [f"## {escape(part.title)}", table(part)]
    sections += ["## To ask it again", "\n".join(f"- {line}" for line in made.again)]
    sections += ["## How it was measured", HOW_MEASURED]
    config = made.experiment.to_yaml()
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", config)), default=0))
    sections += ["## The config", f"{fence}yaml\n{config.strip()}\n{fence}"]
    return "\n\n".join(filter(None, sections)) + "\n"
