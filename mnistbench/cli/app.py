"""The app that every command is registered with, and its way out: one sentence and an exit code for each error.

Nothing heavy is imported before a command runs, so that ``--help`` answers at once.
"""

import os
import signal
import sys
import traceback
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import mnistbench
from mnistbench.cli.options import explained, refuse_empty, refuse_two_prints
from mnistbench.cli.run_command import complain
from mnistbench.errors import MnistbenchError

EXIT_INTERRUPTED = 130


class ErrorBoundary(TyperGroup):
    """Refuses words that are none, and turns this package's errors into one sentence and an exit code."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words of any command, none of which may be empty."""
        refuse_empty(args)
        refuse_two_prints(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except MnistbenchError as error:
            if ctx.find_root().obj:
                traceback.print_exc()
            complain(f"Error: {error}", "red")
            raise typer.Exit(error.exit_code) from error
        except typer.BadParameter as error:
            if told := explained(error):
                complain(f"Error: {told}", "red")
                raise typer.Exit(error.exit_code) from error
            raise
        except KeyboardInterrupt as interrupt:  # which says so where something is kept
            complain(str(interrupt) or "Interrupted.", "red")
            raise typer.Exit(EXIT_INTERRUPTED) from interrupt


app = typer.Typer(
    name="mnistbench",
    cls=ErrorBoundary,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="The referee between a neural network written from scratch and the frameworks, on real MNIST.",
    epilog="First try: mnistbench compare quick",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mnistbench {mnistbench.__version__}")
        raise typer.Exit


@app.callback()
def _app(
    version: Annotated[  # noqa: ARG001 (its callback does the work)
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    for name in ("SIGTERM", "SIGHUP"):  # as Ctrl-C: what is finished stays, and no child is left
        if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) is not signal.SIG_IGN:
            signal.signal(getattr(signal, name), signal.default_int_handler)


def main() -> None:
    """Run the command line, deaf to PYTHONPATH: a false numpy.py there must not be imported here either."""
    foreign = {os.path.abspath(folder) for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder}
    sys.path[:] = [folder for folder in sys.path if folder not in foreign]
    app(prog_name="mnistbench")
