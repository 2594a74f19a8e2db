"""One net's steps against the reference gradient, and which known mistakes explain them.

The net is given known weights and trained on one chosen batch; what the step took off the weights is compared with
what the reference takes off. The user's code runs here, so this runs in the child alone.
"""

import contextlib
import dataclasses
import itertools
import signal
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from mnistbench.checking import probes
from mnistbench.checking.formulas import Batch, Formulas
from mnistbench.checking.mistakes import Mistake, combined
from mnistbench.checking.probes import Probe
from mnistbench.checking.steps import Step, chosen, known_weights, open_net, reference_step, trained
from mnistbench.datasets import data
from mnistbench.errors import NetError
from mnistbench.experiment import net_files
from mnistbench.ledger import PARAMETERS
from mnistbench.nets import place_of

Explanation = tuple[Mistake, ...]

# Hidden units, lr, and the batches: digits, whether they are one image repeated, and the batch size asked for.
# With as many hidden units as classes and images, a wrong axis or transpose still runs, and is found.
PLAN: tuple[tuple[int, float, tuple[tuple[list[int], bool, int], ...]], ...] = (
    (10, 0.5, (([5] * 10, True, 10), ([2, 0, 7, 5], False, 4))),
    (16, 0.2, (([7] * 24, False, 24), ([9] * 6, False, 32), ([1, 9, 4, 8], False, 4), ([6, 3, 8, 0], False, 4),
               ([*range(10)] * 3, False, 30))),
)  # fmt: skip
MAX_PAIRED = 4  # images, whose labels may stand in 24 orders

PAIRS_BROKEN = (
    "Images and labels come apart: a batch with several digits makes the right step of wrong pairs. Shuffle both by one"
    " and the same order: images[order], labels[order]."
)


def check(net: str, dataset: str, *, seconds: float, certificate_seconds: float | None = None) -> dict[str, Any]:
    """Check a user's net and return what was found, ready for JSON.

    Args:
        net: ``FILE.py:CLASS``.
        dataset: as :func:`mnistbench.datasets.data.load` takes it.
        seconds: end after this time.
        certificate_seconds: of them, what the certificate's epoch may take; left out, half.

    Raises:
        NetError: the net fails before anything can be said of its steps.
        DataError: the dataset cannot be used.
    """
    with _time_limit(net, seconds), np.errstate(all="ignore"):
        images = data.load(dataset, quick=True)
        steps, errors = _observe(net, images)
        if not steps:
            raise errors[0]
        explanations, pairs_broken = explain(steps)
        asked = _probe(net, images, next(iter(explanations.values()), None), errors)
        if pairs_broken:
            asked.append(Probe("pairs_broken", "pairs of images and labels", PAIRS_BROKEN))
        parameters = _parameters(steps)
        diagnoses = _diagnoses(list(explanations), asked)
        if errors and not diagnoses:
            raise errors[0]
        if not explanations:
            diagnoses.append({"id": "unknown", "sentence": _unknown(parameters), "or": []})
        limit = seconds / 2 if certificate_seconds is None else certificate_seconds
        proof = None if diagnoses else _prove(net, dataset, parameters, limit)
    return {
        "net": net,
        "passed": proof is not None and proof["passed"],
        "parameters": parameters,
        "probes": [{"id": p.name, "question": p.question, "passed": p.passed, "sentence": p.fault} for p in asked],
        "diagnoses": diagnoses,
        "errors": [str(error) for error in errors],
        "certificate": proof,
    }


def explain(steps: list[Step]) -> tuple[dict[Explanation, Formulas], bool]:
    """Return what explains the steps, and whether images and labels come apart.

    The fewest mistakes win: none, one, or two. Several explanations of that size make the same steps.
    A shuffle that breaks pairs shows only where a batch has several digits, and there makes the right step of a
    wrong pairing.
    """
    explanations = _explain(steps)
    if explanations:
        return explanations, False
    of_one = [step for step in steps if _digits(step) == 1]
    small = [step for step in steps if _digits(step) > 1 and len(step.batch.labels) <= MAX_PAIRED]
    explanations = _explain(of_one) if of_one and small else {}
    paired = {e: f for e, f in explanations.items() if all(_fits_a_pairing(f, step) for step in small)}
    return paired, bool(paired)


def _observe(net: str, dataset: data.Dataset) -> tuple[list[Step], list[NetError]]:
    """Return every step of the plan that the net takes, and what it raised on the others."""
    steps, errors = [], []
    for hidden_size, lr, batches in PLAN:
        made = open_net(net, hidden_size, lr)
        weights = known_weights(hidden_size)
        for digits, repeated, batch_size in batches:
            batch = Batch(*chosen(dataset, digits, repeated=repeated), batch_size)
            try:
                took = trained(made, weights, batch)
            except NetError as error:
                errors.append(error)
            else:
                steps.append(Step(weights, batch, lr, took, reference_step(weights, batch, lr)))
    return steps, errors


