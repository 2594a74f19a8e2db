"""The tables that people read, as plain cells; each format's own file draws them."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from mnistbench.judging import Certificate, cold_starts, noise, standing, stats
from mnistbench.ledger import Row
from mnistbench.reports.columns import (
    BY_NAME,
    CERTIFICATE_COLUMNS,
    FIGURES,
    MISSING,
    POINT,
    RUN_COLUMNS,
    SETTINGS,
    SUMMARISED,
)
from mnistbench.reports.names import varied_settings
from mnistbench.reports.signs import signed

COSTS = ("import_seconds", "data_seconds", "build_seconds", "first_epoch_seconds", "steady_epoch_seconds",
         "evaluate_seconds", "peak_rss_mib", "effective_threads")  # fmt: skip
FLAG = "†"
BEST_NOTICE = "In bold: a time or a test accuracy that is shown to be the best of the nets compared at its point."
MAX_LINES = 2_000  # of a table that people read, and runs that a page shows one by one; the CSV files have all
QUICK_NOTICE = (
    "QUICK RUN: on the first 6,000 training and 1,000 test images; for a trial only, the figures compare with nothing."
)


@dataclasses.dataclass(frozen=True)
class Table:
    """Headings and cells; the first ``text_columns`` columns and the last ``notes`` are text, the others numbers.

    Where a place is too narrow, columns leave by ``ranks``, the highest and then the last first, and never one of
    rank 0; a table that ``stacks`` goes on below with the columns that do not fit. ``best`` has the line and column of
    each figure that is shown to be the best of its point.
    """

    title: str
    headings: tuple[str, ...]
    cells: list[tuple[str, ...]]
    text_columns: int = 1
    notes: int = 0
    ranks: tuple[int, ...] = ()
    stacks: bool = False
    best: frozenset[tuple[int, int]] = frozenset()

    def is_text(self, index: int) -> bool:
        """Say whether a column is text, which stands to the left and may be broken between words."""
        return index < self.text_columns or index >= len(self.headings) - self.notes


def runs_frame(rows: list[Row]) -> pd.DataFrame:
    """Return one line a row with the columns of ``runs.csv``."""
    records = [
        record(row) | {"flags": "; ".join(reasons)} for row, reasons in zip(rows, noise.flags(rows), strict=True)
    ]
    names = [column.name for column in RUN_COLUMNS]
    return pd.DataFrame([[record[name] for name in names] for record in records], columns=names, dtype=object)


def record(row: Row) -> dict[str, Any]:
    """Return a row as one flat mapping: its spec, what was measured, and its kind of machine.

    What training took in operations is known of the known architecture alone, and so is the share of the peak.
    """
    made = {"run_id": row.spec.run_id, "machine": row.machine, "steady_epoch_sd": row.steady_epoch_sd}
    flat = dataclasses.asdict(row.spec) | made | dict(row)
    if not standing.tells_architecture(row.spec.net, row.weights_sha256):
        flat |= {"train_gflop": None, "percent_of_peak": None}
    return flat


def summary_frame(runs: pd.DataFrame) -> pd.DataFrame:
    """Return one line for each point and net with the columns of ``summary.csv``."""
    return stats.summarise(runs, POINT, SUMMARISED)


def pairs_frame(runs: pd.DataFrame) -> pd.DataFrame:
    """Return one line for each point and pair of nets with the columns of ``pairs.csv``."""
    return stats.pairs(runs, POINT, FIGURES)


def time_to_accuracy(targets: pd.DataFrame) -> Table:
    """Return the seconds and epochs of training until each target of test accuracy, a line a point and net.

    Where only some seeds arrive, the cell says how many do.
    """
    varied = varied_settings(targets)
    cells = []
    for _, lines in targets.groupby([*POINT, "net"], sort=False):
        first = lines.iloc[0]
        when = (_until(line, name) for _, line in lines.iterrows() for name in ("train_seconds", "epoch"))
        cells.append((*(BY_NAME[name].show(first[name]) for name in varied), str(first["net"]), *when))
    figures = (f"{100 * target:g} % ({unit})" for target in stats.TARGETS for unit in ("s", "epochs"))
    headings = (*(BY_NAME[name].heading for name in varied), "Net", *figures)
    title = "Training until a test accuracy, building not counted"
    title += "; medians over seeds" if (targets["n"] > 1).any() else ""
    return Table(title, headings, cells, text_columns=len(varied) + 1)


def flagged(attempts: pd.DataFrame) -> Table:
    """Return the flagged runs with their reasons, and the attempts that were repeated."""
    last = attempts.groupby("run_id")["attempt"].transform("max")
    shown = attempts[attempts["flags"].astype(bool) | (attempts["attempt"] < last)].replace({"flags": {"": MISSING}})
    names = ("run_id", "net", "hidden_size", "seed", "attempt", "time_seconds", "flags")
    return _run_table(f"Flagged runs ({FLAG})", shown, names, text_columns=len(names))


def phases(runs: pd.DataFrame) -> Table:
    """Return where each run's time went."""
    names = ("net", "hidden_size", "lr", "batch_size", "epochs", "seed", *COSTS)
    return _run_table("Where the time went", runs[runs["status"] == "ok"], names, text_columns=1)


