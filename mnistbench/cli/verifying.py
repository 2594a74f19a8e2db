"""The commands that hold an experiment against another: diff, verify."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import mnistbench
from mnistbench.cli.app import app
from mnistbench.cli.options import RunOptions
from mnistbench.cli.run_command import EXIT_FAILED, Screen, complain, terminal
from mnistbench.errors import ConfigError

if TYPE_CHECKING:
    from mnistbench.experiment import Spec
    from mnistbench.verifying import Comparison

KINDS = "accuracy,certificate,speed"
FailOn = Annotated[
    str,
    typer.Option("--fail-on", metavar="KINDS", help="Exit 1 for a claim of these kinds alone that does not hold."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the comparison as JSON.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Show tracebacks.")]


@app.command(epilog="Example: mnistbench verify results/quick")
def verify(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A results folder, such as results/hidden.")],
    quick: Annotated[
        bool, typer.Option("--quick", help="Run the first seed at the first point alone, and tell what that can.")
    ] = False,
    only: Annotated[
        str, typer.Option(metavar="CLAIM", help="Test some claims alone: numbers, kinds, or accuracy, speed; a list.")
    ] = "",
    seeds: Annotated[
        int | None, typer.Option(min=1, max=1000, metavar="N", help="Run so many seeds; left out, the config's.")
    ] = None,
    fail_on: FailOn = KINDS,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Run an experiment again beside its folder, and say which of its claims still hold."""
    ctx.find_root().obj = verbose
    groups = _groups(fail_on)
    with Screen(RunOptions(verbose=verbose), again="delete that folder to run them again") as screen:
        told = _warn if as_json else screen  # standard output is then JSON alone
        made = mnistbench.verify(folder, quick=quick, only=_words(only), seeds=seeds, on_event=told)
    _show(made, Path(made.new.name), groups, as_json=as_json)


@app.command(epilog="Example: mnistbench diff results/quick results/quick-verify")
def diff(
    ctx: typer.Context,
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The results folder whose claims are tested.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The results folder whose runs test them.")],
    output: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write diff.html, diff.md and diff.json there.")
    ] = None,
    fail_on: FailOn = KINDS,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Say of two results folders which claims of the one hold in the other."""
    ctx.find_root().obj = verbose
    groups = _groups(fail_on)
    _show(mnistbench.diff(old, new, output=output), output, groups, as_json=as_json)


def _show(made: "Comparison", written: Path | None, groups: list[str], *, as_json: bool) -> None:
    """Show a comparison, and exit 1 where a claim of one of the groups does not hold."""
    from mnistbench.reports import terminal as drawn

    if as_json:
        typer.echo(json.dumps(made.to_json(), indent=1, ensure_ascii=False))
    else:
        terminal().print(drawn.comparison(made.answer, made.notes, (made.table, made.changed)))
        if written is not None:
            typer.echo(f"Comparison: {written / 'diff.html'} and {written / 'diff.md'}")
    if made.fails(groups):
        raise typer.Exit(EXIT_FAILED)


def _warn(_: "Spec | None", event: dict[str, Any]) -> None:
    """Show of what is told while runs go on the warnings alone."""
    if "warning" in event:
        complain(f"Warning: {event['warning']}", "yellow")


def _groups(fail_on: str) -> list[str]:
    groups = _words(fail_on)
    for group in groups or [fail_on]:
        if group not in KINDS.split(","):
            raise ConfigError(f"--fail-on {group!r}: there is no such kind of claim; give some of {KINDS}.")
    return groups


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
