"""The row and the ledger: what a run left, and the folder ``results/<experiment>/`` that keeps it.

A row is one JSON file, written whole or not at all, with a checksum. Reports are made from these files
elsewhere; nothing here formats a number.
"""

import contextlib
import hashlib
import itertools
import json
import secrets
import stat
import statistics
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mnistbench.errors import ConfigError, ResultsError
from mnistbench.experiment import NETS, Experiment, Spec, load_experiment
from mnistbench.ledger import folder_lock
from mnistbench.ledger.atomic import cannot_write, write_atomically
from mnistbench.ledger.under_way import UnderWay
from mnistbench.machine import Facts

SCHEMA_VERSION = 2  # 1 had no jobs; a field that is added has a default, so that older rows are read
MAX_ROW_BYTES = 64 * 2**20  # a row of 100,000 epochs is a fifth of it

Status = Literal["ok", "diverged", "error", "timeout", "out_of_memory", "interrupted", "skipped"]


class EpochScore(BaseModel):
    """The test scores after one epoch, and the training seconds up to its end."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="constants")

    epoch: int
    train_seconds: float
    test_accuracy: float
    test_loss: float


class Row(BaseModel):
    """What one run left. Seconds are wall-clock unless they say otherwise; ``None`` was not reached."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="constants")

    spec: Spec
    status: Status
    error: str = ""
    attempt: int = 1
    started_at: str
    pid: int | None = None
    jobs: int = 1
    time_seconds: float | None = None
    test_accuracy: float | None = None
    test_loss: float | None = None
    train_accuracy: float | None = None
    train_loss: float | None = None
    import_seconds: float | None = None
    data_seconds: float | None = None
    build_seconds: float | None = None
    train_seconds: float | None = None
    first_epoch_seconds: float | None = None
    steady_epoch_seconds: float | None = None
    evaluate_seconds: float | None = None
    life_seconds: float | None = None
    cpu_seconds: float | None = None
    others_cpu_fraction: float | None = None
    involuntary_switches: int | None = None
    unasked_seconds: float | None = None
    load_before: float | None = None
    peak_rss_mib: float | None = None
    effective_threads: int | None = None
    processes: int | None = None
    train_gflop: float | None = None
    percent_of_peak: float | None = None
    parts: dict[str, float] | None = None
    data_sha256: str | None = None
    weights_sha256: str | None = None
    start_sha256: str | None = None
    net_sha256: str | None = None
    history: list[EpochScore] = Field(default_factory=list)
    environment: Facts = Field(default_factory=dict)

    @property
    def steady_epoch_sd(self) -> float | None:
        """Return the standard deviation of the later epochs' seconds (n - 1 in the divisor): a net's own unevenness."""
        ends = [score.train_seconds for score in self.history]
        later = [end - begin for begin, end in itertools.pairwise(ends)]
        return statistics.stdev(later) if len(later) > 1 else None

    @property
    def machine(self) -> str:
        """Return the kind of machine; times of different kinds compare with no others."""
        cpu, cores = (self.environment.get(name, "unknown") for name in ("cpu", "usable_cores"))
        return f"{cpu}, usable cores: {cores}"


