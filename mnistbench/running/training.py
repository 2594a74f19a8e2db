"""The one timed loop, the same for every trainer: import, data, build, train, evaluate.

Each phase has a clock of its own and scoring never runs on the training clock. What is measured is told
at once through ``emit``, so that a run that ends badly leaves what it had.
"""

import hashlib
import itertools
import math
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistbench.datasets import data, put_back, relabelled
from mnistbench.errors import DivergedError, NetError
from mnistbench.experiment import NETS, Spec, net_files
from mnistbench.ledger import Recorder, recording, replacing
from mnistbench.machine import Neighbours, environment, machine_peak, tree_seconds
from mnistbench.nets import Floats, NeuralNetwork, Trainer, metrics, trainer_class
from mnistbench.running.unasked import Unasked

Emit = Callable[[dict[str, Any]], None]


class Stopwatch:
    """Adds up wall seconds, processor seconds and involuntary context switches from :meth:`start` to :meth:`stop`.

    The latter two are this process's, and those of its children that have ended; processor seconds also those of the
    process ``pid`` and of all that it started.
    """

    def __init__(self, *, running: bool = True, pid: int | None = None) -> None:
        self._pid = pid
        self.seconds = 0.0
        self.cpu_seconds = 0.0
        self.involuntary_switches = 0
        if running:
            self.start()

    def start(self) -> None:
        """Begin another stretch."""
        self._switches = environment.involuntary_switches()
        self._cpu = _cpu_seconds(self._pid)
        self._wall = time.perf_counter()  # last: a look at all processes takes milliseconds

    def stop(self) -> float:
        """End the stretch and return the wall seconds so far."""
        self.seconds += time.perf_counter() - self._wall
        self.cpu_seconds += _cpu_seconds(self._pid) - self._cpu
        self.involuntary_switches += environment.involuntary_switches() - self._switches
        return self.seconds


def _cpu_seconds(pid: int | None) -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages) + (tree_seconds(pid) if pid else 0.0)


def run(
    spec: Spec, *, spawned_at: float, model_file: Path, trajectory_file: Path, emit: Emit, is_judged: bool = False
) -> None:
    """Do one run from import to saved weights.

    Args:
        spec: what to run.
        spawned_at: the parent's ``time.monotonic()`` as it started this process; the import phase begins there.
        model_file: where the trained weights go, as a NumPy archive.
        trajectory_file: where a controlled run's weights after each epoch go.
        emit: takes ``{"measured": {...}}`` with fields of the row, and ``{"epoch": {...}}`` after each epoch.
        is_judged: tell what a user's net of two layers did ``beside`` the reference.

    Raises:
        DivergedError: the loss is no longer finite.
        MnistbenchError: the data cannot be used.
    """
    make_trainer = trainer_class(spec.net, profile=spec.profile)
    facts = _facts(spec, make_trainer)
    emit({"measured": {"import_seconds": time.monotonic() - spawned_at, **facts}})

    watch = Stopwatch()
    dataset, lone = _data(spec, make_trainer, is_judged=is_judged)
    emit({"measured": {"data_seconds": watch.stop(), "data_sha256": dataset.sha256}})

    watch = Stopwatch()
    trainer = make_trainer(spec)
    build_seconds = watch.stop()
    parallel = {"processes": getattr(trainer, "processes", 1), "effective_threads": trainer.effective_threads}
    emit({"measured": {"build_seconds": build_seconds, **parallel}})

    loop = _Loop(spec, trainer, dataset, emit, lone)
    loop.follow(spec.protocol, trajectory_file)
    gflop = machine_peak.training_gflop(spec.hidden_size, len(dataset.train_labels) * spec.epochs)
    times = {"time_seconds": build_seconds + loop.train.seconds, **loop.times()}
    emit({"measured": {"train_gflop": gflop, "others_cpu_fraction": loop.neighbours.fraction(), **times}})
    loop.finish(model_file)
    memory = {"peak_rss_mib": environment.peak_rss_mib(getattr(trainer, "pid", None))}
    emit({"measured": {"parts": getattr(trainer, "parts", None), **memory}})


