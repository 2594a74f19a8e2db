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

from mnistbench.experiment import Spec
from mnistbench.ledger import Row
from mnistbench.reports.columns import BY_NAME


class Live:
    """Hears of every start, epoch and end, and shows the runs under way and the whole sweep."""

    def __init__(self, console: Console, specs: list[Spec], *, verbose: bool) -> None:
        self._console = console
        self._verbose = verbose
        self._total = len(specs)
        self._counts: dict[Spec, str] = {}
        self._outputs: dict[Spec, str] = {}
        self._epochs: dict[Spec, int] = {}
        # Fits 80 columns. Paces differ by net and size, so time left is judged over all epochs that have passed.
        self._progress = Progress(
            TextColumn("{task.description}", markup=False), BarColumn(bar_width=10), MofNCompleteColumn(),
            TextColumn("left"), TimeRemainingColumn(), TextColumn("{task.fields[scores]}"),
            console=console, disable=not console.is_terminal, speed_estimate_period=86400, transient=True,
        )  # fmt: skip
        self._all: TaskID = self._progress.add_task(
            f"all {self._total} runs", total=sum(spec.epochs for spec in specs), scores="epochs of all runs"
        )
        self._tasks: dict[Spec, TaskID] = {}

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
            self._on_epoch(spec, event["epoch"])
        elif "output" in event:
            self._outputs[spec] = event["output"]
        elif "row" in event:
            self._on_row(event["row"])

    def _on_start(self, spec: Spec) -> None:
        again = spec in self._counts  # its Dask worker died
        count = self._counts.setdefault(spec, f"[{len(self._counts) + 1}/{self._total}]")
        short = f"{count} {spec.net} H={spec.hidden_size}"
        if spec not in self._tasks:
            self._tasks[spec] = self._progress.add_task(short, total=spec.epochs, scores="starting")
        if not self._console.is_terminal:
            self._print(f"{count} {spec.label}: started{' again' if again else ''}")

    def _on_epoch(self, spec: Spec, epoch: dict[str, Any]) -> None:
        accuracy, loss = (BY_NAME[name].show(epoch[name]) for name in ("test_accuracy", "test_loss"))
        if spec not in self._tasks:  # its row came first
            return
        self._progress.update(self._tasks[spec], completed=epoch["epoch"], scores=f"test {accuracy} % loss {loss}")
        self._count_epochs(spec, epoch["epoch"])

    def _count_epochs(self, spec: Spec, epochs: int) -> None:
        self._epochs[spec] = epochs
        self._progress.update(self._all, completed=sum(self._epochs.values()))

    def _on_row(self, row: Row) -> None:
        if row.spec in self._tasks:
            self._progress.remove_task(self._tasks.pop(row.spec))
        output = self._outputs.pop(row.spec, "")
        self._count_epochs(row.spec, len(row.history))
        shown = {
            name: BY_NAME[name].show(getattr(row, name)) for name in ("test_accuracy", "test_loss", "time_seconds")
        }
        outcome = (
            "ok, test accuracy {test_accuracy} %, test loss {test_loss}, time {time_seconds} s".format(**shown)
            if row.status == "ok"
            else f"{row.status}: {row.error}"
        )
        count = self._counts.setdefault(row.spec, f"[{len(self._counts) + 1}/{self._total}]")
        self._print(f"{count} {row.spec.label}: {outcome}")
        if self._verbose and row.status != "ok" and output:
            self._print(output.rstrip())

    def _print(self, text: str) -> None:
        self._progress.console.print(Text(text), soft_wrap=True)
