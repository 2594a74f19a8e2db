"""Real children, and what is done to them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from conftest import FOREVER, Cli, needs_two_cores, wait_for

from mnistbench.experiment.spec import Spec
from mnistbench.ledger.results import Results, Row
from mnistbench.nets.numpy_trainer import NumpyTrainer
from mnistbench.running import runner, training
from mnistbench.running.child import Limits
from mnistbench.running.local_executor import LocalExecutor

PHASES = ("import_seconds", "data_seconds", "build_seconds", "train_seconds", "evaluate_seconds")


def run(specs: list[Spec], results: Results, jobs: int = 1, **limits: float) -> list[Row]:
    events: list[Row] = []
    executor = LocalExecutor(Limits(**{"timeout_seconds": 120, **limits}), jobs)
    with results.locked():
        runner.run(specs, results, executor, lambda _, event: events.append(event["row"]) if "row" in event else None)
    return events


@pytest.mark.slow
def test_each_run_is_a_process_of_its_own_whose_phases_add_up_to_its_life(
    spec: Callable[..., Spec], results: Results
) -> None:
    settings = ({}, {"net": "keras"}, {"seed": 2}, {"seed": 3}, {"protocol": "controlled"})
    rows = run([spec(epochs=20, **values) for values in settings], results)
    assert [row.status for row in rows] == ["ok"] * 5
    assert len({row.pid for row in rows} | {os.getpid()}) == 6
    for row in rows:
        total = sum(getattr(row, name) for name in PHASES)
        assert total == pytest.approx(row.life_seconds, rel=0.05, abs=0.1)
        assert row.time_seconds == row.build_seconds + row.train_seconds
        assert [score.epoch for score in row.history] == list(range(1, 21))
        assert row.history[-1].test_accuracy == row.test_accuracy
        assert row.history[-1].train_seconds <= row.train_seconds
        assert row.effective_threads == 1
        assert row.involuntary_switches >= 0
        assert row.load_before >= 0


def test_scoring_is_off_the_training_clock(
    spec: Callable[..., Spec], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class SlowToScore(NumpyTrainer):
        def predict(self, images: Any) -> Any:
            time.sleep(0.2)
            return super().predict(images)

    monkeypatch.setattr(training, "trainer_class", lambda net, **_: SlowToScore)
    measured: dict[str, Any] = {}
    training.run(
        spec(epochs=3), spawned_at=time.monotonic(), model_file=tmp_path / "m.npz",
        trajectory_file=tmp_path / "t.npz",
        emit=lambda event: measured.update(event.get("measured", {})),
    )  # fmt: skip
    assert measured["train_seconds"] < 0.2
    assert measured["first_epoch_seconds"] < 0.2
    assert measured["evaluate_seconds"] >= 0.8


@pytest.mark.slow
def test_settings_of_the_parent_do_not_reach_a_run(
    spec: Callable[..., Spec], finished: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed, _ = Results(finished("sweep", nets="[numpy, keras]")).read()
    home = tmp_path / "home"
    (home / ".keras").mkdir(parents=True)
    (home / ".keras" / "keras.json").write_text(json.dumps({"floatx": "float16", "backend": "torch"}))
    (tmp_path / "numpy.py").write_text("raise SystemExit('the false numpy was imported')")
    for name, value in {
        "HOME": home, "KERAS_MAX_EPOCHS": 1, "KERAS_BACKEND": "torch", "OMP_NUM_THREADS": 64,
        "PYTHONPATH": tmp_path, "LC_ALL": "de_DE.UTF-8",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, str(value))
    monkeypatch.chdir(tmp_path)
    disturbed = run([spec(), spec(net="keras")], Results(tmp_path / "disturbed"))
    assert [(row.status, len(row.history), row.effective_threads) for row in disturbed] == [("ok", 2, 1)] * 2
    assert [row.spec for row in disturbed] == [row.spec for row in undisturbed]
    assert [row.weights_sha256 for row in disturbed] == [row.weights_sha256 for row in undisturbed]


@pytest.mark.slow
def test_the_parent_imports_no_framework_and_no_trainer(tiny: Path, tmp_path: Path) -> None:
    """Sweep in this very process of its own, then list what it has imported."""
    code = f"""