def cold_start(runs: pd.DataFrame) -> Table:
    """Return what each net costs before it is up to speed, and when that would be repaid."""
    frame = cold_starts(runs, POINT)
    settings = (*varied_settings(frame), "net")
    names = (*settings, "cold_start_seconds", "steady_epoch_seconds", "repaid_after_epochs")
    return _run_table("Cold start and steady state", frame, names, text_columns=len(settings))


def certificate_frame(certificates: Sequence[Certificate]) -> pd.DataFrame:
    """Return one line for each pair of nets and epoch with the columns of ``certificate.csv``."""
    settings = ["net", "seed", *SETTINGS]
    lines = [
        [getattr(proof.spec, name) for name in settings]
        + [proof.reference.net, each.epoch, *each.weights.values(), each.test_loss, each.classified_differently]
        + [each.judged, proof.limit, proof.verdict]
        for proof in certificates
        for each in proof.differences
    ]
    return pd.DataFrame(lines, columns=[*settings, *(column.name for column in CERTIFICATE_COLUMNS)], dtype=object)


def certificate(certificates: Sequence[Certificate]) -> Table:
    """Return one line for each pair of nets: the largest differences over all epochs, and the verdict."""
    settings = [
        name for name in SETTINGS if name == "hidden_size" or len({getattr(p.spec, name) for p in certificates}) > 1
    ]
    cells = []
    for proof in certificates:
        worst = max(proof.differences, key=lambda each: each.weights[each.largest], default=None)
        largest = f"{worst.weights[worst.largest]:.1e} ({worst.largest}, epoch {worst.epoch})" if worst else MISSING
        images = max((each.classified_differently for each in proof.differences), default=MISSING)
        names = (*(str(getattr(proof.spec, name)) for name in [*settings, "seed", "net"]), proof.reference.net)
        cells.append((*names, signed(proof.passed, proof.verdict), largest, f"{proof.limit:.0e}", str(images)))
    headings = (*(BY_NAME[name].heading for name in [*settings, "seed", "net", "reference", "verdict"]),)
    return Table("Certificate", (*headings, "Largest difference", "Limit", "Images apart"), cells, len(headings))


def certificate_epochs(certificates: Sequence[Certificate]) -> Table:
    """Return the differences epoch by epoch."""
    frame = certificate_frame(certificates)
    settings = (*varied_settings(frame), "seed", "net", "reference")
    names = (*settings, *(column.name for column in CERTIFICATE_COLUMNS[1:-3]))
    return _run_table("Certificate, epoch by epoch", frame, names, text_columns=len(settings))


def facts(rows: list[Row]) -> Table:
    """Return the environment of the runs; a fact that differs between them has all its values."""
    values: dict[str, dict[str, None]] = {}
    for row in rows:
        for name, value in row.environment.items():
            values.setdefault(name, {})[str(value)] = None
        if row.data_sha256:
            values.setdefault("data_sha256", {})[row.data_sha256] = None
    return Table(
        "Environment",
        ("Fact", "Value"),
        [(name, ", ".join(seen)) for name, seen in values.items()],
        text_columns=2,
    )


def renamed(table: Table, short: Mapping[str, str]) -> Table:
    """Return a table in which every net goes by its short name."""
    flagged = {f"{net} {FLAG}": f"{name} {FLAG}" for net, name in short.items()}
    known = {**short, **flagged}
    cells = [tuple(known.get(cell, cell) for cell in line) for line in table.cells]
    return dataclasses.replace(table, cells=cells)


def bounded(table: Table) -> Table:
    """Return a table with as many lines as a page may have, and a title that says so where it had more."""
    if len(table.cells) <= MAX_LINES:
        return table
    title = f"{table.title} (the first {MAX_LINES:,} of {len(table.cells):,} lines; the CSV files have all)"
    return dataclasses.replace(table, title=title, cells=table.cells[:MAX_LINES])


def _run_table(title: str, runs: pd.DataFrame, names: tuple[str, ...], text_columns: int) -> Table:
    cells = [tuple(BY_NAME[name].show(line[name]) for name in names) for _, line in runs.iterrows()]
    return Table(title, tuple(BY_NAME[name].heading for name in names), cells, text_columns)


def _until(line: "pd.Series[Any]", name: str) -> str:
    """Return the median over all seeds, and how many of them arrive where some do not."""
    few = f"{line['reached']} of {line['n']}" if 0 < line["reached"] < line["n"] else ""
    if line[name] != line[name]:
        return few or "not reached"
    when = BY_NAME[name].show(line[name]) if name == "train_seconds" else f"{line[name]:g}"
    return f"{when} ({few})" if few else when
