"""Sentences made from the statistics, for the report and the terminal.

A trial with ``--quick`` has none, but for that it is not the network it should be.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from mnistbench.judging import Certificate, stats
from mnistbench.reports.columns import BY_NAME, FIGURES, POINT

NET_NAMES = {
    "numpy": "NumPy",
    "keras": "Keras",
    "keras-tuned": "tuned Keras",
    "keras-jax": "Keras on JAX",
    "keras-torch": "Keras on PyTorch",
    "torch": "PyTorch",
    "jax": "JAX",
    "sklearn": "scikit-learn",
}  # a user's own net goes by its own name
CLEAR_RATIO = 1.05  # drift of a machine between two runs passes for less


def sentences(summary: pd.DataFrame, pairs: pd.DataFrame) -> list[str]:
    """Return every verdict: each net against the reference net of its point, then the published rows."""
    return [*comparisons(pairs), *published(summary)]


def comparisons(pairs: pd.DataFrame) -> list[str]:
    """Say for each pair of nets how their times and their test accuracies differ."""
    varied = varied_settings(pairs)
    return [
        f"{_time(line, where(line, varied))} {_accuracy(line)}"
        if line["n"]
        else f"{_net(line['net'])} and {_net(line['reference'])} have no seed in common at {where(line, varied)}:"
        " not enough runs to compare them."
        for _, line in pairs.iterrows()
        if not line["quick"]
    ]


def certificates(proofs: Sequence[Certificate]) -> list[str]:
    """Say of each pair of controlled runs whether it is the same network."""
    return [_proof(proof) for proof in proofs if not proof.spec.quick or proof.passed is False]


def published(summary: pd.DataFrame) -> list[str]:
    """Say for each published row whether its test accuracy and loss are reproduced."""
    both = stats.with_published(summary, FIGURES)
    varied = varied_settings(both)
    return [f"{_net(line['net'])} at {where(line, varied)} {_outcome(line)}." for _, line in both.iterrows()]


def varied_settings(lines: pd.DataFrame) -> list[str]:
    """Return the settings that tell one point from another: the hidden size, and what else differs."""
    return [name for name in POINT if name == "hidden_size" or (name in lines and lines[name].nunique() > 1)]


def mean_and_sd(line: "pd.Series[Any]", name: str) -> str:
    """Return the mean of a figure as people read it, with ± one standard deviation where there are several runs."""
    column = BY_NAME[name]
    mean = column.show(line[f"{name}_mean"])
    return mean if line["n"] < 2 else f"{mean} ± {column.show(line[f'{name}_sd'])}"


def _proof(proof: Certificate) -> str:
    pair = f"{_net(proof.spec.net)} and {_net(proof.reference.net)} at H = {proof.spec.hidden_size}"
    pair += f" in {proof.spec.dtype}, seed {proof.spec.seed}"
    if proof.passed is None:
        return f"{pair}: {proof.verdict}."
    if proof.passed:
        judged = [each for each in proof.differences if each.judged]
        largest = max(each.weights[each.largest] for each in judged)
        return f"{pair}: {proof.verdict}, no weight further apart than {largest:.1e} {_until(judged[-1].epoch)}."
    ask = f" mnistbench check {proof.spec.net} says what is wrong." if ":" in proof.spec.net else ""
    return f"{pair}: not the same network, {proof.verdict}.{ask}"


def _time(line: "pd.Series[Any]", place: str) -> str:
    """Return the sentence on time, told from the side of the faster net."""
    ratio, low, high = (line[name] for name in ("time_ratio", "time_ratio_low", "time_ratio_high"))
    faster, slower = _net(line["reference"]), _net(line["net"])
    seconds = [line["time_seconds_reference"], line["time_seconds"]]
    if ratio < 1:
        ratio, low, high = 1 / ratio, 1 / high, 1 / low
        faster, slower = slower, faster
        seconds.reverse()
    digits = 1 if ratio >= 2 else 2
    if line["n"] > 1:
        basis = f"95 % interval {low:.{digits}f}–{high:.{digits}f}, {line['n']} seeds"
    else:
        basis = "{} s against {} s; 1 seed: not enough runs for an interval".format(
            *map(BY_NAME["time_seconds"].show, seconds)
        )
    if ratio < CLEAR_RATIO or low <= 1:
        return f"{faster} and {slower} show no clear difference in time at {place} (ratio {ratio:.2f}, {basis})."
    return f"{faster} trains {ratio:.{digits}f} times faster than {slower} at {place} ({basis})."


def _accuracy(line: "pd.Series[Any]") -> str:
    """Return the sentence on test accuracy: equivalent, different, or neither shown."""
    if line["n"] < 2:
        return "Test accuracy: not enough runs to compare."
    if line["equivalence_p"] < stats.ALPHA:
        return f"Test accuracy: no difference larger than {100 * stats.EQUIVALENCE_MARGIN:g} points."
    difference, low, high = (100 * line[f"test_accuracy_difference{part}"] for part in ("", "_low", "_high"))
    if low <= 0 <= high:
        return (
            f"Test accuracy: no difference shown ({_net(line['net'])} {difference:+.2f} points,"
            f" 95 % interval {low:+.2f} to {high:+.2f})."
        )
    better = line["net"] if difference > 0 else line["reference"]
    near, far = sorted((abs(low), abs(high)))
    return f"Test accuracy: {_net(better)} is {abs(difference):.2f} points better (95 % interval {near:.2f}–{far:.2f})."


def _outcome(line: "pd.Series[Any]") -> str:
    """Return what became of a published row; its loss is told too where the row is not reproduced."""
    accuracy, loss = (
        f"{BY_NAME[name].show(line[f'{name}_published'])}{unit} published, {mean_and_sd(line, name)}{unit} here"
        for name, unit in (("test_accuracy", " %"), ("test_loss", ""))
    )
    return f"reproduced: {accuracy}" if line["reproduced"] else f"differs: {accuracy}; test loss {loss}"


def where(line: "pd.Series[Any] | dict[str, Any]", varied: list[str]) -> str:
    """Return the place of a point by what tells it from the others: ``H = 30``."""
    return ", ".join(f"{BY_NAME[name].heading} = {line[name]}" for name in varied)


def _until(epoch: int) -> str:
    return "after the first epoch" if epoch == 1 else f"over {epoch} epochs"


def _net(name: str) -> str:
    return NET_NAMES.get(name, name)
