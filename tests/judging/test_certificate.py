"""Controlled runs of real nets, and what their weights prove."""

import csv
import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import planted
import planted_gradients
import pytest
from conftest import Cli

from mnistbench.errors import DivergedError, NetError
from mnistbench.experiment.spec import Spec
from mnistbench.judging import certificate, claims
from mnistbench.judging.certificate import Certificate, Difference
from mnistbench.ledger import trajectory
from mnistbench.ledger.results import Results, Row
from mnistbench.ledger.trajectory import PARAMETERS, recorded, recording
from mnistbench.reports import verdicts
from mnistbench.running import training

RightRun = Callable[[str], tuple[Row, Path]]

SPEC = Spec(net="keras", hidden_size=2, lr=0.1, batch_size=5, epochs=2, seed=1, protocol="controlled")
ROW = Row(spec=SPEC, status="ok", started_at="2026-01-01T00:00:00+00:00", data_sha256="d", history=[
    {"epoch": 1, "train_seconds": 1, "test_accuracy": 0.5, "test_loss": 0.5},
    {"epoch": 2, "train_seconds": 2, "test_accuracy": 0.5, "test_loss": 0.25},
])  # fmt: skip


def weights(**changes: float) -> list[np.ndarray]:
    """Return four parameters of ones, those named moved by so much in one place."""
    arrays = {name: np.ones((3, 2)) for name in PARAMETERS}
    for name, change in changes.items():
        arrays[name][1, 1] += change
    return list(arrays.values())


def proof(tmp_path: Path, *epochs: dict[str, float], dtype: str = "float64") -> Certificate:
    """Return the certificate of two recorded runs, the second of which is moved as told after each epoch."""
    for name, moves in (("theirs", [{}] * len(epochs)), ("ours", epochs)):
        with recording(tmp_path / f"{name}.npz") as recorder:
            for epoch, changes in enumerate(moves):
                recorder.add(epoch, weights(**changes), np.eye(10)[:4])
    row = ROW.model_copy(update={"spec": dataclasses.replace(SPEC, dtype=dtype)})
    with recorded(tmp_path / "ours.npz") as ours, recorded(tmp_path / "theirs.npz") as theirs:
        return certificate.certify(row, row, ours, theirs)


def controlled(net: str, dataset: Path, folder: Path, dtype: str = "float64") -> Row:
    """Train a net for two epochs as a child does; the weights go to ``folder/<run id>.npz``."""
    spec = Spec(net=net, hidden_size=10, lr=0.1, batch_size=128, epochs=2, seed=1, dtype=dtype,
                protocol="controlled", dataset=str(dataset))  # fmt: skip
    measured: dict[str, Any] = {"history": []}

    def emit(event: dict[str, Any]) -> None:
        measured.update(event.get("measured", {}))
        measured["history"] += [event["epoch"]] if "epoch" in event else []

    with np.errstate(all="ignore"):
        training.run(spec, spawned_at=0, model_file=folder / "model.npz",
                     trajectory_file=folder / f"{spec.run_id}.npz", emit=emit)  # fmt: skip
    return Row(spec=spec, status="ok", started_at="", **measured)


@pytest.fixture(scope="session")
def right_run(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> RightRun:
    """Return a getter of the NumPy net's run in a dtype, and its file."""

    @functools.cache
    def run(dtype: str) -> tuple[Row, Path]:
        folder = tmp_path_factory.mktemp("numpy")
        row = controlled("numpy", tiny, folder, dtype)
        return row, folder / f"{row.spec.run_id}.npz"

    return run


def against_numpy(
    net: str, dataset: Path, folder: Path, right_run: RightRun, dtype: str = "float64"
) -> Certificate | None:
    """Return a net's certificate; ``None`` where it cannot even be trained."""
    reference, file = right_run(dtype)
    try:
        row = controlled(net, dataset, folder, dtype)
    except (NetError, DivergedError):
        return None
    with recorded(folder / f"{row.spec.run_id}.npz") as ours, recorded(file) as theirs:
        return certificate.certify(row, reference, ours, theirs)


def test_runs_that_agree_to_rounding_are_the_same_network(tmp_path: Path) -> None:
    made = proof(tmp_path, {}, {"W1": 1e-10}, {"W2": -2e-10})
    assert (made.passed, made.verdict) == (True, "same network")
    assert made.differences[2].weights["W2"] == pytest.approx(2e-10)


def test_the_first_epoch_and_parameter_beyond_the_limit_are_named(tmp_path: Path) -> None:
    made = proof(tmp_path, {}, {"b1": 1e-10}, {"W1": 1e-8, "b1": 1e-7})
    assert (made.passed, made.verdict) == (False, "different from epoch 2, first in b1")


def test_another_start_shows_at_epoch_0(tmp_path: Path) -> None:
    assert proof(tmp_path, {"W1": 1.0}, {"W1": 1.0}, {}).verdict == "different from epoch 0, first in W1"


def test_not_a_number_is_no_proof(tmp_path: Path) -> None:
    assert proof(tmp_path, {}, {"W1": 1.0, "b2": np.nan}, {}).verdict == "different from epoch 1, first in b2"


def test_float32_is_judged_after_the_first_epoch_and_only_shown_later(tmp_path: Path) -> None:
    made = proof(tmp_path, {}, {"W1": 9e-6}, {"W1": 1e-2}, dtype="float32")
    assert (made.verdict, made.differences[2].weights["W1"]) == ("same network", pytest.approx(1e-2))
    (sentence,) = verdicts.networks(list(claims.same_network([made])), {})
    assert "are the same network after 1 epoch: no weight differs by more than 9.0e-06." in sentence
    assert not proof(tmp_path, {}, {"W1": 3e-2}, {}, dtype="float32").passed


def test_in_float32_what_rounding_can_do_is_no_verdict(tmp_path: Path) -> None:
    made = proof(tmp_path, {}, {"W1": 2e-5}, {}, dtype="float32")
    assert made.passed is None
    assert made.verdict.startswith("no verdict: W1 differs by more than 1e-05 after the first epoch")
    assert proof(tmp_path, {"W1": 2e-5}, {}, {}, dtype="float32").passed is False  # another start is no rounding


def test_epochs_beyond_the_size_limit_are_not_recorded_and_the_verdict_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trajectory, "MAX_BYTES", 1000)  # two epochs of 4 · 48 bytes, headers, and predictions
    assert proof(tmp_path, {}, {}, {}).verdict.startswith("no verdict: no epoch's weights were kept")
    monkeypatch.setattr(trajectory, "MAX_BYTES", 1800)
    assert proof(tmp_path, {}, {}, {}).verdict == "same network up to epoch 1, the last one kept"


