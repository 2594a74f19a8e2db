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

    from mnistbench.experiment.config import Experiment
    from mnistbench.experiment.spec import Spec
    from mnistbench.ledger.results import Results
    from mnistbench.running.runner import Executor

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
    from mnistbench.experiment.config import load_experiment
    from mnistbench.experiment.yaml_lines import parse_option

    texts = options.over_the_config()
    values = {key: text if text is None or key == "dataset" else parse_option(key, text) for key, text in texts.items()}
    if nets is not None and len(several := _listed(nets)) > 1:
        raise ConfigError(
            f"--net: {nets!r} names {len(several)} nets and this command takes one; give one, or compare them all with:"
            f" mnistbench compare --net {nets.replace(' ', '')}"
        )
    over = {"nets": nets, **values}
    more = [net for given in more_nets for net in _listed(given)]
    experiment = load_experiment(config, over, default_name=default_name, more_nets=more)
    if options.jobs > 1 and "threads" not in experiment.model_fields_set:
        experiment = experiment.model_copy(update={"threads": 1})
    return experiment.quickened() if options.quick else experiment


def _listed(nets: str) -> list[str]:
    """Return the nets of a text such as ``numpy,keras``; a file with a comma in its name is one net."""
    from mnistbench.experiment import net_files

    file = net_files.parse(nets)
    is_one = file is not None and file.path.exists()
    return [nets] if is_one else [net.strip() for net in nets.split(",") if net.strip()]


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
    each_point: bool,
    keep_model: bool = False,
    repeat_flagged: bool = False,
) -> None:
    """Run what is missing of an experiment, report, and exit 1 where a run failed."""
    from mnistbench.datasets import data
    from mnistbench.ledger.results import Results

    console = terminal()
    results = Results(options.output or Path("results") / experiment.name)
    specs = experiment.specs()
    warn(_too_many_threads(experiment, options))
    if options.dry_run:
        _show_plan(specs, results, options, experiment.dataset, console, repeat_flagged=repeat_flagged)
        return
    digest = data.check(experiment.dataset)
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
        failed = write_and_show(experiment, results, console, each_point=each_point)
    if interrupted:
        typer.echo("Interrupted: what is finished is kept; the same command runs the rest.", err=True)
        raise typer.Exit(EXIT_INTERRUPTED)
    if failed:
        raise typer.Exit(EXIT_FAILED)


def _too_many_threads(experiment: "Experiment", options: RunOptions) -> list[str]:
    """Return the warning that runs have more threads than this machine has cores; a cluster's cores are its own."""
    from mnistbench.machine.environment import usable_cores

    cores = usable_cores()
    if options.scheduler or experiment.threads <= cores:
        return []
    return [
        f"threads is {experiment.threads} and this machine has {cores} usable core{'s' if cores > 1 else ''}: threads"
        f" that share a core slow each other, and no time will say what the net can do; --threads {cores} is the most"
        " that helps."
    ]


def _show_plan(
    specs: "list[Spec]",
    results: "Results",
    options: RunOptions,
    dataset: str,
    console: "Console",
    *,
    repeat_flagged: bool,
) -> None:
    """Show what would be run and how long that takes, and change nothing: no download, no file set aside."""
    from mnistbench.datasets import data
    from mnistbench.judging import forecast
    from mnistbench.machine.environment import machine
    from mnistbench.reports.terminal import console as drawn

    digest = data.check(dataset) if data.is_here(dataset) else ""
    todo, _ = _to_do(specs, results, options, digest, repeat_flagged=repeat_flagged)
    rows = results.read(set_aside=False)[0] + results.read_earlier(set_aside=False)[0]
    seconds, n_known = forecast.seconds(todo, rows, machine()["cpu"])
    console.print(drawn.plan(specs, todo, (seconds / options.jobs, n_known)))


def _to_do(
    specs: "list[Spec]", results: "Results", options: RunOptions, digest: str, *, repeat_flagged: bool
) -> "tuple[list[Spec], frozenset[Spec]]":
    """Return the specs to run, and those of them whose row is kept beside the new one."""
    from mnistbench.judging import noise
    from mnistbench.running import runner

    set_aside = not options.dry_run
    rows, warnings = results.read(set_aside=set_aside)
    earlier, more_warnings = results.read_earlier(set_aside=set_aside)
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
    from mnistbench.reports.terminal.live import Live
    from mnistbench.running import runner

    try:
        with Live(console, todo, verbose=options.verbose) as live:
            # The peak is of this machine, and says nothing of another's.
            peaks = {} if options.scheduler else runner.peaks(todo)
            if todo:
                runner.run(todo, results, executor, live, peaks, repeats)
    except KeyboardInterrupt:
        return True
    return False


def _executor(options: RunOptions) -> "Executor":
    """Return what runs the children, as the options say."""
    from mnistbench.running.child import Limits
    from mnistbench.running.local_executor import LocalExecutor

    limits = Limits(options.timeout, options.memory_limit)
    if options.executor == "local":
        if options.scheduler:
            raise ConfigError(f"--scheduler {options.scheduler}: is Dask's; add --executor dask, or leave it out.")
        return LocalExecutor(limits, options.jobs)
    try:
        from mnistbench.running.dask_executor import DaskExecutor
    except ImportError as error:
        raise ConfigError(
            f"--executor dask: {error.name} is not installed; install it with: pip install 'mnistbench[dask]'"
        ) from error
    return DaskExecutor(limits, options.jobs, options.scheduler)


def write_and_show(experiment: "Experiment", results: "Results", console: "Console", *, each_point: bool) -> bool:
    """Write and show the reports; say whether a planned run failed, is missing, or is not the network it should be."""
    from mnistbench import reports
    from mnistbench.judging import certificate
    from mnistbench.reports import answers
    from mnistbench.reports.terminal import console as drawn

    (rows, warnings), (earlier, more_warnings) = results.read(), results.read_earlier()
    answered, reasons = answers.of_single_net(experiment, rows, results)
    warn(warnings + more_warnings + reasons)
    made = reports.build(experiment, rows, certificate.issue(rows, results), earlier, answered)
    reports.write(made, results)
    console.print(drawn.closing(made, each_point=each_point))
    typer.echo(f"Report: {results.folder / 'report.html'} and {results.folder / 'report.md'}")
    differs = any(proof.passed is False for proof in made.asked.certificates)
    return differs or made.counts["ok"] + made.counts["skipped"] < made.counts["planned"]


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
