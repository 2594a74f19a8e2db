"""One colour and one marker for each net, wherever it is drawn.

Each colour has a contrast of 3 or more to white and to a dark page (WCAG 2.2, 1.4.11), and neighbours stay apart for
readers who see no red, green or blue (a test holds both); the marker tells nets apart without any colour. The first
four colours are Okabe & Ito's (2008, https://jfly.uni-koeln.de/color/).
"""

import zlib
from typing import NamedTuple

INK = "#757d85"  # text and axes: readable on white and on black, and replaced by the page's own ink in HTML

PHASES = {  # of no net's colour
    "import": "#8F6EC2",
    "data": "#8E8E8E",
    "build": "#B8862B",
    "first epoch": "#5AA17F",
    "later epochs": "#2F8577",
    "evaluate": "#6F7FA3",
}


class Look(NamedTuple):
    """How a net is drawn."""

    colour: str
    marker: str


NETS = {
    "numpy": Look("#0072B2", "o"),
    "keras": Look("#D55E00", "s"),
    "torch": Look("#CC79A7", "^"),
    "jax": Look("#009E73", "D"),
    "sklearn": Look("#666666", "v"),
    "keras-jax": Look("#5544FF", "P"),
    "keras-torch": Look("#CC0033", "X"),
    "keras-tuned": Look("#CC11AA", "h"),
}
PARAMETER_LOOKS = {
    "W1": Look("#0072B2", "o"),
    "b1": Look("#D55E00", "s"),
    "W2": Look("#009E73", "D"),
    "b2": Look("#CC79A7", "^"),
}
_OTHER_COLOURS = ("#7788FF", "#FF5566", "#FF33DD", "#3399CC")
_OTHER_MARKERS = ("<", ">", "p", "d", "8", "*")


def look(net: str) -> Look:
    """Return a net's look; that of a net of the user's own is chosen by its name alone."""
    if net in NETS:
        return NETS[net]
    number = zlib.crc32(net.encode("utf-8", "replace"))
    return Look(
        _OTHER_COLOURS[number % len(_OTHER_COLOURS)],
        _OTHER_MARKERS[number // len(_OTHER_COLOURS) % len(_OTHER_MARKERS)],
    )
