"""Question 2 put together: what the loop makes of a first step, and the stepper that its trials are compared with.

The user's code runs in a process of its own; this runs in the referee.
"""

import dataclasses
import functools

import numpy as np

from mnistbench.checking import loops, sequences
from mnistbench.checking.compositions import Stepper
from mnistbench.checking.examination import WRONG, Examination
from mnistbench.checking.explaining import Explanation
from mnistbench.checking.gradients import Read, formulas_of, gradient
from mnistbench.checking.looking import Look
from mnistbench.checking.sentences_of_loops import LOOPS
from mnistbench.checking.sequences import Shares
from mnistbench.checking.steps import Step
from mnistbench.checking.subject import HIDDEN, Batch, Subject
from mnistbench.datasets import Dataset
from mnistbench.nets import Floats

FIRST_SHARE = frozenset({"gradients_averaged", "momentum", "rate_decays_by_batch", "rate_decays_by_epoch",
                         "rate_decays_by_fit", "rate_grows"})  # fmt: skip  # they may change the very first step


def dues(subject: Subject, dataset: Dataset, seen: Look) -> list[list[Floats]]:
    """Return what the gradient of the sequences' image may be, for each loss of the net's output."""
    if not subject.layout(HIDDEN).is_two_layers:
        return []
    one = sequences.due_of(dataset)
    return [f.steps(subject.weights(HIDDEN), one, 1.0) for f in formulas_of(seen.network)]


def without_first_share(steps: list[Step], shares: Shares, found: Examination) -> list[Step]:
    """Return steps as they would be without what the loop makes of the very first one; none where it makes none."""
    share = shares.by_batch[0]
    if abs(share) < 0.01 or any(d.name == "epochs_miscounted" for d in found.diagnoses):
        return []
    if not any(d.name in FIRST_SHARE for d in found.diagnoses):
        return steps
    share = round(share, 3)
    return [dataclasses.replace(step, took=step.took and [t / share for t in step.took]) for step in steps]


def ask_loop(
    subject: Subject, dataset: Dataset, seen: Look, reads: Read, shares: Shares | None, found: Examination
) -> None:
    """Ask question 2 where the steps of single images are understood, or are at least a net's own."""
    if shares is not None and not shares.plain and not sequences.is_composition(shares):
        _ask_restart(subject, dataset, seen, reads, found)
        if not any(d.name in LOOPS for d in found.diagnoses):
            found.answers["loop"].say(WRONG, shares.words)
        return
    frozen = reads.explanations and not any(np.any(t) for t in _one_step(reads, subject, dataset))
    if reads.special or frozen or (shares is None and reads.formulas is None):
        return
    if shares is not None and sequences.loses_last(shares):
        reads = dataclasses.replace(reads, of_one=[Explanation((), formulas_of(seen.network)[0])])
    loops.ask(_loop(subject, dataset, seen, reads, found))
    if shares is not None and not shares.plain and sequences.one_epoch(shares):
        words = "several epochs of one image end where one does"
        if any(d.name in ("full_batch", "last_batch_only") for d in found.diagnoses):
            found.name("loop", "epochs_ignored", words)


def _one_step(reads: Read, subject: Subject, dataset: Dataset) -> list[Floats]:
    formulas = reads.explanations[0].formulas
    return formulas.steps(subject.weights(HIDDEN), sequences.due_of(dataset), 1.0)


def _loop(subject: Subject, dataset: Dataset, seen: Look, reads: Read, found: Examination) -> loops.Loop:
    formulas = reads.formulas
    if formulas is not None:
        stepper: Stepper = formulas.steps
    elif seen.network and reads.loss in seen.network.output.errors:
        stepper = functools.partial(_modelled, seen, reads.loss)
    else:
        stepper = functools.partial(_own, subject)
    return loops.Loop(subject, dataset, found, stepper, formulas, all_explained=bool(reads.explanations or reads.loss))


def _modelled(seen: Look, loss: str, weights: list[Floats], batch: Batch, lr: float) -> list[Floats]:
    assert seen.network  # noqa: S101 (for the type checker)
    step = Step(weights, batch, lr, None, 0.0, HIDDEN)
    return [lr * g for g in gradient(seen.network, step, seen.network.output.errors[loss])]


def _own(subject: Subject, weights: list[Floats], batch: Batch, lr: float) -> list[Floats]:
    """Return the mean of the steps that the net itself takes of each image alone."""
    steps: dict[bytes, list[Floats]] = {}
    total = [np.zeros_like(array) for array in weights]
    for i in range(len(batch.labels)):
        one = Batch(batch.images[[i]], batch.labels[[i]], 1)
        key = one.images.tobytes() + one.labels.tobytes()
        if key not in steps:
            steps[key] = subject.took(HIDDEN, weights, one, lr=lr)
        total = [t + array / len(batch.labels) for t, array in zip(total, steps[key], strict=True)]
    return total


def _ask_restart(subject: Subject, dataset: Dataset, seen: Look, reads: Read, found: Examination) -> None:
    """Tell a net whose epochs begin again at the first weights from one that trains a single epoch."""
    ignored = next((d for d in found.diagnoses if d.name == "epochs_ignored"), None)
    if ignored is None or reads.formulas is None:
        return
    loop = _loop(subject, dataset, seen, reads, found)
    if not loop.composer.readable:
        return
    one, three = (loop.composer.compose(*loops.SHORT, epochs=epochs) for epochs in (1, 3))
    if np.allclose(one.shares, three.shares, atol=loop.tolerance):
        return
    ignored.evidence += [one.words, three.words]
    if abs(sum(one.shares) - sum(three.shares)) < 0.1:
        ignored.name = "restarts_each_epoch"
