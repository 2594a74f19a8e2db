from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Cli


def written(folder: Path) -> dict[str, bytes]:
    """Return all that reports are made of, by path."""
    files = [*folder.glob("*.*"), *folder.glob("figures/*")]
    return {str(file): file.read_bytes() for file in files if file.name not in ("config.yaml", "model.npz")}


@pytest.mark.slow
@pytest.mark.parametrize("command", ["sweep", "train"])
def test_report_writes_the_same_bytes_from_the_ledger(cli: Cli, finished: Callable[..., Path], command: str) -> None:
    folder = finished(command, seeds=2 if command == "sweep" else 1)
    before = written(folder)
    assert {"report.html", "curves-by-epoch.svg"} <= {Path(name).name for name in before}
    for name in before:
        Path(name).unlink()
    done = cli("report", folder)
    assert done.returncode == 0, done.stderr
    assert written(folder) == before


@pytest.mark.slow
def test_report_takes_away_a_picture_that_is_no_longer_drawn(
    cli: Cli, config: Callable[..., Path], finished: Callable[..., Path]
) -> None:
    figures = finished("train", seeds=1) / "figures"
    assert (figures / "confusion.svg").exists()
    (figures / "mine.svg").write_text("a user's own")
    cli("sweep", config(hidden_size="[8, 9]"))
    assert not (figures / "confusion.svg").exists()
    assert (figures / "mine.svg").exists()


@pytest.mark.slow
def test_report_says_why_it_cannot_draw_a_nets_mistakes(cli: Cli, finished: Callable[..., Path]) -> None:
    folder = finished("train", seeds=1)
    (model,) = (folder / "models").iterdir()
    model.write_bytes(b"nothing")
    done = cli("report", folder)
    assert done.returncode == 0
    assert "Warning: no picture of the net's mistakes" in done.stderr
    assert not (folder / "figures" / "confusion.svg").exists()


@pytest.mark.slow
def test_report_shows_the_answer_before_it_writes_a_file(cli: Cli, finished: Callable[..., Path]) -> None:
    folder = finished("train", seeds=1)
    (folder / "runs.csv").unlink()
    (folder / "runs.csv").mkdir()
    done = cli("report", folder)
    assert done.returncode == 1
    assert "planned 1, ok 1, failed 0" in done.stdout
    assert "runs.csv: cannot be written" in done.stderr
    assert "Report:" not in done.stdout


@pytest.mark.slow
def test_report_counts_what_was_not_run(cli: Cli, finished: Callable[..., Path]) -> None:
    folder = finished("sweep", seeds=2)
    for left, row in enumerate([*(folder / "runs").glob("*.json")]):
        row.unlink()
        done = cli("report", folder)
        assert f"planned 2, ok {1 - left}, failed 0, not run {1 + left}" in done.stdout
        assert done.returncode == 1


def test_report_refuses_a_folder_without_a_ledger(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    done = cli("report", tmp_path)
    assert done.returncode == 2
    assert "holds no ledger" in done.stderr
