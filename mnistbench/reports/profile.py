"""Where the time of a profiled run went: the parts of its training where the net tells them, else its phases."""

from mnistbench.reports.columns import BY_NAME
from mnistbench.reports.tables import Table
from mnistbench.results import Row

BAR_WIDTH = 30  # of the longest
BLOCKS = " ▏▎▍▌▋▊▉█"  # eighths of a character


def tables(rows: list[Row]) -> list[Table]:
    """Return a table with bars for each profiled run that is ok."""
    return [_table(row) for row in rows if row.spec.profile and row.status == "ok"]


def _table(row: Row) -> Table:
    seconds = _parts(row) if row.parts else _phases(row)
    whole, longest = sum(seconds.values()), max(seconds.values())
    cells: list[tuple[str, ...]] = [
        (name, _bar(part / longest), BY_NAME["train_seconds"].show(part), f"{100 * part / whole:.1f}")
        for name, part in seconds.items()
    ]
    of = "training" if row.parts else "run"
    return Table(f"Where the {of} of {row.spec.label} went", ("Part", "", "Seconds", "Share (%)"), cells, 2)


def _parts(row: Row) -> dict[str, float]:
    """Return the parts of the training as the first process saw them, and Python's work between them."""
    parts = {name: part for name, part in (row.parts or {}).items() if part}
    return parts | {"Python and other": max(0.0, (row.train_seconds or 0) - sum(parts.values()))}


def _phases(row: Row) -> dict[str, float]:
    """Return the phases of a run whose net has no clocks inside."""
    first = row.first_epoch_seconds or 0
    return {
        "import": row.import_seconds or 0,
        "data": row.data_seconds or 0,
        "build": row.build_seconds or 0,
        "first epoch": first,
        "later epochs": (row.train_seconds or 0) - first,
        "evaluate": row.evaluate_seconds or 0,
    }


def _bar(share: float) -> str:
    whole, eighths = divmod(round(share * BAR_WIDTH * 8), 8)
    return "█" * whole + BLOCKS[eighths].strip()
