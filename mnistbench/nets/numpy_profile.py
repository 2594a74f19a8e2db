"""Where the time of the net written from scratch goes: its trainer, with a clock around each part of a step."""

import time
from collections.abc import Callable
from typing import Any

from mnistbench.experiment import Spec
from mnistbench.nets.numpy_blocks import Block
from mnistbench.nets.numpy_net import NeuralNetwork
from mnistbench.nets.numpy_trainer import NumpyTrainer

PARTS = {
    "_gather": "gather",
    "_floats": "gather",
    "_product": "forward products",
    "_activate": "activation",
    "_all_reduce": "waiting for other processes",
    "_output_error": "softmax",
    "_backward": "backward products",
    "_update": "update",
}


class ProfiledTrainer(NumpyTrainer):
    """A trainer that adds up the seconds of each part, in its first process; the net and its numbers are the same.

    What the clocks do not see, Python's own work between the parts, is for the reader to take from the whole.
    """

    def __init__(self, spec: Spec) -> None:
        super().__init__(spec)
        # One process waits for nobody.
        self._clocked = {name: part for name, part in PARTS.items() if self.processes > 1 or name != "_all_reduce"}
        self.parts = dict.fromkeys(self._clocked.values(), 0.0)

    def _clock(self, net: NeuralNetwork) -> None:
        """Put each part of this one net behind a clock."""

        def clocked(method: Callable[..., Any], part: str) -> Callable[..., Any]:
            def timed(*arguments: Any) -> Any:
                started = time.perf_counter()
                result = method(*arguments)
                self.parts[part] += time.perf_counter() - started
                return result

            return timed

        for name, part in self._clocked.items():
            setattr(net, name, clocked(getattr(net, name), part))

    def _blocks(self, rows: int) -> list[Block]:
        first, *others = super()._blocks(rows)
        self._clock(first)
        return [first, *others]
