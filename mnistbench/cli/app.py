"""The command line: parse, call, render, exit. What a command does lives along config → runner → reports.

Nothing heavy is imported before a command runs, so that ``--help`` answers at once.
"""

import enum
import os
import shlex
import signal
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import mnistbench
from mnistbench.cli.options import RunOptions, with_run_options
from mnistbench.cli.run_command import (
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    complain,
    load,
    require_one_point,
    run_and_report,
    terminal,
    write_and_show,
)
from mnistbench.errors import ConfigError, MnistbenchError, NetError
from mnistbench.experiment.spec import NETS


class Loop(enum.StrEnum):
    """Which loops over the images ``check`` passes."""

    plain = "plain"
    any = "any"


class ErrorBoundary(TyperGroup):
    """Turns this package's errors into one sentence and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except MnistbenchError as error:
            if ctx.find_root().obj:
                traceback.print_exc()
            complain(f"Error: {error}", "red")
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt as interrupt:  # a second Ctrl-C, or one before the first run
            complain("Interrupted.", "red")
            raise typer.Exit(EXIT_INTERRUPTED) from interrupt


app = typer.Typer(
    name="mnistbench",
    cls=ErrorBoundary,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="The referee between a neural network written from scratch and the frameworks, on real MNIST.",
    epilog="First try: mnistbench compare --config configs/quick.yaml",
)

Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="YAML config; left out, the schema's defaults."),
]


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


@app.command(epilog="Example: mnistbench train --config configs/baseline.yaml --net keras --epochs 5")
@with_run_options
def train(
    ctx: typer.Context,
    options: RunOptions,
    config: Config = None,
    net: Annotated[
        str, typer.Option(metavar="NET", help=f"The net to train: {', '.join(NETS)}, or your own as FILE.py:CLASS.")
    ] = "numpy",
) -> None:
    """Train one net at one point and save its weights as model.npz."""
    experiment = load(ctx, config, options, default_name="train", nets=net)
    require_one_point(experiment, "train")
    run_and_report(experiment, options, each_point=True, keep_model=True)


@app.command(epilog="Example: mnistbench compare --config configs/baseline.yaml --hidden-size 256")
@with_run_options
def compare(
    ctx: typer.Context,
    options: RunOptions,
    config: Config = None,
    net: Annotated[
        list[str] | None,
        typer.Option(metavar="NET", help="One more net than the config has, such as FILE.py:CLASS; may be repeated."),
    ] = None,
) -> None:
    """Train the nets of a config at one point and show them side by side."""
    experiment = load(ctx, config, options, default_name="compare", more_nets=net or ())
    require_one_point(experiment, "compare")
    if len(experiment.nets) < 2:
        raise ConfigError(
            f"{config}: compare takes two nets or more and nets is {experiment.nets}; add one, or use train."
        )
    run_and_report(experiment, options, each_point=True)


@app.command(epilog="Example: mnistbench sweep configs/hidden.yaml")
@with_run_options
def sweep(
    ctx: typer.Context,
    options: RunOptions,
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="YAML config.")],
    repeat_flagged: Annotated[
        bool, typer.Option("--repeat-flagged", help="Run flagged runs again; both rows are kept, the last counts.")
    ] = False,
) -> None:
    """Train every net at every point of a config's grid."""
    experiment = load(ctx, config, options, default_name="sweep")
    run_and_report(experiment, options, each_point=False, repeat_flagged=repeat_flagged)


@app.command(epilog="Example: mnistbench profile --net numpy --hidden-size 128 --epochs 5")
@with_run_options
def profile(
    ctx: typer.Context,
    options: RunOptions,
    config: Config = None,
    net: Annotated[
        str, typer.Option(metavar="NET", help="The net to train: numpy, with clocks inside, or another, by phases.")
    ] = "numpy",
) -> None:
    """Train one net at one point and show where its time goes."""
    experiment = load(ctx, config, options, default_name="train", nets=net).profiled()
    require_one_point(experiment, "profile")
    run_and_report(experiment, options, each_point=True)


