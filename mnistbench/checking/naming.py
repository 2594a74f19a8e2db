"""From what was observed to what is said: each mistake is named where its own evidence holds, and nowhere else.

The user's code runs in a process of its own; this runs in the referee.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistbench.checking import certificate, sequences
from mnistbench.checking.examination import RIGHT, WRONG, Diagnosis, Examination
from mnistbench.checking.explaining import Explanation
from mnistbench.checking.functions import CROSS_ENTROPY, RELU, SOFTMAX
from mnistbench.checking.gradients import Read
from mnistbench.checking.looking import Look
from mnistbench.checking.sentences_of_loops import LOOPS
from mnistbench.checking.sequences import Shares
from mnistbench.checking.steps import Step, chosen
from mnistbench.checking.subject import HIDDEN, Batch, Subject
from mnistbench.checking.table import UNKNOWN
from mnistbench.datasets import N_CLASSES, Dataset
from mnistbench.errors import NetError
from mnistbench.ledger import LIMITS
from mnistbench.nets import Floats

OTHER_LOSSES = frozenset({"squared_error", "binary_cross_entropy", "labels_smoothed"})


def name_refusal(subject: Subject, dataset: Dataset, steps: list[Step], found: Examination) -> None:
    """Name why ``fit`` takes no batch at all, or raise what it raised.

    Raises:
        NetError: the net fails for another reason.
    """
    error = steps[0].error
    images, labels = chosen(dataset, [1, 9, 4, 8])
    if not (_takes(subject, images, np.eye(N_CLASSES)[labels]) and not _takes(subject, images, labels)):
        raise error or NetError(f"{subject.net}: fit takes no batch.")
    found.name("gradients", "labels_want_one_hot", str(error), detail=str(error).rstrip("."))


def _takes(subject: Subject, images: Floats, labels: NDArray[Any]) -> bool:
    try:
        subject.open(HIDDEN).fit(images, labels, len(images), 1)
    except NetError:
        return False
    return True


def name_failures(steps: list[Step], found: Examination) -> None:
    """Name what the batches that ``fit`` fails on have in common."""
    failed = [step for step in steps if step.took is None]
    taken = [step for step in steps if step.took is not None]
    if not failed:
        return
    kinds = (
        ("one_image_alone", lambda step: len(step.batch.labels) == 1),
        ("short_batch_fails", lambda step: len(step.batch.labels) < step.batch.batch_size),
        ("one_hot_by_largest", lambda step: step.batch.labels.max() < N_CLASSES - 1),
    )
    for name, kind in kinds:
        if all(map(kind, failed)) and not any(map(kind, taken)):
            found.name("gradients", name, str(failed[0].error))
            return


def name_refused(steps: list[Step], found: Examination) -> None:
    """Say which batch ``fit`` fails on where it takes others, and nothing else is named."""
    step = next((step for step in steps if step.took is None), None)
    if step and all(d.name == UNKNOWN for d in found.diagnoses):
        words = f"fit fails on a batch of {len(step.batch.labels)} images, of up to {step.batch.batch_size}"
        said = "".join(f"{d.detail} Besides, " for d in found.diagnoses)
        found.diagnoses = []
        found.name("loop", UNKNOWN, detail=f"{said}{words}, and takes others: {step.error}")


def fails_alone(steps: list[Step]) -> bool:
    """Say whether ``fit`` fails on a batch of one image."""
    return any(step.took is None for step in steps if len(step.batch.labels) == 1)


def name_random(subject: Subject, dataset: Dataset, seen: Look, found: Examination) -> None:
    """Name what makes steps of one image differ from seed to seed: new weights, dropout, or something unknown."""
    words = "three seeds make three different steps of one image from the same weights"
    anew = sequences.restarts(subject, dataset)
    if anew:
        found.name("loop", "restarts_anew", anew, detail=anew)
    elif _drops_units(subject, dataset, seen):
        found.name("gradients", "dropout", f"{words}, in which some hidden units are 0 and the others alike in scale")
    else:
        found.name("gradients", "random_steps", words)


def _drops_units(subject: Subject, dataset: Dataset, seen: Look) -> bool:
    """Read the hidden values back from d_W2 = hidden ⊗ d_b2: are some 0 and all others right but for one factor."""
    if not seen.network or not subject.layout(HIDDEN).is_two_layers:
        return False
    weights, one = subject.weights(HIDDEN), Batch(*chosen(dataset, [sequences.DIGIT]), 1)
    values = seen.network.activation.value(one.images[0] @ weights[0] + weights[1])
    alive, dropped = np.abs(values) > 1e-6, 0
    for seed in (1, 2, 3, 4):
        _, _, d_W2, d_b2 = subject.took(HIDDEN, weights, one, lr=0.1, seed=seed)
        scales = (d_W2 @ d_b2)[alive] / max(float(d_b2 @ d_b2), 1e-300) / values[alive]
        kept = scales[np.abs(scales) > 1e-9]
        if len(kept) and np.ptp(kept) > 1e-3 * abs(kept[0]):
            return False
        dropped += len(scales) - len(kept)
    return dropped > 0


def name_gradients(subject: Subject, dataset: Dataset, seen: Look, reads: Read, found: Examination) -> None:
    """Answer question 1, and name the mistakes that explain the steps."""
    found.parameters = reads.parameters
    if reads.special:
        name, words = reads.special
        if name == "batch_repeated" and any(d.name == "extra_step" for d in found.diagnoses):
            found.answers["gradients"].say(RIGHT, "the steps that are made are lr times the gradient")
            return
        found.name("loop" if name in LOOPS else "gradients", name, words, detail=words)
        return
    if reads.explanations and not reads.explanations[0].mistakes:
        found.answers["gradients"].say(RIGHT, f"every step is lr times the gradient of {reads.loss or CROSS_ENTROPY}")
        if seen.network is None and not any(d.name == "not_probabilities" for d in found.diagnoses):
            found.name(
                "network", "predict_differs", "fit trains ReLU and softmax, and predict computes another function"
            )
    elif reads.explanations:
        _name_explained(subject, dataset, seen, reads, found)
    elif reads.loss:
        found.answers["gradients"].say(RIGHT, f"every step is lr times the gradient of {reads.loss}")
    elif reads.of_one:
        _name_of_one(reads, found)
    elif reads.parameters:
        _name_by_factors(reads, found)


def _name_explained(subject: Subject, dataset: Dataset, seen: Look, reads: Read, found: Examination) -> None:
    first, *others = reads.explanations
    is_relu = seen.network is None or seen.network.activation is RELU
    for mistake in first.mistakes:
        rest = set(first.mistakes) - {mistake}
        alike = _alike(mistake, rest, others)
        detail = first.measured.get(mistake, "")
        if mistake == "nothing_trained":
            moves, changes = sequences.moved(subject, dataset)
            if moves:
                found.answers["gradients"].say(WRONG, "one batch changes no weight, and several do")
                continue
            if changes:
                place = subject.open(HIDDEN).place("get_weights")
                mistake, detail = "get_weights_stale", f"it is get_weights in {place}"
        if mistake == "relu_derivative_at_zero" and not is_relu:  # whose 0 is no dead unit
            mistake, alike = "relu_derivative_of_another", []
        if reads.loss:  # the gradient is right, of another loss
            names = sorted([mistake, *alike], key=lambda name: name not in OTHER_LOSSES)
            mistake, alike = names[0], names[1:]
        fact = bool(reads.loss) and bool(OTHER_LOSSES & {mistake, *alike})
        question = "loop" if mistake in LOOPS else "gradients"
        found.name(question, mistake, _seen_words(reads), detail=detail, others=alike, fact=fact)
    if reads.loss or all(mistake in LOOPS for mistake in first.mistakes):
        found.answers["gradients"].say(RIGHT, f"the gradients are those of {reads.loss or CROSS_ENTROPY}")


def _alike(mistake: str, rest: set[str], others: list[Explanation]) -> list[str]:
    names = [m for other in others for m in other.mistakes if set(other.mistakes) - {m} == rest]
    return list(dict.fromkeys(name for name in names if name != mistake))


def _name_of_one(reads: Read, found: Examination) -> None:
    """Name what already the steps of one image show; what batches add is the loop's question."""
    if reads.one_is_lost:
        return
    for mistake in reads.of_one[0].mistakes:
        question = "loop" if mistake in LOOPS else "gradients"
        found.name(question, mistake, "seen in batches of one image", detail=reads.of_one[0].measured.get(mistake, ""))
    if not reads.of_one[0].mistakes:
        found.answers["gradients"].say(RIGHT, "steps of one image are lr times its gradient")


