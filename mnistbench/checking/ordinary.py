"""Question 4's last part: does ``fit`` do with many images, called as a run calls it, what it did in single steps.

The user's code runs in a process of its own; this runs in the referee: of a check, or of a run that is judged.
"""

import contextlib
import dataclasses
import signal
from collections.abc import Iterator

import numpy as np

from mnistbench.checking.certificate import BATCH_SIZE, LR, batches, pixels
from mnistbench.checking.examination import Beside, Examination
from mnistbench.checking.subject import Subject, require_shapes
from mnistbench.checking.witnesses import FEWEST_WITNESSES, LEFT_OUT, Pixels, Trail, trained, witnessed
from mnistbench.datasets import Dataset
from mnistbench.errors import NetError
from mnistbench.experiment import Spec
from mnistbench.ledger import PARAMETERS
from mnistbench.nets import GRACE_SECONDS, Floats, NeuralNetwork, TimeIsUpError, UserNet

# At a rate of 0.1 another order moves how far W1 goes by at most 1 % (one standard deviation, 4,000 images, 20 hidden
# units or more), with all images, also where a run is judged, by 0.3 %, and the test accuracy then by 0.2 points.
FEWEST = 4_000  # images, to tell by
FURTHER = 0.04  # of the way that W1 goes
OTHERWISE = 3  # times less or more far that b1, W2, b2 and the witnesses' weights go: by another order 0.8 to 1.3 times
ASIDE = 1.0  # of it, between where the two end: 0.1 to 0.8 by another order, and 1.4 by weights of another training
BELOW = 0.03  # of test accuracy
OWN = 0.995  # of the test images have the class that the net's weights give them; rounding moves a few


def ask(subject: Subject, whole: Dataset, found: Examination, *, a_second: float, turned: bool) -> None:
    """Ask for one call of ``fit`` with as many images as there is time for; one that does not end proves nothing.

    A net that was asked for small steps until now, from weights that it was given, may tell by it that it is asked;
    here that says nothing: it is in a process of its own, begins as it begins, and is asked in every way as by a run.

    Args:
        subject: a net of two layers, whose steps are right.
        whole: the data, as bytes.
        found: what is found is put down there.
        a_second: how many images it has shown in a second.
        turned: ``predict`` returns one column an image.
    """
    answer = found.answers["certificate"]
    images = min(len(whole.train_labels), int(a_second * subject.left() / 2))
    call = "an ordinary epoch, one call of fit with many images,"
    if images < FEWEST:
        answer.evidence.append(f"{call} was not asked for in the time left")
        return
    try:
        with _ending_before(subject):
            spec, (dataset, lone) = _spec(subject), witnessed(_first(whole, images), found.secret)
            dataset, is_whole = _as_pixels(dataset), images == len(whole.train_labels)
            arrays, told = _large_call(subject.alone(spec), dataset)
            layout = subject.layout(spec.hidden_size)
            require_shapes(layout, arrays[-1], images)
            trail = [layout.plain(each) for each in arrays]
            told = told.T if turned else told
            seen = beside_reference(spec, trail, told, dataset, lone, is_whole=is_whole)
            right, words = bool(seen.right), seen.words + seen.accuracy
    except TimeIsUpError:
        answer.evidence.append(f"{call} did not end in the time left")
        return
    except NetError as error:
        right, words = False, f"{call} ends in an error: {error}"
    if right:
        answer.evidence.append(words)
    else:
        found.name("certificate", "large_call_differs", words)


def ask_whether_it_moves(subject: Subject, whole: Dataset, found: Examination) -> None:
    """Ask one call of ``fit`` with all images of a net that passes without a reference; named is one that is idle."""
    if found.proof or not found.passed:
        return
    with contextlib.suppress(TimeIsUpError), _ending_before(subject):
        (start, end), _ = _large_call(subject.alone(_spec(subject)), _as_pixels(whole))
        if all(map(np.array_equal, start, end)):
            found.name("certificate", "large_call_differs", "one call of fit with all images leaves every array alike")
            found.passed = False


def beside_reference(
    spec: Spec, trail: Trail, told: Floats, dataset: Dataset, lone: Pixels, *, is_whole: bool = True
) -> Beside:
    """Say whether a net's training did what the reference's does from the same start, and what each did.

    Each has its own order: it is asked how far its weights go and where to, how many witnesses it trains, whether its
    probabilities are those of its weights, and after all images the test accuracy too.

    Args:
        spec: what was asked for.
        trail: its W1, b1, W2 and b2 before the first call of ``fit`` and after each.
        told: its probabilities of the test images after, shape (n, 10).
        dataset: what it was trained on, as pixels from 0 to 1.
        lone: the pixels of its witnesses.
        is_whole: these were all images.
    """
    tests, reference = dataset.test_images, NeuralNetwork(spec.hidden_size, lr=spec.lr, seed=1)
    right, words = _moved_alike(trail, _led(reference, trail[0], spec, dataset), lone)
    calls = f"{spec.epochs} calls of fit take" if spec.epochs > 1 else "one call of fit takes"
    words = f"{calls} W1 with {len(dataset.train_labels):,} images {words}"
    own = own_fraction(trail[-1], told, tests)
    if own < OWN:
        right = False
        words += f"; predict gives {100 * own:.2f} % of the test images the class that its weights give"
    accuracy = ""
    if is_whole:
        both = (told.argmax(axis=1), reference.predict(tests).argmax(axis=1))
        got, best = (float(np.mean(each == dataset.test_labels)) for each in both)
        right = right and got >= best - BELOW
        accuracy = f", to {100 * got:.2f} % and {100 * best:.2f} % of the test images right"
    return Beside(right, words, accuracy)


