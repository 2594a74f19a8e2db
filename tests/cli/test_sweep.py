import csv
import os
import re
import shutil
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest
from conftest import Cli, command
from typer.testing import CliRunner

from mnistbench.cli.app import app
from mnistbench.ledger.results import Results

COLOUR = re.compile(r"\x1b\[[0-9;]*(3|4|9)[0-9]")


def test_a_sweep_runs_the_whole_grid_and_writes_every_file(
    cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    done = cli("sweep", config(hidden_size="[8, 16]", seeds=2))
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "results" / "small"
    with (folder / "runs.csv").open() as file:
        runs = list(csv.DictReader(file))
    assert [(run["hidden_size"], run["seed"]) for run in runs] == [("8", "1"), ("8", "2"), ("16", "1"), ("16", "2")]
    required = """run_id net hidden_size lr batch_size epochs seed dtype protocol threads dataset status time_seconds
        test_accuracy test_loss train_accuracy train_loss import_seconds data_seconds build_seconds train_seconds
        first_epoch_seconds steady_epoch_seconds evaluate_seconds cpu_seconds peak_rss_mib started_at pid error"""
    required = required.split()
    assert list(runs[0])[: len(required)] == required
    assert all(runs[0][name] for name in required if name != "error")
    with (folder / "epochs.csv").open() as file:
        epochs = list(csv.DictReader(file))
    assert [line["epoch"] for line in epochs] == ["1", "2"] * 4
    with (folder / "summary.csv").open() as file:
        assert [line["n"] for line in csv.DictReader(file)] == ["2", "2"]
    assert (folder / "report.md").read_text().startswith("# small\n\n**NumPy gets ")
    assert "planned 4, ok 4, failed 0" in (folder / "report.md").read_text()


def test_the_same_sweep_again_runs_only_what_is_missing_or_failed(
    cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    file = config(lr="[0.1, 1e30]")
    first = cli("sweep", file)
    assert first.returncode == 1
    assert "planned 2, ok 1, failed 1 (1 diverged)" in first.stdout
    rows, _ = Results(tmp_path / "results" / "small").read()
    again = cli("sweep", file)
    assert "1 of 2 runs are finished already" in again.stdout
    assert "[1/1]" in again.stdout
    rows_again, _ = Results(tmp_path / "results" / "small").read()
    assert [a.started_at == b.started_at for a, b in zip(rows, rows_again, strict=True)] == [True, False]
    forced = cli("sweep", file, "--force")
    assert "finished already" not in forced.stdout
    assert "[2/2]" in forced.stdout


def test_repeat_flagged_runs_flagged_runs_again_and_keeps_both(
    cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    cli("sweep", config(epochs=4, seeds=2))
    results = Results(tmp_path / "results" / "small")
    for row, last_epoch in zip(results.read()[0], (1.0, 1.5), strict=True):
        ends = (1.0, 2.0, 3.0, 3.0 + last_epoch)
        history = [
            score.model_copy(update={"train_seconds": end}) for score, end in zip(row.history, ends, strict=True)
        ]
        results.write(row.model_copy(update={"history": history, "load_before": 0.0, "cpu_seconds": None}))
    before = cli("report", results.folder)
    assert "seed=2: flagged (†): later epochs differ by 25 % (sd)" in before.stdout
    assert "Flagged (†): 1 of 2 runs" in before.stdout
    assert "| numpy † |" in (results.folder / "report.md").read_text()
    assert "runs: 2, to do: 1" in cli("sweep", config(epochs=4, seeds=2), "--repeat-flagged", "--dry-run").stdout

    done = cli("sweep", config(epochs=4, seeds=2), "--repeat-flagged")
    assert "[1/1] numpy H=8 lr=0.1 batch=128 epochs=4 seed=2: ok" in done.stdout
    assert "planned 2, ok 2, failed 0" in done.stdout
    assert [(row.spec.seed, row.attempt) for row in results.read()[0]] == [(1, 1), (2, 2)]
    with (results.folder / "runs.csv").open() as file:
        runs = [(run["seed"], run["attempt"], "25 %" in run["flags"]) for run in csv.DictReader(file)]
    assert runs == [("1", "1", False), ("2", "1", True), ("2", "2", False)]
    with (results.folder / "summary.csv").open() as file:
        assert [line["n"] for line in csv.DictReader(file)] == ["2"]
    assert "later epochs differ by 25 % (sd)" in (results.folder / "report.md").read_text()


def test_a_broken_ledger_file_is_told_and_its_run_done_again(
    cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    cli("sweep", config(seeds=2))
    file = next((tmp_path / "results" / "small" / "runs").glob("*.json"))
    file.write_text("{")
    again = cli("sweep", config(seeds=2))
    assert again.returncode == 0
    assert f"{file.name} is not a whole row" in again.stderr
    assert "planned 2, ok 2, failed 0" in again.stdout


def test_dry_run_shows_the_grid_and_runs_nothing(cli: Cli, config: Callable[..., Path], tmp_path: Path) -> None:
    done = cli("sweep", config(hidden_size="[8, 16]"), "--dry-run")
    assert done.returncode == 0
    assert "runs: 2, to do: 2" in done.stdout
    assert not (tmp_path / "results").exists()


def test_quick_is_marked_in_every_output_and_kept_apart(cli: Cli, config: Callable[..., Path], tmp_path: Path) -> None:
    done = cli("sweep", config(epochs=9), "--quick")
    assert "QUICK RUN" in done.stdout
    folder = tmp_path / "results" / "small-quick"
    assert "QUICK RUN" in (folder / "report.md").read_text()
    for name in ("runs.csv", "summary.csv", "epochs.csv"):
        with (folder / name).open() as file:
            assert {line["quick"] for line in csv.DictReader(file)} == {"True"}
    assert [row.spec.epochs for row in Results(folder).read()[0]] == [2]


def test_options_replace_lists_of_the_config(cli: Cli, config: Callable[..., Path]) -> None:
    done = cli("sweep", config(hidden_size="[8, 16]"), "--hidden-size", "4,5,6", "--seeds", "2", "--dry-run")
    assert "runs: 6, to do: 6" in done.stdout


def test_a_timeout_is_told_and_the_exit_code_is_one(cli: Cli, config: Callable[..., Path]) -> None:
    done = cli("sweep", config(epochs=100_000), "--timeout", 2)
    assert done.returncode == 1
    assert "timeout: ran longer than the 2 s of --timeout" in done.stdout
    assert "failed 1 (1 timeout)" in done.stdout


def test_a_folder_that_cannot_be_written_is_told_in_one_sentence(
    cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    done = cli("sweep", config(), "--output", tmp_path / "file" / "below")
    assert done.returncode == 1
    assert "cannot be written (Not a directory)" in done.stderr
    assert "Traceback" not in done.stderr


def test_hostile_names_are_inert_in_every_output(cli: Cli, config: Callable[..., Path], tmp_path: Path) -> None:
    for name in ("=1+1", "<script>alert(1)<", "[red]x[", "a|b`c"):
        done = cli("sweep", config(name=f"'{name}'"))
        assert done.returncode == 0, done.stderr
        assert f"results/{name}/report.md" in done.stdout
        report = (tmp_path / "results" / name / "report.md").read_text()
        heading = report.splitlines()[0]
        assert "<script" not in heading
        assert "`c" not in heading.replace("\\`", "")


def test_a_terminal_gets_a_live_display(config: Callable[..., Path], tmp_path: Path) -> None:
    program, *arguments = command("sweep", config(epochs=3000, seeds=2))
    with pexpect.spawn(
        program, arguments, cwd=str(tmp_path), dimensions=(24, 80), timeout=60, encoding="utf-8"
    ) as terminal:
        terminal.expect("1 of 2 · numpy H = 8 · ")
        terminal.expect(r"epoch [1-9]\d* of 3000 · [0-9.]+ % · about (\d+ min )?\d+ s left")
        terminal.expect("2 of 2 · numpy H = 8 · ")
        terminal.expect("planned 2, ok 2, failed 0")
        terminal.expect(pexpect.EOF)


def test_no_color_leaves_no_colour_in_a_terminal(config: Callable[..., Path], tmp_path: Path) -> None:
    program, *arguments = command("sweep", config())
    with pexpect.spawn(
        program, arguments, cwd=str(tmp_path), env=os.environ | {"NO_COLOR": "1"}, timeout=60, encoding="utf-8"
    ) as terminal:  # fmt: skip
        terminal.expect(pexpect.EOF)
        assert not COLOUR.search(terminal.before)
    program, *arguments = command("train", "--net", "nunpy")
    for variables, coloured in (({"NO_COLOR": "1"}, False), ({}, True)):
        with pexpect.spawn(program, arguments, env=os.environ | variables, timeout=60, encoding="utf-8") as terminal:
            terminal.expect(pexpect.EOF)
            assert bool(COLOUR.search(terminal.before)) == coloured


def test_changed_data_are_run_again(cli: Cli, config: Callable[..., Path], tmp_path: Path, tiny: Path) -> None:
    folder = shutil.copytree(tiny, tmp_path / "set")
    cli("sweep", config(dataset=folder))
    assert "1 of 1 runs are finished already" in cli("sweep", config(dataset=folder)).stdout
    labels = folder / "train-labels-idx1-ubyte"
    labels.write_bytes(labels.read_bytes()[:-1] + b"\x00")
    assert "finished already" not in cli("sweep", config(dataset=folder)).stdout


def test_a_second_command_in_the_same_folder_is_refused(cli: Cli, config: Callable[..., Path], tmp_path: Path) -> None:
    results = Results(tmp_path / "results" / "small")
    with results.locked():
        done = cli("sweep", config())
    assert done.returncode == 1
    assert "another mnistbench is writing here" in done.stderr
    assert cli("sweep", config()).returncode == 0


def test_results_are_readable_by_others(cli: Cli, config: Callable[..., Path], tmp_path: Path) -> None:
    cli("sweep", config())
    for file in (tmp_path / "results" / "small").glob("*.*"):
        assert file.stat().st_mode & stat.S_IROTH


def test_a_net_whose_library_is_missing_is_skipped_with_the_install_line_and_tried_again(
    config: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The children are real; their Python has no scikit-learn, even where it is installed."""
    python = tmp_path / "python"
    code = "import sys; sys.modules['sklearn'] = None; from mnistbench.running.worker import main; main()"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -c "{code}"\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        done = CliRunner().invoke(app, ["sweep", str(config(nets="[numpy, sklearn]"))])
        assert done.exit_code == 0
        assert (
            "sklearn H=8 lr=0.1 batch=128 epochs=2 seed=1: skipped: sklearn needs sklearn, which is not installed"
            in (done.stdout)
        )
        assert 'pip install "mnistbench[peers]"' in done.stdout
        assert "planned 2, ok 1, failed 0, skipped 1" in done.stdout
    assert "1 of 2 runs are finished already" in done.stdout
