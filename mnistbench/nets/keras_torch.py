"""Keras on PyTorch.

On this backend Keras multiplies float64 matrices in float32 (https://github.com/keras-team/keras/issues/23704,
seen with 3.15), so that a controlled run in float64 agrees with the other nets to about 1e-7 only.
"""

from typing import ClassVar

import torch

from mnistbench.nets.keras_trainer import KerasTrainer


class KerasOnTorch(KerasTrainer):
    """The Keras net with PyTorch as its backend."""

    libraries: ClassVar[tuple[str, ...]] = (*KerasTrainer.libraries, "torch")

    def limit_threads(self, threads: int) -> None:
        """Limit the pool that divides one operation; the other one serves scripts, of which there are none."""
        torch.set_num_threads(threads)

    @property
    def effective_threads(self) -> int:
        """The threads PyTorch divides one operation among."""
        return int(torch.get_num_threads())
