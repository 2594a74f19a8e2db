"""Keras on JAX."""

from typing import ClassVar

import jax

from mnistbench.experiment import Spec
from mnistbench.machine import environment
from mnistbench.nets.keras_trainer import KerasTrainer


class KerasOnJax(KerasTrainer):
    """The Keras net with JAX as its backend."""

    libraries: ClassVar[tuple[str, ...]] = (*KerasTrainer.libraries, "jax", "jaxlib")

    def __init__(self, spec: Spec) -> None:
        jax.config.update("jax_enable_x64", spec.dtype == "float64")  # else JAX makes every float64 a float32
        super().__init__(spec)

    def limit_threads(self, threads: int) -> None:
        """Leave it to the process's affinity: JAX has no setter and starts a thread for each core it may use."""

    @property
    def effective_threads(self) -> int:
        """The cores that this process may use."""
        return environment.usable_cores()