class Results:
    """One experiment's folder: ``config.yaml``, the ledger ``runs/``, the weights ``models/`` and ``trajectories/``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs = folder / "runs"
        self.under_way = UnderWay(folder)

    def model_file(self, spec: Spec) -> Path:
        """Return where a run's trained weights go."""
        return self.folder / "models" / f"{spec.run_id}.npz"

    def trajectory_file(self, spec: Spec) -> Path:
        """Return where a controlled run's weights after each epoch go."""
        return self.folder / "trajectories" / f"{spec.run_id}.npz"

    def weights_files(self, spec: Spec) -> dict[str, Path]:
        """Return the files of weights that a run may leave, by the name of their folder."""
        return {file.parent.name: file for file in (self.model_file(spec), self.trajectory_file(spec))}

    def write_weights(self, name: str, spec: Spec, content: bytes) -> None:
        """Put one of these files, which another machine has sent, into its place."""
        write_atomically(self.weights_files(spec)[name], content)

    def has_weights(self, row: Row) -> bool:
        """Say whether the weights that a run has left are there."""
        files = [self.model_file(row.spec)] if row.weights_sha256 else []
        files += [self.trajectory_file(row.spec)] if row.start_sha256 else []
        return all(file.exists() for file in files)

    def row_file(self, spec: Spec) -> Path:
        """Return where a run's row goes."""
        return self.runs / f"{spec.run_id}.json"

    def keep_model(self, row: Row | None) -> None:
        """Make ``model.npz`` a copy of a run's trained weights; without an ok run, or weights, there is none.

        Raises:
            ResultsError: the folder cannot be written.
        """
        kept = self.folder / "model.npz"
        try:
            kept.unlink(missing_ok=True)
            if row is not None and row.status == "ok" and row.weights_sha256:
                write_atomically(kept, self.model_file(row.spec).read_bytes())
        except OSError as error:
            raise ResultsError(cannot_write(kept, error)) from error

    def locked(self) -> contextlib.AbstractContextManager[None]:
        """Keep every other writer out of this folder; see :func:`mnistbench.ledger.folder_lock.locked`."""
        return folder_lock.locked(self.folder)

    def write_config(self, experiment: Experiment) -> None:
        """Keep what was asked."""
        write_atomically(self.folder / "config.yaml", experiment.to_yaml())

    def read_config(self) -> Experiment:
        """Return what was asked last.

        Raises:
            ConfigError: this is no folder of an experiment.
        """
        file = self.folder / "config.yaml"
        if not file.is_file() or not self.runs.is_dir():
            raise ConfigError(
                f"{self.folder}: holds no ledger (config.yaml and runs/); give a folder that train, compare, sweep"
                " or profile has written on this machine."
            )
        return load_experiment(file, {}, default_name="", check_files=False)

    def write(self, row: Row, *, keep_earlier: bool = False) -> None:
        """Put one row into the ledger, in the place of its run's last one.

        ``keep_earlier`` keeps that one beside it, as ``runs/<run id>.<attempt>.json``.

        Raises:
            ResultsError: the folder cannot be written.
        """
        last = self.row_file(row.spec)
        numbers = (file.suffixes[0][1:] for file in self.runs.glob(f"{row.spec.run_id}.*.json"))
        attempt = max((int(number) for number in numbers if number.isdecimal()), default=0) + 1
        if keep_earlier and last.exists():
            try:
                last.rename(last.with_suffix(f".{attempt}.json"))
            except OSError as error:
                raise ResultsError(cannot_write(last, error)) from error
            attempt += 1
        content = row.model_copy(update={"attempt": attempt}).model_dump_json(indent=1)
        digest = hashlib.sha256(content.encode()).hexdigest()
        head = {"schema_version": SCHEMA_VERSION, "ledger": self._mark() or self._make_mark(), "sha256": digest}
        text = json.dumps(head)[:-1] + f', "row": {content}}}\n'
        write_atomically(last, text)

    def _mark(self) -> str | None:
        """Return what marks the rows of this ledger, so that one copied from another is told apart."""
        file = self.runs / "ledger.id"
        return file.read_text(encoding="utf-8", errors="replace") if file.exists() else None

    def _make_mark(self) -> str:
        """Mark the ledger: anew, or as its rows are marked where the mark itself was lost."""
        marks = (mark for file in self.runs.glob("*.json") if (mark := _mark_of(file)))
        mark = next(marks, None) or secrets.token_hex(8)
        write_atomically(self.runs / "ledger.id", mark)
        return mark

    def read(self, *, set_aside: bool = True) -> tuple[list[Row], list[str]]:
        """Return each run's last row, in the order of the grid, and a sentence for each broken file.

        A broken file is renamed to ``*.broken``, so that it is neither counted nor lost; without ``set_aside`` it is
        left as it is, and nothing is written.
        """
        return self._read((file for file in self.runs.glob("*.json") if "." not in file.stem), set_aside=set_aside)

    def read_earlier(self, *, set_aside: bool = True) -> tuple[list[Row], list[str]]:
        """Return the rows of earlier attempts, which count nowhere but are shown, as :meth:`read` does."""
        return self._read(self.runs.glob("*.*.json"), set_aside=set_aside)

    def _read(self, files: Iterable[Path], *, set_aside: bool) -> tuple[list[Row], list[str]]:
        rows, warnings = [], []
        mark = self._mark()
        for file in sorted(files):
            try:
                rows.append(_read_row(file, mark))
            except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
                reason = "its fields are not those of a row" if isinstance(error, ValidationError) else error
                fate = _set_aside(file) if set_aside else "it is left there"
                warnings.append(f"{file} is not a whole row ({reason}); {fate} and counts for no run.")
        return sorted(rows, key=grid_order), warnings


def _mark_of(file: Path) -> str | None:
    try:
        mark = json.loads(file.read_text(encoding="utf-8")).get("ledger")
    except (OSError, ValueError, AttributeError, RecursionError):
        return None
    return mark if isinstance(mark, str) else None


def _set_aside(file: Path) -> str:
    try:
        file.replace(file.with_name(file.name + ".broken"))
    except OSError as error:
        return f"it cannot be set aside ({error.strerror})"
    return f"set aside as {file.name}.broken"


def _read_row(file: Path, mark: str | None) -> Row:
    info = file.lstat()
    if not stat.S_ISREG(info.st_mode) or info.st_size > MAX_ROW_BYTES:
        raise ValueError(f"it is no plain file of at most {MAX_ROW_BYTES // 2**20} MiB")
    text = file.read_text(encoding="utf-8")
    stored = json.loads(text)
    if not isinstance(stored, dict) or stored.get("schema_version") not in range(1, SCHEMA_VERSION + 1):
        raise ValueError(f"its schema is not one of the versions 1 to {SCHEMA_VERSION}")
    if mark is not None and stored.get("ledger", mark) != mark:
        raise ValueError("it is from another experiment's folder")
    content = text.partition(', "row": ')[2].rstrip()[:-1]
    if stored.get("sha256") != hashlib.sha256(content.encode()).hexdigest():
        raise ValueError("its checksum does not fit")
    row = Row.model_validate(stored["row"])
    if file.stem.partition(".")[0] != row.spec.run_id:
        raise ValueError(f"it is the row of run {row.spec.run_id}")
    return row


def grid_order(row: Row) -> tuple[object, ...]:
    """Return the key that sorts rows by point, net, seed and attempt."""
    spec = row.spec
    names = ("quick", "dataset", "dtype", "protocol", "threads", "hidden_size", "lr", "batch_size", "epochs", "profile",
             "secret")  # fmt: skip
    point = (getattr(spec, name) for name in names)
    known = list(NETS)
    return (*point, known.index(spec.net) if spec.net in known else len(known), spec.net, spec.seed, row.attempt)
