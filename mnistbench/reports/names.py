"""What nets and points are called where people read them.

The live display reads it before the first run, for which nobody shall wait: pandas is imported where it is needed.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mnistbench.experiment import NETS
from mnistbench.reports.columns import BY_NAME, POINT

if TYPE_CHECKING:
    import pandas as pd

NET_NAMES = {
    "numpy": "NumPy",
    "keras": "Keras",
    "keras-tuned": "tuned Keras",
    "keras-jax": "Keras on JAX",
    "keras-torch": "Keras on PyTorch",
    "torch": "PyTorch",
    "jax": "JAX",
    "sklearn": "scikit-learn",
}  # a user's own net goes by its class, and as much of its path as tells it from the others
PLURALS = {
    "hidden_size": "sizes", "lr": "learning rates", "batch_size": "batch sizes", "epochs": "numbers of epochs",
    "threads": "numbers of threads", "dtype": "dtypes",
}  # fmt: skip
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def short_names(nets: Iterable[str]) -> dict[str, str]:
    """Return what each net is called in a table: a user's own ``a/b/my_net.py:MyNet`` by its shortest telling end."""
    nets = list(dict.fromkeys(nets))
    ends = {net: _ends(net) for net in nets}
    short = {}
    for net in nets:
        taken = {end for other in nets if other != net for end in ends[other]} | set(NETS)
        short[net] = net if net in NETS else next((end for end in ends[net] if end not in taken), net)
    return short


def _ends(net: str) -> list[str]:
    """Return a user's net from its class alone to its whole path."""
    path, colon, name = net.rpartition(":")
    if net in NETS or not colon:
        return [net]
    folders = path.split("/")
    return [name, *(f"{'/'.join(folders[start:])}:{name}" for start in reversed(range(len(folders))))]


def narrow(short: Mapping[str, str], width: int = 16) -> dict[str, str]:
    """Return for each name in a table one of at most ``width`` characters: its two ends, or else a number."""
    made: dict[str, str] = {}
    for name in dict.fromkeys(short.values()):
        ends = name if len(name) <= width else f"{name[: width // 2 - 1]}…{name[-width // 2 :]}"
        made[name] = ends if ends not in made.values() else f"net {len(made) + 1}"
    return made


def key(short: Mapping[str, str]) -> list[str]:
    """Return a line for each net whose name is shortened: ``MyNet: a/b/my_net.py:MyNet``.

    Of a library's net that sentences call by other words, these: ``torch: PyTorch``.
    """
    shortened = [f"{name}: {net}" for net, name in short.items() if name != net]
    said = [f"{net}: {NET_NAMES[net]}" for net in short if net in NET_NAMES and NET_NAMES[net].lower() != net]
    return [*shortened, *(["; ".join(said)] if said else [])]


def spoken(net: str, short: Mapping[str, str]) -> str:
    """Return what a net is called in a sentence."""
    return NET_NAMES.get(net) or short.get(net, net)


def varied_settings(lines: "pd.DataFrame") -> list[str]:
    """Return the settings that tell one point from another: the hidden size, and what else differs."""
    return [name for name in POINT if name == "hidden_size" or (name in lines and lines[name].nunique() > 1)]


def where(line: "pd.Series[Any] | Mapping[str, Any]", varied: Sequence[str]) -> str:
    """Return the place of a point by what tells it from the others: ``H = 30``."""
    return ", ".join(f"{BY_NAME[name].heading} = {line[name]}" for name in varied)


class Places:
    """The points of a report, and how some of them are called together: ``at all four sizes``, ``at H = 1 and 2``."""

    def __init__(self, points: Iterable[Mapping[str, Any]]) -> None:
        import pandas as pd

        frame = pd.DataFrame([dict(point) for point in points], columns=list(POINT)).drop_duplicates()
        self.varied = varied_settings(frame)
        self.all = [self._values(line) for _, line in frame.iterrows()]

    def _values(self, point: "Mapping[str, Any] | pd.Series[Any]") -> tuple[Any, ...]:
        return tuple(point[name] for name in self.varied)

    def at(self, points: Iterable[Mapping[str, Any]], *, denied: bool = False) -> str:
        """Return where some of the points are; ``denied`` in a sentence with "no": ``at any of the four sizes``."""
        chosen = {self._values(point) for point in points}
        several = [values for values in dict.fromkeys(self.all) if values in chosen]
        changing = [name for name, values in zip(self.varied, zip(*self.all, strict=True), strict=True)
                    if len(set(values)) > 1]  # fmt: skip
        if len(several) > 1 and len(several) == len(set(self.all)):
            plural = PLURALS.get(changing[0], "points") if len(changing) == 1 else "points"
            if denied:
                return f"at {f'any of the {count(len(several))}' if len(several) > 2 else 'either of the two'} {plural}"
            return f"at {count(len(several), both=True)} {plural}"
        if len(several) > 1 and len(changing) == 1:
            index = self.varied.index(changing[0])
            return f"at {BY_NAME[changing[0]].heading} = {listed([str(values[index]) for values in several])}"
        told = changing or self.varied
        named = [", ".join(f"{BY_NAME[n].heading} = {v}" for n, v in zip(self.varied, values, strict=True) if n in told)
                 for values in several]  # fmt: skip
        return f"at {'; '.join(named)}"


def listed(parts: Collection[str], last: str = "and") -> str:
    """Return ``a, b and c``."""
    *most, end = parts
    return f"{', '.join(most)} {last} {end}" if most else end


def count(number: int, *, both: bool = False) -> str:
    """Return a number in words up to ten; as ``both`` or ``all four`` where all are meant."""
    word = WORDS[number] if number < len(WORDS) else f"{number:,}"
    return ("both" if number == 2 else f"all {word}") if both else word
