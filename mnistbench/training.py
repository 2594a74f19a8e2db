"""The one timed loop, the same for every trainer: import, data, build, train, evaluate.

Each phase has a clock of its own and scoring never runs on the training clock. What is measured is told
at once through ``emit``, so that a run that ends badly leaves what it had.
"""

import contextlib
import hashlib
import itertools
import math
import os
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mnistbench import data, environment, machine_peak, metrics, net_files
from mnistbench.errors import DivergedError
from mnistbench.spec import Spec
from mnistbench.trainers.base import Trainer, trainer_class
from mnistbench.trainers.numpy_net import NeuralNetwork
from mnistbench.trajectory import Recorder

Emit = Callable[[dict[str, Any]], None]


class Stopwatch:
    """Adds up wall seconds, processor seconds and involuntary context switches from :meth:`start` to :meth:`stop`.

    The latter two are this process's, and those of its children that have ended.
    """

    def __init__(self, *, running: bool = True) -> None:
        self.seconds = 0.0
        self.cpu_seconds = 0.0
        self.involuntary_switches = 0
        if running:
            self.start()

    def start(self) -> None:
        """Begin another stretch."""
        self._switches = environment.involuntary_switches()
        self._wall, self._cpu = time.perf_counter(), _cpu_seconds()

    def stop(self) -> float:
        """End the stretch and return the wall seconds so far."""
        self.seconds += time.perf_counter() - self._wall
        self.cpu_seconds += _cpu_seconds() - self._cpu
        self.involuntary_switches += environment.involuntary_switches() - self._switches
        return self.seconds


def _cpu_seconds() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def run(spec: Spec, *, spawned_at: float, model_file: Path, trajectory_file: Path, emit: Emit) -> None:
    """Do one run from import to saved weights.

    Args:
        spec: what to run.
        spawned_at: the parent's ``time.monotonic()`` as it started this process; the import phase begins there.
        model_file: where the trained weights go, as a NumPy archive.
        trajectory_file: where a controlled run's weights after each epoch go.
        emit: takes ``{"measured": {...}}`` with fields of the row, and ``{"epoch": {...}}`` after each epoch.

    Raises:
        DivergedError: the loss is no longer finite.
        MnistbenchError: the data cannot be used.
    """
    make_trainer = trainer_class(spec.net, profile=spec.profile)
    facts = {**environment.machine(), **environment.libraries(make_trainer.libraries), **environment.blas()}
    file = net_files.parse(spec.net)
    known = {"environment": facts, "net_sha256": file.sha256 if file else None}
    emit({"measured": {"import_seconds": time.monotonic() - spawned_at, **known}})

    watch = Stopwatch()
    dtype = "uint8" if getattr(make_trainer, "takes_bytes", False) else spec.dtype
    dataset = data.load(spec.dataset, dtype=dtype, quick=spec.quick)
    emit({"measured": {"data_seconds": watch.stop(), "data_sha256": dataset.sha256}})

    watch = Stopwatch()
    trainer = make_trainer(spec)
    build_seconds = watch.stop()
    parallel = {"processes": getattr(trainer, "processes", 1), "effective_threads": trainer.effective_threads}
    emit({"measured": {"build_seconds": build_seconds, **parallel}})

    recorder = Recorder(trajectory_file) if spec.protocol == "controlled" else None
    with recorder or contextlib.nullcontext():
        _train_and_evaluate(spec, trainer, dataset, build_seconds, model_file, recorder, emit)
    emit({"measured": {"parts": getattr(trainer, "parts", None), "peak_rss_mib": environment.peak_rss_mib()}})


