"""How long a person waits for an answer: whole commands, timed from outside, on a machine that does nothing else."""

import csv
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import typer
from right_class import right_ones

from mnistbench.experiment.config import Experiment
from mnistbench.ledger.results import EpochScore, Results, Row


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "mnistbench", *map(str, words)]


def timed(*words: object) -> float:
    begin = time.perf_counter()
    subprocess.run(command(*words), stdout=subprocess.DEVNULL, check=False)
    return time.perf_counter() - begin


def ledger_of(n_rows: int, folder: Path) -> Results:
    """Return the folder of an experiment of so many rows, made up and all in place."""
    results = Results(folder)
    results.runs.mkdir(parents=True)
    sizes, seeds = list(range(10, 20)), list(range(1, n_rows // 10 + 1))
    asked = Experiment(name=folder.name, nets=["numpy"], hidden_size=sizes, seeds=seeds, epochs=[3], threads=2)
    results.write_config(asked)
    history = [EpochScore(epoch=n, train_seconds=n, test_accuracy=0.9, test_loss=0.3) for n in (1, 2, 3)]
    figures = dict.fromkeys(("time_seconds", "train_seconds", "test_loss", "train_loss", "life_seconds"), 1.0)
    scores = {"test_accuracy": 0.9, "train_accuracy": 0.9}
    for number, spec in enumerate(asked.specs()):
        row = Row(spec=spec, status="ok", started_at=f"{number:09}", history=history, **figures, **scores)
        results.write(row)
    return results


def until_it_speaks(*words: object) -> float:
    """Return the seconds from the start of a command to its first line: what is to do, or that a run is started."""
    begin = time.perf_counter()
    with subprocess.Popen(command(*words), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        seconds = time.perf_counter() - begin
        process.kill()
    return seconds


def beyond(field: str, *words: object) -> Callable[[Path], float]:
    """Return what times a command in a folder of its own, less a field of its last row."""

    def seconds(folder: Path) -> float:
        took = timed(*words, "--output", folder)
        return took - (getattr(Results(folder).read()[0][-1], field) or 0)

    return seconds


def answers(rounds: int = 5, n_rows: int = 5_000) -> None:
    """Time what a person waits for, besides the training itself: medians of so many rounds."""
    one = ("train", "--hidden-size", 30, "--epochs", 20, "--threads", 2)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        timed(*one, "--output", folder / "one")
        timed("sweep", "hidden", "--epochs", 2, "--output", folder / "eight")
        ledger_of(n_rows, folder / "many")
        asked: dict[str, Callable[[Path], float]] = {
            "train, 20 epochs at H = 30, beyond its child's life": beyond("life_seconds", *one),
            "compare quick, beyond Keras's own import": beyond("import_seconds", "compare", "quick"),
            "to the start of the first run": lambda own: until_it_speaks("train", "--quick", "--output", own),
            "report of one run": lambda _: timed("report", folder / "one"),
            "report of the 8 runs of hidden": lambda _: timed("report", folder / "eight"),
            f"to what is to do among {n_rows:,} rows": lambda _: until_it_speaks(
                "sweep", folder / "many" / "config.yaml", "--output", folder / "many", "--dry-run"
            ),
        }
        for number, (name, seconds) in enumerate(asked.items()):
            times = [seconds(folder / f"{number}-{turn}") for turn in range(rounds)]
            typer.echo(f"{name}: {statistics.median(times):.2f} s ({min(times):.2f}–{max(times):.2f})")


def a_class(students: int = 30) -> None:
    """Time the grading of a class of right nets, two side by side: a dozen styles in turn, two of pure Python."""
    with tempfile.TemporaryDirectory() as place:
        once, handed_in = Path(place) / "once", Path(place) / "class"
        once.mkdir()
        styles = [folder for name in right_ones(once) if (folder := once / name).is_dir()]
        for number in range(students):
            shutil.copytree(styles[number % len(styles)], handed_in / f"{number}")
        seconds = timed("grade", handed_in, "--jobs", 2, "--output", Path(place) / "book")
        with (Path(place) / "book" / "grades.csv").open(newline="") as file:
            right = sum(line["verdict"] == "right" for line in csv.DictReader(file))
    typer.echo(f"{students} students in {len(styles)} styles, --jobs 2: {right} right, {seconds:.1f} s")
