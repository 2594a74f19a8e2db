"""What predict does: read each picture, ask the net, and doubt what is not like a digit of MNIST."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mnistbench.datasets import digits, likeness
from mnistbench.errors import ImageError

if TYPE_CHECKING:
    from mnistbench.ledger import Model


@dataclasses.dataclass(frozen=True, slots=True)
class Prediction:
    """A net's answer for one figure of one picture; ``image`` has shape (28, 28), ``probabilities`` (10,)."""

    file: Path
    figure: int  # from 1, left to right
    n_figures: int
    image: NDArray[np.floating]
    probabilities: NDArray[np.floating]
    distance: float
    n_unlike: int = 1  # marks of a picture that has several, most of them no digits; this is the farthest from one

    @property
    def name(self) -> str:
        """Return what the figure is called."""
        return f"{self.file}, {self.figure} of {self.n_figures}" if self.n_figures > 1 else str(self.file)

    @property
    def doubt(self) -> str | None:
        """Return why the answer is not to be believed; ``None`` where nothing speaks against it."""
        if likeness.is_like(self.distance):
            return None
        if self.n_unlike > 1:
            return f"not like a digit of MNIST: {self.n_unlike} marks apart from each other, and most are like none"
        return (
            f"not like a digit of MNIST: {self.distance:.2f} from the nearest, and MNIST's own are within"
            f" {likeness.LIMIT}"
        )

    def as_json(self) -> dict[str, Any]:
        """Return what ``--json`` prints of it."""
        return {
            "image": str(self.file), "figure": self.figure, "figures": self.n_figures,
            "digit": int(self.probabilities.argmax()), "probabilities": self.probabilities.tolist(),
            "like_mnist": self.doubt is None, "distance": round(self.distance, 4), "doubt": self.doubt,
        }  # fmt: skip


def predict(net: "Model", files: Sequence[Path], *, each: bool) -> list[Prediction | tuple[Path, ImageError]]:
    """Return the answers for some pictures in their order; a picture that cannot be used leaves its error instead.

    With ``each`` every figure of a picture is answered for. Without it a picture of several is an error, unless most
    of them are not like a digit: then it is noise, or a text, and one doubted answer.
    """
    seen: list[tuple[Path, NDArray[np.floating] | ImageError]] = []
    for file in files:
        try:
            seen.append((file, digits.read_each(file)))
        except ImageError as error:
            seen.append((file, error))
    usable = [images for _, images in seen if not isinstance(images, ImageError)]
    distances = likeness.distances(np.concatenate(usable)) if usable else np.empty(0, np.float32)
    found: list[Prediction | tuple[Path, ImageError]] = []
    for file, images in seen:
        if isinstance(images, ImageError):
            found.append((file, images))
            continue
        own, distances = distances[: len(images)], distances[len(images) :]
        try:
            found += _answers(net, file, images, own, each=each)
        except ImageError as error:
            found.append((file, error))
    return found


def _answers(
    net: "Model", file: Path, images: NDArray[np.floating], distances: NDArray[np.floating], *, each: bool
) -> list[Prediction]:
    """Return the answers for the figures of one picture, shape (n, 28, 28), at their distances, shape (n,)."""
    n_unlike = 1
    if not each and sum(map(likeness.is_like, distances)) < len(images) / 2:
        farthest = [int(np.argmax(distances))]
        n_unlike, images, distances = len(images), images[farthest], distances[farthest]
    if not each:
        digits.require_one(images, str(file))
    probabilities = net.predict(images.reshape(len(images), -1))
    return [
        Prediction(file, number, len(images), image, answer, float(distance), n_unlike)
        for number, (image, answer, distance) in enumerate(zip(images, probabilities, distances, strict=True), 1)
    ]
