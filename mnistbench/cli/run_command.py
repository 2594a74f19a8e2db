"""What train, compare, sweep, profile and report have in common: listen while they run, show, exit.

With the commands beside it, this is all that prints and exits.
"""

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import typer

from mnistbench.cli.options import RunOptions
from mnistbench.conducting import Options

if TYPE_CHECKING:
    from rich.console import Console

    from mnistbench.experiment import Spec
    from mnistbench.reports import RunReport

EXIT_FAILED = 1


class Screen:
    """Shows what a command tells while it runs: warnings, what is finished already, and the runs under way.

    ``again`` says how what is finished can be run all the same.
    """

    def __init__(self, options: RunOptions, again: str = "--force runs them again") -> None:
        self._console, self._options, self._again = terminal(), options, again
        self._live: Any = None
        self._open = contextlib.ExitStack()

    def __enter__(self) -> "Screen":
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def __call__(self, spec: "Spec | None", event: dict[str, Any]) -> None:
        """Take one event; see :data:`mnistbench.conducting.options.Listener`."""
        if "warning" in event:
            self._open.close()  # the runs are over by then, or have not begun
            complain(f"Warning: {event['warning']}", "yellow")
        elif "to_do" in event:
            self._begin(event)
        elif spec is not None:
            self._live(spec, event)

    def show(self, made: "RunReport") -> None:
        """Show a report, below all that was told."""
        from mnistbench.reports import terminal as drawn

        self._open.close()
        self._console.print(drawn.closing(made))

    def _begin(self, event: dict[str, Any]) -> None:
        from mnistbench.reports import terminal as drawn

        planned, to_do, folder = event["planned"], event["to_do"], event["folder"]
        if self._options.dry_run:
            self._console.print(drawn.plan(planned, to_do, event["forecast"]))
            return
        if done := len(planned) - len(to_do) - len(event["refused"]):
            typer.echo(f"{done} of {len(planned)} runs are finished already in {folder}; {self._again}.")
        self._live = self._open.enter_context(
            drawn.Live(self._console, to_do, verbose=self._options.verbose, rows=event["rows"])
        )


def run_and_show(options: RunOptions, run: "Callable[[Options], RunReport]", *, keeps_model: bool = False) -> None:
    """Let a function of the public face do its runs, show its report, and exit 1 where a run failed."""
    from mnistbench.conducting import InterruptedRuns

    with Screen(options) as screen:

        def hear(spec: "Spec | None", event: dict[str, Any]) -> None:
            if "report" in event:  # its files are written after this
                screen.show(event["report"])
            else:
                screen(spec, event)

        try:
            made, stopped = run({**options.to_api(), "on_event": hear}), None
        except InterruptedRuns as interrupt:
            made, stopped = interrupt.report, interrupt
    if options.dry_run:
        return
    typer.echo(f"Report: {made.folder / 'report.html'} and {made.folder / 'report.md'}")
    if keeps_model and not stopped:
        from mnistbench.reports import terminal as drawn

        terminal().print(drawn.after_training(made, made.folder))
    if stopped:
        raise stopped
    if not made.ok:
        raise typer.Exit(EXIT_FAILED)


def complain(text: str, style: str) -> None:
    """Show one sentence on standard error."""
    from rich.console import Console
    from rich.text import Text

    Console(stderr=True).print(Text(text, style), soft_wrap=True)


def terminal() -> "Console":
    """Return the console that a command shows its results on."""
    from rich.console import Console

    return Console(highlight=False)
