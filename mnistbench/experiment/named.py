"""The configs that ship with the package, found by name, so that ``sweep hidden`` works where there is no clone.

They are the files of the repository's ``configs/``; the wheel carries these same files inside the package.
"""

import difflib
import shlex
from pathlib import Path

from mnistbench.errors import ConfigError
from mnistbench.experiment import net_files
from mnistbench.experiment.spec import NETS

_PLACES = (Path(__file__).parents[1] / "configs", Path(__file__).parents[2] / "configs")  # in a wheel; in a checkout


def named_configs() -> dict[str, Path]:
    """Return the configs that ship, by name."""
    folder = next((place for place in _PLACES if place.is_dir()), None)
    return {file.stem: file for file in sorted(folder.glob("*.yaml"))} if folder else {}


def describe_config(name: str) -> str:
    """Return the line in which a config that ships says what it is for."""
    return ship_config(name).splitlines()[0].lstrip("# ")


def ship_config(name: str) -> str:
    """Return the text of a config that ships, without the line that names a schema beside it.

    Raises:
        ConfigError: none of that name ships.
    """
    known = named_configs()
    if name not in known:
        raise ConfigError(f"{name}: no config of that name ships; the names are {', '.join(known)}.")
    lines = known[name].read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if "yaml-language-server" not in line)


def find_config(config: str | Path) -> tuple[Path, str]:
    """Return the file that a path or a name means, and a sentence where a file here hides a config that ships.

    Raises:
        ConfigError: there is neither a file nor a config of that name, or only a folder, or it is a net.
    """
    if net_files.parse(str(config)):
        raise _is_a_net(config)
    given, known = Path(config).expanduser(), named_configs()
    here = [file for file in (given, given.with_name(f"{given.name}.yaml")) if file.exists() and not file.is_dir()]
    is_name = given.name == str(given) and not given.suffix
    if here:
        hides = is_name and given.name in known
        note = f"{here[0]} in this folder is used, and not the config {given.name} that ships."
        return here[0], note if hides else ""
    if not is_name:
        return given, ""
    if given.name in known:
        return known[given.name], ""
    if given.is_dir():
        raise ConfigError(f"{config}: is a folder and no config; give a YAML file.")
    if given.name in NETS:
        raise _is_a_net(config)
    near = difflib.get_close_matches(given.name, known, n=1)
    raise ConfigError(
        f"{config}: there is no such file, and no config of that name ships"
        f"{f'; did you mean {near[0]!r}?' if near else '.'} The names are {', '.join(known)}; a file ends in .yaml."
    )


def _is_a_net(config: str | Path) -> ConfigError:
    return ConfigError(f"{config}: is a net and no config; give it with --net {shlex.quote(str(config))}")
