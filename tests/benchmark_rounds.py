"""One net's steady epoch over another's: both stay in processes of their own and train an epoch in turn.

A machine that is slow for a while is slow for both, so that the ratio of each round stands where seconds would not.
"""

import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack

import numpy as np
import typer
from scipy import stats

from mnistbench.datasets import data
from mnistbench.experiment.spec import Spec
from mnistbench.machine import usable_cores
from mnistbench.nets import trainer_class
from mnistbench.running.child import child_environment

GOALS = {30: 0.9, 128: 0.95, 256: 1.0, 300: 1.0}  # numpy over jax
WARM = 2  # epochs, in which a library compiles


class Racer:
    """A net in a process of its own, which trains so many epochs whenever it is told to."""

    def __init__(self, net: str, hidden_size: int) -> None:
        self.net = net
        self.process = subprocess.Popen(
            [sys.executable, __file__, net, str(hidden_size)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, env=child_environment(usable_cores(), net) | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip

    def __enter__(self) -> "Racer":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def seconds(self, epochs: int) -> float:
        """Return the seconds of an epoch: the median of so many."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{epochs}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


def race(net: str, hidden_size: int) -> None:
    """Be the process: train as many epochs as each line asks for, and answer with the median."""
    spec = Spec(
        net=net, hidden_size=hidden_size, lr=0.1, batch_size=128, epochs=1, seed=1, threads=usable_cores()
    )  # fmt: skip
    make = trainer_class(net)
    mnist = data.load("mnist", dtype="uint8" if getattr(make, "takes_bytes", False) else "float32")
    trainer = make(spec)
    for line in sys.stdin:
        marks: list[float] = []
        begin = time.perf_counter()
        trainer.fit(
            mnist.train_images, mnist.train_labels, batch_size=128, epochs=int(line),
            on_epoch_end=lambda marks=marks: marks.append(time.perf_counter()),
        )  # fmt: skip
        print(statistics.median(np.diff([begin, *marks])), flush=True)  # noqa: T201 (it is the answer)


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, float, float]:
    """Return the geometric mean of the rounds' ratios, and the ends of its 95 % interval by Student's t."""
    logs = np.log(ours) - np.log(theirs)
    mean, sem = float(np.mean(logs)), float(stats.sem(logs))
    reach = float(stats.t.ppf(0.975, len(logs) - 1)) * sem
    return math.exp(mean), math.exp(mean - reach), math.exp(mean + reach)


def peers(rounds: int = 7, epochs: int = 5, against: str = "jax", goal: float = 0.0) -> None:
    """Race NumPy's steady epoch against another net's, in turn; exit 1 where the goal is missed or cannot be told.

    Without ``goal`` it is that of each size against JAX, or 0.33 against another.
    """
    unmet = 0
    for hidden_size in GOALS:
        wanted = goal or (GOALS[hidden_size] if against == "jax" else 0.33)
        with ExitStack() as open_:
            ours, theirs = (open_.enter_context(Racer(net, hidden_size)) for net in ("numpy", against))
            for racer in (ours, theirs):
                racer.seconds(WARM)
            times: dict[str, list[float]] = {"numpy": [], against: []}
            for turn in range(rounds):
                for racer in (ours, theirs) if turn % 2 else (theirs, ours):
                    times[racer.net].append(racer.seconds(epochs))
        middle, low, high = ratio(times["numpy"], times[against])
        verdict = "met" if high <= wanted else "missed" if low > wanted else "TOO NOISY TO TELL"
        unmet += verdict != "met"
        typer.echo(
            f"H = {hidden_size}: {middle:.2f} of {against}'s epoch ({low:.2f}–{high:.2f}, {rounds} rounds); goal"
            f" {wanted:g}: {verdict}"
        )
    if unmet:
        raise typer.Exit(1)


if __name__ == "__main__":
    race(sys.argv[1], int(sys.argv[2]))
