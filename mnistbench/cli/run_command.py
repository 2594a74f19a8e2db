"""What train, compare, sweep and profile have in common: load, run what is missing, report, exit.

The other half of :mod:`mnistbench.cli.app`; together they are all that prints and exits.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mnistbench.cli.options import RunOptions
from mnistbench.errors import ConfigError

if TYPE_CHECKING:
    from rich.console import Console

    from mnistbench.experiment import Experiment, Spec
    from mnistbench.ledger import Results
    from mnistbench.reports import Report
    from mnistbench.running import Executor

EXIT_FAILED, EXIT_INTERRUPTED = 1, 130


def load(
    ctx: typer.Context,
    config: Path | None,
    options: RunOptions,
    *,
    default_name: str,
    nets: str | None = None,
    more_nets: Sequence[str] = (),
) -> "Experiment":
    """Return the experiment that a config and the command line ask for."""
    ctx.find_root().obj = options.verbose
    from mnistbench.experiment import load_experiment, parse_option

    texts = options.over_the_config()
    values = {key: text if text is None or key == "dataset" else parse_option(key, text) for key, text in texts.items()}
    over = {"nets": nets, **values}
    experiment = load_experiment(config, over, default_name=default_name, more_nets=more_nets)
    if options.jobs > 1 and "threads" not in experiment.model_fields_set:
        experiment = experiment.model_copy(update={"threads": 1})
    return experiment.quickened() if options.quick else experiment


def require_one_point(experiment: "Experiment", command: str) -> None:
    """Refuse a grid where a command takes one point."""
    for key in ("hidden_size", "lr", "batch_size", "epochs"):
        values = getattr(experiment, key)
        if len(values) > 1:
            option = "--" + key.replace("_", "-")
            raise ConfigError(
                f"{command} takes one point and {key} is {values}; choose one with {option} {values[0]}, or use sweep."
            )


def run_and_report(
    experiment: "Experiment",
    options: RunOptions,
    *,
    keep_model: bool = False,
    repeat_flagged: bool = False,
) -> None:
    """Run what is missing of an experiment, report, and exit 1 where a run failed."""
    from mnistbench.datasets import data
    from mnistbench.ledger import Results
    from mnistbench.reports import terminal as drawn

    console = terminal()
    results = Results(options.output or Path("results") / experiment.name)
    specs = experiment.specs()
    digest = data.check(experiment.dataset)
    if options.dry_run:
        todo, _ = _to_do(specs, results, options, digest, repeat_flagged=repeat_flagged)
        console.print(drawn.plan(specs, todo))
        return
    executor = _executor(options)
    with results.locked():
        todo, repeats = _to_do(specs, results, options, digest, repeat_flagged=repeat_flagged)
        if done := len(specs) - len(todo):
            finished = f"{done} of {len(specs)} runs are finished already in {results.folder}"
            typer.echo(f"{finished}; --force runs them again.")
        results.write_config(experiment)
        interrupted = _run(todo, results, executor, options, console, repeats)
        if keep_model:
            rows, warnings = results.read()
            warn(warnings)
            results.keep_model(next((row for row in rows if row.spec == specs[0]), None))
        made = write_and_show(experiment, results, console)
    if interrupted:
        typer.echo("Interrupted: what is finished is kept; the same command runs the rest.", err=True)
        raise typer.Exit(EXIT_INTERRUPTED)
    if keep_model:
        console.print(drawn.after_training(made, results.folder))
    if not made.ok:
        raise typer.Exit(EXIT_FAILED)


def _to_do(
    specs: "list[Spec]", results: "Results", options: RunOptions, digest: str, *, repeat_flagged: bool
) -> "tuple[list[Spec], frozenset[Spec]]":
    """Return the specs to run, and those of them whose row is kept beside the new one."""
    from mnistbench.judging import noise
    from mnistbench.running import runner

    (rows, warnings), (earlier, more_warnings) = results.read(), results.read_earlier()
    warn(warnings + more_warnings)
    repeats = noise.flagged(rows, earlier) if repeat_flagged else frozenset()
    wanted = repeats.union(specs if options.force else runner.missing(specs, rows, results, digest))
    return [spec for spec in specs if spec in wanted], repeats


def _run(
    todo: "list[Spec]",
    results: "Results",
    executor: "Executor",
    options: RunOptions,
    console: "Console",
    repeats: "frozenset[Spec]",
) -> bool:
    """Run the specs under a live display; say whether they were interrupted."""
    from mnistbench.reports import terminal as drawn
    from mnistbench.running import runner

    try:
        with drawn.Live(console, todo, verbose=options.verbose, rows=results.read()[0]) as live:
            # The peak is of this machine, and says nothing of another's.
            peaks = {} if options.scheduler else runner.peaks(todo)
            if todo:
                runner.run(todo, results, executor, live, peaks, repeats)
    except KeyboardInterrupt:
        return True
    return False


def _executor(options: RunOptions) -> "Executor":
    """Return what runs the children, as the options say."""
    from mnistbench.running import Limits, LocalExecutor

    limits = Limits(options.timeout, options.memory_limit)
    if options.executor == "local":
        if options.scheduler:
            raise ConfigError(f"--scheduler {options.scheduler}: is Dask's; add --executor dask, or leave it out.")
        return LocalExecutor(limits, options.jobs)
    try:
        from mnistbench.running import DaskExecutor
    except ImportError as error:
        raise ConfigError(
            f"--executor dask: {error.name} is not installed; install it with: pip install 'mnistbench[dask]'"
        ) from error
    return DaskExecutor(limits, options.jobs, options.scheduler)


def write_and_show(experiment: "Experiment", results: "Results", console: "Console") -> "Report":
    """Write and show the reports, and return what they are made from."""
    from mnistbench.judging import certificate
    from mnistbench.reports import answers, build, write
    from mnistbench.reports import terminal as drawn

    (rows, warnings), (earlier, more_warnings) = results.read(), results.read_earlier()
    answered, reasons = answers.of_single_net(experiment, rows, results)
    warn(warnings + more_warnings + reasons)
    made = build(experiment, rows, certificate.issue(rows, results), earlier, answered)
    write(made, results)
    console.print(drawn.closing(made))
    typer.echo(f"Report: {results.folder / 'report.html'} and {results.folder / 'report.md'}")
    return made


def warn(warnings: list[str]) -> None:
    """Show each warning as one sentence."""
    for warning in warnings:
        complain(f"Warning: {warning}", "yellow")


def complain(text: str, style: str) -> None:
    """Show one sentence on standard error."""
    from rich.console import Console
    from rich.text import Text

    Console(stderr=True).print(Text(text, style), soft_wrap=True)


def terminal() -> "Console":
    """Return the console that a command shows its results on."""
    from rich.console import Console

    return Console(highlight=False)