def _explain(steps: list[Step]) -> dict[Explanation, Formulas]:
    for size in range(3):
        found = {
            mistakes: formulas
            for mistakes, formulas in combined(size)
            if all(_fits(formulas, step, step.batch) for step in steps)
        }
        if found:
            return found
    return {}


def _digits(step: Step) -> int:
    return len(np.unique(step.batch.labels))


def _fits(formulas: Formulas, step: Step, batch: Batch) -> bool:
    try:
        return step.fits(formulas.steps(step.weights, batch, step.lr))
    except ValueError:  # a wrong formula that cannot run on these shapes
        return False


def _fits_a_pairing(formulas: Formulas, step: Step) -> bool:
    return any(
        _fits(formulas, step, dataclasses.replace(step.batch, labels=np.array(labels)))
        for labels in itertools.permutations(step.batch.labels)
    )


def _probe(net: str, dataset: data.Dataset, formulas: Formulas | None, errors: list[NetError]) -> list[Probe]:
    """Ask what no single step shows; batches can only be followed where the single steps are understood."""
    found: list[Probe] = []
    asked: list[Callable[[], Probe]] = [
        lambda: probes.predict_differs(net, dataset),
        lambda: probes.softmax_unshifted(net, dataset, usually_right=bool(formulas and found and found[0].passed)),
    ]
    if formulas:
        asked += [
            lambda: probes.batches_missed(net, dataset, formulas),
            lambda: probes.no_shuffle(net, dataset, formulas),
        ]
    for ask in asked:
        try:
            found.append(ask())
        except NetError as error:
            errors.append(error)
    return found


def _parameters(steps: list[Step]) -> list[dict[str, Any]]:
    """Return for each parameter its largest error over all steps, and whether each is within what can be read."""
    errors = np.array([step.errors(step.should) for step in steps])
    passed = np.all(errors <= np.array([step.tolerances(step.should) for step in steps]), axis=0)
    return [
        {"name": name, "relative_error": float(error) if np.isfinite(error) else None, "passed": bool(ok)}
        for name, error, ok in zip(PARAMETERS, errors.max(axis=0), passed, strict=True)
    ]


def _prove(net: str, dataset: str, parameters: list[dict[str, Any]], seconds: float) -> dict[str, Any]:
    """Let a net whose steps are right train an epoch beside the reference."""
    exact = all(p["relative_error"] < probes.EXACT for p in parameters)
    return probes.certificate(net, dataset, exact=exact, seconds=seconds)


def _diagnoses(explanations: list[Explanation], asked: list[Probe]) -> list[dict[str, Any]]:
    """Return each mistake with its sentence, and under ``or`` those that make the very same steps."""
    first, *others = explanations or [()]
    found: list[dict[str, Any]] = []
    for mistake in first:
        rest = set(first) - {mistake}
        alike = [{"id": m.name, "sentence": m.sentence} for other in others for m in other if set(other) - {m} == rest]
        found.append({"id": mistake.name, "sentence": mistake.sentence, "or": alike})
    return found + [{"id": p.name, "sentence": p.fault, "or": []} for p in asked if not p.passed]


def _unknown(parameters: list[dict[str, Any]]) -> str:
    right = [p["name"] for p in parameters if p["passed"]]
    wrong = [p["name"] for p in parameters if not p["passed"]]
    start = f"No known mistake, alone or with another, makes these steps: wrong in {', '.join(wrong)}"
    if {"W2", "b2"} <= set(right) and "b1" in wrong:
        return (
            f"{start}. W2 and b2 are right, so the output's error is: look at the hidden layer's,"
            " (delta2 @ W2.T) * (hidden > 0)."
        )
    if {"b1", "b2"} <= set(right) and wrong == ["W1"]:
        return f"{start}. b1 is right, so the hidden error is: look at d_W1 = images.T @ delta1 / m, and its update."
    if right:
        return f"{start}, right in {', '.join(right)}. Look at the lines that make or apply the wrong ones."
    return f"{start}. Look first at the output's error, delta2 = p - y, and at what fit does with the gradients."


class _TimeIsUpError(BaseException):
    """Passes every ``except Exception`` of the user's."""


@contextlib.contextmanager
def _time_limit(net: str, seconds: float) -> Iterator[None]:
    """End what runs too long, and tell where in the user's file it was.

    Raises:
        NetError: time is up.
    """

    def end(*_: Any) -> None:
        raise _TimeIsUpError

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except _TimeIsUpError as error:
        file = net_files.parse(net)
        place = place_of(error, file) if file else None
        raise NetError(
            f"{place or net}: was still running after the {seconds:g} s of --timeout; look for an endless loop there,"
            " or give more time."
        ) from error
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
