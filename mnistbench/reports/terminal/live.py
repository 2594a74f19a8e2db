"""Progress while runs go on: a live display in a terminal, plain lines elsewhere. It only listens."""

import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.live import Live as Display
from rich.text import Text

from mnistbench.experiment import Spec
from mnistbench.ledger import Row
from mnistbench.reports import names
from mnistbench.reports.columns import BY_NAME
from mnistbench.reports.terminal import pace


class Live:
    """Hears of every start, epoch and end, and shows each run under way, and how long all of them still take."""

    def __init__(
        self,
        console: Console,
        specs: list[Spec],
        *,
        verbose: bool,
        rows: Iterable[Row] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console
        self._verbose = verbose
        self._clock = clock
        self._total = len(specs)
        self._short = names.short_names(spec.net for spec in specs)
        self._pace = pace.Pace(rows)
        self._waiting = dict.fromkeys(specs)
        self._running: dict[Spec, float] = {}  # since when
        self._epochs: dict[Spec, dict[str, Any]] = {}  # the last one
        self._counts: dict[Spec, int] = {}
        self._outputs: dict[Spec, str] = {}
        shows = console.is_terminal
        self._display = Display(get_renderable=self._drawn, console=console, transient=True) if shows else None

    def __enter__(self) -> "Live":
        if self._display:
            self._display.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._display:
            self._display.stop()

    def __call__(self, spec: Spec, event: dict[str, Any]) -> None:
        """Take one event of one run."""
        if "started" in event:
            self._on_start(spec)
        elif "epoch" in event:
            if spec in self._running:  # else its row came first
                self._epochs[spec] = event["epoch"]
        elif "output" in event:
            self._outputs[spec] = event["output"]
        elif "row" in event:
            self._on_row(event["row"])

    def lines(self) -> list[str]:
        """Return a line for each run under way; the last says how long all still take, where that is known.

        ``3 of 8 · keras H = 128 · epoch 7 of 20 · 97.1 % · about 1 min 20 s left``
        """
        now = self._clock()
        lines = [self._line(spec) for spec in self._running]
        done = {
            spec: (now - since, int(self._epochs.get(spec, {}).get("epoch", 0)))
            for spec, since in self._running.items()
        }
        left = self._pace.left(self._waiting, done)
        if lines and left is not None:
            lines[-1] += f" · {pace.said(left)} left"
        return lines

    def _line(self, spec: Spec) -> str:
        name = self._short.get(spec.net, spec.net)
        parts = [f"{self._counts[spec]} of {self._total}", f"{name} H = {spec.hidden_size}"]
        if epoch := self._epochs.get(spec):
            parts += [f"epoch {epoch['epoch']} of {spec.epochs}", f"{100 * epoch['test_accuracy']:.1f} %"]
        else:
            parts.append("starting")
        return " · ".join(parts)

    def _drawn(self) -> Text:
        return Text("\n".join(self.lines()))

    def _on_start(self, spec: Spec) -> None:
        again = spec in self._counts  # its Dask worker died
        self._waiting.pop(spec, None)
        self._running[spec] = self._clock()
        if not self._console.is_terminal:
            self._print(f"{self._count(spec)} {spec.label}: started{' again' if again else ''}")
        self._count(spec)

    def _count(self, spec: Spec) -> str:
        return f"[{self._counts.setdefault(spec, len(self._counts) + 1)}/{self._total}]"

    def _on_row(self, row: Row) -> None:
        self._running.pop(row.spec, None)
        self._waiting.pop(row.spec, None)
        self._epochs.pop(row.spec, None)
        self._pace.add(row)
        output = self._outputs.pop(row.spec, "")
        shown = {
            name: BY_NAME[name].show(getattr(row, name)) for name in ("test_accuracy", "test_loss", "time_seconds")
        }
        outcome = (
            "ok, test accuracy {test_accuracy} %, test loss {test_loss}, time {time_seconds} s".format(**shown)
            if row.status == "ok"
            else f"{row.status}: {row.error}"
        )
        self._print(f"{self._count(row.spec)} {row.spec.label}: {outcome}")
        if self._verbose and row.status != "ok" and output:
            self._print(output.rstrip())

    def _print(self, text: str) -> None:
        self._console.print(Text(text), soft_wrap=True)
