import csv
import io

import pandas as pd
import pytest
from rich.console import Console

from mnistbench.experiment.config import load_experiment
from mnistbench.experiment.spec import Spec
from mnistbench.ledger.results import EpochScore, Row
from mnistbench.reports import csv_files, markdown, tables, verdicts
from mnistbench.reports import report as reports
from mnistbench.reports.columns import RUN_COLUMNS
from mnistbench.reports.terminal import console


def row(status: str = "ok", error: str = "", **fields: object) -> Row:
    """Return a row; fields are those of a spec or of a row."""
    spec = {name: fields.pop(name) for name in list(fields) if name in Spec.__slots__}
    values = {"net": "numpy", "hidden_size": 30, "lr": 0.1, "batch_size": 128, "epochs": 20, "seed": 1, "threads": 2}
    figures = (
        {"time_seconds": 2.5, "test_accuracy": 0.9651, "test_loss": 0.12, "train_accuracy": 0.97, "train_loss": 0.09}
        if status == "ok"
        else {}
    )
    return Row(spec=Spec(**values | spec), status=status, error=error, started_at="2026-01-01", **figures | fields)


def history(*accuracies: float) -> list[EpochScore]:
    """Return the scores of a run that took half a second an epoch."""
    return [
        EpochScore(epoch=epoch, train_seconds=epoch / 2, test_accuracy=accuracy, test_loss=1 - accuracy)
        for epoch, accuracy in enumerate(accuracies, start=1)
    ]


def build(*rows: Row) -> reports.Report:
    return reports.build(load_experiment(None, {"threads": 2}, default_name="x"), list(rows))


def test_a_point_has_a_table_like_the_originals() -> None:
    (table,) = tables.comparisons(build(row(), row(net="keras")).summary)
    assert table.title == "hidden_size = 30, lr = 0.1, batch_size = 128, epochs = 20, threads = 2"
    assert table.headings == ("Net", "Time (s)", "Test accuracy (%)", "Test loss", "Train accuracy (%)", "Train loss")
    assert table.cells == [(net, "2.50", "96.51", "0.1200", "97.00", "0.0900") for net in ("numpy", "keras")]


def test_several_seeds_are_shown_with_their_deviation() -> None:
    (table,) = tables.comparisons(build(row(), row(seed=2)).summary)
    assert table.cells[0][2] == "96.51 ± 0.00"


def test_a_published_row_stands_beside_ours_with_the_change_and_a_verdict() -> None:
    table = tables.published(build(row(), row(net="keras", lr=0.5)).summary)
    assert table.cells == [
        ("30", "numpy", "original", "25.02", "96.48", "0.1225", "97.42", "0.0904", ""),
        ("30", "numpy", "here", "2.50", "96.51", "0.1200", "97.00", "0.0900", ""),
        ("30", "numpy", "change", "-22.52", "+0.03", "-0.0025", "-0.42", "-0.0004", "reproduced"),
    ]


def test_points_that_differ_in_threads_alone_are_told_apart() -> None:
    report = build(row(), row(net="keras"), row(threads=1), row(net="keras", threads=1))
    assert ["Threads = 1" in sentence for sentence in verdicts.comparisons(report.pairs)] == [True, False]
    assert {cells[1] for cells in tables.published(report.summary).cells} == {"1", "2"}


def test_the_widest_table_fits_eighty_columns_whole() -> None:
    screen = Console(width=80, record=True, file=io.StringIO())
    slow = row().model_copy(update={"time_seconds": 1111.11})
    screen.print(console.table(tables.published(build(slow).summary)))
    text = screen.export_text()
    for word in ("original", "reproduced", "+1086.09", "-0.0025"):
        assert word in text


def test_times_of_other_machines_and_beside_other_runs_are_never_averaged() -> None:
    here = {"cpu": "A", "usable_cores": 2}
    history = [EpochScore(epoch=1, train_seconds=1.0, test_accuracy=0.9, test_loss=0.1)]
    rows = [
        row(seed=seed).model_copy(update={"environment": facts, "jobs": jobs, "history": history})
        for seed, (facts, jobs) in enumerate([(here, 1), ({"cpu": "B", "usable_cores": 2}, 1), (here, 2), (here, 1)])
    ]
    report = build(*rows)
    assert list(report.summary["n"]) == [2, 1, 1]
    assert len(csv_files.epochs_frame(rows)["machine"].unique()) == 2
    titles = [model.title for model in tables.comparisons(report.summary)]
    assert ["jobs = 2" in title for title in titles] == [False, False, True]
    assert "machine = B, usable cores: 2" in titles[1]
    sentences = " ".join(tables.warnings(rows))
    assert "2 kinds of machine" in sentences
    assert "runs side by side × threads (1 × 2, 2 × 2)" in sentences


def test_planned_is_the_sum_of_what_became_of_the_runs() -> None:
    counts = build(row(), row("timeout", net="keras")).counts
    assert counts == {
        "planned": 2, "ok": 1, "diverged": 0, "error": 0, "timeout": 1, "out_of_memory": 0, "interrupted": 0,
        "skipped": 0, "not run": 0,
    }  # fmt: skip
    assert build(row()).accounting == "planned 2, ok 1, failed 0, not run 1"
    assert build(row(), row(lr=9)).accounting.endswith("; in the report besides: 1 from earlier commands")


def test_a_report_of_failures_alone_is_written() -> None:
    report = build(row("error", "it broke"), row("diverged", net="keras"))
    assert report.summary.empty
    assert tables.overview(report.summary).cells == []
    assert [cells[-2:] for cells in tables.failures(report.runs).cells] == [("error", "it broke"), ("diverged", "")]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n@x"])
def test_formulas_are_inert_in_csv(text: str) -> None:
    (line,) = csv.DictReader(io.StringIO(csv_files.to_csv(pd.DataFrame({"error": [text]})), newline=""))
    assert line["error"] == "'" + text.replace("\t", " ").replace("\r", " ").replace("\n", " ")


def test_whole_numbers_stay_whole_beside_a_missing_one() -> None:
    assert csv_files.to_csv(pd.DataFrame({"x": [2, None]}, dtype=object)) == 'x\n2\n""\n'


def test_numbers_keep_their_full_precision_and_sign_in_csv() -> None:
    assert csv_files.to_csv(pd.DataFrame({"x": [-0.1234567890123456]})) == "x\n-0.1234567890123456\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("a|b", "a\\|b"), ("[x](y)", "\\[x\\](y)"), ("`c`", "\\`c\\`"), ("two\nlines", "two lines"),
        ("**b**", "\\*\\*b\\*\\*"),
    ],
)  # fmt: skip
def test_text_is_inert_in_markdown(text: str, shown: str) -> None:
    assert markdown.escape(text) == shown
    experiment = load_experiment(None, {"threads": 2}, default_name="x").model_copy(update={"name": text + "```"})
    report = markdown.report(reports.build(experiment, [row("error", text)]))
    assert report.startswith(f"# {shown}")
    assert f"| {shown} |" in report
    assert "````yaml" in report


def test_every_column_has_a_name_a_heading_and_a_meaning_of_its_own() -> None:
    assert len({column.name for column in RUN_COLUMNS}) == len(RUN_COLUMNS)
    assert len({column.heading for column in RUN_COLUMNS}) == len(RUN_COLUMNS)
    assert all(column.meaning for column in RUN_COLUMNS)
