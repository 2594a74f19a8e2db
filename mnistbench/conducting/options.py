"""What a caller may ask of an experiment, and the experiment that it makes of a config. Nothing is run here."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from mnistbench.errors import ConfigError

if TYPE_CHECKING:
    from mnistbench.experiment import Experiment, Spec

Config = str | Path
Listener = Callable[["Spec | None", dict[str, Any]], None]
"""Hears of every start, epoch, output and row of a run, and with ``None`` for a spec of the experiment as a whole:
``{"warning": sentence}``, once what is ``"planned"``, ``"to_do"`` and ``"refused"`` (specs), the ``"rows"`` that there
are and the ``"folder"``, and at the end the ``"report"``, before it is written; in a dry run ``"forecast"`` too, the
seconds of those runs to do that earlier rows tell about, and how many those are."""


class Settings(TypedDict, total=False):
    """What may replace a config's own values; a value, or a list of them."""

    hidden_size: int | list[int]
    lr: float | list[float]
    batch_size: int | list[int]
    epochs: int | list[int]
    seeds: int | list[int]
    dataset: str
    dtype: str
    protocol: str
    threads: int
    secret: int


class Options(Settings, total=False):
    """The settings, and how the runs are done. Defaults are those of the commands."""

    quick: bool
    output: Config
    force: bool
    dry_run: bool
    """Tell ``on_event`` what would be run, and run and write nothing; the report is of what is there already."""
    jobs: int
    timeout: float
    memory_limit: float | None
    executor: str
    scheduler: str | None
    on_event: Listener | None


def asked(
    config: Config | None,
    options: Options,
    *,
    default_name: str,
    net: "str | type | None" = None,
    more_nets: "Sequence[str | type]" = (),
) -> "Experiment":
    """Return the experiment that a config and the options ask for.

    Raises:
        ConfigError: they cannot be used.
    """
    from mnistbench.experiment import find_config, load_experiment

    file, note = find_config(config) if config is not None else (None, "")
    if note:
        listener(options)(None, {"warning": note})
    over: dict[str, Any] = {key: options.get(key) for key in Settings.__annotations__}
    nets = [each for given in more_nets for each in _listed(net_name(given))]
    over["nets"] = None if net is None else _one_net(net_name(net))
    experiment = load_experiment(file, over, default_name=default_name, more_nets=nets)
    if options.get("jobs", 1) > 1 and "threads" not in experiment.model_fields_set:
        experiment = experiment.model_copy(update={"threads": 1})
    return experiment.quickened() if options.get("quick") else experiment


def require_one_point(experiment: "Experiment", command: str) -> None:
    """Refuse a grid where a command takes one point."""
    for key in ("hidden_size", "lr", "batch_size", "epochs"):
        values = getattr(experiment, key)
        if len(values) > 1:
            option = "--" + key.replace("_", "-")
            raise ConfigError(
                f"{command} takes one point and {key} is {values}; choose one with {option} {values[0]}, or use sweep."
            )


def _listed(nets: str) -> list[str]:
    """Return the nets of a text such as ``numpy,keras``; a file with a comma in its name is one net."""
    from mnistbench.experiment import net_files

    file = net_files.parse(nets)
    is_one = file is not None and file.path.exists()
    return [nets] if is_one else [net.strip() for net in nets.split(",") if net.strip()]


def _one_net(net: str) -> str:
    if len(several := _listed(net)) > 1:
        raise ConfigError(
            f"--net: {net!r} names {len(several)} nets and this command takes one; give one, or compare them all with:"
            f" mnistbench compare --net {net.replace(' ', '')}"
        )
    return net


def listener(options: Options) -> Listener:
    """Return who hears of the events; nobody, where nobody was named."""
    return options.get("on_event") or (lambda *_: None)


def net_name(net: "str | type") -> str:
    """Return a net as a spec names it."""
    if isinstance(net, str):
        return net
    from mnistbench.experiment import net_of_class

    return net_of_class(net)
