"""The spec: everything that decides one run. Standard library only, since every child imports it."""

import dataclasses
import hashlib
import json

# Each net's name, and the class that trains it; imported only in the child that needs it.
NETS = {
    "numpy": "mnistbench.nets.numpy_trainer:NumpyTrainer",
    "keras": "mnistbench.nets.keras_tensorflow:KerasOnTensorFlow",
    "keras-tuned": "mnistbench.nets.keras_tuned:KerasTuned",
    "keras-jax": "mnistbench.nets.keras_jax:KerasOnJax",
    "keras-torch": "mnistbench.nets.keras_torch:KerasOnTorch",
    "torch": "mnistbench.nets.torch_trainer:TorchTrainer",
    "jax": "mnistbench.nets.jax_trainer:JaxTrainer",
    "sklearn": "mnistbench.nets.sklearn_trainer:SklearnTrainer",
}
PROFILED = {"numpy": "mnistbench.nets.numpy_profile:ProfiledTrainer"}  # the nets with clocks inside
KERAS_BACKENDS = {"keras-jax": "jax", "keras-torch": "torch"}  # any other net's Keras is on TensorFlow
REFERENCE_NET = "numpy"  # what the others are compared with, where it is there
MAX_SECRET = 2**31
OWN_NET = "mnistbench.nets.custom:CustomTrainer"  # any other net is a user's own, FILE.py:CLASS


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Spec:
    """One net at one point of the grid, with one seed.

    Two runs of equal specs on one machine give equal weights, bit for bit.
    """

    net: str
    hidden_size: int
    lr: float
    batch_size: int
    epochs: int
    seed: int
    dtype: str = "float32"
    protocol: str = "as_shipped"
    threads: int = 1
    dataset: str = "mnist"
    quick: bool = False
    profile: bool = False
    secret: int = 0

    @property
    def run_id(self) -> str:
        """Return the first 12 hexadecimal digits of the spec's SHA-256.

        A setting at its default does not count, so that a setting added later leaves older ids as they were.
        """
        chosen = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if getattr(self, field.name) != field.default
        }
        text = json.dumps(chosen, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def label(self) -> str:
        """Return the spec as people say it: ``numpy H=30 lr=0.1 batch=128 epochs=20 seed=1``."""
        return (
            f"{self.net} H={self.hidden_size} lr={self.lr} batch={self.batch_size}"
            f" epochs={self.epochs} seed={self.seed}"
        )
