"""YAML to experiment to specs: every name and range is checked here, before anything heavy is imported.

Data is not read here and nothing is run. An error names the file and line, or the option, that it came from.
"""

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from mnistbench.datasets import dataset_files
from mnistbench.errors import ConfigError, NetError
from mnistbench.experiment import advice, net_files, yaml_lines
from mnistbench.experiment.spec import MAX_SECRET, NETS, Spec
from mnistbench.machine import usable_cores

MAX_RUNS = 100_000
MAX_SEED = 2**32 - 1
QUICK_EPOCHS = 2  # at most, of a trial


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _as_seeds(value: Any) -> Any:
    """Turn a count into the seeds 1 … count."""
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1000:
        return list(range(1, value + 1))
    return value


def _file_name(name: str) -> str:
    """Refuse a name that is no plain folder name."""
    if name in {"", ".", ".."} or name != name.strip() or re.search(r"[/\\]", name) or net_files.UNSHOWN.search(name):
        raise ValueError("not a folder name")
    if len(name.encode()) > 100:
        raise ValueError("too long")
    return name


def _known_net(net: str) -> str:
    if net not in NETS and net_files.parse(net) is None:
        raise ValueError("no such net")
    return net


# The grid's lists are bounded, so that a slip of the pen is told before a million runs are planned.
_Count = Annotated[int, Field(ge=1, le=100_000)]
_Rate = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_Net = Annotated[
    str,
    AfterValidator(_known_net),
    Field(json_schema_extra={"anyOf": [{"enum": list(NETS)}, {"pattern": f"^{net_files.PATTERN}$"}]}),
]
_Seed = Annotated[int, Field(ge=0, le=MAX_SEED)]
_SeedCount = Annotated[int, Field(ge=1, le=1000)]
_SOME = Field(min_length=1, max_length=advice.MAX_ITEMS)


def _or_one(item: Any) -> BeforeValidator:
    """Take a single item for a list of one, in the JSON schema too."""
    return BeforeValidator(_as_list, json_schema_input_type=item | Annotated[list[item], _SOME])


_Counts = Annotated[
    list[_Count],
    _or_one(_Count),
    _SOME,
    Field(description="a whole number from 1 to 100000, or a list of them for sweep"),
]


