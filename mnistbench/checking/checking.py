"""One net read back by four questions, each answered apart, and the mistakes whose own evidence holds.

The user's code runs in a process of its own; what decides is here, in the child that is the referee.
"""

import contextlib
import dataclasses
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from mnistbench.checking import asking, certificate, extremes, looking, naming, ordinary, readback, sequences, starting
from mnistbench.checking.examination import QUESTIONS, RIGHT, WRONG, Examination
from mnistbench.checking.functions import SOFTMAX
from mnistbench.checking.gradients import Read, formulas_of, read
from mnistbench.checking.looking import Look
from mnistbench.checking.steps import Step, observe
from mnistbench.checking.subject import HIDDEN, ShapeChangedError, Subject
from mnistbench.datasets import data, relabelled
from mnistbench.errors import NetError
from mnistbench.nets import TimeIsUpError

COARSE = 1e-4  # spacing around 1, of float16 and its like
LOOPS_ALLOWED = frozenset({"full_batch", "one_image_a_step", "own_batch_size", "drawn_anew", "no_shuffle"})


def check(
    net: str,
    dataset: str,
    *,
    seconds: float,
    certificate_seconds: float | None = None,
    accept_other_networks: bool = False,
    any_loop: bool = False,
    secret: int = 0,
    run_follows: bool = False,
    on_question: Callable[[int, str], None] = lambda number, words: None,
) -> dict[str, Any]:
    """Check a user's net and return what was found, ready for JSON.

    Args:
        net: ``FILE.py:CLASS``.
        dataset: as :func:`mnistbench.datasets.data.load` takes it.
        seconds: end after this time.
        certificate_seconds: of them, what the certificate's epoch may take; left out, half of what is left, or a third.
        accept_other_networks: pass any network; see :func:`mnistbench.check`.
        any_loop: pass any loop.
        secret: permutes the data (:func:`mnistbench.datasets.relabelled`), and draws the second size, seeds and images.
        run_follows: a run of the net is judged in place of question 4's last call.
        on_question: hears which question is asked, 1 to 4, and its words.

    Raises:
        NetError: the net fails before anything can be said of its steps.
        DataError: the dataset cannot be used.
    """
    found, subject = Examination(net, secret), Subject(net, time.monotonic() + seconds, secret)
    with _time_limit(net, seconds), np.errstate(all="ignore"):
        whole = relabelled(data.load(dataset, dtype=np.uint8), secret)
        _ask_all(subject, _first(whole, secret), found, on_question)
        forgiven, found.libraries = any_loop and found.forgive(LOOPS_ALLOWED), subject.libraries()
        _prove(subject, whole, found, certificate_seconds, on_question, run_follows=run_follows)
        with contextlib.suppress(TimeIsUpError):  # a call that did not end is said, and no error
            found.libraries = subject.libraries()
        found.decide(accept_other_networks=accept_other_networks, forgive_loop=forgiven)
        ordinary.ask_whether_it_moves(subject, whole, found)
    return found.as_json()


def _ask_all(subject: Subject, images: data.Dataset, found: Examination, tell: Callable[[int, str], None]) -> None:
    """Ask the first three questions; what stops one of them is named or told as an error."""
    words = list(QUESTIONS.values())
    try:
        tell(1, words[0])
        seen = looking.look(subject, images, found)
        if not seen.readable:
            return
        starting.ask(subject, images, seen, found)
        _ask_steps(subject, images, seen, found, lambda: tell(2, words[1]))
        tell(3, words[2])
        naming.name_network(seen, found)
    except ShapeChangedError as error:
        detail = f"a batch of several images turns {error.name} from {error.before} into {error.after}"
        name = "bias_becomes_row" if error.after == (1, *error.before) else "shape_grows"
        found.name("gradients", name, str(error), detail=detail)
    except NetError as error:
        if not found.diagnoses:
            raise
        found.errors.append(str(error))


def _ask_steps(
    subject: Subject, images: data.Dataset, seen: Look, found: Examination, tell: Callable[[], None]
) -> None:
    steps = observe(subject, images)
    if subject.layout(HIDDEN).eps > COARSE:
        found.name("gradients", "half_precision", f"numbers around 1 are {subject.layout(HIDDEN).eps:.1g} apart")
        return
    taken = [step for step in steps if step.took is not None]
    if not taken:
        naming.name_refusal(subject, images, steps, found)
        return
    naming.name_failures(steps, found)
    special = readback.special(taken, formulas_of(seen.network)) if subject.layout(HIDDEN).is_two_layers else None
    if special is not None and special[0] == "step_nan":
        found.name("gradients", special[0], special[1], detail=special[1])
        return
    if not sequences.repeats(subject, images):
        naming.name_random(subject, images, seen, found)
        return
    anew = sequences.restarts(subject, images)
    if anew:
        found.name("loop", "restarts_anew", anew, detail=anew)
        return
    _ask_what_is_kept(subject, images, seen, found, steps, special, tell)
    naming.name_refused(steps, found)


