"""Input that was made to hurt is refused or inert, in bounded memory and time, whatever its bytes are."""

import gzip
import io
import json
import os
import re
import resource
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import Cli
from hypothesis import given, settings
from hypothesis import strategies as st

from mnistbench.datasets import data
from mnistbench.errors import ConfigError, DataError
from mnistbench.experiment import yaml_lines
from mnistbench.experiment.config import Experiment, load_experiment
from mnistbench.experiment.spec import Spec
from mnistbench.ledger import trajectory
from mnistbench.ledger.results import Results, Row
from mnistbench.reports import csv_files, markdown

MEMORY_BYTES = 3 * 2**29  # more than any of these may take, far less than any of them announces

fuzzed = settings(max_examples=200, deadline=None, derandomize=True)


def write_zeros(file: Path, member: str, header: bytes, size: int) -> None:
    """Write an archive whose one member is a header and ``size`` zeros: gigabytes in a few megabytes."""
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open(member, "w", force_zip64=True) as stream,
    ):
        stream.write(header)
        block = bytes(2**24)
        for _ in range(size // len(block)):
            stream.write(block)


def npy_header(shape: tuple[int, ...]) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return stream.getvalue()


def bounded(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process that cannot take more memory than is allowed here."""
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES)),
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip


READ_WEIGHTS = """
import sys, zipfile
from pathlib import Path
from mnistbench.ledger.trajectory import recorded
try:
    with recorded(Path(sys.argv[1])) as run:
        run.array(0, "W1")
except (OSError, ValueError, LookupError, zipfile.BadZipFile) as error:
    print("refused")
"""


@pytest.mark.slow
@pytest.mark.parametrize("really", [True, False], ids=["zeros", "header"])
def test_weights_that_unpack_to_gigabytes_are_refused_in_bounded_memory(tmp_path: Path, really: bool) -> None:
    file = tmp_path / "bomb.npz"
    gigabytes = 2**31
    write_zeros(file, "0/W1.npy", npy_header((gigabytes // 8 if really else 2**50,)), gigabytes if really else 2**24)
    assert file.stat().st_size < 2**24
    done = bounded(READ_WEIGHTS, file)
    assert (done.returncode, done.stdout) == (0, "refused\n"), done.stderr


@pytest.mark.parametrize("pickled", [True, False])
def test_weights_that_are_pickled_or_no_archive_are_never_unpickled(tmp_path: Path, pickled: bool) -> None:
    file = tmp_path / "weights.npz"
    trap = np.array([{"a": "pickle"}], dtype=object)
    with file.open("wb") as stream:
        np.savez(stream, **{"0/W1": trap}) if pickled else np.save(stream, trap)
    with pytest.raises((ValueError, zipfile.BadZipFile)), trajectory.recorded(file) as run:
        run.array(0, "W1")


def test_a_copy_of_keras_that_unpacks_to_gigabytes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mnist.npz"
    write_zeros(file, "x_train.npy", npy_header((2**24,)), 2**27)
    monkeypatch.setattr(data, "KERAS_CACHE", file)
    with pytest.raises(DataError, match="it is too large"):
        data.load("keras")


READ_DATA = """
import sys
from mnistbench.datasets import data
from mnistbench.errors import DataError
try:
    data.check(sys.argv[1])
except DataError as error:
    print(error)
"""


def test_a_compressed_file_of_endless_zeros_is_read_no_further_than_its_header_says(tiny: Path, tmp_path: Path) -> None:
    for file in tiny.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "train-images-idx3-ubyte").unlink()
    header = bytes([0, 0, 8, 3]) + struct.pack(">3I", 720, 28, 28)
    zeros = gzip.compress(bytes(2**24)) * 128
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(header) + zeros)
    done = bounded(READ_DATA, tmp_path)
    assert "is too long" in done.stdout, done.stderr


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "=cmd|' /C calc'!A0", "a\r\n=1", ";1", "\ta", "\ra", "\na", "a;=1",
     "a; -1", "a\x85=1", "a\u2028=1", "\uff1d1"],
)  # fmt: skip
def test_formulas_are_inert_in_every_csv_field(text: str) -> None:
    written = csv_files.to_csv(pd.DataFrame({"a": [text], "b": [-1.5]}))
    head, line = written.splitlines()
    assert head == "a,b"
    assert line.endswith(",-1.5")
    cells = line.removesuffix(",-1.5").strip('"').split(";")
    assert not any(cell.lstrip().startswith(("=", "+", "-", "@", "\uff1d")) for cell in cells)
    assert not any(sign in line for sign in "\t\r\n\x85\u2028")
    assert line.strip('"').startswith("'") == (text[0] in "=+-@;\t\r\n\uff1d " or text[:1].isspace())


@given(st.text())
@fuzzed
def test_no_text_leaves_its_markdown_cell(text: str) -> None:
    shown = markdown.escape(text)
    assert "\n" not in shown
    assert "<" not in shown
    for mark in "|`*[":
        assert shown.count(mark) == shown.count("\\" + mark)


@pytest.mark.slow
def test_an_error_text_of_a_users_net_is_inert_in_the_reports(
    cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "evil.py").write_text(
        "class Evil:\n    def __init__(self, *a, **k):\n        raise ValueError('=1|<script>x</script>\\n# x')\n"
    )
    assert cli("sweep", config(nets="evil.py:Evil")).returncode == 1
    folder = tmp_path / "results" / "small"
    assert "<script" not in (folder / "report.md").read_text()
    assert not [line for line in (folder / "report.md").read_text().splitlines() if line.startswith("# x")]
    assert len((folder / "runs.csv").read_text().splitlines()) == 2


@pytest.mark.slow
def test_names_and_reasons_with_control_characters_and_markup_are_text_in_every_format(
    cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    hidden = "a\x1b[31m.py"
    (tmp_path / hidden).write_text("class Evil: ...")
    for command in (("check", f"{hidden}:Evil"), ("train", "--net", f"{hidden}:Evil")):
        refused = cli(*command)
        assert refused.returncode == 2
        assert "has control characters in its name" in refused.stderr
        assert "\x1b" not in refused.stderr
    name = "<script>.py"
    (tmp_path / name).write_text(
        "class Evil:\n    def __init__(self, *a, **k):\n"
        "        raise type('<script>\\x1b[31m' + 'E' * 20_000_000, (Exception,), {})('\\x1b]0;owned\\x07<script>')\n"
        "    def fit(self, *a, **k): ...\n    def predict(self, *a, **k): ...\n"
    )
    done = cli("train", config(nets="numpy"), "--net", f"{name}:Evil", "--quick")
    checked = cli("check", f"{name}:Evil")
    for shown in (done.stdout, done.stderr, checked.stdout, checked.stderr):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", shown)
        assert len(shown) < 20_000
    assert "<script>" in checked.stderr
    folder = tmp_path / "results" / "small-quick"
    for file in ("report.md", "report.html", "runs.csv", "claims.json"):
        text = (folder / file).read_text()
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text), file
        assert len(text) < 2_000_000, file
    pages = [(folder / file).read_text() for file in ("report.md", "report.html")]
    assert all("&lt;script&gt;" in page for page in pages)
    assert "<script" not in pages[0].partition("## The config")[0]  # that is code, in a fence
    assert pages[1].count("<script") == 1  # our own
    assert len((folder / "runs.csv").read_text().splitlines()) == 2


_KEYS = st.sampled_from([*Experiment.model_fields, "surplus", "__class__"])
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
@fuzzed
def test_any_bytes_as_a_config_are_a_mapping_or_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    refused_or_read(tmp_path_factory.getbasetemp() / "fuzz.yaml", content)


@given(st.dictionaries(_KEYS, _VALUES, max_size=6))
@fuzzed
def test_any_values_as_a_config_are_an_experiment_or_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, object]
) -> None:
    refused_or_read(tmp_path_factory.getbasetemp() / "fuzz.yaml", json.dumps(values).encode())


def refused_or_read(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    try:
        experiment = load_experiment(file, {}, default_name="")
    except ConfigError as error:
        sentence = str(error)
    else:
        assert Path("results", experiment.name).parent == Path("results")
        return
    assert "\n" not in sentence
    assert len(sentence) < 1000


@given(st.binary(max_size=40), st.integers(0, 16), st.integers(-20, 20))
@fuzzed
def test_any_bytes_in_an_idx_file_are_read_or_told_in_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, at: int, change: int
) -> None:
    """Write noise over a right file, and cut or lengthen it."""
    right = bytes([0, 0, 8, 3]) + struct.pack(">3I", 2, 28, 28) + bytes(2 * 784)
    content = right[:at] + noise + right[at + len(noise) :]
    file = tmp_path_factory.getbasetemp() / "fuzz-idx3-ubyte"
    file.write_bytes(content[:change] if change < 0 else content + bytes(change))
    try:
        images, _ = data._read_idx(file, n_dimensions=3)
    except DataError as error:
        sentence = str(error)
    else:
        assert images.shape == (2, 28, 28)
        return
    assert "\n" not in sentence


@given(st.binary(max_size=60), st.integers(0, 900), st.integers(-900, 0))
@fuzzed
def test_any_bytes_in_a_ledger_file_are_the_row_itself_or_set_aside(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, at: int, cut: int
) -> None:
    results = Results(tmp_path_factory.getbasetemp() / "fuzz-ledger")
    results.folder.mkdir(exist_ok=True)
    row = Row(
        spec=Spec(net="numpy", hidden_size=8, lr=0.1, batch_size=4, epochs=1, seed=1), status="ok", started_at="x"
    )
    results.write(row)
    file = results.row_file(row.spec)
    right = file.read_bytes()
    content = right[:at] + noise + right[at + len(noise) :]
    file.write_bytes(content[:cut] if cut else content)
    rows, warnings = results.read()
    assert rows == [row] if not warnings else rows == []
    assert len(warnings) <= 1


def test_tags_and_bombs_run_nothing(tmp_path: Path) -> None:
    file = tmp_path / "bomb.yaml"
    file.write_text(f"name: !!python/object/apply:os.mkdir ['{tmp_path}/made']\n")
    with pytest.raises(ConfigError):
        yaml_lines.read_yaml(file)
    assert not (tmp_path / "made").exists()


@pytest.mark.slow
def test_a_users_npz_that_unpacks_to_gigabytes_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "mine.npz"
    write_zeros(file, "x_train.npy", npy_header((2**29,)), 2**31)
    assert "mine.npz: is no dataset (it is too large)" in bounded(READ_DATA, file).stdout
