"""What a submission earns points for, and what is allowed: a flat YAML file, every key with a default."""

import difflib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mnistbench.errors import GradingError
from mnistbench.experiment import on_problem, read_yaml

_Points = Annotated[float, Field(ge=0, le=1000)]
ITEMS = ("runs", "gradients", "loop", "network", "certificate", "accuracy", "time")


class Rubric(BaseModel):
    """Points for each item, the point of the run that accuracy and time are taken at, and what is allowed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    runs: _Points = Field(1, description="points for code that runs and can be asked")
    gradients: _Points = Field(4, description="points for right gradients")
    loop: _Points = Field(2, description="points for the loop over epochs and batches")
    network: _Points = Field(1, description="points for the network that was asked for")
    certificate: _Points = Field(1, description="points for being the same network after an epoch")
    accuracy: _Points = Field(1, description="points for the test accuracy below")
    accuracy_at_least: float = Field(0.9, ge=0, le=1, description="fraction of the test images that must be right")
    time: _Points = Field(0, description="points for the time below; 0 does not time")
    time_at_most: float = Field(10, gt=0, description="how many times the NumPy net's training seconds it may take")
    hidden_size: int = Field(30, ge=1, le=1000, description="hidden units of the run for accuracy and time")
    epochs: int = Field(1, ge=1, le=100, description="its epochs")
    lr: float = Field(0.1, gt=0, description="its learning rate")
    batch_size: int = Field(128, ge=1, le=60_000, description="its batch size")
    seed: int = Field(1, ge=0, le=2**32 - 1, description="its seed")
    accept_other_networks: bool = Field(False, description="true: right gradients are enough, whatever network it is")
    any_loop: bool = Field(False, description="true: full batches, single images and batches drawn anew pass")
    allowed_imports: list[str] = Field([], description="modules that may be imported besides Python's own; empty: any")
    hidden: list[str] = Field([], description="items whose outcome is not in the students' feedback")

    @property
    def of_points(self) -> float:
        """Return what a submission can earn."""
        return float(sum(getattr(self, item) for item in ITEMS))

    @property
    def needs_a_run(self) -> bool:
        """Say whether accuracy or time count."""
        return self.accuracy > 0 or self.time > 0


def load_rubric(path: Path | None) -> Rubric:
    """Read a rubric; without a file, the default one.

    Raises:
        GradingError: a key or a value is not allowed; it names file and line.
    """
    if path is None:
        return Rubric()
    values, lines = read_yaml(path, like="as mnistbench grade --new-rubric prints", may_be_empty=True)
    try:
        made = Rubric.model_validate(values)
    except ValidationError as error:
        raise GradingError(_explain(error, path, lines)) from error
    if unknown := [item for item in made.hidden if item not in ITEMS]:
        raise GradingError(f"{path}, line {lines['hidden']}: {unknown[0]!r} is no item; they are {', '.join(ITEMS)}.")
    return made


def _explain(error: ValidationError, path: Path, lines: dict[str, int]) -> str:
    problem = error.errors()[0]
    key = str(problem["loc"][0])
    place = f"{path}, line {lines.get(key, 1)}"
    fields = Rubric.model_fields
    if problem["type"] == "extra_forbidden":
        near = difflib.get_close_matches(key.lower(), fields, n=1)
        meant = f"; did you mean {near[0]!r}?" if near else "."
        return f"{place}: {key} is no key of a rubric{meant} The keys are {', '.join(fields)}."
    as_list = f" Write {key}: [{problem['input']}]." if problem["type"] == "list_type" else ""
    return f"{place}: {key}: {on_problem(problem)}; it is {fields[key].description}.{as_list}"


def new_rubric() -> str:
    """Return the default rubric as a file to change: each key with what it is."""
    lines = ["# A rubric for mnistbench grade. Each key may be left out; these are the defaults."]
    for name, field in Rubric.model_fields.items():
        value = field.default
        shown = str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else value
        lines.append(f"{name}: {shown}".ljust(30) + f"# {field.description}")
    return "\n".join(lines) + "\n"