def test_runs_that_failed_or_had_other_data_give_no_verdict() -> None:
    failed = ROW.model_copy(update={"status": "timeout"})
    other = ROW.model_copy(update={"data_sha256": "e"})
    assert certificate.obstacle(failed, ROW) == "keras: timeout"
    assert certificate.obstacle(ROW, other) == "they were trained on different data"
    assert certificate.obstacle(ROW, ROW) == ""


@pytest.mark.parametrize(
    ("mistake", "change"),
    [(mistake, change) for mistake, ways in planted_gradients.MISTAKES.items() for change in ways],
)
def test_a_planted_mistake_fails_the_certificate(
    mistake: str, change: planted.Changes, tiny: Path, tmp_path: Path, right_run: RightRun
) -> None:
    """How a net loops is not seen under control, where it is given one batch at a time; ``check`` asks for that."""
    made = against_numpy(planted.write(tmp_path, change), tiny, tmp_path, right_run)
    assert made is None or not made.passed


@pytest.mark.parametrize("style", planted.STYLES)
def test_a_right_net_in_another_style_gets_its_certificate(
    style: str, tiny: Path, tmp_path: Path, right_run: RightRun
) -> None:
    dtype = "float32" if style == "float32" else "float64"
    made = against_numpy(planted.write(tmp_path, planted.STYLES[style]), tiny, tmp_path, right_run, dtype)
    assert made is not None
    assert made.verdict == "same network"


def test_a_wrong_predict_with_right_weights_is_told_by_the_test_loss(
    tiny: Path, tmp_path: Path, right_run: RightRun
) -> None:
    net = planted.write(tmp_path, planted.MISTAKES["predict_differs"][0])
    made = against_numpy(net, tiny, tmp_path, right_run)
    assert made is not None
    assert made.verdict == "different from epoch 1, first in the test loss"


def test_pairs_are_of_one_point_and_seed_against_numpy_or_the_first_net() -> None:
    def row(net: str, seed: int, protocol: str = "controlled") -> Row:
        return ROW.model_copy(update={"spec": dataclasses.replace(SPEC, net=net, seed=seed, protocol=protocol)})

    rows = [row("keras", 1), row("numpy", 1), row("keras", 2), row("b.py:B", 2), row("numpy", 3, "as_shipped")]
    found = [(mine.spec.net, other.spec.net, mine.spec.seed) for mine, other in certificate.pairs(rows)]
    assert found == [("keras", "numpy", 1), ("b.py:B", "keras", 2)]


def test_a_difference_names_its_largest_parameter() -> None:
    difference = Difference(1, {"W1": 1e-3, "b1": 1e-2, "W2": 0.0, "b2": 0.0}, 0.0, 0, judged=True)
    assert difference.largest == "b1"


@pytest.mark.slow
def test_numpy_and_keras_are_the_same_network_in_float64(cli: Cli, config: Callable[..., Path], tmp_path: Path) -> None:
    file = config(nets="[numpy, keras]", epochs=20, hidden_size=16, protocol="controlled", dtype="float64", seeds=2)
    done = cli("sweep", file)
    assert done.returncode == 0, done.stdout + done.stderr
    rows, _ = Results(tmp_path / "results" / "small").read()
    starts = {(row.spec.net, row.spec.seed): row.start_sha256 for row in rows}
    assert starts["numpy", 1] == starts["keras", 1] != starts["numpy", 2] == starts["keras", 2]
    lines = list(csv.DictReader((tmp_path / "results" / "small" / "certificate.csv").read_text().splitlines()))
    assert [(line["seed"], line["epoch"]) for line in lines] == [(str(s), str(e)) for s in (1, 2) for e in range(21)]
    assert {(line["net"], line["reference"], line["verdict"]) for line in lines} == {("keras", "numpy", "same network")}
    largest = max(float(line[f"{name}_difference"]) for line in lines for name in PARAMETERS)
    assert 0 < largest < 1e-12
    report = (tmp_path / "results" / "small" / "report.md").read_text()
    assert "| 16 | 1 | keras | numpy | ✓ same network |" in report


@pytest.mark.slow
def test_a_net_that_differs_fails_its_certificate_and_missing_weights_give_none(
    cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    cli("new", "my_net.py")
    compare = ("compare", "--config", config(protocol="controlled", dtype="float64"), "--net", "my_net.py:MyNet")
    done = cli(*compare)
    assert done.returncode == 1
    assert "different from epoch 1, first in " in " ".join(done.stdout.split())
    results = Results(tmp_path / "results" / "small")
    (mine,) = (row for row in results.read()[0] if row.spec.net == "my_net.py:MyNet")
    results.trajectory_file(mine.spec).write_bytes(b"PK")
    done = cli("report", "results/small")
    assert "no verdict: weights after each epoch are missing or damaged" in " ".join(done.stdout.split())
    assert done.returncode == 1
