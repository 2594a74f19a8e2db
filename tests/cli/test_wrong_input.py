"""What a newcomer types and cannot be meant so is told in a sentence to act on, before anything runs."""

import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT, Cli
from typer.testing import CliRunner

from mnistbench.cli.app import app
from mnistbench.machine.environment import usable_cores


def test_threads_beyond_the_cores_are_warned_of_before_anything_starts(cli: Cli, config: Callable[..., Path]) -> None:
    cores = usable_cores()
    done = cli("sweep", config(), "--threads", cores + 62, "--dry-run")
    assert f"Warning: threads is {cores + 62} and this machine has {cores} usable core" in done.stderr
    assert "Warning" not in cli("sweep", config(), "--threads", cores, "--dry-run").stderr


def test_nets_with_a_comma_are_a_list_in_compare_and_sweep_and_one_too_many_in_train(
    cli: Cli, config: Callable[..., Path]
) -> None:
    file = config()
    for command in (("compare", "--config", file), ("sweep", file)):
        done = cli(*command, "--net", "numpy, keras,torch", "--dry-run")
        assert "runs: 3, to do: 3" in done.stdout, done.stderr
    done = cli("train", "--config", file, "--net", "numpy,keras")
    assert done.returncode == 2
    assert done.stderr.startswith("Error: --net: 'numpy,keras' names 2 nets and this command takes one; give one, or")


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("train", "--output", ""), "--output"),
        (("train", "--output="), "--output"),
        (("compare", "--net", " , "), "--net"),
        (("verify", "results/quick", "--only", ""), "--only"),
        (("train", ""), "an argument"),
    ],
)
def test_a_value_with_nothing_in_it_is_refused_by_every_command(words: tuple[str, ...], what: str) -> None:
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 2
    assert f"{what} is given with nothing in it" in " ".join(done.stderr.replace("│", " ").split())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("train --timeout abc", "--timeout: 'abc' is no number; mnistbench train --help says what it takes."),
        ("check a.py --secret x", "--secret: 'x' is no whole number; mnistbench check --help says what it takes."),
        ("grade a --jobs 1.5", "--jobs: '1.5' is no whole number; mnistbench grade --help says what it takes."),
        ("verify a --seeds 0", "--seeds: '0' is less than 1; mnistbench verify --help says what it takes."),
        ("check a.py --timeout 1e9", "--timeout: '1e9' is greater than 1000000; mnistbench check --help"),
        ("check a.py --format xml", "--format: 'xml' is none of 'json', 'gradescope'; mnistbench check --help says"),
        ("grade --new-rubric --show-fence", "--new-rubric and --show-fence: each prints something and ends; give one"),
    ],
)
def test_a_value_that_an_option_does_not_take_is_told_in_our_words(
    words: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # the tests' own stay
    done = CliRunner().invoke(app, words.split(), prog_name="mnistbench")
    assert (done.exit_code, done.stdout) == (2, "")
    assert sentence in " ".join(done.stderr.replace("│", " ").split())


@pytest.mark.parametrize("command", ["report", "verify", "diff"])
@pytest.mark.parametrize(
    ("given", "what"),
    [("nowhere", "is not there"), ("file", "is a file and no folder"), ("empty", "is an empty folder")],
)
def test_what_is_no_results_folder_is_told_what_it_is(
    command: str, given: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # the tests' own stay
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    Path("empty").mkdir()
    done = CliRunner().invoke(app, [command, given, *(["empty"] if command == "diff" else [])])
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"Error: {given}: {what}; give a folder that train, compare, sweep or profile has")


def test_a_file_where_results_go_is_told_to_be_none(cli: Cli, config: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "my_net.py").touch()
    hidden = ROOT / "results" / "hidden"
    for words in (("sweep", config()), ("diff", hidden, hidden)):
        done = cli(*words, "--output", "my_net.py")
        assert done.returncode == 2
        assert "my_net.py: is a file, and a folder is needed; choose another folder with --output." in done.stderr


def test_check_prints_one_form_and_refuses_to_be_asked_for_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # the tests' own stay
    done = CliRunner().invoke(app, ("check", "net.py:Net", "--json", "--format", "gradescope"))
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--json and --format gradescope: only one form can be printed" in done.stderr


def everything_in(folder: Path) -> dict[str, tuple[bytes, int]]:
    files = [file for file in folder.rglob("*") if file.is_file()]
    return {str(file): (file.read_bytes(), file.stat().st_mtime_ns) for file in files}


@pytest.mark.slow
def test_a_dry_run_tells_the_time_by_earlier_rows_and_changes_nothing(
    cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    assert "Time: unknown" in cli("sweep", config(), "--dry-run").stdout
    assert not (tmp_path / "results").exists()
    assert cli("sweep", config()).returncode == 0
    broken = tmp_path / "results" / "small" / "runs" / "broken.json"
    broken.write_text("{")
    before = everything_in(tmp_path / "results")
    done = cli("sweep", config(seeds=3, nets="[numpy, torch]"), "--dry-run")
    assert "runs: 6, to do: 5" in done.stdout
    assert re.search(r"Time: about \d+ s for 2 of the 5 runs to do, by earlier ones; unknown for", done.stdout)
    assert f"{broken.name} is not a whole row" in done.stderr
    assert "it is left there" in done.stderr
    assert everything_in(tmp_path / "results") == before
    assert "Time: none, all is finished." in cli("sweep", config(), "--dry-run").stdout


def test_a_dry_run_downloads_nothing(cli: Cli, config: Callable[..., Path], tmp_path: Path) -> None:
    done = cli("sweep", config(dataset="keras"), "--dry-run", HOME=str(tmp_path), https_proxy="http://127.0.0.1:9")
    assert "runs: 1, to do: 1" in done.stdout, done.stderr
    assert not (tmp_path / ".keras").exists()


@pytest.mark.slow
def test_report_in_a_folder_that_cannot_be_written_names_no_option_it_has_not(
    cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    assert cli("sweep", config()).returncode == 0
    report = tmp_path / "results" / "small" / "report.md"
    report.unlink()
    report.mkdir()  # refuses to be replaced, whoever asks
    done = cli("report", "results/small")
    assert done.returncode == 1
    assert "report.md: cannot be written" in done.stderr
    assert "copy the experiment's folder to where you may write, and give the copy" in done.stderr
    assert "--output" not in done.stderr