def _name_by_factors(reads: Read, found: Examination) -> None:
    """Name what each array's factor shows, where the function is known and no more."""
    factors = {p["name"]: 1.0 if p["passed"] else p["factor"] for p in reads.parameters}
    words = ", ".join(f"{name} {k:.4g}" for name, k in factors.items() if k is not None)
    known = [k for k in factors.values() if k is not None]
    if len(known) < len(factors):
        found.answers["gradients"].say(WRONG, words and f"the factors are {words}")
        return
    frozen = [name for name, k in factors.items() if abs(k or 0) < 1e-6]
    if frozen and all(abs((k or 0) - 1) < 0.01 for name, k in factors.items() if name not in frozen):
        everything = len(frozen) == len(factors)
        name = "nothing_trained" if everything else "array_frozen"
        found.name("gradients", name, words, detail="" if everything else f"it is {' and '.join(frozen)}")
    elif np.ptp(known) <= 0.01 * abs(known[0]):
        name = "sign_flipped" if abs(known[0] + 1) < 0.01 else "factor"
        found.name("gradients", name, words, detail="" if name != "factor" else f"it is {known[0]:.4g}")
    else:
        found.name("gradients", "factor_of_arrays", words, detail=f"the factors are {words}")


def _seen_words(reads: Read) -> str:
    rows = []
    for p in reads.parameters:
        other = "another than is due" if p["factor"] is None else f"{p['factor']:.4g} times what is due"
        rows.append(f"the step of {p['name']} is {'what is due' if p['passed'] else other}")
    return "; ".join(rows)


