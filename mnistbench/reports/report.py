"""The model of a report: a pure function of the ledger and of what was asked. No format is known here."""

import dataclasses
import functools
import shlex
from collections import Counter
from collections.abc import Sequence
from typing import get_args

import pandas as pd

from mnistbench.experiment import Experiment
from mnistbench.judging import Certificate, Claim, claims, standing, stats
from mnistbench.ledger import Row, Status, grid_order
from mnistbench.reports import csv_files, notices, profile, results, tables, verdicts
from mnistbench.reports.answers import Answers
from mnistbench.reports.columns import FIGURES, POINT
from mnistbench.reports.headline import Headline, circumstances
from mnistbench.reports.names import key, short_names
from mnistbench.reports.tables import Table


@dataclasses.dataclass(frozen=True)
class Report:
    """An experiment's rows, and what was asked of them last.

    ``attempts`` has a line for every row, ``runs`` for each run's last row alone; all else is made from these.
    ``doubts`` says which nets are compared with no other, as judged over all rows.
    """

    experiment: Experiment
    rows: list[Row]
    earlier: list[Row]
    certificates: list[Certificate]
    attempts: pd.DataFrame
    runs: pd.DataFrame
    summary: pd.DataFrame
    pairs: pd.DataFrame
    epochs: pd.DataFrame
    targets: pd.DataFrame
    doubts: dict[standing.Key, standing.Doubt]
    answers: Answers | None = None
    """What the net says of the test images, where the experiment has but one."""

    @functools.cached_property
    def claims(self) -> list[Claim]:
        """Return what is claimed of the planned runs, as data."""
        of = self.asked
        return claims.make(of.runs, of.summary, of.pairs, of.certificates, self.doubts, POINT, FIGURES)

    @property
    def answer(self) -> str:
        """Return the one sentence that the reader came for."""
        of = self.asked
        return Headline(of.rows, self.claims, of.targets, self.short, self.answers).sentence(self.counts["planned"])

    @property
    def again(self) -> list[str]:
        """Return what it takes to ask the report again: the versions, the command, and the checksum of the data."""
        digests = dict.fromkeys(row.data_sha256 for row in self.asked.rows if row.data_sha256)
        folder = shlex.quote(f"results/{self.experiment.name}").replace("`", "")
        return [
            "The same versions, in this folder: `pip install -r requirements.lock.txt`",
            f"All of it anew, beside this folder, and which claims still hold: `mnistbench verify {folder}`",
            *(f"SHA-256 of the data: {digest}" for digest in digests),
        ]

    @property
    def circumstances(self) -> str:
        """Return where, when and on what the answer was found, in one line."""
        return circumstances(self.asked.rows)

    @property
    def findings(self) -> list[verdicts.Verdict]:
        """Return what else is shown, each with its outcome."""
        return verdicts.sentences(self.claims, self.short)

    @property
    def notices(self) -> list[str]:
        """Return what a reader must know of the runs behind it."""
        of = self.asked
        of_figures = notices.one_seed(of.runs, of.pairs) + notices.how_shown(of.pairs, self.claims)
        of_figures += notices.spread(of.summary)
        of_runs = notices.own_starts(of.runs) + notices.warnings(of.rows) + notices.flag_notice(of.runs)
        return of_figures + of_runs + self.size_notice

    @property
    def is_large(self) -> bool:
        """Say whether there are so many runs that pages show points, and no line a run."""
        return len(self.attempts) > tables.MAX_LINES

    @property
    def size_notice(self) -> list[str]:
        """Say where each run stands, if it stands on no page."""
        if not self.is_large:
            return []
        return [
            f"Of more than {tables.MAX_LINES:,} runs the page shows points; each of the {len(self.attempts):,} runs"
            " stands in runs.csv."
        ]

    @property
    def verdicts(self) -> list[str]:
        """Return the sentences after the answer: what is shown, and what must be known of it."""
        return [*self.findings, *self.notices]

    @property
    def ok(self) -> bool:
        """Say whether every planned run is ok or was skipped, and every certificate of those that ran has passed.

        One without a verdict has proved nothing.
        """
        skipped = {row.spec for row in self.asked.rows if row.status == "skipped"}
        tried = (proof for proof in self.asked.certificates if not skipped & {proof.spec, proof.reference})
        return (
            all(proof.passed for proof in tried)
            and self.counts["ok"] + self.counts["skipped"] == self.counts["planned"]
        )

    @functools.cached_property
    def short(self) -> dict[str, str]:
        """Return what each net is called in tables, a user's own by what tells it from the others."""
        return short_names([*self.runs["net"], *self.experiment.nets])

    @property
    def key(self) -> list[str]:
        """Return a line for each net that is shown by less than its whole name."""
        return key({net: name for net, name in self.short.items() if net in set(self.runs["net"])})

    @property
    def best(self) -> dict[tuple[object, ...], str]:
        """Return the net that is shown to be the best of its point: the point's values and the figure to the net."""
        return claims.best(self.claims)

    @functools.cached_property
    def results(self) -> list[Table]:
        """Return the tables that come first: both times as net × point, then every figure."""
        of = self.asked
        made = results.matrices(of.runs, of.summary, of.pairs, self.claims, self.short)
        made.append(results.table(of.runs, of.summary, self.claims, self.short))
        return [tables.bounded(table) for table in made if table.cells]

    @property
    def changed(self) -> str:
        """Say that the folder has runs which the config no longer asks for; empty where it has none."""
        others = len(self.rows) - len(self.asked.rows)
        if not others:
            return ""
        return (f"The config has changed since: {others} of {len(self.rows)} runs here were asked for by an earlier one"
                " and stand apart below; the answer is of the others.")  # fmt: skip

    @functools.cached_property
    def rest(self) -> Table:
        """Return the results of the runs that the config no longer asks for."""
        mine = set(self.asked.runs["run_id"])
        runs = self.runs[~self.runs["run_id"].isin(mine)]
        made = results.table(runs, tables.summary_frame(runs), (), self.short)
        return dataclasses.replace(made, title=made.title.replace("Results", "From earlier configs"))

    @property
    def _standing(self) -> pd.DataFrame:
        """Return the runs of nets that may be compared."""
        keys = self.runs[[*POINT, "net"]].itertuples(index=False, name=None)
        return self.runs.loc[[key not in self.doubts for key in keys]]

    @functools.cached_property
    def parts(self) -> list[Table]:
        """Return the tables that every page shows after the results; the environment comes last.

        Of very many runs the tables with a line a run are left out.
        """
        of_runs = [] if self.is_large else [tables.flagged(self.attempts), tables.phases(self.runs)]
        parts = [
            tables.certificate(self.certificates),
            *([self.rest] if self.changed else []),
            tables.time_to_accuracy(self.targets),
            *profile.tables(self.rows),
            tables.cold_start(self._standing),
            *of_runs,
            tables.certificate_epochs(self.certificates),
            tables.facts(self.rows),
        ]
        return [tables.bounded(tables.renamed(part, self.short)) for part in parts if part.cells]

    @functools.cached_property
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
        if planned.issuperset(row.spec for row in (*self.rows, *self.earlier)):
            return self
        run_ids = {spec.run_id for spec in planned}
        return _of_frames(
            self.experiment,
            [row for row in self.rows if row.spec in planned],
            [row for row in self.earlier if row.spec in planned],
            [proof for proof in self.certificates if {proof.spec, proof.reference} <= planned],
            self.attempts[self.attempts["run_id"].isin(run_ids)],
            self.runs[self.runs["run_id"].isin(run_ids)],
            self.doubts,
            self.answers,
        )


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
    against = standing.doubts(runs, certificates, POINT)
    return _of_frames(experiment, rows, list(earlier), list(certificates), attempts, runs, against, answers)


def _of_frames(
    experiment: Experiment,
    rows: list[Row],
    earlier: list[Row],
    certificates: list[Certificate],
    attempts: pd.DataFrame,
    runs: pd.DataFrame,
    against: dict[standing.Key, standing.Doubt],
    answers: Answers | None,
) -> Report:
    epochs = csv_files.epochs_frame(rows)
    whole = {row.spec.run_id for row in rows if row.status == "ok"}
    return Report(
        experiment, rows, earlier, certificates, attempts, runs,
        summary=tables.summary_frame(runs),
        pairs=tables.pairs_frame(runs),
        epochs=epochs,
        targets=stats.time_to_accuracy(epochs[epochs["run_id"].isin(whole)], POINT),
        doubts=against,
        answers=answers,
    )  # fmt: skip
