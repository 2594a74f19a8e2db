"""The public face: functions that do what the commands do, print nothing, and return objects."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import command, wait_for
from right_net import RIGHT

import mnistbench
from mnistbench.ledger import Results

Config = Callable[..., Path]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_train_returns_a_report_and_prints_nothing(config: Config, capfd: pytest.CaptureFixture[str]) -> None:
    report = mnistbench.train(config(), net="numpy", epochs=1)
    assert capfd.readouterr() == ("", "")
    assert report.ok
    assert report.folder == Path("results/small")
    assert (report.folder / "model.npz").exists()
    assert list(report.runs["epochs"]) == [1]
    assert list(report.epochs["epoch"]) == [1]
    assert len(report.summary) == 1
    assert report.pairs.empty
    assert "report.html" in repr(report)


@pytest.mark.slow
def test_compare_takes_more_nets_and_draws_a_figure(config: Config, tmp_path: Path) -> None:
    (tmp_path / "my_net.py").write_text(RIGHT)
    report = mnistbench.compare(config(), nets=["my_net.py:MyNet"])
    assert set(report.runs["net"]) == {"numpy", "my_net.py:MyNet"}
    assert report.figure("accuracy-against-time").svg.startswith("<?xml")
    with pytest.raises(mnistbench.errors.ResultsError, match="There is no picture 'nothing'; there are"):
        report.figure("nothing")


@pytest.mark.slow
def test_a_report_and_findings_show_themselves_in_a_notebook(config: Config, tmp_path: Path) -> None:
    assert "<table" in mnistbench.train(config())._repr_html_()
    (tmp_path / "my_net.py").write_text(RIGHT)
    assert "PASSED" in mnistbench.check("my_net.py:MyNet")._repr_html_()


def test_sweep_tells_every_event_and_runs_nothing_in_a_dry_run(config: Config) -> None:
    heard = []
    mnistbench.sweep(config(hidden_size="[8, 16]"), dry_run=True, on_event=lambda *event: heard.append(event))
    (event,) = heard
    assert [spec.hidden_size for spec in event[1]["to_do"]] == [8, 16]
    assert not Path("results").exists()
    mnistbench.sweep(config(hidden_size="[8, 16]"), on_event=lambda *event: heard.append(event))
    assert sum("row" in event for _, event in heard) == 2


def test_a_dry_run_tells_of_a_broken_row_once_and_leaves_it(config: Config) -> None:
    mnistbench.train(config(), epochs=1)
    (row,) = Path("results/small/runs").glob("*.json")
    row.write_text("{")
    heard = []
    mnistbench.train(config(), epochs=1, dry_run=True, on_event=lambda _, event: heard.append(event))
    assert ["warning" in event for event in heard] == [True, False]
    assert row.exists()


def test_what_cannot_be_used_is_an_error_of_the_package_and_no_exit() -> None:
    with pytest.raises(mnistbench.errors.ConfigError, match="did you mean 'hidden'"):
        mnistbench.sweep("hiden")
    with pytest.raises(mnistbench.errors.NetError, match="cannot be read"):
        mnistbench.check("my_net.py:MyNet")


def test_check_takes_a_class_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "their_net.py").write_text(RIGHT)
    monkeypatch.syspath_prepend(tmp_path)
    import their_net

    findings = mnistbench.check(their_net.MyNet)
    assert findings.passed
    assert findings.diagnoses == []
    assert findings.to_dict()["passed"]
    assert repr(findings).startswith("PASSED")


def test_a_class_whose_source_is_nowhere_is_refused() -> None:
    with pytest.raises(mnistbench.errors.NetError, match="its source cannot be found"):
        mnistbench.check(type("MyNet", (), {"__module__": "builtins"}))


def test_load_mnist_gives_what_keras_users_expect() -> None:
    (images, labels), (test_images, test_labels) = mnistbench.load_mnist()
    assert (images.shape, images.dtype, test_images.shape) == ((60000, 784), np.float32, (10000, 784))
    assert (labels.shape, labels.dtype, set(test_labels)) == ((60000,), np.int64, set(range(10)))
    assert (images.min(), images.max()) == (0, 1)


@pytest.mark.slow
def test_an_interrupt_keeps_what_is_finished_and_hands_over_the_report(config: Config, tmp_path: Path) -> None:
    file = config(epochs="[1, 100000]")
    program = (
        "import mnistbench, sys\n"
        f"try: mnistbench.sweep({str(file)!r})\n"
        "except KeyboardInterrupt as stopped: print(stopped.report.counts['ok'], stopped.report.folder)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        results = Results(tmp_path / "results" / "small")
        wait_for(lambda: len(list(results.runs.glob("*.json"))) == 1)
        process.send_signal(2)
        assert process.communicate(timeout=60)[0].strip() == "1 results/small"


def test_the_package_imports_nothing_heavy() -> None:
    program = "import sys, mnistbench; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "pandas", "typer", "pydantic", "rich"} & set(modules)


def test_a_config_that_ships_is_found_by_name(tmp_path: Path) -> None:
    planned = subprocess.run(command("sweep", "hidden", "--dry-run"), capture_output=True, text=True, check=False)
    assert "runs: 8, to do: 8" in planned.stdout


def test_a_file_here_wins_over_a_config_that_ships_and_says_so(config: Config, tmp_path: Path) -> None:
    config().rename(tmp_path / "hidden.yaml")
    done = subprocess.run(command("sweep", "hidden", "--dry-run"), capture_output=True, text=True, check=False)
    assert "runs: 1, to do: 1" in done.stdout
    assert "hidden.yaml in this folder is used" in done.stderr


def test_configs_lists_each_with_a_line_and_writes_one_out() -> None:
    listed = subprocess.run(command("configs"), capture_output=True, text=True, check=True).stdout
    assert "hidden       The original's four tables" in listed
    written = subprocess.run(command("configs", "hidden"), capture_output=True, text=True, check=True).stdout
    Path("mine.yaml").write_text(written)
    planned = subprocess.run(command("sweep", "mine.yaml", "--dry-run"), capture_output=True, text=True, check=False)
    assert "runs: 8" in planned.stdout
    refused = subprocess.run(command("configs", "hiden"), capture_output=True, text=True, check=False)
    assert (refused.returncode, "the names are" in refused.stderr) == (2, True)


@pytest.mark.slow
def test_the_config_may_be_an_argument_or_an_option(config: Config) -> None:
    file = config()
    for arguments in (["train", file], ["train", "--config", file], ["sweep", "--config", file]):
        done = subprocess.run(command(*arguments, "--dry-run"), capture_output=True, text=True, check=False)
        assert "runs: 1" in done.stdout, done.stderr
    both = subprocess.run(command("train", file, "--config", file), capture_output=True, text=True, check=False)
    assert (both.returncode, "leave one out" in both.stderr) == (2, True)
