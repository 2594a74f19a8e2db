"""One side of a comparison: a results folder as its files tell it, with or without a ledger."""

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from mnistbench.conducting import require_filled
from mnistbench.errors import ConfigError
from mnistbench.experiment import Experiment, Spec, load_experiment
from mnistbench.judging import Certificate, Claim, certificate, claims, standing, stats
from mnistbench.ledger import PARAMETERS
from mnistbench.reports import claims_file, columns, lock_file

TEXTS = ("run_id", "net", "dtype", "protocol", "dataset", "status", "error", "machine", "flags", "data_sha256",
         "weights_sha256", "net_sha256", "start_sha256")  # fmt: skip
EMPTY = ("error", "flags")
SPEC = tuple(field.name for field in dataclasses.fields(Spec))


@dataclasses.dataclass(frozen=True)
class Side:
    """What a folder claims, and what its own runs give.

    ``runs`` has a line for each planned run's last attempt, with the columns of ``runs.csv``; ``facts`` what is known
    of machine and versions, by name.
    """

    name: str
    claims: list[Claim]
    """As ``claims.json`` has them; empty where it has no such file."""
    own: list[Claim]
    """As its CSV files give them now."""
    runs: pd.DataFrame
    facts: Mapping[str, str]
    has_certificates: bool = True
    """Whether it kept what certificates are made from."""


def read(folder: Path, *, with_claims: bool = True) -> Side:
    """Read a folder's ``runs.csv``, ``certificate.csv``, ``config.yaml``, ``requirements.lock.txt`` and claims.

    Raises:
        ConfigError: the folder is not there or is empty, has no ``runs.csv``, or with ``with_claims`` no
            ``claims.json``, or one cannot be read.
    """
    require_filled(folder)
    made = _claims(folder / "claims.json") if with_claims else []
    runs = _runs(folder / "runs.csv")
    planned = _planned(folder / "config.yaml", runs)
    lock = folder / "requirements.lock.txt"
    try:
        facts = lock_file.read(lock.read_text(encoding="utf-8")) if lock.is_file() else {}
        proofs = _certificates(folder / "certificate.csv")
        return of_frames(str(folder), made, runs, planned, facts, proofs)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(_unreadable(folder, error)) from error


def of_frames(
    name: str,
    made: list[Claim],
    runs: pd.DataFrame,
    planned: pd.DataFrame,
    facts: Mapping[str, str],
    proofs: list[Certificate] | None,
) -> Side:
    """Return a side made of tables: all its runs, the planned ones among them, and its certificates, if kept."""
    here = set(planned["run_id"])
    asked = [proof for proof in proofs or () if {proof.spec.run_id, proof.reference.run_id} <= here]
    against = standing.doubts(runs, proofs or (), columns.POINT)
    own = claims.make(
        planned,
        stats.summarise(planned, columns.POINT, columns.SUMMARISED),
        stats.pairs(planned, columns.POINT, columns.FIGURES),
        asked, against, columns.POINT, columns.FIGURES,
    )  # fmt: skip
    return Side(name, made, own, planned, facts, proofs is not None)


def _claims(file: Path) -> list[Claim]:
    if not file.is_file():
        raise ConfigError(
            f"{file}: is not there, and what a report claims is in it; give a folder that mnistbench has written a"
            " report into, or write it again with: mnistbench report FOLDER"
        )
    try:
        return claims_file.read(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ConfigError(_unreadable(file, error)) from error


def _runs(file: Path) -> pd.DataFrame:
    """Return the last attempt of each run, with the types that a report's own table has."""
    if not file.is_file():
        raise ConfigError(f"{file}: is not there, and runs are read from it; give a folder with a report in it.")
    try:
        runs = _completed(pd.read_csv(file, dtype=dict.fromkeys(TEXTS, str)))
        if missing := {*TEXTS, *columns.POINT, *columns.SUMMARISED, *SPEC, "attempt"} - {*runs.columns}:
            raise ValueError(f"it has no column {min(missing)}")
        runs = runs.fillna(dict.fromkeys(EMPTY, ""))
        runs["net"] = [re.sub(r"^'(?=\s*[=+\-@])", "", net) for net in runs["net"]]  # as a spreadsheet needs it
        return runs.sort_values("attempt", kind="stable").drop_duplicates("run_id", keep="last").sort_index()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(_unreadable(file, error)) from error


def _planned(file: Path, runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs that the config asks for; all where there is no config."""
    if not file.is_file():
        return runs
    run_ids = {spec.run_id for spec in config(file).specs()}
    return runs[runs["run_id"].isin(run_ids)]


def config(file: Path) -> Experiment:
    """Return what a folder's config asks for, its nets' files unread.

    Raises:
        ConfigError: it cannot be read.
    """
    return load_experiment(file, {}, default_name="", check_files=False)


def _certificates(file: Path) -> list[Certificate] | None:
    """Return the certificates as ``certificate.csv`` has their epochs; nothing where there is no such file."""
    if not file.is_file():
        return None
    lines = _completed(pd.read_csv(file, dtype={"net": str, "reference": str, "dataset": str}))
    return [_certificate(group) for _, group in lines.groupby([*SPEC, "reference"], sort=False)]


def _completed(lines: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which a setting that is younger than it, or that its kind never has, is at its default."""
    younger = {field.name: field.default for field in dataclasses.fields(Spec) if field.name not in lines}
    known: dict[str, Any] = {name: value for name, value in younger.items() if value is not dataclasses.MISSING}
    return lines.assign(**known)


def _certificate(epochs: pd.DataFrame) -> Certificate:
    first = epochs.astype(object).iloc[0]
    spec = Spec(**{name: first[name] for name in SPEC})
    differences = [
        certificate.Difference(
            int(line["epoch"]),
            {name: float(line[f"{name}_difference"]) for name in PARAMETERS},
            None if pd.isna(line["test_loss_difference"]) else float(line["test_loss_difference"]),
            int(line["classified_differently"]),
            judged=bool(line["judged"]),
        )
        for _, line in epochs.iterrows()
    ]
    return Certificate(spec, dataclasses.replace(spec, net=first["reference"]), differences)


def _unreadable(file: Path, error: Exception) -> str:
    reason = f"{error} is missing" if isinstance(error, KeyError) else str(error).splitlines()[0] if str(error) else ""
    return f"{file}: cannot be read ({reason or type(error).__name__}); write the report again, or give another folder."
