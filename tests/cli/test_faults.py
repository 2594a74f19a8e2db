"""What goes wrong on the way: each fault is really done to a real sweep of a tiny net."""

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Cli, command, outcome, processes_in, wait_for

from mnistbench.ledger.results import Results

pytestmark = pytest.mark.slow

KILLS = 16


def test_killed_at_random_moments_a_sweep_loses_nothing_and_ends_in_the_same_rows(
    cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    """Kill the parent with SIGKILL at 16 random moments, starting the same command again each time.

    Where this machine comes to the first row in a second, the moments are up to 1.6 s after the start: about half of
    them fall while children run and rows are written.
    """
    file = config(seeds=20, epochs=1, quick="true")
    undisturbed = Results(tmp_path / "undisturbed")
    started = time.monotonic()
    sweep = subprocess.Popen(
        command("sweep", file, "--jobs", 2, "--output", undisturbed.folder), stdout=subprocess.DEVNULL
    )  # fmt: skip
    wait_for(lambda: list(undisturbed.runs.glob("*.json")))
    latest = 1.6 * (time.monotonic() - started)
    assert sweep.wait(120) == 0
    moments = random.Random(6)
    results = Results(tmp_path / "results" / "small")
    kept: dict[str, str] = {}
    killed = 0
    for _ in range(KILLS):
        sweep = subprocess.Popen(command("sweep", file), cwd=tmp_path, stdout=subprocess.DEVNULL)
        try:
            sweep.wait(moments.uniform(0, latest))
        except subprocess.TimeoutExpired:
            sweep.kill()
            sweep.wait()
            killed += 1
        assert results.read()[1] == []
        now = {row_file.name: row_file.read_text() for row_file in results.runs.glob("*.json")}
        assert kept.items() <= now.items()
        kept = now
        latest *= 1 if kept else 1.1  # a machine that is busier by now comes to its first row later
    assert killed >= KILLS / 2
    assert kept
    assert cli("sweep", file).returncode == 0
    assert list(map(outcome, results.read()[0])) == list(map(outcome, undisturbed.read()[0]))
    assert not list(results.folder.rglob("*.part"))
    wait_for(lambda: not processes_in(tmp_path), seconds=5)


def test_a_second_sweep_of_the_same_experiment_is_refused_until_the_first_has_ended(
    long_sweep: Any, config: Callable[..., Path], cli: Cli
) -> None:
    sweep, *_ = long_sweep
    again = config(epochs=2, quick="true")
    second = cli("sweep", again)
    assert second.returncode == 1
    assert second.stderr.strip() == (
        "Error: results/small: another mnistbench is writing here; wait for it, or choose another folder with --output."
    )
    sweep.send_signal(signal.SIGTERM)
    sweep.communicate(timeout=60)
    assert cli("sweep", again).returncode == 0


def test_a_results_folder_that_is_deleted_under_way_is_told_and_not_made_again(long_sweep: Any) -> None:
    sweep, child, results = long_sweep
    shutil.rmtree(results.folder)
    child.kill()
    output, _ = sweep.communicate(timeout=60)
    assert sweep.returncode == 1
    assert "Traceback" not in output
    assert output.splitlines()[-1].startswith("Error: results/small/runs/")
    assert "cannot be written (No such file or directory); choose another folder with --output." in output
    assert not results.folder.exists()


def can_mount() -> bool:
    return subprocess.run(unshared("true"), capture_output=True).returncode == 0 if shutil.which("unshare") else False


def unshared(script: str) -> list[str]:
    """Return a command that runs a shell script as root of a mount namespace of its own."""
    return ["unshare", "--map-root-user", "--mount", "sh", "-ec", script]


needs_mount = pytest.mark.skipif(not can_mount(), reason="mounting is not permitted here")


@needs_mount
def test_a_full_disk_is_told_in_one_sentence_and_what_is_finished_stays(
    config: Callable[..., Path], tmp_path: Path
) -> None:
    """Sweep twice in a tmpfs of 1 MiB: the first sweep fits, of the second some runs do."""
    (tmp_path / "disk").mkdir()
    sweep = " ".join(
        command("sweep", config(hidden_size=32, seeds=12, quick="true"), "--output", tmp_path / "disk" / "small")
    )
    script = f"mount -t tmpfs -o size=1m tmpfs disk; {sweep} && exit 9; ls disk/small/runs; exit $?"
    done = subprocess.run(unshared(script), cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "No space left on device" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    assert len([line for line in done.stdout.splitlines() if line.endswith(".json")]) >= 3


@needs_mount
def test_a_folder_on_a_disk_that_is_read_only_is_told_in_one_sentence(
    config: Callable[..., Path], finished: Callable[..., Path], tmp_path: Path
) -> None:
    finished("train", seeds=1)
    sweep = " ".join(command("sweep", config(seeds=2)))
    script = f"mount --bind results results; mount -o remount,bind,ro results; {sweep}"
    done = subprocess.run(unshared(script), cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "cannot be written (Read-only file system)" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(Results(tmp_path / "results" / "small").read()[0]) == 1


def test_a_hostile_environment_gives_the_same_row(
    cli: Cli, config: Callable[..., Path], finished: Callable[..., Path], tmp_path: Path
) -> None:
    """Run the whole command, and not the child alone, among settings that once changed a run."""
    home, false = tmp_path / "home", tmp_path / "false"
    (home / ".keras").mkdir(parents=True)
    (home / ".keras" / "keras.json").write_text('{"floatx": "float16", "backend": "torch", "epsilon": 1}')
    false.mkdir()
    for module in ("numpy", "keras", "psutil"):
        (false / f"{module}.py").write_text("raise SystemExit('the false module was imported')")
    quiet = Results(finished("sweep", nets="[numpy, keras]"))
    file = config(nets="[numpy, keras]")
    hostile = {
        "HOME": str(home), "KERAS_MAX_EPOCHS": "1", "KERAS_BACKEND": "torch", "OMP_NUM_THREADS": "64",
        "PYTHONPATH": str(false), "LC_ALL": "de_DE.UTF-8", "LC_NUMERIC": "de_DE.UTF-8", "TF_NUM_INTRAOP_THREADS": "64",
    }  # fmt: skip
    done = cli("sweep", file, "--output", "hostile", **hostile)
    assert done.returncode == 0, done.stderr
    homeless = subprocess.run(
        command("sweep", file, "--output", "homeless"), cwd=tmp_path, capture_output=True, text=True,
        env={name: value for name, value in os.environ.items() if name not in ("HOME", "LANG", "LC_ALL")},
    )  # fmt: skip
    assert homeless.returncode == 0, homeless.stderr
    quietly, disturbed, without_home = (
        list(map(outcome, each.read()[0]))
        for each in (quiet, Results(tmp_path / "hostile"), Results(tmp_path / "homeless"))
    )
    assert len(quietly) == 2
    assert quietly == disturbed == without_home
