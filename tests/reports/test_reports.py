import csv
import io
import math

import pandas as pd
import pytest

from mnistbench.experiment.config import load_experiment
from mnistbench.experiment.spec import Spec
from mnistbench.judging import claims
from mnistbench.ledger.results import EpochScore, Row
from mnistbench.reports import csv_files, markdown, names, notices, tables
from mnistbench.reports import report as reports
from mnistbench.reports.columns import BY_NAME, RUN_COLUMNS
from mnistbench.reports.page import matrix


def row(status: str = "ok", error: str = "", **fields: object) -> Row:
    """Return a row; fields are those of a spec or of a row."""
    spec = {name: fields.pop(name) for name in list(fields) if name in Spec.__slots__}
    values = {"net": "numpy", "hidden_size": 30, "lr": 0.1, "batch_size": 128, "epochs": 20, "seed": 1, "threads": 2}
    figures = (
        {
            "time_seconds": 2.5,
            "train_seconds": 2.5,
            "test_accuracy": 0.9651,
            "test_loss": 0.12,
            "train_accuracy": 0.97,
            "train_loss": 0.09,
        }
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


def asked(*rows: Row) -> reports.Report:
    """Return the report of a config that asks for the points, nets and seeds of these rows."""
    specs = [r.spec for r in rows]
    lists = ("hidden_size", "lr", "batch_size", "epochs")
    values = {name: list(dict.fromkeys(getattr(spec, name) for spec in specs)) for name in lists}
    nets, seeds = (list(dict.fromkeys(getattr(spec, name) for spec in specs)) for name in ("net", "seed"))
    first = {name: getattr(specs[0], name) for name in ("dtype", "protocol", "threads", "dataset", "quick", "profile")}
    experiment = load_experiment(
        None, {**values, "nets": nets, "seeds": seeds, **first}, default_name="x", check_files=False
    )
    return reports.build(experiment, list(rows))


def test_the_results_have_a_line_for_each_net_at_each_point() -> None:
    *_, table = asked(row(lr=0.5), row(net="keras", lr=0.5)).results
    figures = ("To the end (s)", "Test accuracy (%)", "Test loss", "Train accuracy (%)", "Train loss")
    assert table.headings == ("H", "Net", *figures)
    assert table.cells == [("30", net, "2.50", "96.51", "0.1200", "97.00", "0.0900") for net in ("numpy", "keras")]


def test_several_seeds_are_shown_with_their_deviation() -> None:
    made = asked(row(), row(seed=2))
    (table,) = made.results
    assert table.cells[0][3] == "96.51 ± 0.00"
    assert "± is one standard deviation between seeds." in made.notices


def test_times_by_net_and_point_are_called_medians_and_all_else_means_where_there_are_several_seeds() -> None:
    alone, two = (
        asked(*(row(net=net, seed=seed) for net in nets for seed in (1, 2))) for nets in (["numpy"], ["numpy", "keras"])
    )
    assert [table.title for table in alone.results] == ["Results; means over seeds"]
    assert [table.title.partition("; ")[2] for table in two.results] == [
        "medians over seeds; ×: times NumPy's",
        "means over seeds",
    ]
    captions = [getattr(matrix.make(made), "caption", "") for made in (alone, two, asked(row()))]
    assert [caption.partition("; ")[2] for caption in captions] == [
        "means over seeds",
        "times are medians over seeds, test accuracies means",
        "",
    ]


def test_the_rule_of_equivalence_is_told_where_a_verdict_rests_on_it() -> None:
    rule = claims.RULES["equivalence"]
    numpy = [row(seed=seed, test_accuracy=0.96 + seed / 1e4) for seed in (1, 2, 3)]
    alike, apart = (
        [row(net="keras", seed=seed, test_accuracy=0.96 + seed / 1e4 + off) for seed in (1, 2, 3)] for off in (0, 0.01)
    )
    assert rule in " ".join(asked(*numpy, *alike).notices)
    assert rule not in " ".join(asked(*numpy, *apart).notices)


def test_a_published_row_stands_beside_ours_with_a_verdict() -> None:
    *_, table = asked(row(), row(lr=0.5)).results
    assert table.headings[-4:] == ("Published (%)", "Published loss", "Published (s)", "Remark")
    assert [cells[-4:] for cells in table.cells] == [("96.48", "0.1225", "25.02", "✓ reproduced"), ("–", "–", "–", "")]


def test_a_failed_net_stands_among_the_results_with_its_reason() -> None:
    *_, table = asked(row(), row("timeout", "ran longer than 3 s", net="keras")).results
    assert [(cells[1], cells[2], cells[-1]) for cells in table.cells] == [
        ("numpy", "2.50", "✓ reproduced"),
        ("keras", "–", "✗ timeout: ran longer than 3 s"),
    ]


def test_runs_of_an_earlier_config_stand_apart_and_the_answer_is_of_the_others() -> None:
    made = build(row(train_seconds=2.5), row(lr=9, test_accuracy=0.5), row(net="keras", time_seconds=5.0))
    assert made.changed.startswith("The config has changed since: 1 of 3 runs")
    assert [cells[1] for cells in made.results[-1].cells] == ["numpy", "keras"]
    (rest,) = [part for part in made.parts if part.title == "From earlier configs"]
    assert [cells[3] for cells in rest.cells] == ["50.00"]
    assert "50.00" not in str(made.results)
    assert "2.0 times faster" in made.answer


def test_both_times_stand_net_by_point_with_their_ratio() -> None:
    seconds = {("numpy", 30): 2.0, ("numpy", 128): 4.0, ("keras", 30): 14.0, ("keras", 128): 10.0}
    made = asked(*(
        row(net=net, hidden_size=size, time_seconds=s, train_seconds=s, steady_epoch_seconds=s / 20)
        for (net, size), s in seconds.items()
    ))  # fmt: skip
    to_end, steady, _ = made.results
    assert to_end.headings == ("Net", "H = 30", "H = 128")
    assert to_end.cells == [("numpy", "2.00", "4.00"), ("keras", "14.00 · 7.0 ×", "10.00 · 2.5 ×")]
    assert "to the end of training" in to_end.title
    assert steady.cells == [("numpy", "0.100", "0.200"), ("keras", "0.700 · 7.0 ×", "0.500 · 2.5 ×")]
    assert "one steady epoch" in steady.title


def test_the_table_of_accuracies_says_how_many_seeds_arrive_where_some_do_not() -> None:
    seeds = enumerate([(0.97, 0.98), (0.96, 0.97), (0.95, 0.95)], 1)
    made = asked(*(row(hidden_size=128, seed=seed, history=history(*reached)) for seed, reached in seeds))
    (cells,) = tables.time_to_accuracy(made.targets).cells
    assert cells == ("128", "numpy", "0.50", "1", "1.00 (2 of 3)", "2 (2 of 3)", "1 of 3", "1 of 3")


def test_a_figure_reads_alike_whichever_way_its_mean_was_summed() -> None:
    tie = 0.03125  # exactly, so that the least bit more would round up
    assert BY_NAME["test_loss"].show(math.nextafter(tie, 1)) == BY_NAME["test_loss"].show(tie) == "0.0312"


def test_one_run_shows_how_its_steady_epochs_spread() -> None:
    uneven = [EpochScore(epoch=n, train_seconds=s, test_accuracy=0.9, test_loss=1) for n, s in enumerate((1, 2, 4), 1)]
    made = asked(*(row(net=net, steady_epoch_seconds=1.5, history=uneven) for net in ("numpy", "keras")))
    steady, table = made.results[1:]
    assert steady.cells[0] == ("numpy", "1.500 ± 0.707")
    assert "1.500 ± 0.707" in table.cells[0]


def test_what_is_shown_to_be_the_best_is_marked_in_every_table_and_format() -> None:
    made = asked(row(), row(net="keras", time_seconds=25.0, train_seconds=25.0))
    assert [table.cells[line][column] for table in made.results for line, column in table.best] == ["2.50", "2.50"]
    text = markdown.report(made)
    assert text.count("**2.50**") == 2
    assert tables.BEST_NOTICE in text
    unclear = markdown.report(asked(row(), row(net="keras")))
    assert "**2.50**" not in unclear
    assert tables.BEST_NOTICE not in unclear


def test_points_that_differ_in_threads_alone_are_told_apart() -> None:
    made = reports.build(
        load_experiment(None, {"threads": 1}, default_name="x"),
        [row(), row(net="keras"), row(threads=1), row(net="keras", threads=1)],
    )
    assert names.varied_settings(made.summary) == ["hidden_size", "threads"]
    assert len(made.results[-1].cells) == 2


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
    assert list(report.summary["jobs"]) == [1, 1, 2]
    assert list(report.summary["machine"])[1] == "B, usable cores: 2"
    sentences = " ".join(notices.warnings(rows))
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
    assert report.answer == "No run is ok (NumPy: error: it broke)."
    (table,) = report.results
    assert [cells[-1] for cells in table.cells] == ["✗ error: it broke", "✗ diverged"]


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
    assert f"| ✗ error: {shown} |" in report
    assert "````yaml" in report


def test_every_column_has_a_name_a_heading_and_a_meaning_of_its_own() -> None:
    assert len({column.name for column in RUN_COLUMNS}) == len(RUN_COLUMNS)
    assert len({column.heading for column in RUN_COLUMNS}) == len(RUN_COLUMNS)
    assert all(column.meaning for column in RUN_COLUMNS)
