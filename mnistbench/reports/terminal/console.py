"""What a command shows at its end and before it begins. Text from configs is shown, never interpreted."""

import shlex
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from mnistbench.experiment import Spec
from mnistbench.reports import names, profile, tables
from mnistbench.reports.columns import BY_NAME, SETTINGS
from mnistbench.reports.report import Report
from mnistbench.reports.tables import Table
from mnistbench.reports.terminal import console_pictures
from mnistbench.reports.terminal.fitting import Fitted


def closing(report: Report) -> RenderableType:
    """Return what a command shows at its end: the answer, the verdicts, the results, and the accounting."""
    asked = report.asked
    parts: list[RenderableType] = [Text(report.answer, "bold"), Text(report.circumstances, "dim"), Text()]
    parts += [Text(report.changed, "yellow")] if report.changed else []
    parts += [Text(f"- {sentence}") for sentence in report.verdicts]
    parts += [Text()] if report.verdicts else []
    narrow = names.narrow(report.short)
    for model in (*report.results, tables.certificate(asked.certificates), *profile.tables(asked.rows)):
        if model.cells:
            parts += [Fitted(tables.renamed(model, narrow)), Text()]
    parts += [Text(tables.BEST_NOTICE, "dim")] if report.best else []
    whole = {net: narrow.get(name, name) for net, name in report.short.items() if net in set(asked.runs["net"])}
    parts += [Text(line, "dim") for line in names.key(whole)]
    if report.answers:
        parts.append(console_pictures.of_net(report.answers))
    flagged = zip(asked.rows, asked.runs["flags"], strict=True)
    parts += [Text(f"{row.spec.label}: flagged ({tables.FLAG}): {flags}") for row, flags in flagged if flags]
    if asked.runs["quick"].any():
        parts.append(Text(tables.QUICK_NOTICE, style="bold yellow"))
    parts.append(Text(report.accounting, style="bold"))
    return Group(*parts)


def after_training(report: Report, folder: Path) -> RenderableType:
    """Return the last lines of a training: the answer, where the model is, and the next command to type."""
    model = folder / "model.npz"
    lines = [Text(report.answer, "bold")]
    if model.exists():
        lines += [
            Text(f"Model: {model}"),
            Text(f"Next: mnistbench predict --model {shlex.quote(str(model))} digit.png"),
        ]
    else:
        specs = report.experiment.specs()
        ok = any(row.status == "ok" for row in report.rows if row.spec == specs[0])  # whose weights are kept
        why = (
            "the net gave no weights of 784–H–10 that make its predictions"
            if ok
            else f"the {'first ' * (len(specs) > 1)}run is not ok"
        )
        lines.append(Text(f"Model: none was kept, since {why}."))
        net = report.experiment.nets[0]
        lines += [Text(f"Next: mnistbench check {shlex.quote(net)}")] if ":" in net else []
    return Group(*lines)


def plan(specs: list[Spec], missing: list[Spec], forecast: tuple[float, int]) -> Group:
    """Return the grid that a command would run, what of it is finished, and how long the rest will take.

    ``forecast`` is the seconds of those missing runs that earlier rows tell about, and how many those are.
    """
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
    short = names.short_names(values["net"])
    narrow = {net: names.narrow(short)[name] for net, name in short.items()}
    grid = Table(f"runs: {len(specs)}, to do: {len(left)} ({alike})", headings, cells, text_columns=1, notes=1)
    key = [Text(line, "dim") for line in names.key(narrow)]
    last = Text(_duration(*forecast, len(missing)), style="bold")
    return Group(Fitted(tables.renamed(grid, narrow)), *key, Text(), last)


def _duration(seconds: float, n_known: int, n_missing: int) -> str:
    """Return the sentence on the time of missing runs, of which earlier rows tell about ``n_known``."""
    if not n_missing:
        return "Time: none, all is finished."
    if not n_known:
        return "Time: unknown; no earlier run here has these nets and settings on this machine."
    about = f"Time: about {seconds / 60:.0f} min" if seconds >= 90 else f"Time: about {max(1, round(seconds))} s"
    if n_known < n_missing:
        return f"{about} for {n_known} of the {n_missing} runs to do, by earlier ones; unknown for the others."
    return f"{about}, by earlier runs."
