from collections.abc import Callable
from pathlib import Path

from conftest import Cli


def test_report_writes_the_same_bytes_from_the_ledger(cli: Cli, config: Callable[..., Path], tmp_path: Path) -> None:
    cli("sweep", config(seeds=2))
    folder = tmp_path / "results" / "small"
    before = {file.name: file.read_bytes() for file in folder.glob("*.*") if file.name != "config.yaml"}
    for name in before:
        (folder / name).unlink()
    done = cli("report", folder)
    assert done.returncode == 0, done.stderr
    assert {file.name: file.read_bytes() for file in folder.glob("*.*") if file.name != "config.yaml"} == before


def test_report_counts_what_was_not_run(cli: Cli, config: Callable[..., Path], tmp_path: Path) -> None:
    cli("sweep", config(seeds=2))
    folder = tmp_path / "results" / "small"
    next((folder / "runs").iterdir()).unlink()
    done = cli("report", folder)
    assert "planned 2, ok 1, failed 0, not run 1" in done.stdout
    assert done.returncode == 1


def test_report_refuses_a_folder_without_a_ledger(cli: Cli, tmp_path: Path) -> None:
    done = cli("report", tmp_path)
    assert done.returncode == 2
    assert "holds no ledger" in done.stderr
