"""Many runs: the pages show points and no line a run, and do not grow with the runs."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Cli

from mnistbench.experiment.config import Experiment
from mnistbench.experiment.spec import Spec
from mnistbench.ledger.results import Results, Row
from mnistbench.reports import tables

N_SEEDS = 1_000


@pytest.fixture
def ledger(tmp_path: Path, spec: Callable[..., Spec], monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Results]:
    monkeypatch.setattr("os.fsync", lambda _: None)  # the disk is not what is tried

    def write(n_sizes: int) -> Results:
        results = Results(tmp_path / "many")
        results.runs.mkdir(parents=True)
        sizes, seeds = list(range(8, 8 + n_sizes)), list(range(N_SEEDS))
        dataset = spec().dataset
        results.write_config(
            Experiment(
                name="many", nets=["numpy"], hidden_size=sizes, seeds=seeds, epochs=[2], threads=1, dataset=dataset
            )
        )
        (results.runs / "ledger.id").write_text("0" * 16)
        for size in sizes:
            for seed in seeds:
                figures = dict.fromkeys(("time_seconds", "train_seconds", "test_loss", "train_loss"), 1.0)
                scores = {"test_accuracy": 0.9, "train_accuracy": 0.9}
                run = spec(hidden_size=size, seed=seed)
                results.write(Row(spec=run, status="ok", started_at=f"{seed:09}", **figures, **scores))
        return results

    return write


@pytest.mark.slow
@pytest.mark.parametrize("n_sizes", [2, 3])
def test_above_two_thousand_runs_a_page_shows_points_and_says_where_each_run_stands(
    cli: Cli, ledger: Callable[[int], Results], n_sizes: int
) -> None:
    results = ledger(n_sizes)
    assert cli("report", results.folder).returncode == 0
    page = (results.folder / "report.html").read_text()
    markdown = (results.folder / "report.md").read_text()
    n_lines = len(re.findall(r"<tr data-net=", page))
    assert len((results.folder / "runs.csv").read_text().splitlines()) == 1 + n_sizes * N_SEEDS
    said = f"each of the {n_sizes * N_SEEDS:,} runs stands in runs.csv"
    if n_sizes * N_SEEDS > tables.MAX_LINES:
        assert n_lines == 0
        assert said in page
        assert said in markdown
        assert len(page) < 500_000
        assert len(markdown) < 50_000
    else:
        assert n_lines == n_sizes * N_SEEDS
        assert said not in page


def test_a_table_of_very_many_lines_is_cut_and_says_so() -> None:
    table = tables.Table("Results", ("H",), [(str(number),) for number in range(tables.MAX_LINES + 1)])
    cut = tables.bounded(table)
    assert len(cut.cells) == tables.MAX_LINES
    assert cut.title == "Results (the first 2,000 of 2,001 lines; the CSV files have all)"
    assert tables.bounded(cut) is cut
