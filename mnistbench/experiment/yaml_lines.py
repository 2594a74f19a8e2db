"""YAML as a flat mapping that remembers lines: all that a config needs, and nothing that could hurt.

Keys are words, values are scalars or flat lists of scalars; no tags, no nesting, 64 KiB at most. What the
keys mean is :mod:`mnistbench.experiment.config`'s.
"""

import re
from pathlib import Path
from typing import Any

import yaml

from mnistbench.errors import ConfigError

MAX_BYTES = 64 * 1024
_BASE_60 = "has colons between digits, which YAML takes for base 60; give a plain number, or text in quotes."


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, with 1e-3 read as a number and none of base 60, as YAML 1.2 has it."""


class _Base60Error(yaml.YAMLError):
    """``1:30`` is a number of base 60 in YAML 1.1; a long one takes a processor for minutes."""


def _construct_number(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Any:
    if ":" in node.value:
        raise _Base60Error
    is_float = node.tag.endswith("float")
    return loader.construct_yaml_float(node) if is_float else loader.construct_yaml_int(node)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)[eE][-+]?\d+$"), list("-+.0123456789")
)


for _kind in ("int", "float"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_kind}", _construct_number)


def read_yaml(
    path: Path, like: str = "such as configs/baseline.yaml", *, may_be_empty: bool = False
) -> tuple[dict[str, Any], dict[str, int]]:
    """Return a file's mapping and each key's line. Only a flat mapping of scalars and lists of scalars is read.

    ``like`` says in an error what file is wanted. A file of comments alone is an empty mapping where it may be one.
    """
    try:
        # Looked at before it is opened: a pipe would be waited for, a device never ends.
        if path.exists() and not path.is_file():
            kind = "a folder" if path.is_dir() else "a pipe, a socket or a device"
            raise ConfigError(f"{path}: is {kind} and no file; give a YAML file {like}.")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"{path}: cannot be read ({reason}); give a YAML file {like}.") from error
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{path}: larger than {MAX_BYTES // 1024} KiB; a config is a short YAML file.")
    try:
        text = content.decode()
        root = yaml.compose(text, Loader=_Loader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {_line(text, mark)}" if mark else ""
        problem = getattr(error, "problem", None) or "not text in UTF-8, or nested too deep"
        raise ConfigError(
            f"{path}{place}: this is not valid YAML ({problem}); write one 'key: value' a line."
        ) from error
    if root is None and may_be_empty:
        return {}, {}
    if not isinstance(root, yaml.MappingNode):
        raise ConfigError(f"{path}, line 1: this is no mapping; write one 'key: value' a line, {like}.")
    return _flat_mapping(path, text, root)


def _line(text: str, mark: yaml.Mark) -> int:
    """Return a mark's line as an editor counts, by line feeds, and none beyond the last: an end is in no line."""
    return 1 + text.count("\n", 0, min(mark.index, len(text.rstrip()) - 1))


def _flat_mapping(path: Path, text: str, root: yaml.MappingNode) -> tuple[dict[str, Any], dict[str, int]]:
    values: dict[str, Any] = {}
    lines: dict[str, int] = {}
    for key_node, value_node in root.value:
        key, line = str(key_node.value), _line(text, key_node.start_mark)
        if not isinstance(key_node, yaml.ScalarNode):
            raise ConfigError(f"{path}, line {line}: a key is a word; write one 'key: value' a line.")
        if key in lines:
            raise ConfigError(f"{path}, line {line}: {key} is given twice (first on line {lines[key]}); keep one.")
        is_list = isinstance(value_node, yaml.SequenceNode) and value_node.tag == "tag:yaml.org,2002:seq"
        items = value_node.value if is_list else [value_node]
        if not all(isinstance(item, yaml.ScalarNode) and _is_plain(item) for item in items):
            raise ConfigError(
                f"{path}, line {line}: {short(key)} holds more than it may; give one value or a flat list."
            )
        try:
            built = [_Loader("").construct_object(item) for item in items]
        except _Base60Error as error:
            raise ConfigError(f"{path}, line {line}: {short(key)} {_BASE_60}") from error
        except (yaml.YAMLError, ValueError) as error:
            raise ConfigError(
                f"{path}, line {line}: {short(key)} cannot be read; give one value or a flat list."
            ) from error
        values[key] = built if is_list else built[0]
        lines[key] = line
    return values, lines


def _is_plain(node: yaml.ScalarNode) -> bool:
    return node.tag.removeprefix("tag:yaml.org,2002:") in {"str", "int", "float", "bool", "null", "timestamp"}


def parse_option(key: str, text: str) -> Any:
    """Read an option's text as YAML reads a value: ``30``, ``0.1`` or the list ``30,128``."""
    option = "--" + key.replace("_", "-")
    try:
        items = yaml.load(f"[{text}]", Loader=_Loader)  # noqa: S506 (derived from SafeLoader)
    except _Base60Error:
        raise ConfigError(f"{option} {_BASE_60}") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise ConfigError(f"{option}: {short(text)} cannot be read; give one value, or several as 30,128.") from None
    return items[0] if len(items) == 1 else items


def scalar(text: str) -> Any:
    """Return what YAML reads in a text of one word: a number, true or false, or the text itself.

    Raises:
        ValueError: it is no scalar.
    """
    try:
        node = yaml.compose(text, Loader=_Loader)
        if not isinstance(node, yaml.ScalarNode) or not _is_plain(node):
            raise ValueError("no scalar")
        return _Loader("").construct_object(node)
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError("no scalar") from error


def short(value: Any) -> str:
    """Return a value as Python writes it, cut after 80 characters."""
    try:
        text = repr(value)
    except ValueError:  # Python prints no whole number of more than 4300 digits
        return "a number of thousands of digits"
    return text if len(text) <= 80 else text[:77] + "..."