def _ask_what_is_kept(
    subject: Subject,
    images: data.Dataset,
    seen: Look,
    found: Examination,
    steps: list[Step],
    special: tuple[str, str] | None,
    tell: Callable[[], None],
) -> None:
    """Ask what one step keeps from the last, then for the gradients, then for the loop, which each rest on it."""
    reads, shares = Read(), None
    if not naming.fails_alone(steps):
        shares = sequences.measure(subject, images, asking.dues(subject, images, seen))
    adaptive = special is not None and special[0] == "adaptive_steps"
    if shares and not shares.plain and not adaptive and sequences.name(shares, found):
        steps = asking.without_first_share(steps, shares, found)
    reads = read(subject, seen, steps) if steps else reads
    found.loss = reads.loss
    naming.name_gradients(subject, images, seen, reads, found)
    tell()
    if all(step.took is not None for step in steps if len(step.batch.labels) > 1):
        asking.ask_loop(subject, images, seen, reads, shares, found)
    naming.name_lost(reads, shares, found)
    naming.name_unknown(reads, shares, found)
    softmax = seen.network is not None and seen.network.output is SOFTMAX and "b2" not in seen.unused
    whole = all(step.took is not None for step in steps)
    if softmax and reads.explanations and whole and subject.layout(HIDDEN).is_two_layers:
        extremes.ask(subject, images, seen, found)
        if not reads.explanations[0].mistakes:
            extremes.ask_clipping(subject, images, reads.explanations[0].formulas, found)


def _prove(
    subject: Subject,
    whole: data.Dataset,
    found: Examination,
    seconds: float | None,
    tell: Callable[[int, str], None],
    *,
    run_follows: bool,
) -> None:
    """Let a net that is right so far train an epoch beside the reference."""
    answers = found.answers
    if found.diagnoses or found.errors or any(answers[q].answer != RIGHT for q in ("gradients", "loop", "network")):
        return
    tell(4, QUESTIONS["certificate"])
    exact = subject.layout(HIDDEN).eps < 1e-10
    turned = any(d.name == "predict_columns" for d in found.diagnoses)
    best: dict[str, Any] = {}
    for order in range(1, 2 if exact else 1 + certificate.ORDERS):
        share = 1 / 2 if exact else 2 / 3 if best else 1 / 3  # so that another order has time for as many images
        proof = certificate.prove(
            subject, whole, exact=exact, turned=turned, seconds=subject.left() * share if seconds is None else seconds,
            order=order, most=best.get("images", len(whole.train_labels)),
        )  # fmt: skip
        if best and proof["images"] < best["images"]:
            break  # there was less time, and fewer images tell nothing against what more have shown
        found.proof = best = proof
        if proof["passed"]:
            break
        if not exact:
            answers["certificate"].evidence.append(f"order {order} of the images: {certificate.PARTED}")
    answers["certificate"].say(RIGHT if best["passed"] else WRONG)
    naming.name_parted(found)
    if best["passed"]:
        if best["epsilon"]:
            found.remarks.append(certificate.EPSILON)
        if not run_follows:
            ordinary.ask(subject, whole, found, a_second=best["images"] / max(best["seconds"], 1e-3), turned=turned)


def _first(whole: data.Dataset, secret: int) -> data.Dataset:
    """Return those images of a dataset of bytes that the questions choose from, as pixels from 0 to 1.

    They are its first, or drawn by a secret.
    """
    rows: Any = slice(data.QUICK_TRAIN_IMAGES)
    if secret:
        rows = np.random.default_rng(secret).choice(len(whole.train_labels), data.QUICK_TRAIN_IMAGES, replace=False)
    return dataclasses.replace(
        whole,
        train_images=certificate.pixels(whole.train_images[rows]),
        train_labels=whole.train_labels[rows],
        test_images=certificate.pixels(whole.test_images[: data.QUICK_TEST_IMAGES]),
        test_labels=whole.test_labels[: data.QUICK_TEST_IMAGES],
    )


@contextlib.contextmanager
def _time_limit(net: str, seconds: float) -> Iterator[None]:
    """End what runs too long, and tell where in the user's file it was, where its process said so in time.

    Raises:
        NetError: time is up.
    """

    def end(*_: Any) -> None:
        raise TimeIsUpError

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except TimeIsUpError as error:
        raise NetError(
            f"{error.place or net}: was still running after the {seconds:g} s of --timeout; look for an endless loop"
            " there, or give more time."
        ) from error
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