def _facts(spec: Spec, make_trainer: type[Trainer]) -> dict[str, Any]:
    if ahead := getattr(make_trainer, "ahead", None):
        ahead(spec)
    file = net_files.parse(spec.net)
    if file:
        file.parts()  # what reads a notebook is imported here, and not on the clock of the build
    facts = {**environment.machine(), **environment.libraries(make_trainer.libraries), **environment.blas()}
    return {"environment": facts, "net_sha256": file.sha256 if file else None}


def _data(spec: Spec, make_trainer: type[Trainer], *, is_judged: bool) -> tuple[data.Dataset, NDArray[np.intp] | None]:
    """Return the data, and the pixels of its witnesses where the run is judged by them."""
    dtype = "uint8" if getattr(make_trainer, "takes_bytes", False) else spec.dtype
    dataset = relabelled(data.load(spec.dataset, dtype=dtype, quick=spec.quick), spec.secret)
    if not is_judged:
        return dataset, None
    from mnistbench.checking import witnessed  # in the child alone that needs it

    return witnessed(dataset, spec.secret)


class _Loop:
    """The training of one net, and the scoring between its epochs, each on a clock of its own."""

    def __init__(
        self, spec: Spec, trainer: Trainer, dataset: data.Dataset, emit: Emit, lone: NDArray[np.intp] | None
    ) -> None:
        self.spec, self.trainer, self.dataset, self.emit, self.lone = spec, trainer, dataset, emit, lone
        self.train = Stopwatch(running=False, pid=getattr(trainer, "pid", None))
        self.evaluate = Stopwatch(running=False)
        self.epoch_ends: list[float] = []
        self.neighbours = Neighbours()
        self.recorder: Recorder | None = None
        self.unasked = Unasked(trainer)
        self.trail: list[list[Floats]] = []  # of a net that is judged
        self.told: Floats | None = None

    def follow(self, protocol: str, trajectory_file: Path) -> None:
        """Train by a protocol; a net in a process of its own is asked once before, since a library may compile then."""
        if self.spec.net not in NETS:
            self.evaluate.start()
            self.trainer.predict(self.dataset.test_images)
            self._keep_arrays()
            self.evaluate.stop()
        if protocol == "controlled":
            self.train_controlled(trajectory_file)
        else:
            self.train_as_shipped()

    def train_as_shipped(self) -> None:
        """Train from the net's own start, in its own orders."""
        self._fit(self.dataset.train_images, self.dataset.train_labels, epochs=self.spec.epochs)

    def train_controlled(self, trajectory_file: Path) -> None:
        """Train from the start and in the orders that all nets share, and record the weights on the way."""
        start = hashlib.sha256()
        self.evaluate.start()
        with recording(trajectory_file) as self.recorder:
            self.trainer.set_weights(_start_weights(self.spec))
            self.recorder.add(0, self._weights(), self.trainer.predict(self.dataset.test_images))
            for array in self._weights():  # what the net has, not what it was given
                start.update(array.tobytes())
            orders = data.batch_orders(len(self.dataset.train_labels), self.spec.seed)
            for order in itertools.islice(orders, self.spec.epochs):
                start.update(order.tobytes())
                # The permuting copy is on no net's training clock.
                images, labels = self.dataset.train_images[order], self.dataset.train_labels[order]
                self.evaluate.stop()
                self._fit(images, labels, epochs=1, shuffle=False)
                self.evaluate.start()
        self.evaluate.stop()
        self.emit({"measured": {"start_sha256": start.hexdigest()}})

    def _fit(self, images: Any, labels: Any, **arguments: Any) -> None:
        self.evaluate.start()
        if prepare := getattr(self.trainer, "prepare", None):
            prepare(images, labels)
        self.evaluate.stop()
        self.train.start()
        self.trainer.fit(images, labels, batch_size=self.spec.batch_size, on_epoch_end=self._on_epoch_end, **arguments)
        self.train.stop()

    def _on_epoch_end(self) -> None:
        self.epoch_ends.append(self.train.stop())
        self.evaluate.start()
        epoch = len(self.epoch_ends)
        probabilities = self.unasked.predict(self.dataset.test_images)
        self.told = probabilities
        accuracy, loss = _score(probabilities, self.dataset.test_labels)
        scores = {"test_accuracy": accuracy, "test_loss": loss}
        self.emit({"epoch": {"epoch": epoch, "train_seconds": self.train.seconds, **scores}})
        if self.recorder:
            self.recorder.add(epoch, self._weights(), probabilities)
        self.emit({"measured": scores | self.times()})
        self._keep_arrays()
        self.evaluate.stop()
        self.unasked.end_idle()
        if not math.isfinite(loss):
            raise DivergedError(
                f"the test loss is {loss} after epoch {epoch}; choose a smaller lr than {self.spec.lr}."
            )
        self.train.start()

    def times(self) -> dict[str, float | None]:
        """Return what the training has taken so far."""
        epochs = np.diff([0.0, *self.epoch_ends]).tolist()
        return {
            "train_seconds": self.train.seconds,
            "cpu_seconds": self.train.cpu_seconds,
            "involuntary_switches": self.train.involuntary_switches,
            "first_epoch_seconds": epochs[0],
            "steady_epoch_seconds": statistics.median(epochs[1:]) if len(epochs) > 1 else None,
        }

    def _keep_arrays(self) -> None:
        """Keep the weights of a net that is judged, after each call of ``fit``; what it does now is work unasked."""
        if self.lone is not None:
            weights = self.trainer.get_weights()
            if weights is None:
                raise NetError("get_weights no longer returns the W1, b1, W2 and b2 that it returned to check.")
            self.trail.append(weights)

    def _beside_reference(self, lone: NDArray[np.intp]) -> dict[str, Any]:
        """Return whether a user's net did what the reference does from the same start, and what each did in words."""
        from mnistbench.checking import beside_reference

        assert self.told is not None  # noqa: S101 (for the type checker)
        return beside_reference(self.spec, self.trail, self.told, self.dataset, lone)._asdict()

    def finish(self, model_file: Path) -> None:
        """Tell what a user's net that is judged did, score on the whole training set, and save the weights."""
        self.evaluate.start()
        self.emit({"measured": {"unasked_seconds": self.unasked.seconds}})
        if self.lone is not None:
            self.emit({"measured": {"beside": self._beside_reference(self.lone)}})
        accuracy, loss = _score(self.trainer.predict(self.dataset.train_images), self.dataset.train_labels)
        weights = self._weights_of_its_own()
        weights_sha256 = _save(weights and put_back(weights, self.spec.secret), model_file)
        scores = {"train_accuracy": accuracy, "train_loss": loss}
        self.emit({"measured": {**scores, "weights_sha256": weights_sha256, "evaluate_seconds": self.evaluate.stop()}})

    def _weights_of_its_own(self) -> list[Any] | None:
        """Return the weights; none where they do not make a user's net's predictions, as of another activation."""
        weights = self.trainer.get_weights()
        if weights is None or self.spec.net in NETS:
            return weights
        from mnistbench.checking import OWN, own_fraction

        assert self.told is not None  # noqa: S101 (for the type checker)
        return weights if own_fraction(weights, self.told, self.dataset.test_images) >= OWN else None

    def _weights(self) -> list[Any]:
        return [array.astype(self.spec.dtype) for array in self.trainer.get_weights() or []]


def _start_weights(spec: Spec) -> list[Any]:
    """Draw the weights that every controlled run of a seed starts from: those the NumPy net starts from."""
    return list(NeuralNetwork(spec.hidden_size, seed=spec.seed, dtype=spec.dtype).get_weights())


def _score(probabilities: Any, labels: Any) -> tuple[float, float]:
    return metrics.accuracy(probabilities, labels), metrics.log_loss(probabilities, labels)


def _save(weights: list[Any] | None, file: Path) -> str | None:
    """Write the weights, where the net tells them, whole or not at all; return the SHA-256 of their bytes."""
    if weights is None:
        return None
    with replacing(file) as stream:
        np.savez(stream, W1=weights[0], b1=weights[1], W2=weights[2], b2=weights[3])
    return hashlib.sha256(b"".join(array.tobytes() for array in weights)).hexdigest()