import sys
from mnistbench.cli.app import app
try:
    app(["train", "--dataset", {str(tiny)!r}, "--quick"])
except SystemExit as end:
    assert end.code == 0, end.code
print(" ".join(sorted(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )  # fmt: skip
    modules = done.stdout.splitlines()[-1].split()
    assert "mnistbench.running.runner" in modules
    assert not {"tensorflow", "keras", "jax", "torch"} & set(modules)
    assert (tmp_path / "results" / "train-quick" / "figures" / "mistakes.svg").exists()  # made by this process
    assert not [name for name in modules if name.startswith("mnistbench.nets")]


def test_training_numpy_never_imports_tensorflow(spec: Callable[..., Spec], tmp_path: Path) -> None:
    """Do in one process what the child does, then list what it has imported."""
    code = f"""
import sys, time
from pathlib import Path
from mnistbench.running import training
from mnistbench.experiment.spec import Spec
training.run({spec()!r}, spawned_at=time.monotonic(), model_file=Path("m.npz"), trajectory_file=Path("t.npz"),
             emit=lambda event: None)
print(" ".join(sorted(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    modules = set(done.stdout.split())
    assert "mnistbench.nets.numpy_net" in modules
    others = {"tensorflow", "keras", "scipy", "pandas", "pydantic", "typer", "rich", "matplotlib", "jinja2", "PIL"}
    assert not others & modules


def test_a_loss_that_is_not_finite_is_a_row_and_the_others_go_on(spec: Callable[..., Spec], results: Results) -> None:
    rows = run([spec(lr=1e30, epochs=30), spec()], results)
    assert [row.status for row in rows] == ["diverged", "ok"]
    assert "choose a smaller lr than 1e+30" in rows[0].error
    assert 1 <= len(rows[0].history) < 30
    assert rows[0].train_seconds is not None


@pytest.mark.slow
def test_a_run_past_its_time_is_a_row_with_what_it_had(spec: Callable[..., Spec], results: Results) -> None:
    rows = run([spec(epochs=FOREVER), spec()], results, timeout_seconds=3)
    assert [row.status for row in rows] == ["timeout", "ok"]
    assert rows[0].error == "ran longer than the 3 s of --timeout"
    assert rows[0].history


def test_an_error_in_a_child_is_a_row_with_its_reason(spec: Callable[..., Spec], results: Results) -> None:
    rows = run([spec(dataset="nowhere"), spec()], results)
    assert [row.status for row in rows] == ["error", "ok"]
    assert rows[0].error.startswith("dataset nowhere: there is no such folder")


@pytest.mark.slow
def test_a_killed_child_is_a_row_and_the_others_go_on(long_sweep: Any) -> None:
    sweep, child, results = long_sweep
    child.kill()
    output, _ = sweep.communicate(timeout=60)
    rows, warnings = results.read()
    assert sweep.returncode == 1
    assert not warnings
    assert sorted((row.spec.epochs, row.status) for row in rows) == [(1, "ok"), (2, "ok"), (FOREVER, "error")]
    assert "ended by SIGKILL (out of memory, or killed by hand)" in output
    assert "planned 3, ok 2, failed 1 (1 error)" in output


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_keeps_what_is_finished_and_leaves_no_child(long_sweep: Any, number: int) -> None:
    sweep, child, results = long_sweep
    sweep.send_signal(number)
    output, _ = sweep.communicate(timeout=60)
    assert sweep.returncode == 130
    assert not child.is_running()
    assert sorted((row.spec.epochs, row.status) for row in results.read()[0]) == [(1, "ok"), (FOREVER, "interrupted")]
    assert "planned 3, ok 1, failed 1 (1 interrupted), not run 1" in output
    assert "the same command runs the rest" in output
    assert (results.folder / "report.md").exists()


@pytest.mark.slow
def test_kill_9_of_the_parent_keeps_what_is_finished_and_leaves_no_child(
    long_sweep: Any, config: Callable[..., Path], cli: Cli
) -> None:
    sweep, child, results = long_sweep
    sweep.kill()
    wait_for(lambda: not child.is_running(), seconds=5)
    rows, warnings = results.read()
    assert [(row.spec.epochs, row.status) for row in rows] == [(1, "ok")]
    assert not warnings
    again = cli("sweep", config(epochs="[1, 2]", quick="true"))
    assert again.returncode == 0
    assert "1 of 2 runs are finished already" in again.stdout
    assert results.read()[0][0] == rows[0]


def interrupt_at(event: str, specs: list[Spec], results: Results, jobs: int = 1) -> None:
    """Run, and send this very process a Ctrl-C when an event is heard for the first time."""
    heard: list[str] = []

    def listen(_: Spec, news: dict[str, Any]) -> None:
        if event in news and not heard:
            heard.append(event)
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt), results.locked():
        runner.run(specs, results, LocalExecutor(Limits(120), jobs), listen)


def test_an_interrupted_run_does_not_take_the_place_of_a_finished_one(
    spec: Callable[..., Spec], results: Results
) -> None:
    (finished,) = run([spec(epochs=200)], results)
    interrupt_at("started", [spec(epochs=200)], results)
    assert [(row.status, row.pid) for row in results.read()[0]] == [("ok", finished.pid)]
    interrupt_at("started", [spec(epochs=200, seed=2)], results)
    assert sorted(row.status for row in results.read()[0]) == ["interrupted", "ok"]


def test_an_interrupt_after_a_runs_end_loses_nothing(spec: Callable[..., Spec], results: Results) -> None:
    interrupt_at("output", [spec(), spec(seed=2)], results)
    assert [(row.spec.seed, row.status) for row in results.read()[0]] == [(1, "ok")]


def test_an_interrupt_ends_all_that_run_side_by_side(spec: Callable[..., Spec], results: Results) -> None:
    interrupt_at("epoch", [spec(epochs=FOREVER, seed=seed) for seed in (1, 2, 3)], results, jobs=2)
    assert [(row.spec.seed, row.status) for row in results.read()[0]] == [(1, "interrupted"), (2, "interrupted")]


@needs_two_cores
@pytest.mark.usefixtures("alone")
def test_runs_side_by_side_have_cores_of_their_own(spec: Callable[..., Spec], results: Results) -> None:
    cores: dict[int, set[int]] = {}
    started: list[int] = []

    def listen(_: Spec, event: dict[str, Any]) -> None:
        if "started" in event:
            started.append(event["started"])
        if "epoch" in event:
            cores.update({pid: os.sched_getaffinity(pid) for pid in started if psutil.pid_exists(pid)})

    specs = [spec(epochs=300, seed=seed) for seed in (1, 2)]
    with results.locked():
        runner.run(specs, results, LocalExecutor(Limits(120), jobs=2), listen)
    (one, other) = cores.values()
    assert len(one) == len(other) == 1
    assert not one & other


@pytest.mark.slow
def test_rows_say_how_many_ran_side_by_side_with_one_thread_each(
    cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    file = config(seeds=3, quick="true")
    file.write_text(file.read_text().replace("threads: 1\n", ""))
    assert cli("sweep", file, "--jobs", 2).returncode == 0
    rows, _ = Results(tmp_path / "results" / "small").read()
    assert [(row.status, row.jobs, row.spec.threads, row.effective_threads) for row in rows] == [("ok", 2, 1, 1)] * 3
    assert rows[0].environment["usable_cores"] == len(os.sched_getaffinity(0))


def test_a_run_that_holds_too_much_memory_is_a_row_and_the_others_go_on(
    spec: Callable[..., Spec], results: Results
) -> None:
    rows = run([spec(hidden_size=40_000, epochs=FOREVER), spec()], results, memory_mib=250)
    assert [row.status for row in rows] == ["out_of_memory", "ok"]
    assert rows[0].error == "held more than the 250 MiB of memory that it may"
