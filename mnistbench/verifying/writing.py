"""A comparison into a folder: ``diff.html``, ``diff.md`` and ``diff.json``, and its picture."""

import json
from pathlib import Path

from mnistbench.errors import ConfigError
from mnistbench.ledger import write_atomically
from mnistbench.reports import IntervalLine, Picture, intervals, markdown, sheet
from mnistbench.verifying.comparison import Comparison
from mnistbench.verifying.finding import Finding, Shown

UNITS = {
    "Ratio of times": ("faster_",),
    "Test accuracy (%)": ("learned",),
    "Difference in test accuracy (points)": ("accuracy_",),
    "Largest difference of a weight": ("same_network",),
}
PERCENT = ("learned", "accuracy_")
TITLE = "Each claim, old and new"


def write(made: Comparison, folder: Path) -> None:
    """Write the comparison's files.

    Raises:
        ConfigError: it is a file.
        ResultsError: the folder cannot be written.
    """
    if folder.is_file():
        raise ConfigError(f"{folder}: is a file, and a folder is needed; choose another folder with --output.")
    drawn = picture(made)
    title = f"{made.old.name} and {made.new.name}"
    parts = [part for part in (made.table, made.changed) if part.cells or part.title == made.table.title]
    files = {
        "diff.json": to_json(made),
        "diff.md": text(made),
        "diff.html": sheet(title, made.answer, made.notes, parts, drawn),
    }
    if drawn:
        files[drawn.file] = drawn.svg
    for name, content in files.items():
        write_atomically(folder / name, content)


def to_json(made: Comparison) -> str:
    """Return the comparison as JSON."""
    return json.dumps(made.to_json(), indent=1, ensure_ascii=False) + "\n"


def text(made: Comparison) -> str:
    """Return the comparison as Markdown."""
    title = f"{made.old.name} and {made.new.name}"
    sections = [f"# {markdown.escape(title)}", f"**{markdown.escape(made.answer)}**", *map(markdown.escape, made.notes)]
    for part in (made.table, made.changed):
        sections += [f"## {markdown.escape(part.title)}", markdown.table(part)] if part.cells else []
    return "\n\n".join(sections) + "\n"


def picture(made: Comparison) -> Picture | None:
    """Draw each claim's old and new figure and interval, a panel for each unit; nothing where there are none."""
    groups = [
        (unit, [_line(each) for each in made.findings if each.kind.startswith(kinds) and each.old.value is not None])
        for unit, kinds in UNITS.items()
    ]
    return intervals(TITLE, groups)


def _line(finding: Finding) -> IntervalLine:
    factor = 100 if finding.kind.startswith(PERCENT) else 1
    old, new = (_figure(shown, factor) for shown in (finding.old, finding.new))
    return IntervalLine(str(finding.number), f"{finding.number}, {finding.sentence}: {finding.outcome}", old, new)


def _figure(shown: Shown, factor: float) -> tuple[float, tuple[float, float] | None] | None:
    if shown.value is None:
        return None
    interval = (factor * shown.interval[0], factor * shown.interval[1]) if shown.interval else None
    return factor * shown.value, interval
