"""The commands about one net: new, check, predict."""

import enum
import functools
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import mnistbench
from mnistbench.cli.app import app
from mnistbench.cli.run_command import EXIT_FAILED, complain, terminal
from mnistbench.errors import ConfigError, NetError
from mnistbench.experiment import MAX_SECRET

if TYPE_CHECKING:
    from mnistbench.conducting import Prediction


class Loop(enum.StrEnum):
    """Which loops over the images ``check`` passes."""

    plain = "plain"
    any = "any"


class Format(enum.StrEnum):
    """What ``check`` prints in place of sentences."""

    json = "json"
    gradescope = "gradescope"


Secret = Annotated[
    int,
    typer.Option(min=0, max=MAX_SECRET, metavar="N", help="Permute pixels, classes and what is asked by N; 0: not."),
]
As = Annotated[
    Format | None, typer.Option("--format", help="Print what was found as JSON, or as Gradescope's results.json.")
]


@app.command(epilog="Example: mnistbench new my_net.py")
def new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write, such as my_net.py.")],
    style: Annotated[
        str,
        typer.Option(
            metavar="STYLE",
            help="How it is written: class; columns, with an image a column; functions, and a dictionary; torch.",
        ),
    ] = "class",
) -> None:
    """Write a starting file for a net of your own."""
    from mnistbench.experiment import starting_files

    starting_files.start(file, style)
    check = shlex.quote(f"{file}:MyNet")
    typer.echo(f"Wrote {file}. Fill in the two parts marked TO DO, then: mnistbench check {check}")


@app.command(epilog="Example: mnistbench check my_net.py:MyNet")
def check(
    ctx: typer.Context,
    net: Annotated[str, typer.Argument(metavar="FILE.py:CLASS", help="Your net, such as my_net.py:MyNet.")],
    timeout: Annotated[
        float, typer.Option(min=1, max=1e6, metavar="SECONDS", help="End a check that takes longer.")
    ] = 20,
    accept_other_networks: Annotated[
        bool,
        typer.Option("--accept-other-networks", help="Pass where gradients and loop are right, whatever the network."),
    ] = False,
    loop: Annotated[
        Loop, typer.Option(help="any passes full batches, single images and batches drawn anew as well.")
    ] = Loop.plain,
    secret: Secret = 0,
    form: As = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show what each answer rests on, tracebacks, and what the net printed.")
    ] = False,
) -> None:
    """Read your own net back: its gradients, its loop, which network it is; and name what is wrong."""
    ctx.find_root().obj = verbose
    if as_json and form not in (None, Format.json):
        raise ConfigError(f"--json and --format {form}: only one form can be printed; give one of the two.")
    form = Format.json if as_json else form
    tell = functools.partial(_show_progress, verbose=verbose)
    allowed = {"accept_other_networks": accept_other_networks, "any_loop": loop is Loop.any}
    try:
        findings = mnistbench.check(net, timeout=timeout, secret=secret, on_event=tell, **allowed)
    except NetError as error:
        if form is Format.json:
            _show_json({"net": net, "passed": False, "errors": [str(error)]})
        if form is Format.gradescope:
            _show_results(net, None, str(error), allowed)
        raise
    _show_found(form, net, findings.to_dict(), allowed, evidence=verbose)
    if not findings.passed:
        raise typer.Exit(EXIT_FAILED)


@app.command(epilog="Example: mnistbench predict --model results/train/model.npz digit.png")
def predict(
    ctx: typer.Context,
    images: Annotated[
        list[Path], typer.Argument(metavar="IMAGE...", help="PNG, JPEG, GIF, BMP, WebP, or .npy arrays of 28 × 28.")
    ],
    model: Annotated[Path, typer.Option(metavar="FILE", help="Weights that train wrote, such as model.npz.")],
    each: Annotated[bool, typer.Option("--each", help="Read several digits of a picture, from left to right.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of pictures.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show tracebacks.")] = False,
) -> None:
    """Say which digit a picture shows, by the weights of a trained net, or that it shows none of MNIST's kind.

    A picture that cannot be used does not end the others; the exit code is then 2. A doubted answer is an answer: 0.
    """
    ctx.find_root().obj = verbose
    from mnistbench.conducting import predict
    from mnistbench.ledger import load_model

    found = predict(load_model(model), images, each=each)
    errors = [entry for entry in found if isinstance(entry, tuple)]
    if as_json:
        answers = [
            {"image": str(entry[0]), "error": str(entry[1])} if isinstance(entry, tuple) else entry.as_json()
            for entry in found
        ]
        _show_json(answers)
    for entry in found:
        if isinstance(entry, tuple):
            complain(f"Error: {entry[1]}", "red")
        elif not as_json:
            _show_prediction(entry)
    if errors:
        raise typer.Exit(errors[0][1].exit_code)


def _show_found(
    form: Format | None, net: str, found: dict[str, Any], allowed: dict[str, bool], *, evidence: bool
) -> None:
    if form is Format.json:
        _show_json(found)
    elif form is Format.gradescope:
        _show_results(net, found, "", allowed)
    else:
        from mnistbench.reports import terminal as drawn

        terminal().print(drawn.findings(found, evidence=evidence))


def _show_results(net: str, found: dict[str, Any] | None, error: str, allowed: dict[str, bool]) -> None:
    from mnistbench.grading import checked, formats

    typer.echo(formats.gradescope(checked(net, found, error, **allowed)), nl=False)


def _show_json(value: Any) -> None:
    import json

    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def _show_progress(event: dict[str, Any], *, verbose: bool) -> None:
    if "question" in event and sys.stderr.isatty():
        typer.echo(f"question {event['question']} of 4: {event['words']}?", err=True)
    if event.get("output") and verbose:
        typer.echo(event["output"].rstrip(), err=True)


def _show_prediction(found: "Prediction") -> None:
    from mnistbench.reports import terminal as drawn

    console = terminal()
    in_colour = console.color_system is not None and not console.no_color
    console.print(
        drawn.prediction(found.name, found.image, found.probabilities, doubt=found.doubt, in_colour=in_colour)
    )
