"""An experiment run anew beside its folder, and the two compared."""

import dataclasses
import difflib
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from mnistbench.conducting import Options, conduct
from mnistbench.errors import ConfigError, NetError
from mnistbench.experiment import NETS, Experiment, net_files
from mnistbench.judging import Claim
from mnistbench.ledger import advising
from mnistbench.verifying.comparison import Comparison, compared
from mnistbench.verifying.finding import GROUPS
from mnistbench.verifying.side import Side, config, read

SUFFIX = "-verify"
GRID = ("hidden_size", "lr", "batch_size", "epochs")


def verified(
    folder: Path, options: Options, *, quick: bool = False, only: Sequence[str] = (), seeds: int | None = None
) -> tuple[Comparison, Path]:
    """Run what a folder's config asks for into its sibling, what is missing there, and compare the two.

    Returns the comparison and the sibling.

    Raises:
        MnistbenchError: the folder cannot be read, nothing of it can be run here, or ``quick`` and ``seeds`` are given.
        InterruptedRuns: on Ctrl-C; the same call runs the rest.
    """
    folder = folder.resolve() if folder.name in ("", "..") else folder
    old = read(folder)
    experiment = config(folder / "config.yaml")
    numbers = chosen(old.claims, only) if only else None
    if quick and seeds:
        raise ConfigError("--quick runs the first seed alone, and --seeds asks for more; give one of the two.")
    found, unknown = _own_nets(old, folder)
    sibling = folder.with_name(folder.name + SUFFIX)
    asked = _narrowed(experiment, [old.claims[number - 1] for number in numbers]) if numbers else experiment
    asked = _first(asked) if quick else asked
    nets = [found.get(net, net) for net in asked.nets if net not in unknown]
    if not nets:
        raise ConfigError(f"{folder}: no net of it can be run here; {next(iter(unknown.values()))}.")
    asked = asked.model_copy(update={"nets": nets} | ({"seeds": list(range(1, seeds + 1))} if seeds else {}))
    asked = asked.model_copy(update={"name": _name(experiment)})
    with advising(f"copy {folder} to where you may write, and give the copy"):
        conduct(asked, {**options, "output": sibling})
    new = _renamed(read(sibling, with_claims=False), {here: name for name, here in found.items()})
    return compared(old, new, only=numbers, unknown=unknown), sibling


def chosen(claims: Sequence[Claim], only: Sequence[str]) -> list[int]:
    """Return the numbers of the claims that are meant: by number from 1, by kind, or by group.

    Raises:
        ConfigError: no claim is meant by one of the words.
    """
    numbers: list[int] = []
    for word in only:
        of_word = [
            number for number, claim in enumerate(claims, 1)
            if word in (str(number), claim.kind, GROUPS[claim.kind])
        ]  # fmt: skip
        if not of_word:
            kinds = list(dict.fromkeys([*(claim.kind for claim in claims), *GROUPS.values()]))
            near = difflib.get_close_matches(word, kinds, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ConfigError(
                f"--only {word}: no claim here is that; give a number from 1 to {len(claims)}, or {', '.join(kinds)}."
                f"{hint}"
            )
        numbers += of_word
    return sorted(set(numbers))


def _narrowed(experiment: Experiment, claims: Sequence[Claim]) -> Experiment:
    """Return the part of an experiment that some claims rest on."""
    named = {net for claim in claims for net in claim.nets}
    parts = {
        name: [value for value in getattr(experiment, name) if any(claim.point[name] == value for claim in claims)]
        for name in GRID
    }
    parts["nets"] = [net for net in experiment.nets if net in named]
    if all("seed" in claim.point for claim in claims):
        parts["seeds"] = [seed for seed in experiment.seeds if any(claim.point["seed"] == seed for claim in claims)]
    return experiment.model_copy(update={name: values for name, values in parts.items() if values})


def _first(experiment: Experiment) -> Experiment:
    """Return an experiment's first point with its first seed: whole runs, so that they can be held against the old."""
    return experiment.model_copy(update={name: getattr(experiment, name)[:1] for name in (*GRID, "seeds")})


def _name(experiment: Experiment) -> str:
    return experiment.name.encode()[: 100 - len(SUFFIX)].decode(errors="ignore") + SUFFIX


def _own_nets(old: Side, folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Return where each user's net is found by its file's checksum, and why the others cannot be told."""
    found, unknown = {}, {}
    for net, lines in old.runs.groupby("net", sort=False):
        name = str(net)
        file = None if name in NETS else net_files.parse(name)
        if file is None:
            continue
        checksums = set(lines["net_sha256"].dropna())
        places = (file.path, folder / file.path.name, folder.parent / file.path.name, Path(file.path.name))
        here = next((path for path in places if _sha256(path) in checksums), None)
        if here is None:
            unknown[name] = f"no file {file.path.name} with its checksum is here"
        else:
            found[name] = net_files.NetFile(here, file.class_name).net
    return found, unknown


def _sha256(path: Path) -> str:
    try:
        return net_files.NetFile(path, "").sha256 if path.is_file() else ""
    except NetError:
        return ""


def _renamed(side: Side, names: dict[str, str]) -> Side:
    """Return a side whose nets go by the old side's names, wherever their files were found."""
    own = [dataclasses.replace(claim, nets=tuple(names.get(net, net) for net in claim.nets)) for claim in side.own]
    nets: pd.Series[str] = side.runs["net"].map(lambda net: names.get(net, net))
    return dataclasses.replace(side, own=own, runs=side.runs.assign(net=nets))
