"""The commands that run an experiment or show one: train, compare, sweep, profile, report, configs, schema."""

from pathlib import Path
from typing import Annotated

import typer

import mnistbench
from mnistbench.cli.app import app
from mnistbench.cli.options import RunOptions, with_run_options
from mnistbench.cli.run_command import run_and_show
from mnistbench.errors import ConfigError
from mnistbench.experiment import NETS

Config = Annotated[
    str | None,
    typer.Argument(metavar="[CONFIG]", help="A YAML config, or the name of one that ships: see mnistbench configs."),
]
ConfigOption = Annotated[
    str | None, typer.Option("--config", metavar="CONFIG", help="The same as the argument; left out, the defaults.")
]


MoreNets = Annotated[
    list[str] | None,
    typer.Option(
        "--net", metavar="NET", help="More nets than the config has: torch, a list torch,jax, or FILE.py:CLASS."
    ),
]


def _one_config(argument: str | None, option: str | None) -> str | None:
    """Return the config, however it was given."""
    if argument and option:
        raise ConfigError(f"two configs are given, {argument} and --config {option}; leave one out.")
    return argument or option


@app.command(epilog="Example: mnistbench train baseline --net keras --epochs 5")
@with_run_options
def train(
    ctx: typer.Context,
    options: RunOptions,
    config: Config = None,
    config_option: ConfigOption = None,
    net: Annotated[
        str, typer.Option(metavar="NET", help=f"The net to train: {', '.join(NETS)}, or your own as FILE.py:CLASS.")
    ] = "numpy",
) -> None:
    """Train one net at one point and save its weights as model.npz."""
    ctx.find_root().obj = options.verbose
    file = _one_config(config, config_option)
    run_and_show(options, lambda asked: mnistbench.train(file, net=net, **asked), keeps_model=True)


@app.command(epilog="Example: mnistbench compare baseline --hidden-size 256")
@with_run_options
def compare(
    ctx: typer.Context,
    options: RunOptions,
    config: Config = None,
    config_option: ConfigOption = None,
    net: MoreNets = None,
) -> None:
    """Train the nets of a config at one point and show them side by side."""
    ctx.find_root().obj = options.verbose
    file = _one_config(config, config_option)
    run_and_show(options, lambda asked: mnistbench.compare(file, nets=net or (), **asked))


@app.command(epilog="Example: mnistbench sweep hidden")
@with_run_options
def sweep(
    ctx: typer.Context,
    options: RunOptions,
    config: Config = None,
    config_option: ConfigOption = None,
    repeat_flagged: Annotated[
        bool, typer.Option("--repeat-flagged", help="Run flagged runs again; both rows are kept, the last counts.")
    ] = False,
    net: MoreNets = None,
) -> None:
    """Train every net at every point of a config's grid."""
    ctx.find_root().obj = options.verbose
    file = _one_config(config, config_option)
    if file is None:
        raise ConfigError("sweep takes a config; give a file, or a name that mnistbench configs lists.")
    run_and_show(
        options,
        lambda asked: mnistbench.sweep(file, nets=net or (), repeat_flagged=repeat_flagged, **asked),
    )


@app.command(epilog="Example: mnistbench profile --net numpy --hidden-size 128 --epochs 5")
@with_run_options
def profile(
    ctx: typer.Context,
    options: RunOptions,
    config: Config = None,
    config_option: ConfigOption = None,
    net: Annotated[
        str, typer.Option(metavar="NET", help="The net to train: numpy, with clocks inside, or another, by phases.")
    ] = "numpy",
) -> None:
    """Train one net at one point and show where its time goes."""
    ctx.find_root().obj = options.verbose
    file = _one_config(config, config_option)
    run_and_show(options, lambda asked: mnistbench.train(file, net=net, profile=True, **asked))


@app.command(epilog="Example: mnistbench report results/quick")
def report(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="An experiment's folder, such as results/hidden.")],
    verbose: Annotated[bool, typer.Option("--verbose", help="Show tracebacks.")] = False,
) -> None:
    """Write an experiment's reports again from its ledger."""
    ctx.find_root().obj = verbose
    run_and_show(RunOptions(), lambda asked: mnistbench.report(folder, on_event=asked["on_event"]))


@app.command(epilog="Example: mnistbench configs hidden > mine.yaml")
def configs(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="The config to write out.")] = None,
) -> None:
    """List the configs that ship, or write one out."""
    from mnistbench.experiment import describe_config, named_configs, ship_config

    if name is not None:
        typer.echo(ship_config(name), nl=False)
        return
    for each in named_configs():
        typer.echo(f"{each:12} {describe_config(each)}")


@app.command(epilog="Example: mnistbench schema > configs/schema.json")
def schema() -> None:
    """Print the JSON schema of a config, for editors that complete and check it."""
    import json

    from mnistbench.experiment import json_schema

    typer.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