def _train_and_evaluate(
    spec: Spec,
    trainer: Trainer,
    dataset: data.Dataset,
    build_seconds: float,
    model_file: Path,
    recorder: Recorder | None,
    emit: Emit,
) -> None:
    evaluate, train = Stopwatch(), Stopwatch(running=False)
    start = hashlib.sha256()
    epoch_ends: list[float] = []

    def weights() -> list[Any]:
        return [array.astype(spec.dtype) for array in trainer.get_weights() or []]

    if recorder:
        trainer.set_weights(_start_weights(spec))
        recorder.add(0, weights(), trainer.predict(dataset.test_images))
        for array in weights():  # what the net has, not what it was given
            start.update(array.tobytes())
    evaluate.stop()

    def on_epoch_end() -> None:
        epoch_ends.append(train.stop())
        evaluate.start()
        probabilities = trainer.predict(dataset.test_images)
        accuracy, loss = _score(probabilities, dataset.test_labels)
        scores = {"test_accuracy": accuracy, "test_loss": loss}
        emit({"epoch": {"epoch": len(epoch_ends), "train_seconds": train.seconds, **scores}})
        if recorder:
            recorder.add(len(epoch_ends), weights(), probabilities)
        emit({"measured": scores | _train_times(train, epoch_ends)})
        evaluate.stop()
        if not math.isfinite(loss):
            raise DivergedError(
                f"the test loss is {loss} after epoch {len(epoch_ends)}; choose a smaller lr than {spec.lr}."
            )
        train.start()

    def fit(images: Any, labels: Any, **arguments: Any) -> None:
        train.start()
        trainer.fit(images, labels, batch_size=spec.batch_size, on_epoch_end=on_epoch_end, **arguments)
        train.stop()

    if spec.protocol == "as_shipped":
        fit(dataset.train_images, dataset.train_labels, epochs=spec.epochs)
    else:
        for order in itertools.islice(data.batch_orders(len(dataset.train_labels), spec.seed), spec.epochs):
            evaluate.start()  # the permuting copy is on no net's training clock
            start.update(order.tobytes())
            images, labels = dataset.train_images[order], dataset.train_labels[order]
            evaluate.stop()
            fit(images, labels, epochs=1, shuffle=False)
        emit({"measured": {"start_sha256": start.hexdigest()}})
    gflop = machine_peak.training_gflop(spec.hidden_size, len(dataset.train_labels) * spec.epochs)
    times = {"time_seconds": build_seconds + train.seconds, **_train_times(train, epoch_ends)}
    emit({"measured": {"train_gflop": gflop, **times}})

    evaluate.start()
    accuracy, loss = _score(trainer.predict(dataset.train_images), dataset.train_labels)
    weights_sha256 = _save(trainer.get_weights(), model_file)
    scores = {"train_accuracy": accuracy, "train_loss": loss}
    emit({"measured": {**scores, "weights_sha256": weights_sha256, "evaluate_seconds": evaluate.stop()}})


def _start_weights(spec: Spec) -> list[Any]:
    """Draw the weights that every controlled run of a seed starts from: those the NumPy net starts from."""
    return list(NeuralNetwork(spec.hidden_size, seed=spec.seed, dtype=spec.dtype).get_weights())


def _score(probabilities: Any, labels: Any) -> tuple[float, float]:
    return metrics.accuracy(probabilities, labels), metrics.log_loss(probabilities, labels)


def _train_times(train: Stopwatch, epoch_ends: list[float]) -> dict[str, float | None]:
    epochs = np.diff([0.0, *epoch_ends]).tolist()
    return {
        "train_seconds": train.seconds,
        "cpu_seconds": train.cpu_seconds,
        "involuntary_switches": train.involuntary_switches,
        "first_epoch_seconds": epochs[0],
        "steady_epoch_seconds": statistics.median(epochs[1:]) if len(epochs) > 1 else None,
    }


def _save(weights: list[Any] | None, file: Path) -> str | None:
    """Write the weights, where the net tells them, whole or not at all; return the SHA-256 of their bytes."""
    if weights is None:
        return None
    file.parent.mkdir(exist_ok=True)
    part = file.with_name(f".{file.name}.part")
    try:
        with part.open("wb") as stream:
            np.savez(stream, W1=weights[0], b1=weights[1], W2=weights[2], b2=weights[3])
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return hashlib.sha256(b"".join(array.tobytes() for array in weights)).hexdigest()
