"""Tables and closing lines in the terminal, drawn by rich. Text from configs is shown, never interpreted."""

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from mnistbench.experiment import Spec
from mnistbench.reports import profile, tables
from mnistbench.reports.columns import BY_NAME, SETTINGS
from mnistbench.reports.report import Report
from mnistbench.reports.tables import Table
from mnistbench.reports.terminal import console_pictures

MIN_WIDTH = 16  # a shorter cell is never broken; headings and reasons are


def table(model: Table) -> Group:
    """Return a table under its title; numbers are set to the right."""
    # The widest table, published and here, just fits 80 columns so.
    drawn = RichTable(
        box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0),
    )  # fmt: skip
    for index, heading in enumerate(model.headings):
        widest = max((len(cells[index]) for cells in model.cells), default=0)
        drawn.add_column(
            Text(heading),
            justify="left" if model.is_text(index) else "right",
            overflow="fold",
            min_width=min(widest, MIN_WIDTH),
            no_wrap=len(heading) <= widest <= MIN_WIDTH,
        )
    for cells in model.cells:
        drawn.add_row(*map(Text, cells))
    return Group(Text(model.title, style="bold"), drawn)


def closing(report: Report) -> RenderableType:
    """Return what a command shows at its end: results, published rows, failures, flags, verdicts, the accounting."""
    asked = report.asked
    shown = [*report.results, tables.certificate(asked.certificates), *profile.tables(asked.rows)]
    parts: list[RenderableType] = [Text(report.answer, "bold"), Text(report.circumstances, "dim"), Text()]
    for model in shown:
        parts += [table(model), Text()] if model.cells else []
    if report.answers:
        parts.append(console_pictures.of_net(report.answers))
    flagged = zip(asked.rows, asked.runs["flags"], strict=True)
    parts += [Text(f"{row.spec.label}: flagged ({tables.FLAG}): {flags}") for row, flags in flagged if flags]
    parts += [Text(sentence) for sentence in report.verdicts]
    if asked.runs["quick"].any():
        parts.append(Text(tables.QUICK_NOTICE, style="bold yellow"))
    parts.append(Text(report.accounting, style="bold"))
    return Group(*parts)


def plan(specs: list[Spec], missing: list[Spec]) -> Group:
    """Return the grid that a command would run, and what of it is finished."""
    left = {spec.run_id for spec in missing}
    settings = ("net", "seed", *SETTINGS)
    values = {name: [str(getattr(spec, name)) for spec in specs] for name in settings}
    varied = [name for name in settings if name == "net" or len(set(values[name])) > 1]
    alike = ", ".join(f"{name} = {values[name][0]}" for name in settings if name not in varied)
    cells = [
        (*(values[name][index] for name in varied), "to run" if spec.run_id in left else "finished")
        for index, spec in enumerate(specs)
    ]
    headings = (*(BY_NAME[name].heading for name in varied), "State")
    return table(
        Table(f"runs: {len(specs)}, to do: {len(left)} ({alike})", headings, cells, text_columns=len(headings))
    )
