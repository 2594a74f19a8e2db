"""Where the time went: the parts of a profiled run's training where the net tells them, else a run's phases."""

import pandas as pd

from mnistbench.ledger import Row
from mnistbench.reports.columns import BY_NAME, POINT
from mnistbench.reports.palette import PHASES
from mnistbench.reports.tables import Table, runs_frame

BAR_WIDTH = 30  # of the longest
BLOCKS = " ▏▎▍▌▋▊▉█"  # eighths of a character


def tables(rows: list[Row]) -> list[Table]:
    """Return a table with bars for each profiled run that is ok."""
    return [_table(row) for row in rows if row.spec.profile and row.status == "ok"]


def largest(row: Row) -> str:
    """Say what took the most of a profiled run."""
    seconds = _parts(row) if row.parts else _phases(row)
    name = max(seconds, key=lambda part: seconds[part])
    share = 100 * seconds[name] / sum(seconds.values())
    return f"{row.spec.net} at H = {row.spec.hidden_size} spends {share:.0f} % of its {_of(row)} on {name}"


def _of(row: Row) -> str:
    return "training" if row.parts else "run"


def _table(row: Row) -> Table:
    seconds = _parts(row) if row.parts else _phases(row)
    whole, longest = sum(seconds.values()), max(seconds.values())
    cells: list[tuple[str, ...]] = [
        (name, _bar(part / longest), BY_NAME["train_seconds"].show(part), f"{100 * part / whole:.1f}")
        for name, part in seconds.items()
    ]
    return Table(
        f"Where the {_of(row)} of {row.spec.label} went",
        ("Part", "", "Seconds", "Share (%)"),
        cells,
        2,
        ranks=(0, 1, 0, 0),
    )


def _parts(row: Row) -> dict[str, float]:
    """Return the parts of the training as the first process saw them, and Python's work between them."""
    parts = {name: part for name, part in (row.parts or {}).items() if part}
    return parts | {"Python and other": max(0.0, (row.train_seconds or 0) - sum(parts.values()))}


def _phases(row: Row) -> dict[str, float]:
    """Return the phases of a run whose net has no clocks inside."""
    seconds = phase_seconds(runs_frame([row]))
    return {phase: seconds[phase].item() for phase in PHASES}


def phase_seconds(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the seconds of each phase, a line for each point and net, over the runs that are ok."""
    names = [name for name in map(str, runs) if name.endswith("_seconds")]
    ok = runs[runs["status"] == "ok"].astype(dict.fromkeys(names, float))
    seconds = {phase: ok[f"{phase}_seconds"] for phase in ("import", "data", "build", "evaluate")}
    seconds["first epoch"] = ok["first_epoch_seconds"]
    seconds["later epochs"] = ok["train_seconds"] - ok["first_epoch_seconds"]
    known = pd.concat([ok[[*POINT, "net"]], pd.DataFrame(seconds)], axis=1).dropna()
    return known.groupby([*POINT, "net"], sort=False)[[*PHASES]].mean().reset_index()


def _bar(share: float) -> str:
    whole, eighths = divmod(round(share * BAR_WIDTH * 8), 8)
    return "█" * whole + BLOCKS[eighths].strip()
