import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from mnistbench.errors import ConfigError, ResultsError
from mnistbench.experiment.spec import Spec
from mnistbench.ledger.atomic import write_atomically
from mnistbench.ledger.results import EpochScore, Results, Row


def row(seed: int = 1, **values: object) -> Row:
    spec = Spec(net="numpy", hidden_size=8, lr=0.1, batch_size=4, epochs=1, seed=seed)
    return Row(spec=spec, status="ok", started_at="2026-01-01T00:00:00+00:00", **values)


@pytest.fixture
def results(tmp_path: Path) -> Results:
    (tmp_path / "results").mkdir()
    return Results(tmp_path / "results")


def test_a_row_survives_being_written_and_read(results: Results) -> None:
    history = [EpochScore(epoch=1, train_seconds=0.1, test_accuracy=0.9, test_loss=float("nan"))]
    written = row(history=history, train_loss=float("inf"), environment={"cpu": "x", "cores": 2, "git_dirty": False})
    results.write(written)
    (read,), warnings = results.read()
    assert not warnings
    assert read.model_dump_json() == written.model_dump_json()


def test_an_earlier_attempt_is_kept_beside_the_last_and_counts_nowhere(results: Results) -> None:
    for loss in (1.0, 2.0, 3.0):
        results.write(row(test_loss=loss), keep_earlier=True)
    results.write(row(test_loss=4.0))
    assert [(r.attempt, r.test_loss) for r in results.read()[0]] == [(3, 4.0)]
    assert [(r.attempt, r.test_loss) for r in results.read_earlier()[0]] == [(1, 1.0), (2, 2.0)]
    run_id = row().spec.run_id
    assert sorted(file.name for file in results.runs.glob("*.json")) == [f"{run_id}{n}.json" for n in (".1", ".2", "")]


def _truncated(file: Path) -> None:
    file.write_text(file.read_text()[:-40])


def _empty(file: Path) -> None:
    file.write_text("")


def _garbage(file: Path) -> None:
    file.write_bytes(b"\xff\x00garbage")


def _deep(file: Path) -> None:
    file.write_text("[" * 100_000)


def _changed(file: Path) -> None:
    file.write_text(file.read_text().replace('"error":""', '"error":"x"').replace('"error": ""', '"error": "x"'))


def _newer(file: Path) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | {"schema_version": 99}))


def _of_another_experiment(file: Path) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | {"ledger": "0123456789abcdef"}))


def _endless(file: Path) -> None:
    file.unlink()
    file.symlink_to("/dev/zero")


def _of_another_run(file: Path) -> None:
    file.rename(file.with_name("000000000000.json"))


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize("damage", [
        _folder, _truncated, _empty, _garbage, _deep, _changed, _newer, _endless, _of_another_run,
        _of_another_experiment,
    ],
)  # fmt: skip
def test_a_broken_file_is_set_aside_with_a_warning_and_never_counted(results: Results, damage: object) -> None:
    results.write(row(seed=1))
    results.write(row(seed=2))
    damage(results.runs / f"{row(seed=1).spec.run_id}.json")
    rows, warnings = results.read()
    assert [r.spec.seed for r in rows] == [2]
    assert len(warnings) == 1
    assert "set aside" in warnings[0]
    assert len(list(results.runs.glob("*.broken"))) == 1
    assert results.read() == (rows, [])


# As the first version wrote it, byte for byte.
VERSION_1 = (
    '{"schema_version": 1, "sha256": "SHA256", "row": {"spec":{"net":"numpy","hidden_size":8,"lr":0.1,"batch_size":4,'
    '"epochs":1,"seed":1,"dtype":"float32","protocol":"as_shipped","threads":1,"dataset":"mnist","quick":false},'
    '"status":"ok","error":"","started_at":"2026-01-01T00:00:00+00:00","time_seconds":1.5,"history":[]}}\n'
)


def test_a_row_of_an_older_schema_is_read(results: Results) -> None:
    results.write(row(seed=2))
    content = VERSION_1.partition('"row": ')[2].rstrip()[:-1]
    old = VERSION_1.replace("SHA256", hashlib.sha256(content.encode()).hexdigest())
    results.row_file(row(seed=1).spec).write_text(old)
    rows, warnings = results.read()
    assert not warnings
    assert [(read.spec.seed, read.time_seconds, read.jobs) for read in rows] == [(1, 1.5, 1), (2, None, 1)]


def test_a_row_copied_from_another_experiment_is_set_aside(results: Results, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Results(tmp_path / "other")
    other.write(row(seed=1))
    results.write(row(seed=2))
    shutil.copy(other.row_file(row(seed=1).spec), results.runs)
    rows, warnings = results.read()
    assert [read.spec.seed for read in rows] == [2]
    assert "it is from another experiment's folder" in warnings[0]
    moved = other.folder.rename(tmp_path / "renamed")  # a folder that is moved keeps its rows
    assert [read.spec.seed for read in Results(moved).read()[0]] == [1]


def test_a_folder_with_other_files_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    refused = pytest.raises(ConfigError, match=r"has files, such as 'thesis.tex', and no experiment")
    with refused, Results(tmp_path).locked():
        pass
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("name", ["", "runs", "models", "trajectories", "figures"])
def test_a_link_that_leads_elsewhere_is_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    folder = tmp_path / "results"
    if name:
        folder.mkdir()
    (folder / name if name else folder).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ResultsError, match=r"is a link to .*elsewhere"), Results(folder).locked():
        pass
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_what_a_killed_writer_left_is_cleared(results: Results) -> None:
    results.write(row())
    part = results.runs / ".x.json.abc.part"
    part.write_text("{")
    with results.locked():
        assert not part.exists()
    assert len(results.read()[0]) == 1


def test_what_cannot_be_written_leaves_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    write_atomically(file, "old")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(ResultsError, match=r"cannot be written \(No space left on device\)"):
        write_atomically(file, "new")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_without_a_ledger_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no ledger"):
        Results(tmp_path).read_config()