def name_network(seen: Look, found: Examination) -> None:
    """Answer question 3: name what of the network is not as asked."""
    network = seen.network
    right = found.answers["gradients"].answer == RIGHT
    if network is None:
        if right and not found.diagnoses:
            words = "your gradients are right for the net you wrote; its predict is no perceptron that is known here"
            found.name("network", "other_network", words, detail=words)
        return
    logits = {"softmax of ReLU": "relu_on_logits", "softmax of softmax": "softmax_twice", "softmax of sigmoid":
              "logits_squashed", "softmax of tanh": "logits_squashed", "logits": "predict_logits",
              "log-softmax": "predict_logits"}.get(network.output.words)  # fmt: skip
    inputs = {"255 x": "images_not_divided", "x / 255": "images_divided_twice", "x / 256": "images_divided_twice"}
    words = f"predict is that of this network: {network.words()}"
    if logits:
        found.name("network", logits, words)
    if network.inputs in inputs:
        found.name("network", inputs[network.inputs], words)
    bare = network.layout.names != ("W1", "b1", "W2", "b2")
    other = network.activation is not RELU or bare or (network.output is not SOFTMAX and not logits)
    if other or (network.inputs != "x" and network.inputs not in inputs):
        wrote = f"your gradients are right for the net you wrote: {network.words()}" if right else words
        loss = found.loss if right and found.loss else ""
        wrote += f" with {loss}" if loss else ""
        sizes = "–".join(map(str, network.layout.widths))
        found.name("network", "other_network", wrote, detail=f"{wrote} ({sizes} for hidden_size {HIDDEN})")
    elif not any(d.name in ("predict_columns",) for d in found.diagnoses):
        found.answers["network"].say(RIGHT, words)


def name_lost(reads: Read, shares: Shares | None, found: Examination) -> None:
    """Say of a net that takes no step of a single image, and due ones of several, what the loop's question has not."""
    if not reads.one_is_lost and not (shares and sequences.loses_last(shares)):
        return
    words = "a batch of one image changes nothing, and batches of several do"
    due = reads.several_due if reads.one_is_lost else found.answers["loop"].answer == RIGHT
    is_named = any(d.name in LOOPS for d in found.diagnoses)
    if due and not is_named:
        found.name("loop", "single_images_lost", words)
    elif not due and reads.one_is_lost and not is_named:
        found.answers["gradients"].say(WRONG, f"{words}, by other steps than are due")
    elif due and reads.one_is_lost:
        found.answers["gradients"].say(RIGHT, "steps of several images are lr times the gradient of those trained")
    found.parameters = []  # which are of single images


def name_unknown(reads: Read, shares: Shares | None, found: Examination) -> None:
    """Say what was observed where no known mistake explains it, and what was ruled out."""
    if found.mistakes or all(found.answers[q].answer != WRONG for q in ("gradients", "loop")):
        return
    right = [p["name"] for p in reads.parameters if p["passed"]]
    wrong = [p["name"] for p in reads.parameters if not p["passed"]]
    gradients = found.answers["gradients"]
    if gradients.answer == WRONG and right and not wrong:
        text = f"The first steps are right, and a later one is not: {'; '.join(gradients.evidence)}."
        found.diagnoses.append(Diagnosis(UNKNOWN, detail=text, evidence=list(gradients.evidence)))
        return
    if gradients.answer == WRONG:
        rest = f", right in {', '.join(right)}" if right and wrong else ""
        text = (
            f"No known mistake, alone or with another, makes these steps: wrong in {', '.join(wrong) or 'all'}{rest}."
        )
        factors = [f"{p['name']} by {p['factor']:.4g}" for p in reads.parameters if p["factor"] is not None]
        text += f" Off by a factor alone: {', '.join(factors)}." if factors else ""
    else:
        text = "Steps of single images are right, and no known mistake of the loop leaves what was seen."
        rest = f", right in {', '.join(right)}" if right else ""
        text += f" Batches of several images are wrong in {', '.join(wrong)}{rest}." if wrong else ""
    seen = found.answers["loop"].evidence + ([shares.words] if shares and not shares.plain else [])
    text += f" Seen: {'; '.join(dict.fromkeys(seen))}." if seen else ""
    found.diagnoses.append(Diagnosis(UNKNOWN, detail=text, evidence=seen))


def name_parted(found: Examination) -> None:
    """Say what was observed where the certificate alone is wrong: nothing else then tells what there is to mend."""
    proof, answer = found.proof, found.answers["certificate"]
    if found.diagnoses or proof is None or answer.answer != WRONG:
        return
    apart = ", ".join(
        f"{name} by {'NaN or infinity' if d is None else f'{d:.2g}'}" for name, d in proof["largest_difference"].items()
    )
    text = (
        "No known mistake, and small batches are right. Seen: in calls of fit with"
        f" {certificate.BATCH_SIZE} images each, {proof['images']:,} in all, weights part from those of the reference,"
        f" which is given the same batches: {apart}, where {LIMITS['float32']:g} is allowed."
    )
    found.diagnoses.append(Diagnosis(UNKNOWN, detail=text, evidence=list(answer.evidence)))