def _moved_alike(mine: Trail, theirs: Trail, lone: Pixels) -> tuple[bool, str]:
    """Say whether two trainings from one start moved the weights alike, each in its own order, and how far."""
    went, due = _ways(mine, lone), _ways(theirs, lone)
    aside = np.linalg.norm(mine[-1][0] - theirs[-1][0])
    words = f"{went['W1']:.2f} far, the reference's {due['W1']:.2f}"
    right = bool(abs(went["W1"] - due["W1"]) <= FURTHER * due["W1"])
    if not aside <= ASIDE * due["W1"]:
        right, words = False, f"{words} and to {aside:.2f} from there"
    for name, way in due.items():
        if name != "W1" and not way / OTHERWISE <= went[name] <= way * OTHERWISE:
            right, words = False, f"{words}, {name} {went[name]:.2g} far, the reference's {way:.2g}"
    seen, expected = trained(mine, theirs, lone)
    if expected >= FEWEST_WITNESSES and seen < (1 - LEFT_OUT) * expected:
        right = False
        words += f"; {len(lone)} images alone light a pixel: {seen} of their turns move its weights, {expected} in the"
        words += " reference"
    return right, words


def own_fraction(weights: list[Floats], told: Floats, images: Floats) -> float:
    """Return the fraction of images, shape (n, 784), whose class is the one that W1, b1, W2 and b2 give.

    Of a net that is 784–H–10 with ReLU it is at least :data:`OWN`.
    """
    reference = NeuralNetwork(len(weights[1]), lr=0, seed=1)
    reference.set_weights(weights)
    return float(np.mean(told.argmax(axis=1) == reference.predict(images).argmax(axis=1)))


def _ways(trail: Trail, lone: Pixels) -> dict[str, float]:
    """Return how far each array goes in all, W1 in two parts: that of the witnesses' pixels stands for itself."""
    W1, *others = (after - before for before, after in zip(trail[0], trail[-1], strict=True))
    parts = [np.delete(W1, lone, axis=0), *others, W1[lone]]
    names = (*PARAMETERS, "W1 of pixels that one image lights")
    return {name: float(np.linalg.norm(part)) for name, part in zip(names, parts, strict=True)}


def _led(reference: NeuralNetwork, start: list[Floats], spec: Spec, dataset: Dataset) -> Trail:
    """Train the reference in orders of its own; return its arrays before the first epoch and after each."""
    reference.set_weights(start)
    trail = [reference.get_weights()]
    for epoch in range(1, spec.epochs + 1):
        for rows in batches(len(dataset.train_labels), order=epoch, batch_size=spec.batch_size):
            reference.step(dataset.train_images[rows], dataset.train_labels[rows])
        trail.append(reference.get_weights())
    return trail


def _spec(subject: Subject) -> Spec:
    """Return the run that the large call is like; its hidden units and seed are drawn where there is a secret."""
    return Spec(
        net=subject.net, hidden_size=subject.other_hidden, lr=LR, batch_size=BATCH_SIZE, epochs=1, seed=subject.seed
    )


def _first(dataset: Dataset, images: int) -> Dataset:
    return dataclasses.replace(
        dataset, train_images=dataset.train_images[:images], train_labels=dataset.train_labels[:images]
    )


def _as_pixels(dataset: Dataset) -> Dataset:
    return dataclasses.replace(
        dataset, train_images=pixels(dataset.train_images), test_images=pixels(dataset.test_images)
    )


def _large_call(made: UserNet, dataset: Dataset) -> tuple[list[list[Floats]], Floats]:
    """Ask for one call of ``fit`` as a run does; return the arrays around it, and what it predicts then."""
    made.outputs(dataset.test_images)
    start = made.arrays()
    made.process.hold(images=dataset.train_images, labels=dataset.train_labels)
    made.fit(dataset.train_images, dataset.train_labels, BATCH_SIZE, 1)
    told = made.outputs(dataset.test_images)
    return [start, made.arrays()], told


@contextlib.contextmanager
def _ending_before(subject: Subject) -> Iterator[None]:
    """End what is asked of a process that knows of no deadline a little before that.

    Raises:
        TimeIsUpError: it was still running.
    """
    signal.setitimer(signal.ITIMER_REAL, max(subject.left() - 2 * GRACE_SECONDS, 0.01))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, max(subject.left(), 0.01))
