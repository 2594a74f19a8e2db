"""What a comparison of two folders shows: its answer, what must be known of it, its tables."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from mnistbench.reports.tables import Table
from mnistbench.reports.terminal.fitting import Fitted


def comparison(answer: str, notes: Sequence[str], tables: Sequence[Table]) -> Group:
    """Return the answer, the notes and the tables that have a line."""
    parts: list[RenderableType] = [Text(answer, "bold"), *(Text(note, "dim") for note in notes)]
    for table in tables:
        parts += [Text(), Fitted(table)] if table.cells else []
    return Group(*parts)
