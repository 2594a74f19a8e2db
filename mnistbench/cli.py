"""The command line: parse, call, render, exit. What a command does lives along config → runner → reports.

Nothing heavy is imported before a command runs, so that ``--help`` answers at once.
"""

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

import mnistbench
from mnistbench.errors import ConfigError, MnistbenchError
from mnistbench.options import RunOptions, with_run_options
from mnistbench.spec import NETS

if TYPE_CHECKING:
    from rich.console import Console

    from mnistbench.config import Experiment
    from mnistbench.runner import Executor

EXIT_FAILED, EXIT_INTERRUPTED = 1, 130


class ErrorBoundary(TyperGroup):
    """Turns this package's errors into one sentence and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except MnistbenchError as error:
            if ctx.find_root().obj:
                traceback.print_exc()
            _complain(f"Error: {error}", "red")
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt as interrupt:  # a second Ctrl-C, or one before the first run
            _complain("Interrupted.", "red")
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
    experiment = _load(ctx, config, options, default_name="train", nets=net)
    _require_one_point(experiment, "train")
    _run(experiment, options, each_point=True, keep_model=True)


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
    experiment = _load(ctx, config, options, default_name="compare", more_nets=net or ())
    _require_one_point(experiment, "compare")
    if len(experiment.nets) < 2:
        raise ConfigError(
            f"{config}: compare takes two nets or more and nets is {experiment.nets}; add one, or use train."
        )
    _run(experiment, options, each_point=True)


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
    experiment = _load(ctx, config, options, default_name="sweep")
    _run(experiment, options, each_point=False, repeat_flagged=repeat_flagged)


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
    experiment = _load(ctx, config, options, default_name="train", nets=net).profiled()
    _require_one_point(experiment, "profile")
    _run(experiment, options, each_point=True)


@app.command(epilog="Example: mnistbench report results/quick")
def report(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="An experiment's folder, such as results/hidden.")],
    verbose: Annotated[bool, typer.Option("--verbose", help="Show tracebacks.")] = False,
) -> None:
    """Write an experiment's reports again from its ledger."""
    ctx.find_root().obj = verbose
    from mnistbench.results import Results

    results = Results(folder)
    experiment = results.read_config()
    if _report(experiment, results, _console(), each_point=False):
        raise typer.Exit(EXIT_FAILED)


@app.command(epilog="Example: mnistbench new my_net.py")
def new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write, such as my_net.py.")],
) -> None:
    """Write a starting file for a net of your own."""
    from mnistbench import net_files

    net_files.start(file)
    typer.echo(f"Wrote {file}. Fill in the two parts marked TO DO, then: mnistbench check {file}:MyNet")


@app.command(epilog="Example: mnistbench check my_net.py:MyNet")
def check(
    ctx: typer.Context,
    net: Annotated[str, typer.Argument(metavar="FILE.py:CLASS", help="Your net, such as my_net.py:MyNet.")],
    timeout: Annotated[
        float, typer.Option(min=1, max=1e6, metavar="SECONDS", help="End a check that takes longer.")
    ] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as one JSON object.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show tracebacks and what the net printed.")] = False,
) -> None:
    """Check the steps of your own net against the reference gradient, and name what is wrong."""
    ctx.find_root().obj = verbose
    import json

    from mnistbench import runner
    from mnistbench.reports import checked

    found = runner.check(net, timeout, lambda event: _show_output(event) if verbose else None)
    if as_json:
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        _console().print(checked.findings(found))
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

    from mnistbench import digits
    from mnistbench.model import load
    from mnistbench.reports import console_pictures

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
    console = _console()
    in_colour = console.color_system is not None and not console.no_color
    for image, pixels, each in zip(images, seen, probabilities, strict=True):
        console.print(console_pictures.prediction(str(image), pixels, each, in_colour=in_colour))


@app.command(epilog="Example: mnistbench schema > configs/schema.json")
def schema() -> None:
    """Print the JSON schema of a config, for editors that complete and check it."""
    import json

    from mnistbench.config import json_schema

    typer.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))


def main() -> None:
    """Run the command line, deaf to PYTHONPATH: a false numpy.py there must not be imported here either."""
    foreign = {os.path.abspath(folder) for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder}
    sys.path[:] = [folder for folder in sys.path if folder not in foreign]
    app(prog_name="mnistbench")


def _load(
    ctx: typer.Context,
    config: Path | None,
    options: RunOptions,
    *,
    default_name: str,
    nets: str | None = None,
    more_nets: Sequence[str] = (),
) -> "Experiment":
    ctx.find_root().obj = options.verbose
    from mnistbench.config import load_experiment
    from mnistbench.yaml_lines import parse_option

    texts = options.over_the_config()
    values = {key: text if text is None or key == "dataset" else parse_option(key, text) for key, text in texts.items()}
    over = {"nets": nets, **values}
    experiment = load_experiment(config, over, default_name=default_name, more_nets=more_nets)
    if options.jobs > 1 and "threads" not in experiment.model_fields_set:
        experiment = experiment.model_copy(update={"threads": 1})
    return experiment.quickened() if options.quick else experiment


