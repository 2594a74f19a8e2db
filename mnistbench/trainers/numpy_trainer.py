"""The net written from scratch, as a trainer: made from a spec; the mathematics is in ``numpy_net``."""

from typing import ClassVar

from threadpoolctl import threadpool_info

from mnistbench.spec import Spec
from mnistbench.trainers.numpy_net import NeuralNetwork


class NumpyTrainer(NeuralNetwork):
    """A :class:`NeuralNetwork` made from a spec."""

    libraries: ClassVar[tuple[str, ...]] = ("numpy",)

    def __init__(self, spec: Spec) -> None:
        super().__init__(spec.hidden_size, lr=spec.lr, seed=spec.seed, dtype=spec.dtype)

    @property
    def effective_threads(self) -> int:
        """The threads of NumPy's BLAS, which does the matrix products; all else runs on one."""
        return max((pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"), default=1)