@app.command(epilog="Example: mnistbench report results/quick")
def report(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="An experiment's folder, such as results/hidden.")],
    verbose: Annotated[bool, typer.Option("--verbose", help="Show tracebacks.")] = False,
) -> None:
    """Write an experiment's reports again from its ledger."""
    ctx.find_root().obj = verbose
    from mnistbench.ledger.results import Results

    results = Results(folder)
    experiment = results.read_config()
    with results.locked():
        failed = write_and_show(experiment, results, terminal(), each_point=False)
    if failed:
        raise typer.Exit(EXIT_FAILED)


@app.command(epilog="Example: mnistbench new my_net.py")
def new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write, such as my_net.py.")],
) -> None:
    """Write a starting file for a net of your own."""
    from mnistbench.experiment import net_files

    net_files.start(file)
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
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as one JSON object.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show what each answer rests on, tracebacks, and what the net printed.")
    ] = False,
) -> None:
    """Read your own net back: its gradients, its loop, which network it is; and name what is wrong."""
    ctx.find_root().obj = verbose
    import json

    from mnistbench.reports.terminal import checked
    from mnistbench.running import runner

    try:
        found = runner.check(
            net,
            timeout,
            lambda event: _show_progress(event, verbose=verbose),
            accept_other_networks=accept_other_networks,
            any_loop=loop is Loop.any,
        )
    except NetError as error:
        if as_json:
            typer.echo(json.dumps({"net": net, "passed": False, "errors": [str(error)]}, indent=2, ensure_ascii=False))
        raise
    if as_json:
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        terminal().print(checked.findings(found, evidence=verbose))
    if not found["passed"]:
        raise typer.Exit(EXIT_FAILED)


@app.command(epilog="Example: mnistbench predict --model results/train/model.npz digit.png")
def predict(
    ctx: typer.Context,
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="PNG, JPEG, or .npy arrays of 28 × 28.")],
    model: Annotated[Path, typer.Option(metavar="FILE", help="Weights that train wrote, such as model.npz.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of pictures.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show tracebacks.")] = False,
) -> None:
    """Say which digit a picture shows, by the weights of a trained net."""
    ctx.find_root().obj = verbose
    import json

    from mnistbench.datasets import digits
    from mnistbench.ledger.model import load
    from mnistbench.reports.terminal import console_pictures

    net = load(model)
    seen = digits.read_all(images)
    probabilities = net.predict(seen.reshape(len(seen), -1))
    if as_json:
        answers = [
            {"image": str(image), "digit": int(each.argmax()), "probabilities": each.tolist()}
            for image, each in zip(images, probabilities, strict=True)
        ]
        typer.echo(json.dumps(answers, indent=2))
        return
    console = terminal()
    in_colour = console.color_system is not None and not console.no_color
    for image, pixels, each in zip(images, seen, probabilities, strict=True):
        console.print(console_pictures.prediction(str(image), pixels, each, in_colour=in_colour))


@app.command(epilog="Example: mnistbench schema > configs/schema.json")
def schema() -> None:
    """Print the JSON schema of a config, for editors that complete and check it."""
    import json

    from mnistbench.experiment.config import json_schema

    typer.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))


def main() -> None:
    """Run the command line, deaf to PYTHONPATH: a false numpy.py there must not be imported here either."""
    foreign = {os.path.abspath(folder) for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder}
    sys.path[:] = [folder for folder in sys.path if folder not in foreign]
    app(prog_name="mnistbench")


def _show_progress(event: dict[str, Any], *, verbose: bool) -> None:
    if "question" in event and sys.stderr.isatty():
        typer.echo(f"question {event['question']} of 4: {event['words']}?", err=True)
    if event.get("output") and verbose:
        typer.echo(event["output"].rstrip(), err=True)
