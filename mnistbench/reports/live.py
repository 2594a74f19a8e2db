"""Progress while runs go on: a live display in a terminal, plain lines elsewhere. It only listens."""

from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from mnistbench.reports.columns import BY_NAME
from mnistbench.results import Row
from mnistbench.spec import Spec


class Live:
    """Hears of every start, epoch and end, and shows the run under way and the whole sweep."""

    def __init__(self, console: Console, specs: list[Spec], *, verbose: bool) -> None:
        self._console = console
        self._verbose = verbose
        self._total = len(specs)
        self._started = 0
        self._output = ""
        # Fits 80 columns. Paces differ by net and size, so time left is judged over all epochs that have passed.
        self._progress = Progress(
            TextColumn("{task.description}", markup=False), BarColumn(bar_width=10), MofNCompleteColumn(),
            TextColumn("left"), TimeRemainingColumn(), TextColumn("{task.fields[scores]}"),
            console=console, disable=not console.is_terminal, speed_estimate_period=86400, transient=True,
        )  # fmt: skip
        self._all: TaskID = self._progress.add_task(
            f"all {self._total} runs", total=sum(spec.epochs for spec in specs), scores="epochs of all runs"
        )
        self._run: TaskID = self._progress.add_task("", total=None, scores="", visible=False)
        self._epochs_before = 0

    def __enter__(self) -> "Live":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def __call__(self, spec: Spec, event: dict[str, Any]) -> None:
        """Take one event of one run."""
        if "started" in event:
            self._on_start(spec)
        elif "epoch" in event:
            self._on_epoch(event["epoch"])
        elif "output" in event:
            self._output = event["output"]
        elif "row" in event:
            self._on_row(event["row"])

    def _on_start(self, spec: Spec) -> None:
        self._started += 1
        count = f"[{self._started}/{self._total}]"
        short = f"{count} {spec.net} H={spec.hidden_size}"
        self._progress.reset(self._run, description=short, total=spec.epochs, scores="starting", visible=True)
        if not self._console.is_terminal:
            self._print(f"{count} {spec.label}: started")

    def _on_epoch(self, epoch: dict[str, Any]) -> None:
        accuracy, loss = (BY_NAME[name].show(epoch[name]) for name in ("test_accuracy", "test_loss"))
        self._progress.update(self._run, completed=epoch["epoch"], scores=f"test {accuracy} % loss {loss}")
        self._progress.update(self._all, completed=self._epochs_before + epoch["epoch"])

    def _on_row(self, row: Row) -> None:
        self._epochs_before += len(row.history)
        self._progress.update(self._all, completed=self._epochs_before)
        shown = {
            name: BY_NAME[name].show(getattr(row, name)) for name in ("test_accuracy", "test_loss", "time_seconds")
        }
        outcome = (
            "ok, test accuracy {test_accuracy} %, test loss {test_loss}, time {time_seconds} s".format(**shown)
            if row.status == "ok"
            else f"{row.status}: {row.error}"
        )
        self._print(f"[{self._started}/{self._total}] {row.spec.label}: {outcome}")
        if self._verbose and row.status != "ok" and self._output:
            self._print(self._output.rstrip())

    def _print(self, text: str) -> None:
        self._progress.console.print(Text(text), soft_wrap=True)
