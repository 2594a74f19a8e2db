"""Keras on TensorFlow, as fast as its own settings make it on a CPU, and still the same net.

Measured, fastest of six steady epochs for H = 30 / 128 on two threads, from arrays, without metrics unless said:

- ``steps_per_execution`` of 32: 0.22 / 0.45 s; 128: 0.22 / 0.41 s; a whole epoch: 0.20 / 0.43 s
- a whole epoch, with accuracy as metric: 0.24 / 0.46 s; 8 steps unrolled: 0.18 / 0.43 s, but 0.6 s more at first
- a whole epoch with ``jit_compile``: 0.29 / 0.38 s, but 0.2 to 1.5 s more at first, and slower where H is small
- a whole epoch from a ``tf.data`` pipeline written by hand: 0.21 / 0.40 s, within the noise of Keras's own

As in the original, one step an execution with XLA and accuracy: 0.73 s at H = 30.
"""

from typing import Any, ClassVar

from mnistbench.nets.keras_tensorflow import KerasOnTensorFlow

WHOLE_EPOCH = 100_000  # steps; Keras ends an execution with its epoch


class KerasTuned(KerasOnTensorFlow):
    """The same Keras net; a whole epoch is one call into TensorFlow, and no metric is kept beside the loss."""

    compile_options: ClassVar[dict[str, Any]] = {
        "metrics": None,
        "steps_per_execution": WHOLE_EPOCH,
        "jit_compile": False,
    }
