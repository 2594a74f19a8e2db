"""The tables that people read, as plain cells; each format's own file draws them."""

import dataclasses
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pandas as pd

from mnistbench import stats
from mnistbench.certificate import Certificate
from mnistbench.cold_start import cold_starts
from mnistbench.reports.columns import BY_NAME, CERTIFICATE_COLUMNS, FIGURES, MISSING, POINT, RUN_COLUMNS
from mnistbench.results import Row

PHASES = ("import_seconds", "data_seconds", "build_seconds", "first_epoch_seconds", "steady_epoch_seconds",
          "evaluate_seconds", "peak_rss_mib", "effective_threads")  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Table:
    """Headings and cells; the first ``text_columns`` columns are text, the others numbers."""

    title: str
    headings: tuple[str, ...]
    cells: list[tuple[str, ...]]
    text_columns: int = 1


def runs_frame(rows: list[Row]) -> pd.DataFrame:
    """Return one line a row with the columns of ``runs.csv``."""
    records = [dataclasses.asdict(row.spec) | {"run_id": row.spec.run_id} | dict(row) for row in rows]
    names = [column.name for column in RUN_COLUMNS]
    return pd.DataFrame([[record[name] for name in names] for record in records], columns=names, dtype=object)


def summary_frame(runs: pd.DataFrame) -> pd.DataFrame:
    """Return one line for each point and net with the columns of ``summary.csv``."""
    return stats.summarise(runs, POINT, FIGURES)


def comparisons(summary: pd.DataFrame) -> list[Table]:
    """Return a table like the original's for each point: a line a net, the five figures."""
    tables = []
    for values, nets in summary.groupby(list(POINT), sort=False):
        cells = [(str(line["net"]), *(_mean_and_sd(line, name) for name in FIGURES)) for _, line in nets.iterrows()]
        title = point_title(dict(zip(POINT, values, strict=True)))
        tables.append(Table(title, ("Net", *(BY_NAME[name].heading for name in FIGURES)), cells))
    return tables


def overview(summary: pd.DataFrame) -> Table:
    """Return all points in one table, with the settings that differ between them."""
    varied = _varied(summary)
    cells = [
        (
            *(BY_NAME[name].show(line[name]) for name in varied),
            str(line["net"]),
            *(_mean_and_sd(line, name) for name in FIGURES),
        )
        for _, line in summary.iterrows()
    ]
    headings = (
        *(BY_NAME[name].heading for name in varied),
        "Net",
        *(BY_NAME[name].heading for name in FIGURES),
    )
    return Table("All points", headings, cells, text_columns=len(varied) + 1)


def published(summary: pd.DataFrame) -> Table:
    """Return published figures, ours and the change, with a verdict, for the points that the original has."""
    both = stats.with_published(summary, FIGURES)
    varied = _varied(both)
    cells = []
    for _, line in both.iterrows():
        verdict = "reproduced" if line["reproduced"] else "differs"
        for label, part in (("original", "published"), ("here", "mean"), ("change", "difference")):
            figures = [_change(line, name) if part == "difference" else _figure(line, name, part) for name in FIGURES]
            outcome = verdict if part == "difference" else ""
            cells.append((*(str(line[name]) for name in varied), str(line["net"]), label, *figures, outcome))
    headings = (*(BY_NAME[n].heading for n in varied), "Net", "", *(BY_NAME[n].heading for n in FIGURES), "Verdict")
    return Table("Published and here", headings, cells, text_columns=len(varied) + 2)


def speed_sentences(summary: pd.DataFrame) -> list[str]:
    """Say for each point how much faster one net trained than another."""
    varied = _varied(summary)
    sentences = []
    for speed in stats.speeds(summary, POINT):
        if speed.point["quick"]:  # a trial has no verdict
            continue
        where = ", ".join(f"{BY_NAME[name].heading} = {speed.point[name]}" for name in varied)
        verdict = (
            f"{speed.faster} is {speed.ratio:.1f} times faster than {speed.slower} at {where}"
            if speed.is_clear
            else f"{speed.faster} and {speed.slower} show no clear difference in time at {where}"
        )
        sentences.append(f"{verdict} ({speed.faster_seconds:.2f} s against {speed.slower_seconds:.2f} s).")
    return sentences


