"""What a newcomer most likely meant by a key or a value that is not allowed, in one sentence for the message."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mnistbench.experiment import yaml_lines
from mnistbench.experiment.spec import NETS

GRID = ("nets", "hidden_size", "lr", "batch_size", "epochs", "seeds")  # the keys that take lists
MAX_ITEMS = 1000

# What other programs call our keys, where no spelling is near.
_OTHER_NAMES = {
    "learning_rate": "lr", "learningrate": "lr", "eta": "lr", "alpha": "lr", "step_size": "lr",
    "units": "hidden_size", "neurons": "hidden_size", "width": "hidden_size", "n_hidden": "hidden_size",
    "hidden": "hidden_size", "hidden_units": "hidden_size", "hidden_layer_sizes": "hidden_size",
    "iterations": "epochs", "max_iter": "epochs", "n_epochs": "epochs", "random_state": "seeds", "random_seed": "seeds",
    "model": "nets", "models": "nets", "net": "nets", "framework": "nets", "frameworks": "nets", "backend": "nets",
    "data": "dataset", "precision": "dtype", "cores": "threads", "jobs": "threads", "n_jobs": "threads",
    "title": "name", "experiment": "name", "minibatch": "batch_size", "batch": "batch_size",
}  # fmt: skip
_TRAINING = {
    "optimizer", "optimiser", "momentum", "nesterov", "weight_decay", "decay", "schedule", "scheduler", "lr_schedule",
    "dropout", "regularization", "l2", "early_stopping", "solver",
}  # fmt: skip
_ARCHITECTURE = {"loss", "activation", "layers", "n_layers", "hidden_layers", "depth", "initializer", "init"}
_NUMBERS = ("hidden_size", "lr", "batch_size", "epochs", "seeds", "threads")


# What pydantic finds wrong with a value, in this program's words; its own sentence for what is not here.
_WRONG = {
    "float_parsing": "is no number", "float_type": "is no number", "finite_number": "is no finite number",
    "int_parsing": "is no whole number", "int_type": "is no whole number", "int_from_float": "is no whole number",
    "int_parsing_size": "is no whole number of a size that can be used",
    "bool_parsing": "is neither true nor false", "bool_type": "is neither true nor false",
    "list_type": "is no list", "string_type": "is no text",
    "greater_than": "is not greater than {gt:.10g}", "greater_than_equal": "is less than {ge:.10g}",
    "less_than_equal": "is greater than {le:.10g}",
}  # fmt: skip


def on_problem(problem: Mapping[str, Any]) -> str:
    """Return what pydantic finds wrong with a value, after that value: ``'abc' is no number``."""
    _, is_choice, choices = problem["msg"].partition("is not one of ")
    told = f"is none of {choices.rstrip('.')}" if is_choice else f"cannot be used ({problem['msg'].lower()})"
    words = _WRONG.get(problem["type"])
    return f"{yaml_lines.short(problem['input'])} {words.format(**problem.get('ctx', {})) if words else told}"


def on_key(key: str, keys: Iterable[str]) -> str:
    """Return what was meant by a key that no config has, ending in a space; nothing where nothing is near."""
    plain = key.strip().lower().replace("-", "_").replace(" ", "_")
    if plain in _TRAINING:
        return "every net is trained by plain SGD only, at the rate lr. "
    if plain in _ARCHITECTURE:
        return "every net has one hidden layer of hidden_size units with ReLU, and softmax with cross-entropy. "
    near = [_OTHER_NAMES[plain]] if plain in _OTHER_NAMES else difflib.get_close_matches(plain, keys, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}? " if near else ""


def on_value(key: str, given: Any) -> str:
    """Return what was meant by a value that a key does not take, beginning with a space; or nothing."""
    if isinstance(given, list) and len(given) > MAX_ITEMS:
        return f" At most {MAX_ITEMS} values are allowed, and here are {len(given)}: shorten the list."
    if key == "seeds" and isinstance(given, int) and not isinstance(given, bool):
        return f" For the one seed {yaml_lines.short(given)} write [{yaml_lines.short(given)}]." if given >= 0 else ""
    texts = [item for item in (given if isinstance(given, list) else [given]) if isinstance(item, str)]
    if not texts:
        return ""
    if key in _NUMBERS or key in ("quick", "profile"):
        return _on_text(key, given, texts)
    return _on_nets(given, texts) if key == "nets" else ""


def _on_text(key: str, given: Any, texts: Sequence[str]) -> str:
    """Return the advice on text where a number, or true or false, is due."""
    wanted = bool if key in ("quick", "profile") else int | float
    if all(isinstance(_as_yaml(text), wanted) for text in texts):
        meant = f"[{', '.join(map(str, given))}]" if isinstance(given, list) else texts[0].strip()
        return f" Quotes make text of it; write it without them: {key}: {yaml_lines.short(meant)[1:-1]}."
    if key == "lr" and re.fullmatch(r"0,\d+", texts[0].strip()):
        return f" A decimal point is a dot: {texts[0].strip().replace(',', '.')}."
    items = _separate(texts[0])
    is_list = key in GRID and not isinstance(given, list) and len(items) > 1
    return _as_list(items) if is_list and all(isinstance(_as_yaml(item), int | float) for item in items) else ""


def _on_nets(given: Any, texts: Sequence[str]) -> str:
    items = _separate(texts[0])
    if not isinstance(given, list) and len(items) > 1:
        return _as_list(items)
    for name in texts:
        near = difflib.get_close_matches(name.lower(), NETS, n=1)
        if name not in NETS and near:
            return f" Did you mean {near[0]!r}?"
    strange = [name for name in texts if name not in NETS and ":" not in name]
    return f" It is {strange[0]!r} that is none of these." if strange and len(texts) > 1 else ""


def _separate(text: str) -> list[str]:
    return [item for item in re.split(r"[\s,;]+", text.strip().strip("[]()")) if item]


def _as_list(items: Sequence[str]) -> str:
    return f" Several values are a list: {yaml_lines.short('[' + ', '.join(items) + ']')[1:-1]}."


def _as_yaml(text: str) -> Any:
    try:
        return yaml_lines.scalar(text)
    except ValueError:
        return None
