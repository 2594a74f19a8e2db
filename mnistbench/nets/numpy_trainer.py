"""The net written from scratch, as a trainer: made from a spec; the mathematics is in ``numpy_net``."""

import sys
from typing import ClassVar

from threadpoolctl import threadpool_limits

from mnistbench.experiment import Spec
from mnistbench.machine import environment
from mnistbench.nets.numpy_blocks import DividedNetwork

CAN_FORK = sys.platform == "linux"  # on macOS, NumPy's Accelerate does not outlive a fork
MAX_PROCESSES = 16  # each talks to each: with more, the meetings cost more than the products they divide
MIN_UNITS = 8  # of a process: with fewer, its share of the products takes less time than all that is not shared


class NumpyTrainer(DividedNetwork):
    """A net made from a spec and divided among as many processes as the spec has threads, each with one of BLAS."""

    libraries: ClassVar[tuple[str, ...]] = ("numpy",)
    takes_bytes: ClassVar[bool] = True

    def __init__(self, spec: Spec) -> None:
        processes = choose_processes(spec.hidden_size, spec.threads)
        super().__init__(spec.hidden_size, lr=spec.lr, seed=spec.seed, dtype=spec.dtype, processes=processes)
        if CAN_FORK:
            threadpool_limits(limits=1, user_api="blas")

    @property
    def effective_threads(self) -> int:
        """The processes, each with the threads of its BLAS, which does the matrix products."""
        return self.processes * environment.blas_threads()


def choose_processes(hidden_size: int, threads: int) -> int:
    """Return how many processes to divide a net among: one a core, while each has enough hidden units.

    Elsewhere than on Linux one process uses the threads of its BLAS instead.
    """
    if not CAN_FORK:
        return 1
    return max(1, min(threads, environment.usable_cores(), hidden_size // MIN_UNITS, MAX_PROCESSES))