class Experiment(BaseModel):
    """A named set of runs: what one YAML file asks for. A field's description says what it may hold."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    name: Annotated[
        str,
        AfterValidator(_file_name),
        Field(
            description="a folder name under results/: 1 to 100 bytes of text with no / or \\ and no control characters"
        ),
    ]
    nets: Annotated[
        list[_Net],
        _or_one(_Net),
        _SOME,
        Field(description=f"{', '.join(NETS)}, a net of your own as FILE.py:CLASS, or a list of them"),
    ] = [
        "numpy",
        "keras",
    ]
    hidden_size: _Counts = [30]
    lr: Annotated[
        list[_Rate],
        _or_one(_Rate),
        _SOME,
        Field(description="a finite number greater than 0, or a list of them for sweep"),
    ] = [0.1]
    batch_size: _Counts = [128]
    epochs: _Counts = [20]
    seeds: Annotated[
        list[_Seed],
        BeforeValidator(_as_seeds, json_schema_input_type=_SeedCount | Annotated[list[_Seed], _SOME]),
        _SOME,
        Field(description=f"a count from 1 to 1000, or a list of seeds from 0 to {MAX_SEED}"),
    ] = [1]
    dataset: Annotated[
        str,
        AfterValidator(dataset_files.plain_name),
        Field(
            min_length=1,
            max_length=4096,
            description="mnist, keras, a folder that holds the four IDX files, or an .npz file as Keras has it",
        ),
    ] = "mnist"
    dtype: Annotated[Literal["float32", "float64"], Field(description="float32 or float64")] = "float32"
    protocol: Annotated[
        Literal["as_shipped", "controlled"],
        Field(
            description="as_shipped, or controlled: every net starts from the same weights and sees the same batches"
        ),
    ] = "as_shipped"
    threads: Annotated[int, Field(ge=1, le=1024, description="a whole number from 1 to 1024; left out, every core")] = (
        Field(default_factory=usable_cores)
    )
    quick: Annotated[bool, Field(description="true or false")] = False
    profile: Annotated[bool, Field(description="true or false: clocks inside the training steps of numpy")] = False
    secret: Annotated[
        int,
        Field(
            ge=0,
            le=MAX_SECRET,
            description=f"a whole number from 0 to {MAX_SECRET}: it permutes pixels, classes and test images; 0: not",
        ),
    ] = 0

    def specs(self) -> list[Spec]:
        """Return the grid. Nets alternate within each point and seed, so that drift of the machine hits all."""
        grid = itertools.product(self.hidden_size, self.lr, self.batch_size, self.epochs, self.seeds, self.nets)
        specs = (
            Spec(
                net=net,
                hidden_size=hidden_size,
                lr=lr,
                batch_size=batch_size,
                epochs=epochs,
                seed=seed,
                dtype=self.dtype,
                protocol=self.protocol,
                threads=self.threads,
                dataset=self.dataset,
                quick=self.quick,
                profile=self.profile,
                secret=self.secret,
            )
            for hidden_size, lr, batch_size, epochs, seed, net in grid
        )
        return list(dict.fromkeys(specs))

    def quickened(self) -> "Experiment":
        """Return this experiment as a trial of seconds, in a folder of its own unless it was one already."""
        name = self.name if self.quick else self.name.encode()[:94].decode(errors="ignore") + "-quick"
        return self.model_copy(
            update={"quick": True, "name": name, "epochs": sorted({min(e, QUICK_EPOCHS) for e in self.epochs})}
        )

    def profiled(self) -> "Experiment":
        """Return this experiment with clocks inside the steps, in a folder of its own unless it had them already."""
        name = self.name if self.profile else self.name.encode()[:92].decode(errors="ignore") + "-profile"
        return self.model_copy(update={"profile": True, "name": name})

    def to_yaml(self) -> str:
        """Return the config that asks for exactly this experiment."""
        values = {
            key: value[0] if isinstance(value, list) and len(value) == 1 and key != "seeds" else value
            for key, value in self.model_dump().items()
        }
        return yaml.safe_dump(values, sort_keys=False, allow_unicode=True, default_flow_style=None)


def load_experiment(
    path: Path | None,
    options: Mapping[str, Any],
    *,
    default_name: str,
    more_nets: Sequence[str] = (),
    check_files: bool = True,
) -> Experiment:
    """Read a config file, lay the command line's options over it and check the whole.

    ``options`` maps keys of :class:`Experiment` to values that replace the file's; ``None`` replaces nothing.
    Without a file the experiment has ``default_name`` and the schema's defaults. ``more_nets`` come after its nets.
    The files of users' own nets are looked at unless ``check_files`` is false.

    Raises:
        ConfigError: the file cannot be read, or a key or a value is not allowed.
    """
    values: dict[str, Any] = {"name": default_name}
    places: dict[str, str] = {}
    if path is not None:
        values, lines = yaml_lines.read_yaml(path)
        places = {key: f"{path}, line {line}" for key, line in lines.items()}
    for key, value in options.items():
        if value is not None:
            values[key] = value
            places[key] = "--net" if key == "nets" else "--" + key.replace("_", "-")
    if more_nets:
        own = values.get("nets", Experiment.model_fields["nets"].default)
        values["nets"] = list(dict.fromkeys([*_as_list(own), *more_nets]))
        places["nets"] = "--net"
    try:
        experiment = Experiment.model_validate(values)
    except ValidationError as error:
        raise ConfigError(_explain(error, values, places, path)) from error
    if check_files:
        experiment = _with_net_files_checked(experiment, places)
    _check_size(experiment, path)
    return experiment


def _check_size(experiment: Experiment, path: Path | None) -> None:
    lists = ("nets", "hidden_size", "lr", "batch_size", "epochs", "seeds")
    runs = math.prod(len(getattr(experiment, key)) for key in lists)
    if runs > MAX_RUNS:
        raise ConfigError(
            f"{path or 'the options'}: the grid has {runs} runs; at most {MAX_RUNS} are allowed:"
            " shorten a list, or split the config."
        )


def _with_net_files_checked(experiment: Experiment, places: Mapping[str, str]) -> Experiment:
    """Return the experiment with the name of each own net in full, ``FILE.py:CLASS``, once its file has been read."""
    nets = []
    for net in experiment.nets:
        file = net_files.parse(net)
        if file:
            try:
                file = file.with_class()
                file.check()
            except NetError as error:
                raise ConfigError(f"{places['nets']}: {error}") from error
        nets.append(file.net if file else net)
    return experiment.model_copy(update={"nets": nets})


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of a config file, for editors."""
    schema = Experiment.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "mnistbench experiment"
    return schema


def _explain(error: ValidationError, values: Mapping[str, Any], places: Mapping[str, str], path: Path | None) -> str:
    """Return one sentence for the first thing that is wrong, and how many more there are."""
    problem = error.errors()[0]
    key = str(problem["loc"][0])
    place = places.get(key, str(path or "the options"))
    more = f" ({error.error_count() - 1} more to mend after that.)" if error.error_count() > 1 else ""
    fields = Experiment.model_fields
    if problem["type"] == "extra_forbidden":
        meant = advice.on_key(key, fields)
        return f"{place}: {yaml_lines.short(key)} is no key of a config; {meant}The keys are {', '.join(fields)}.{more}"
    allowed = fields[key].description
    if problem["type"] == "missing":
        return f"{place}: {key} is missing; add '{key}: ...' with {allowed}.{more}"
    meant = advice.on_value(key, values[key])
    return f"{place}: {key} is {yaml_lines.short(values[key])}; it takes {allowed}.{meant}{more}"
