"""Pictures made of characters, for people on a server: a curve, a confusion matrix, a digit with its probabilities."""

import numpy as np
from numpy.typing import NDArray
from rich import box
from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mnistbench.ledger import EpochScore
from mnistbench.reports.answers import Answers
from mnistbench.reports.columns import BY_NAME

CURVE_HEIGHT, CURVE_WIDTH = 8, 60
BAR_WIDTH = 30
INK = 96  # of 255; a pixel of less is paper where there are no shades


def of_net(answers: Answers) -> RenderableType:
    """Return how one net learned, and what it confuses."""
    parts = [curve(answers.row.history), confusion(answers.confusion)]
    return Group(*(part for part in parts if part))


def curve(history: list[EpochScore]) -> RenderableType | None:
    """Return test accuracy by epoch; nothing for a single epoch."""
    if len(history) < 2:
        return None
    n_columns = min(len(history), CURVE_WIDTH)
    chosen = [history[index] for index in np.linspace(0, len(history) - 1, n_columns).round().astype(int)]
    values = np.array([score.test_accuracy for score in chosen])
    low, high = values.min(), values.max()
    levels = np.rint((values - low) / ((high - low) or 1) * (CURVE_HEIGHT - 1)).astype(int)
    step = max(1, CURVE_WIDTH // n_columns // 2)
    lines = []
    for level in reversed(range(CURVE_HEIGHT)):
        scale = {CURVE_HEIGHT - 1: high, 0: low}.get(level)
        mark = "" if scale is None else BY_NAME["test_accuracy"].show(scale)
        dots = "".join(("•" if at == level else " ").ljust(step) for at in levels)
        lines.append(f"{mark:>6} │{dots}".rstrip())
    ends = str(chosen[0].epoch).ljust((n_columns - 1) * step) + str(chosen[-1].epoch)
    lines += [f"{'':6} └{'─' * (n_columns * step)}", f"{'':8}{ends}"]
    return Group(Text("Test accuracy (%) by epoch", "bold"), Text("\n".join(lines)), Text())


def confusion(counts: NDArray[np.int64]) -> RenderableType:
    """Return how often each digit (row) was taken for each digit (column); counts has shape (10, 10)."""
    drawn = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("", *map(str, range(len(counts)))):
        drawn.add_column(heading, justify="right")
    for label, answers in enumerate(counts):
        cells = [
            Text(str(count) if count else "·", "dim" if digit == label or not count else "bold red")
            for digit, count in enumerate(answers)
        ]
        drawn.add_row(Text(str(label), "bold"), *cells)
    return Group(Text("Which digits it confuses (rows: label, columns: answer)", "bold"), drawn, Text())


def prediction(
    name: str,
    image: NDArray[np.floating],
    probabilities: NDArray[np.floating],
    *,
    doubt: str | None,
    in_colour: bool,
) -> RenderableType:
    """Return a net's answer, its probabilities (10,) as bars, and the image (28, 28) as the net saw it.

    With a ``doubt`` that stands in the answer's place, and no bar is marked.
    """
    digit = int(probabilities.argmax())
    bars = Text()
    for each, probability in enumerate(probabilities):
        bar = "█" * round(BAR_WIDTH * float(probability))
        bars.append(f"{each}  {100 * probability:6.2f} %  {bar}\n", "bold" if each == digit and not doubt else "")
    answer = Text(f"{name}: {doubt}; the net would say {digit}", "bold yellow") if doubt else Text(f"{name}: {digit}")
    answer.stylize("bold")
    return Group(answer, Columns([half_blocks(image, in_colour=in_colour), bars]))


def half_blocks(image: NDArray[np.floating], *, in_colour: bool) -> Text:
    """Draw an image in [0, 1], shape (28, 28), two pixels a character: in shades of grey, or where ink is at all."""
    shades = np.rint(255 * image).astype(int)
    drawn = Text()
    for upper, lower in zip(shades[::2], shades[1::2], strict=True):
        for top, bottom in zip(upper, lower, strict=True):
            if in_colour:
                drawn.append("▀", f"rgb({top},{top},{top}) on rgb({bottom},{bottom},{bottom})")
            else:
                drawn.append(" ▀▄█"[(top >= INK) + 2 * (bottom >= INK)])
        drawn.append("\n")
    return drawn
