"""Which known mistakes make the steps that were seen: the fewest, and all that do equally well."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from mnistbench.checking import extras
from mnistbench.checking.formulas import Formulas
from mnistbench.checking.gradient_mistakes import applied, combined
from mnistbench.checking.steps import Step
from mnistbench.ledger import PARAMETERS


@dataclasses.dataclass(frozen=True)
class Explanation:
    """Mistakes that together make every step, the formulas that do, and what was measured of them, in words."""

    mistakes: tuple[str, ...]
    formulas: Formulas
    measured: dict[str, str] = dataclasses.field(default_factory=dict)
    raises: bool = True  # where the net raised, the formulas cannot run either


def explain(steps: list[Step], bases: list[Formulas], most: int = 2) -> list[Explanation]:
    """Return the explanations with the fewest mistakes: none, one, or two; empty where none is known.

    Args:
        steps: at least one that the net took.
        bases: the net's own formulas, as ``predict`` shows them; several where its loss is not known.
        most: mistakes that are combined.
    """
    alone: list[tuple[tuple[str, ...], Formulas]] = [((), base) for base in bases]
    attempts: list[tuple[int, Callable[[], list[Explanation]]]] = [
        (0, lambda: _right(steps, bases)),
        (1, lambda: _extended(steps, alone, extras.added)),
        (1, lambda: _one(steps, bases)),
        (2, lambda: _extended(steps, list(_combined(bases, 1)), extras.added)),
        (2, lambda: list(_explanations(steps, bases, 2))),
        (2, lambda: _extended(steps, list(_combined(bases, 1)), extras.factor)),
        (2, lambda: _extended(steps, alone, _by_array)),
    ]
    for mistakes, attempt in attempts:
        found = attempt() if mistakes <= most else []
        if found:
            return found
    return []


def _right(steps: list[Step], bases: list[Formulas]) -> list[Explanation]:
    """Return what explains the steps without a mistake, unless what little is left over is a penalty on the weights."""
    found = list(_explanations(steps, bases, 0))
    return found and (_extended(steps, [((), each.formulas) for each in found], extras.added) or found)


def _one(steps: list[Step], bases: list[Formulas]) -> list[Explanation]:
    """Return the explanations by one mistake of the table, and by one number that does not belong there."""
    factors = _extended(steps, [((), base) for base in bases], extras.factor)
    found = list(_explanations(steps, bases, 1))
    named = [each for each in found if each.mistakes != ("squared_error",)]
    return [*named, *factors, *(each for each in found if each not in named)]


def _by_array(steps: list[Step], formulas: Formulas) -> Iterator[extras.Extra]:
    return extras.by_array(steps, formulas, PARAMETERS)


def fits(formulas: Formulas, step: Step) -> bool:
    """Say whether formulas make a step; where the net raised, they must not run either."""
    try:
        expected = formulas.steps(step.weights, step.batch, step.lr)
    except (ValueError, IndexError):  # a wrong formula that cannot run on these shapes
        return step.took is None
    return step.fits(expected)


def _explanations(steps: list[Step], bases: list[Formulas], size: int) -> Iterator[Explanation]:
    taken = [step for step in steps if step.took is not None]
    lenient = []
    for mistakes, formulas in _combined(bases, size):
        if all(fits(formulas, step) for step in taken):
            strict = all(fits(formulas, step) for step in steps if step.took is None)
            if strict:
                yield Explanation(mistakes, formulas)
            else:
                lenient.append(Explanation(mistakes, formulas, raises=False))
    yield from lenient


def _combined(bases: list[Formulas], size: int) -> Iterator[tuple[tuple[str, ...], Formulas]]:
    for base in bases:
        for mistakes, changed in combined(size):
            yield mistakes, applied(base, changed)


def _extended(
    steps: list[Step],
    candidates: Iterable[tuple[tuple[str, ...], Formulas]],
    find: Callable[[list[Step], Formulas], Iterator[extras.Extra]],
) -> list[Explanation]:
    """Explain by what is done to gradients that are themselves explained."""
    return [
        Explanation((*mistakes, name), dataclasses.replace(formulas, **changed), {name: words})
        for mistakes, formulas in candidates
        for name, changed, words in find(steps, formulas)
    ]


def as_json(explanation: Explanation) -> dict[str, Any]:
    """Return what an explanation says, for the evidence."""
    return {"mistakes": list(explanation.mistakes), "measured": explanation.measured}
