"""Question 1: are the gradients right, for whatever net this is; and which known mistake makes wrong ones.

The user's code runs in a process of its own; this runs in the referee.
"""

import dataclasses
import itertools
from typing import Any

import numpy as np

from mnistbench.checking import numerical, readback
from mnistbench.checking.explaining import Explanation, explain, fits
from mnistbench.checking.formulas import Formulas
from mnistbench.checking.functions import ACTIVATIONS, CROSS_ENTROPY, INPUTS, OUTPUTS, SOFTMAX, Output
from mnistbench.checking.looking import Look
from mnistbench.checking.network import SMOOTHED, Network
from mnistbench.checking.steps import Step
from mnistbench.checking.subject import HIDDEN, Subject
from mnistbench.datasets import N_CLASSES
from mnistbench.nets import Floats

SCALED = "images_scaled_in_fit"  # which speaks of predict as well


@dataclasses.dataclass
class Read:
    """What the steps of single batches say.

    Attributes:
        loss: the loss whose gradient they are, in words; ``None`` where there is none.
        explanations: which mistakes make all of them; one without mistakes where none is needed.
        of_one: which mistakes make those of batches of one image, where no more is explained.
        one_is_lost: batches of one image change nothing, and batches of several do; ``of_one`` is then what is due.
        several_due: where one is lost, batches of several make the steps that are due.
        special: a mistake that shows in the numbers themselves, and what was measured, in words.
        parameters: each array's verdict.
    """

    loss: str | None = None
    explanations: list[Explanation] = dataclasses.field(default_factory=list)
    of_one: list[Explanation] = dataclasses.field(default_factory=list)
    one_is_lost: bool = False
    several_due: bool = False
    special: tuple[str, str] | None = None
    parameters: list[dict[str, Any]] = dataclasses.field(default_factory=list)

    @property
    def formulas(self) -> Formulas | None:
        """Return the formulas that make the net's steps, as far as known."""
        known = self.explanations or self.of_one
        return known[0].formulas if known else None


def read(subject: Subject, seen: Look, steps: list[Step]) -> Read:
    """Compare steps with the gradient of the net's own function, and explain them where they differ."""
    taken = [step for step in steps if step.took is not None]
    found = Read()
    network = seen.network
    if network:
        found.loss = _loss(network, taken)
    if subject.layout(HIDDEN).is_two_layers:
        _explain(found, steps, taken, network)
    found.parameters = _beside_reference(subject, network, found.loss, taken) if network or found.explanations else []
    if not network and not any(not e.mistakes for e in found.explanations):
        found.loss, found.parameters = _by_differences(subject, seen, taken)
    return found


def _explain(found: Read, steps: list[Step], taken: list[Step], network: Network | None) -> None:
    """Put down which mistakes make the steps; batches of one image alone, where no more is explained."""
    bases = formulas_of(network)
    found.special = found.special or readback.special(taken, bases)
    if found.special:
        return
    found.explanations = _shown(explain(steps, bases), network)
    if not found.explanations:
        seen = filter(None, (readback.affine_inputs(taken, base) for base in bases))
        for base, words in seen:
            found.explanations += [
                Explanation((SCALED, *each.mistakes), each.formulas, each.measured | {SCALED: words})
                for each in explain(steps, [base], most=1)
            ]
        found.explanations = _shown(found.explanations, network)
    if not found.explanations:
        found.explanations = _of_another(taken, network)
    if not found.explanations:
        found.of_one = _shown(explain([step for step in taken if len(step.batch.labels) == 1], bases), network)
        still = bool(found.of_one) and found.of_one[0].mistakes == ("nothing_trained",)
        if still and any(np.any(array) for step in taken for array in step.took or []):
            found.of_one, found.one_is_lost = [Explanation((), bases[0])], True
            found.several_due = all(fits(bases[0], step) for step in taken if len(step.batch.labels) > 1)


def _of_another(taken: list[Step], network: Network | None) -> list[Explanation]:
    """Return the network that ``fit`` trains rightly, of other functions, where ``predict`` computes ``network``."""
    told = network.words() if network else "no perceptron that is known here"
    outputs = [output for output in OUTPUTS if output.words.startswith("softmax")]
    for output, activation in itertools.product(outputs, ACTIVATIONS):
        formulas = Formulas(
            activation=activation.value, derivative=activation.slope,
            outputs=output.value, output_error=output.errors[CROSS_ENTROPY],
        )  # fmt: skip
        if all(fits(formulas, step) for step in taken):
            trained = f"{activation.words} hidden layer, {output.words} output"
            words = f"fit trains this network: {trained}; and predict is another: {told}"
            return [Explanation(("predict_differs",), formulas, {"predict_differs": words})]
    return []


