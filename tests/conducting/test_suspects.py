"""What was under way when the program was killed: told at the next start, put last, refused after twice."""

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Cli
from right_net import INHERITED

from mnistbench.experiment.spec import Spec
from mnistbench.ledger.results import Results, Row

pytestmark = pytest.mark.slow

KILLER = f"""{INHERITED}
class Killer(Mine):
    def fit(self, images, labels, batch_size, epochs):
        sweep = next(each for each in psutil.Process().parents() if "sweep" in each.cmdline())
        sweep.kill()
        sweep.wait()
"""
LABEL = "net.py:Killer H=8 lr=0.1 batch=128 epochs=2 seed=1"


@pytest.fixture
def file(config: Callable[..., Path], tmp_path: Path) -> Path:
    (tmp_path / "net.py").write_text(KILLER)
    return config(nets="['net.py:Killer', 'net.py:Mine']", quick="true")


def rows(results: Results) -> dict[str, Row]:
    return {row.spec.net.rpartition(":")[2]: row for row in results.read()[0]}


def markers(results: Results) -> list[dict[str, object]]:
    return [json.loads(file.read_text()) for file in sorted((results.folder / "under_way").glob("*"))]


def test_a_net_that_kills_its_parent_is_named_goes_behind_the_others_and_is_refused_after_the_second_time(
    cli: Cli, file: Path, results: Results
) -> None:
    assert cli("sweep", file).returncode == -9
    assert rows(results) == {}
    assert markers(results) == [{"run": LABEL, "begun": 1, "lately": True}]

    second = cli("sweep", file)
    assert second.returncode == -9
    told = f"the last start ended while {LABEL} was under way; it goes behind the others"
    assert told in second.stderr
    assert {net: row.status for net, row in rows(results).items()} == {"Mine": "ok"}

    third = cli("sweep", file)
    assert third.returncode == 1
    assert f"{LABEL}: mnistbench was killed twice while this run was under way" in third.stderr
    assert rows(results)["Killer"].status == "error"
    assert "not begun again without --force" in rows(results)["Killer"].error
    assert "1 of 2 runs are finished already" in third.stdout
    assert "failed 1 (1 error)" in third.stdout

    attempt = rows(results)["Killer"].attempt
    fourth = cli("sweep", file)
    assert fourth.returncode == 1
    assert "the last start ended while" not in fourth.stderr
    assert rows(results)["Killer"].attempt == attempt

    assert cli("sweep", file, "--force").returncode == -9


def test_once_a_refused_net_is_mended_force_takes_its_marker_away(
    cli: Cli, file: Path, results: Results, tmp_path: Path
) -> None:
    for _ in range(2):
        assert cli("sweep", file).returncode == -9
    (tmp_path / "net.py").write_text(KILLER.replace("sweep.kill()", "pass").replace("sweep.wait()", "pass"))
    assert cli("sweep", file).returncode == 1
    done = cli("sweep", file, "--force")
    assert done.returncode == 0, done.stderr
    assert not (results.folder / "under_way").exists()
    assert cli("sweep", file).returncode == 0


def test_of_two_that_ran_side_by_side_the_innocent_one_gets_its_row(
    cli: Cli, config: Callable[..., Path], results: Results, tmp_path: Path
) -> None:
    (tmp_path / "net.py").write_text(KILLER)
    both = config(nets="['net.py:Mine', 'net.py:Killer']", quick="true", epochs=1000)
    assert cli("sweep", both, "--jobs", 2).returncode == -9
    assert len(markers(results)) == 2
    second = cli("sweep", both, "--jobs", 2)
    assert second.returncode == -9
    assert "were under way; they go behind the others, each alone" in second.stderr
    third = cli("sweep", both, "--jobs", 2)
    assert third.returncode == 1
    assert {net: row.status for net, row in rows(results).items()} == {"Mine": "ok", "Killer": "error"}


def test_a_dry_run_leaves_the_markers_as_they_are(cli: Cli, file: Path, results: Results) -> None:
    assert cli("sweep", file).returncode == -9
    before = markers(results)
    assert cli("sweep", file, "--dry-run").returncode == 0
    assert markers(results) == before


def test_a_run_that_fails_leaves_no_marker(cli: Cli, config: Callable[..., Path], results: Results) -> None:
    assert cli("sweep", config(lr="[1e30, 0.1]", quick="true")).returncode == 1
    assert not (results.folder / "under_way").exists()


def test_ctrl_c_leaves_no_marker(long_sweep: Any) -> None:
    sweep, _, results = long_sweep
    assert len(markers(results)) == 1
    sweep.send_signal(signal.SIGINT)
    sweep.communicate(timeout=60)
    assert not (results.folder / "under_way").exists()


def test_a_marker_that_is_none_is_no_marker(results: Results, spec: Callable[..., Spec], tmp_path: Path) -> None:
    results.folder.mkdir(parents=True)
    run = spec()
    results.under_way.begin(run)
    (file,) = (results.folder / "under_way").iterdir()
    for content in (b"", b"[]", b'{"run": 1}', b"x" * 100_000, b"\xff"):
        file.write_bytes(content)
        assert results.under_way.left([run]) == {}
    file.unlink()
    file.symlink_to(tmp_path)
    assert results.under_way.left([run]) == {}
