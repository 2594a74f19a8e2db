"""Runs what is missing of an experiment and writes its report.

Statistics and reports are imported after the runs: a reader waits for the first run, and nothing runs beside one.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mnistbench.conducting import suspects
from mnistbench.conducting.given_folder import require_filled
from mnistbench.conducting.options import Listener, Options, listener
from mnistbench.datasets import data
from mnistbench.errors import KEPT, ConfigError
from mnistbench.experiment import Experiment, Spec
from mnistbench.ledger import Results, Row, advising
from mnistbench.machine import environment
from mnistbench.running import Executor, Limits, LocalExecutor, runner

if TYPE_CHECKING:
    from mnistbench.reports import RunReport


class InterruptedRuns(KeyboardInterrupt):
    """Ctrl-C ended the runs; what is finished is on disk, and in ``report``."""

    def __init__(self, report: "RunReport") -> None:
        super().__init__(KEPT)
        self.report = report


def conduct(
    experiment: Experiment, options: Options, *, keep_model: bool = False, repeat_flagged: bool = False
) -> "RunReport":
    """Run what is missing of an experiment, write its reports, and return them."""
    heard = listener(options)
    results = Results(Path(options.get("output") or Path("results") / experiment.name))
    for warning in _too_many_threads(experiment, options):
        heard(None, {"warning": warning})
    executor = _executor(options)
    if options.get("dry_run"):
        return _planned(experiment, results, options, repeat_flagged=repeat_flagged)
    digest = data.check(experiment.dataset)
    with results.locked():
        rows, todo, repeats = _to_do(experiment, results, options, digest, repeat_flagged=repeat_flagged)
        order = suspects.order(todo, results, force=options.get("force", False))
        suspects.tell(order, rows, results, heard)
        heard(None, _plan(experiment, order, rows, results))
        results.write_config(experiment)
        interrupted = _run(order, results, executor, options, repeats)
        made = _told(_built(experiment, results, heard), heard)
        if keep_model:
            first = experiment.specs()[0]
            results.keep_model(next((row for row in made.rows if row.spec == first), None))
        _write(made, results)
    if interrupted:
        raise InterruptedRuns(made)
    return made


def rewritten(folder: Path, options: Options) -> "RunReport":
    """Write the reports of an experiment's folder again from its ledger, and return them."""
    require_filled(folder)
    results = Results(folder)
    experiment = results.read_config()
    with advising("copy the experiment's folder to where you may write, and give the copy"), results.locked():
        heard = listener(options)
        made = _told(_built(experiment, results, heard), heard)
        _write(made, results)
        return made


def _planned(experiment: Experiment, results: Results, options: Options, *, repeat_flagged: bool) -> "RunReport":
    """Tell what would be run and how long that takes, and change nothing: no download, no file set aside."""
    from mnistbench.judging import forecast

    digest = data.check(experiment.dataset) if data.is_here(experiment.dataset) else ""
    rows, todo, _ = _to_do(experiment, results, options, digest, repeat_flagged=repeat_flagged)
    earlier, warnings = results.read_earlier(set_aside=False)
    for warning in warnings:
        listener(options)(None, {"warning": warning})
    order = suspects.order(todo, results, force=options.get("force", False))
    seconds, n_known = forecast.seconds(order.to_do, rows + earlier, environment.machine()["cpu"])
    event = _plan(experiment, order, rows, results)
    listener(options)(None, event | {"forecast": (seconds / options.get("jobs", 1), n_known)})
    return _built(experiment, results, lambda *_: None, set_aside=False)  # what is broken has been told above


def _too_many_threads(experiment: Experiment, options: Options) -> list[str]:
    """Return the warning that runs have more threads than this machine has cores; a cluster's cores are its own."""
    cores = environment.usable_cores()
    if options.get("scheduler") or experiment.threads <= cores:
        return []
    return [
        f"threads is {experiment.threads} and this machine has {cores} usable core{'s' if cores > 1 else ''}: threads"
        f" that share a core slow each other, and no time will say what the net can do; --threads {cores} is the most"
        " that helps."
    ]


def _to_do(
    experiment: Experiment, results: Results, options: Options, digest: str, *, repeat_flagged: bool
) -> tuple[list[Row], list[Spec], frozenset[Spec]]:
    """Return the rows there are, the specs to run, and those of them whose row is kept beside the new one."""
    from mnistbench.judging import noise

    specs = experiment.specs()
    rows, warnings = results.read(set_aside=not options.get("dry_run"))
    for warning in warnings:
        listener(options)(None, {"warning": warning})
    repeats = noise.flagged(rows) if repeat_flagged else frozenset()
    wanted = repeats.union(specs if options.get("force") else runner.missing(specs, rows, results, digest))
    return rows, [spec for spec in specs if spec in wanted], repeats


def _plan(experiment: Experiment, order: suspects.Order, rows: list[Row], results: Results) -> dict[str, Any]:
    """Return the event that tells what will be done."""
    asked = {"planned": experiment.specs(), "to_do": order.to_do, "refused": order.refused}
    return asked | {"rows": rows, "folder": results.folder}


def _run(
    order: suspects.Order, results: Results, executor: Executor, options: Options, repeats: frozenset[Spec]
) -> bool:
    """Run the specs; say whether they were interrupted."""
    try:
        # The peak is of this machine, and says nothing of another's.
        peaks = {} if options.get("scheduler") else runner.peaks(order.to_do)
        if order.to_do:
            runner.run(order.first, results, executor, listener(options), peaks, repeats, order.alone)
    except KeyboardInterrupt:
        return True
    return False


def _executor(options: Options) -> Executor:
    """Return what runs the children, as the options say."""
    limits = Limits(options.get("timeout", 3600), options.get("memory_limit"))
    jobs, scheduler = options.get("jobs", 1), options.get("scheduler")
    if options.get("executor", "local") == "local":
        if scheduler:
            raise ConfigError(f"--scheduler {scheduler}: is Dask's; add --executor dask, or leave it out.")
        return LocalExecutor(limits, jobs)
    try:
        from mnistbench.running import DaskExecutor
    except ImportError as error:
        raise ConfigError(
            f"--executor dask: {error.name} is not installed; install it with: pip install 'mnistbench[dask]'"
        ) from error
    return DaskExecutor(limits, jobs, scheduler)


def _built(experiment: Experiment, results: Results, heard: Listener, *, set_aside: bool = True) -> "RunReport":
    """Build the report of what is in the ledger."""
    from mnistbench.judging import certificate
    from mnistbench.reports import RunReport, answers, build

    rows, warnings = results.read(set_aside=set_aside)
    earlier, more_warnings = results.read_earlier(set_aside=set_aside)
    answered, reasons = answers.of_single_net(experiment, rows, results)
    for warning in warnings + more_warnings + reasons:
        heard(None, {"warning": warning})
    return RunReport.of(build(experiment, rows, certificate.issue(rows, results), earlier, answered), results.folder)


def _told(made: "RunReport", heard: Listener) -> "RunReport":
    """Tell a report before its files are written: who waits for the answer need not wait for them."""
    heard(None, {"report": made})
    return made


def _write(made: "RunReport", results: Results) -> None:
    from mnistbench.reports import write

    write(made, results)
