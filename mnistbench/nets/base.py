"""What a trainer is: all that the timed loop may ask of a net."""

import importlib
from collections.abc import Callable
from typing import ClassVar, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from mnistbench.errors import MissingLibraryError
from mnistbench.experiment import NETS, OWN_NET, PROFILED, Spec

INSTALL_PEERS = 'pip install "mnistbench[peers]"'
PEER_LIBRARIES = ("jax", "jaxlib", "sklearn", "torch")


class Trainer(Protocol):
    """A net that can be trained and scored; constructing it is the phase *build*."""

    libraries: ClassVar[tuple[str, ...]]
    """The distributions whose versions belong in the row.

    More attributes are for a trainer that has something to say in them. ``takes_bytes = True`` in the class
    asks for images as uint8, which stand for pixel / 255; ``processes`` is the number of processes that train
    the net, else 1; ``parts`` is the seconds of each part of the training, where clocks were put inside it. One whose
    net computes in another process has its ``pid``, and ``prepare(images, labels)``, which is called off the clock
    with the arrays of which ``fit`` is going to be given parts; ``ahead(spec)`` of its class, called before anything
    is on a clock, starts that process.
    """

    def __init__(self, spec: Spec) -> None:
        """Build the net for a spec, seeded by it; a library that compiles does so here or in the first epoch."""

    @property
    def effective_threads(self) -> int:
        """How many threads the library will use, as it says itself."""

    def fit(
        self,
        images: NDArray[np.floating],
        labels: NDArray[np.int64],
        *,
        batch_size: int,
        epochs: int,
        shuffle: bool = True,
        on_epoch_end: Callable[[], None],
    ) -> None:
        """Train on images, shape (n, 784), and labels, shape (n,), freshly shuffled each epoch or as they stand.

        ``on_epoch_end`` is called after each epoch; what it raises ends the training.
        """

    def predict(self, images: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return class probabilities, shape (n, 10), for images, shape (n, 784)."""

    def get_weights(self) -> list[NDArray[np.floating]] | None:
        """Return copies of [W1 (784, H), b1 (H,), W2 (H, 10), b2 (10,)]; ``None`` where a user's net keeps them."""

    def set_weights(self, weights: list[NDArray[np.floating]]) -> None:
        """Take over [W1, b1, W2, b2], of the shapes that :meth:`get_weights` returns."""


def trainer_class(net: str, *, profile: bool = False) -> type[Trainer]:
    """Import the class that trains a net, and with it the net's library; the one with clocks where it is asked for.

    Raises:
        MissingLibraryError: the library is not installed.
    """
    module, _, name = (PROFILED if profile and net in PROFILED else NETS).get(net, OWN_NET).partition(":")
    try:
        return cast(type[Trainer], getattr(importlib.import_module(module), name))
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in PEER_LIBRARIES:
            raise
        raise MissingLibraryError(
            f"{net} needs {error.name}, which is not installed; install the peers with: {INSTALL_PEERS}"
        ) from error