def _shown(explanations: list[Explanation], network: Network | None) -> list[Explanation]:
    """Return those that hold for ``predict`` too: only one that takes plain images sees others than ``fit`` does."""
    plain = network is not None and network.inputs == "x"
    return [each for each in explanations if plain or SCALED not in each.mistakes]


def formulas_of(network: Network | None) -> list[Formulas]:
    """Return the formulas that go with what ``predict`` computes, one for each loss of its output."""
    if network is None:
        return [Formulas()]
    base = Formulas(
        inputs=INPUTS[network.inputs],
        activation=network.activation.value,
        derivative=network.activation.slope,
        outputs=network.output.value,
        forward=(float("b1" not in network.unused), float("b2" not in network.unused)),
    )
    errors = _errors(network.output)
    return [dataclasses.replace(base, output_error=error) for error in errors.values()] or [base]


def _errors(output: Output) -> dict[str, Any]:
    """Return the losses that count as the net's own; with softmax, cross-entropy alone is what was asked for."""
    return dict(list(output.errors.items())[:1]) if output is SOFTMAX else output.errors


def _loss(network: Network, taken: list[Step]) -> str | None:
    """Return the loss, in words, of whose gradient every step is lr times."""
    for words, smooth in SMOOTHED.items():
        for loss, error in network.output.errors.items():
            if all(step.fits([step.lr * g for g in gradient(network, step, error, smooth)]) for step in taken):
                return loss if words == "0 and 1" else f"{loss} with targets {words}"
    return None


def gradient(network: Network, step: Step, error: Any, smooth: Any = lambda y: y) -> list[Floats]:
    """Return the gradient of a loss of a network on a step's batch; its layout is the step's own."""
    targets = smooth(np.eye(N_CLASSES)[step.batch.labels])
    return network.gradient(step.weights, step.batch.images.astype(np.float64), targets, error)


def _beside_reference(
    subject: Subject, network: Network | None, loss: str | None, taken: list[Step]
) -> list[dict[str, Any]]:
    """Return each array's largest error beside the gradient of its own function, and the factor, if it is just one."""
    model = network or Network(subject.layout(taken[0].hidden_size))
    if not model.output.errors:
        return []
    error = model.output.errors.get((loss or "").partition(" with ")[0]) or next(iter(model.output.errors.values()))
    smooth = next((s for words, s in SMOOTHED.items() if loss and loss.endswith(words)), lambda y: y)
    rows = []
    for i, name in enumerate(model.layout.names):
        if name in model.unused:
            rows.append({"name": name, "relative_error": 0.0, "passed": True, "factor": None})
            continue
        errors, factors, passed = [], [], True
        for step in taken:
            due = [step.lr * g for g in gradient(model, step, error, smooth)]
            errors.append(step.errors(due)[i])
            tolerance, size = step.tolerances(due)[i]
            passed = passed and errors[-1] <= tolerance
            factors.append(_factor((step.took or [])[i], due[i], tolerance * size))
        rows.append(_row(name, max(errors), passed, factors))
    return rows


def _factor(took: Floats, due: Floats, noise: float) -> float | None:
    if not due.any() or not np.isfinite(took).all():
        return None
    k = float((took * due).sum() / (due * due).sum())
    return k if np.linalg.norm(took - k * due) <= max(noise, abs(k) * noise) else None


def _row(name: str, error: float, passed: bool, factors: list[float | None]) -> dict[str, Any]:
    same = all(k is not None for k in factors) and np.ptp([k or 0 for k in factors]) <= 1e-3 * abs(factors[0] or 0)
    return {
        "name": name,
        "relative_error": error if np.isfinite(error) else None,
        "passed": bool(passed),
        "factor": None if passed or not same else factors[0],
    }


def _by_differences(subject: Subject, seen: Look, taken: list[Step]) -> tuple[str | None, list[dict[str, Any]]]:
    """Judge the steps of one image by the numerical derivative of ``predict``; return the loss, and each array."""
    alone = [step for step in taken if len(step.batch.labels) == 1]
    if not alone or not all(np.isfinite(a).all() for step in alone for a in step.took or []):
        return None, []
    tables = [numerical.slopes(subject, step, turned=seen.columns) for step in alone[:2]]
    names = subject.layout(alone[0].hidden_size).names
    best, rows = None, []
    for loss in numerical.LOSSES:
        judged = [[table[loss][i] for table in tables] for i in range(len(names))]
        right = [all(s.fits and abs(s.factor - 1) < 0.01 for s in slope) for slope in judged]
        if best is None or sum(right) > best[0]:
            best = (sum(right), loss)
            rows = [
                _row(name, max(s.error + abs(s.factor - 1) for s in slope), ok,
                     [s.factor if s.fits else None for s in slope])
                for name, slope, ok in zip(names, judged, right, strict=True)
            ]  # fmt: skip
    return (best[1] if best and best[0] == len(names) else None), rows
