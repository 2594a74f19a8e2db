"""The model of a report: a pure function of the ledger and of what was asked. No format is known here."""

import dataclasses
import functools
from collections import Counter
from collections.abc import Sequence
from typing import get_args

import pandas as pd

from mnistbench.experiment import Experiment
from mnistbench.judging import Certificate, stats
from mnistbench.ledger import Row, Status, grid_order
from mnistbench.reports import csv_files, profile, tables, verdicts
from mnistbench.reports.answers import Answers
from mnistbench.reports.columns import POINT
from mnistbench.reports.tables import Table


@dataclasses.dataclass(frozen=True)
class Report:
    """An experiment's rows, and what was asked of them last.

    ``attempts`` has a line for every row, ``runs`` for each run's last row alone; all else is made from these.
    """

    experiment: Experiment
    rows: list[Row]
    earlier: list[Row]
    certificates: list[Certificate]
    attempts: pd.DataFrame
    runs: pd.DataFrame
    summary: pd.DataFrame
    pairs: pd.DataFrame
    targets: pd.DataFrame
    answers: Answers | None = None
    """What the net says of the test images, where the experiment has but one."""

    @property
    def parts(self) -> list[Table]:
        """Return the tables that every page shows after the results; the environment comes last."""
        parts = [
            tables.certificate(self.certificates),
            tables.published(self.summary),
            tables.time_to_accuracy(self.targets),
            tables.failures(self.runs),
            *profile.tables(self.rows),
            tables.cold_start(self.runs),
            tables.flagged(self.attempts),
            tables.phases(self.runs),
            tables.certificate_epochs(self.certificates),
            tables.facts(self.rows),
        ]
        return [part for part in parts if part.cells]

    @property
    def counts(self) -> dict[str, int]:
        """Return how many of the planned runs have each status; those without a row are ``not run``."""
        planned = {spec.run_id for spec in self.experiment.specs()}
        counted = Counter(row.status for row in self.rows if row.spec.run_id in planned)
        counts = {status: counted[status] for status in get_args(Status)}
        return {"planned": len(planned), **counts, "not run": len(planned) - counted.total()}

    @property
    def accounting(self) -> str:
        """Return the planned runs and what became of them: planned is the sum of the rest."""
        counts = self.counts
        failures = {status: counts[status] for status in get_args(Status) if status not in ("ok", "skipped")}
        details = [f"{count} {status}" for status, count in failures.items() if count]
        text = f"planned {counts['planned']}, ok {counts['ok']}, failed {sum(failures.values())}"
        text += f" ({', '.join(details)})" if details else ""
        text += f", skipped {counts['skipped']}" if counts["skipped"] else ""
        text += f", not run {counts['not run']}" if counts["not run"] else ""
        earlier = len(self.rows) - (counts["planned"] - counts["not run"])
        return text + (f"; in the report besides: {earlier} from earlier commands" if earlier else "")

    @functools.cached_property
    def asked(self) -> "Report":
        """Return the report of the planned runs alone; whether one is flagged is judged among all."""
        planned = set(self.experiment.specs())
        run_ids = {spec.run_id for spec in planned}
        return _of_frames(
            self.experiment,
            [row for row in self.rows if row.spec in planned],
            [row for row in self.earlier if row.spec in planned],
            [proof for proof in self.certificates if {proof.spec, proof.reference} <= planned],
            self.attempts[self.attempts["run_id"].isin(run_ids)],
            self.runs[self.runs["run_id"].isin(run_ids)],
            self.answers,
        )

    @property
    def ok(self) -> bool:
        """Say whether every planned run is ok or skipped, and every net asked for the network that it should be."""
        differs = any(proof.passed is False for proof in self.asked.certificates)
        return not differs and self.counts["ok"] + self.counts["skipped"] == self.counts["planned"]

    @property
    def epochs(self) -> pd.DataFrame:
        """Return a line for each epoch of each run."""
        return csv_files.epochs_frame(self.rows)

    @property
    def verdicts(self) -> list[str]:
        """Return the verdicts on what was asked, as sentences."""
        return self.asked.sentences

    @property
    def sentences(self) -> list[str]:
        """Return the verdicts, and what a reader must know of the runs behind them."""
        made = verdicts.certificates(self.certificates) + verdicts.sentences(self.summary, self.pairs)
        return made + tables.warnings(self.rows) + tables.flag_notice(self.runs)


def build(
    experiment: Experiment,
    rows: Sequence[Row],
    certificates: Sequence[Certificate] = (),
    earlier: Sequence[Row] = (),
    answers: Answers | None = None,
) -> Report:
    """Make the tables of a report from the rows of a ledger, what its controlled runs prove, and a net's answers.

    ``earlier`` holds the attempts that were repeated since: they are shown and count nowhere.
    """
    rows = sorted(rows, key=grid_order)
    everything = sorted([*rows, *earlier], key=grid_order)
    attempts = tables.runs_frame(everything)
    counted = {id(row) for row in rows}
    runs = attempts.loc[[id(row) in counted for row in everything]]
    return _of_frames(experiment, rows, list(earlier), list(certificates), attempts, runs, answers)


def _of_frames(
    experiment: Experiment,
    rows: list[Row],
    earlier: list[Row],
    certificates: list[Certificate],
    attempts: pd.DataFrame,
    runs: pd.DataFrame,
    answers: Answers | None,
) -> Report:
    epochs = csv_files.epochs_frame([row for row in rows if row.status == "ok"])
    return Report(
        experiment, rows, earlier, certificates, attempts, runs,
        summary=tables.summary_frame(runs),
        pairs=tables.pairs_frame(runs),
        targets=stats.time_to_accuracy(epochs, POINT),
        answers=answers,
    )  # fmt: skip