def _require_one_point(experiment: "Experiment", command: str) -> None:
    for key in ("hidden_size", "lr", "batch_size", "epochs"):
        values = getattr(experiment, key)
        if len(values) > 1:
            option = "--" + key.replace("_", "-")
            raise ConfigError(
                f"{command} takes one point and {key} is {values}; choose one with {option} {values[0]}, or use sweep."
            )


def _run(
    experiment: "Experiment",
    options: RunOptions,
    *,
    each_point: bool,
    keep_model: bool = False,
    repeat_flagged: bool = False,
) -> None:
    """Run what is missing of an experiment, report, and exit 1 where a run failed."""
    from mnistbench import data, noise, runner
    from mnistbench.reports import console as drawn
    from mnistbench.reports.live import Live
    from mnistbench.results import Results

    console = _console()
    results = Results(options.output or Path("results") / experiment.name)
    specs = experiment.specs()
    digest = data.check(experiment.dataset)
    rows, warnings = results.read()
    _warn(warnings)
    repeats = noise.flagged(rows, results.read_earlier()[0]) if repeat_flagged else frozenset()
    wanted = repeats.union(specs if options.force else runner.missing(specs, rows, results, digest))
    todo = [spec for spec in specs if spec in wanted]
    if options.dry_run:
        console.print(drawn.plan(specs, todo))
        return
    if len(todo) < len(specs):
        done = len(specs) - len(todo)
        typer.echo(f"{done} of {len(specs)} runs are finished already in {results.folder}; --force runs them again.")
    interrupted = False
    executor = _executor(options)
    with results.locked():
        results.write_config(experiment)
        try:
            with Live(console, todo, verbose=options.verbose) as live:
                # The peak is of this machine, and says nothing of another's.
                peaks = {} if options.scheduler else runner.peaks(todo)
                runner.run(todo, results, executor, live, peaks, repeats)
        except KeyboardInterrupt:
            interrupted = True
        if keep_model:
            results.keep_model(next((row for row in results.read()[0] if row.spec == specs[0]), None))
    failed = _report(experiment, results, console, each_point=each_point)
    if interrupted:
        typer.echo("Interrupted: what is finished is kept; the same command runs the rest.", err=True)
        raise typer.Exit(EXIT_INTERRUPTED)
    if failed:
        raise typer.Exit(EXIT_FAILED)


def _executor(options: RunOptions) -> "Executor":
    """Return what runs the children, as the options say."""
    from mnistbench.child import Limits
    from mnistbench.local_executor import LocalExecutor

    limits = Limits(options.timeout, options.memory_limit)
    if options.executor == "local":
        if options.scheduler:
            raise ConfigError(f"--scheduler {options.scheduler}: is Dask's; add --executor dask, or leave it out.")
        return LocalExecutor(limits, options.jobs)
    try:
        from mnistbench.dask_executor import DaskExecutor
    except ImportError as error:
        raise ConfigError(
            f"--executor dask: {error.name} is not installed; install it with: pip install 'mnistbench[dask]'"
        ) from error
    return DaskExecutor(limits, options.jobs, options.scheduler)


def _report(experiment: "Experiment", results: Any, console: "Console", *, each_point: bool) -> bool:
    """Write and show the reports; say whether a planned run failed, is missing, or is not the network it should be."""
    from mnistbench import certificate, reports
    from mnistbench.reports import answers
    from mnistbench.reports import console as drawn

    (rows, warnings), (earlier, more_warnings) = results.read(), results.read_earlier()
    answered, reasons = answers.of_single_net(experiment, rows, results)
    _warn(warnings + more_warnings + reasons)
    made = reports.build(experiment, rows, certificate.issue(rows, results), earlier, answered)
    reports.write(made, results)
    console.print(drawn.closing(made, each_point=each_point))
    typer.echo(f"Report: {results.folder / 'report.html'} and {results.folder / 'report.md'}")
    differs = any(proof.passed is False for proof in made.asked.certificates)
    return differs or made.counts["ok"] + made.counts["skipped"] < made.counts["planned"]


def _show_output(event: dict[str, Any]) -> None:
    if event.get("output"):
        typer.echo(event["output"].rstrip(), err=True)


def _warn(warnings: list[str]) -> None:
    for warning in warnings:
        _complain(f"Warning: {warning}", "yellow")


def _complain(text: str, style: str) -> None:
    from rich.console import Console
    from rich.text import Text

    Console(stderr=True).print(Text(text, style), soft_wrap=True)


def _console() -> "Console":
    from rich.console import Console

    return Console(highlight=False)
