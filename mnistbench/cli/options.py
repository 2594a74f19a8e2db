"""The command-line options that train, compare, sweep and profile share, and what no option takes: once, here."""

import dataclasses
import functools
import inspect
import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import typer

from mnistbench.conducting import Options, Settings

GRID, OUTPUT = "Over the config", "Running"
PRINTS = ("--new-rubric", "--show-fence")


def _grid(help_text: str) -> Any:
    return typer.Option(help=help_text, rich_help_panel=GRID, show_default=False)


@dataclasses.dataclass(frozen=True)
class RunOptions:
    """What any command that runs nets may be told on the command line."""

    hidden_size: Annotated[str | None, _grid("Hidden units: 30; for sweep also a list 30,128.")] = None
    lr: Annotated[str | None, _grid("Learning rate: 0.1; for sweep also a list.")] = None
    batch_size: Annotated[str | None, _grid("Images in a batch: 128; for sweep also a list.")] = None
    epochs: Annotated[str | None, _grid("Passes over the training images: 20; for sweep also a list.")] = None
    seeds: Annotated[str | None, _grid("How many seeds, or a list 1,2,3.")] = None
    dataset: Annotated[str | None, _grid("mnist, keras, a folder with four IDX files, or an .npz file.")] = None
    dtype: Annotated[str | None, _grid("float32 or float64.")] = None
    protocol: Annotated[str | None, _grid("as_shipped, or controlled: same start and batches for every net.")] = None
    threads: Annotated[str | None, _grid("Threads of each run; left out, one a core.")] = None
    secret: Annotated[
        str | None,
        _grid("Permute pixels, classes and test images by this number: what a net's file carries is worth nothing."),
    ] = None
    quick: Annotated[
        bool,
        typer.Option("--quick", help="A trial in seconds: part of the images, at most 2 epochs.", rich_help_panel=GRID),
    ] = False
    output: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for the results in place of results/<name>.", rich_help_panel=OUTPUT),
    ] = None
    timeout: Annotated[
        float,
        typer.Option(min=0.1, max=1e6, metavar="SECONDS", help="End a run that takes longer.", rich_help_panel=OUTPUT),
    ] = 3600
    memory_limit: Annotated[
        float | None,
        typer.Option(min=1, max=1e9, metavar="MIB", help="End a run that holds more memory.", rich_help_panel=OUTPUT),
    ] = None
    executor: Annotated[
        Literal["local", "dask"],
        typer.Option(help="Where runs are done: local, or dask (the extra dask).", rich_help_panel=OUTPUT),
    ] = "local"
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            rich_help_panel=OUTPUT,
            help="Dask's running scheduler, as tcp://HOST:PORT or tls://HOST:PORT; left out, workers on this machine.",
        ),
    ] = None
    jobs: Annotated[
        int,
        typer.Option(
            min=1,
            max=1024,
            metavar="N",
            rich_help_panel=OUTPUT,
            help="Runs side by side, each on cores of its own; with more than 1, --threads is 1 unless given.",
        ),
    ] = 1
    force: Annotated[bool, typer.Option("--force", help="Run all again, finished or not.", rich_help_panel=OUTPUT)] = (
        False
    )
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the grid and run nothing.", rich_help_panel=OUTPUT)
    ] = False
    verbose: Annotated[
        bool,
        typer.Option("--verbose", help="Show tracebacks and what a failed run printed.", rich_help_panel=OUTPUT),
    ] = False

    def to_api(self) -> Options:
        """Return these as the public functions take them; the texts of settings are read as YAML reads values."""
        from mnistbench.experiment import parse_option

        settings = {
            field.name: text if field.name == "dataset" else parse_option(field.name, text)
            for field in dataclasses.fields(self)
            if field.name in Settings.__annotations__ and (text := getattr(self, field.name)) is not None
        }
        others = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if field.name not in Settings.__annotations__ and field.name != "verbose"
        }
        return cast(Options, settings | others)


def refuse_empty(words: Sequence[str]) -> None:
    """Refuse a value with nothing in it, as a variable of the shell leaves that is not set.

    Raises:
        BadParameter: a word, or what stands after ``=`` in an option, is empty or has commas alone.
    """
    for before, word in itertools.pairwise(["", *words]):
        option, sign, value = word.partition("=") if word.startswith("--") else (before, "=", word)
        if sign and not value.strip(" ,"):
            what = option if option.startswith("-") else "an argument"
            raise typer.BadParameter(f"{what} is given with nothing in it; give a value, or leave it out.")


def refuse_two_prints(words: Sequence[str]) -> None:
    """Refuse two options that each print something and end, of which the second would not be heeded.

    Raises:
        BadParameter: there are two.
    """
    if len(given := [word for word in PRINTS if word in words]) > 1:
        raise typer.BadParameter(f"{' and '.join(given)}: each prints something and ends; give one of the two.")


def explained(error: typer.BadParameter) -> str:
    """Return one sentence for an option's value that cannot be used; nothing for another error."""
    from pydantic import ValidationError

    from mnistbench.experiment import on_problem

    problem, option, context = error.__cause__, error.param, error.ctx
    if not isinstance(problem, ValidationError) or option is None or context is None:
        return ""
    name = next((each for each in option.opts if each.startswith("--")), option.name)
    return f"{name}: {on_problem(dict(problem.errors()[0]))}; {context.command_path} --help says what it takes."


def with_run_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command every option of :class:`RunOptions`; it takes them as its argument ``options``."""
    signature = inspect.signature(command)
    own = [parameter for parameter in signature.parameters.values() if parameter.name != "options"]
    shared = [
        inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=field.type)
        for field in dataclasses.fields(RunOptions)
    ]

    @functools.wraps(command)
    def flat(**values: Any) -> None:
        options = RunOptions(**{parameter.name: values.pop(parameter.name) for parameter in shared})
        command(**values, options=options)

    flat.__signature__ = signature.replace(parameters=[*own, *shared])  # type: ignore[attr-defined]
    return flat
