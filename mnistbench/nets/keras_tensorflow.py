"""Keras on TensorFlow, as the original has it."""

from typing import ClassVar

import tensorflow as tf

from mnistbench.nets.keras_trainer import KerasTrainer


class KerasOnTensorFlow(KerasTrainer):
    """The Keras net with TensorFlow as its backend."""

    libraries: ClassVar[tuple[str, ...]] = (*KerasTrainer.libraries, "tensorflow")

    def limit_threads(self, threads: int) -> None:
        """Limit both of TensorFlow's pools: within one operation, and across operations."""
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)

    @property
    def effective_threads(self) -> int:
        """The threads TensorFlow divides one operation among."""
        return int(tf.config.threading.get_intra_op_parallelism_threads())