def warnings(rows: list[Row]) -> list[str]:
    """Say which runs were measured under more threads than their machine has cores."""
    crowded = [row for row in rows if row.spec.threads > int(row.environment.get("usable_cores") or row.spec.threads)]
    if not crowded:
        return []
    return [f"{len(crowded)} of the runs had more threads than cores; their times compare with no others."]


def phases(runs: pd.DataFrame) -> Table:
    """Return where each run's time went."""
    names = ("net", "hidden_size", "lr", "batch_size", "epochs", "seed", *PHASES)
    return _run_table("Where the time went", runs[runs["status"] == "ok"], names, text_columns=1)


def cold_start(runs: pd.DataFrame) -> Table:
    """Return what each net costs before it is up to speed, and when that would be repaid."""
    frame = cold_starts(runs, POINT)
    settings = (*_varied(frame), "net")
    names = (*settings, "cold_start_seconds", "steady_epoch_seconds", "repaid_after_epochs")
    return _run_table("Cold start and steady state", frame, names, text_columns=len(settings))


def failures(runs: pd.DataFrame) -> Table:
    """Return the runs that are not ok, each with its reason."""
    names = ("run_id", "net", "hidden_size", "lr", "batch_size", "epochs", "seed", "status", "error")
    return _run_table("Runs that are not ok", runs[runs["status"] != "ok"], names, text_columns=len(names))


def certificate_frame(certificates: Sequence[Certificate]) -> pd.DataFrame:
    """Return one line for each pair of nets and epoch with the columns of ``certificate.csv``."""
    settings = ["net", "seed", *POINT]
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
        name for name in POINT if name == "hidden_size" or len({getattr(p.spec, name) for p in certificates}) > 1
    ]
    cells = []
    for proof in certificates:
        worst = max(proof.differences, key=lambda each: each.weights[each.largest], default=None)
        largest = f"{worst.weights[worst.largest]:.1e} ({worst.largest}, epoch {worst.epoch})" if worst else MISSING
        images = max((each.classified_differently for each in proof.differences), default=MISSING)
        names = (*(str(getattr(proof.spec, name)) for name in [*settings, "seed", "net"]), proof.reference.net)
        cells.append((*names, proof.verdict, largest, f"{proof.limit:.0e}", str(images)))
    headings = (*(BY_NAME[name].heading for name in [*settings, "seed", "net", "reference", "verdict"]),)
    return Table("Certificate", (*headings, "Largest difference", "Limit", "Images apart"), cells, len(headings))


def certificate_epochs(certificates: Sequence[Certificate]) -> Table:
    """Return the differences epoch by epoch."""
    frame = certificate_frame(certificates)
    settings = (*_varied(frame), "seed", "net", "reference")
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


def point_title(point: dict[str, Any]) -> str:
    """Return a point's settings as the original's headings have them, and what is not the usual."""
    usual = {"dtype": "float32", "protocol": "as_shipped", "dataset": "mnist", "quick": False}
    shown = [
        name
        for name in POINT
        if name in ("hidden_size", "lr", "batch_size", "epochs", "threads") or point[name] != usual[name]
    ]
    return ", ".join(f"{name} = {point[name]}" for name in shown)


def _figure(line: "pd.Series[Any]", name: str, part: str) -> str:
    return BY_NAME[name].show(line[f"{name}_{part}"])


def _change(line: "pd.Series[Any]", name: str) -> str:
    """Return the difference of the two figures as they are shown, so that a reader's own sum agrees."""
    theirs, ours = (Decimal(_figure(line, name, part)) for part in ("published", "mean"))
    return f"{ours - theirs:+}"


def _varied(summary: pd.DataFrame) -> list[str]:
    """Return the settings that tell one point from another: the hidden size, and what else differs."""
    return [name for name in POINT if name == "hidden_size" or summary[name].nunique() > 1]


def _run_table(title: str, runs: pd.DataFrame, names: tuple[str, ...], text_columns: int) -> Table:
    cells = [tuple(BY_NAME[name].show(line[name]) for name in names) for _, line in runs.iterrows()]
    return Table(title, tuple(BY_NAME[name].heading for name in names), cells, text_columns)


def _mean_and_sd(line: "pd.Series[Any]", name: str) -> str:
    column = BY_NAME[name]
    mean = column.show(line[f"{name}_mean"])
    return mean if line["n"] < 2 else f"{mean} ± {column.show(line[f'{name}_sd'])}"
