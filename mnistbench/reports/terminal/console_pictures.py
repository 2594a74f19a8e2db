"""Pictures made of characters, for people on a server: a curve, a confusion matrix, a digit with its probabilities."""

import dataclasses

import numpy as np
from numpy.typing import NDArray
from rich.columns import Columns
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from mnistbench.ledger import EpochScore
from mnistbench.reports.answers import Answers
from mnistbench.reports.columns import BY_NAME
from mnistbench.reports.tables import Table
from mnistbench.reports.terminal.fitting import Fitted

CURVE_HEIGHT, CURVE_WIDTH = 8, 60
CURVE_MARGIN = 11  # the scale to its left, and the last epoch's number beyond its end
BAR_WIDTH = 30
INK = 96  # of 255; a pixel of less is paper where there are no shades


def of_net(answers: Answers) -> RenderableType:
    """Return how one net learned, and what it confuses."""
    curve = [Curve(answers.row.history)] if len(answers.row.history) > 1 else []
    return Group(*curve, Confusion(answers.confusion))


@dataclasses.dataclass(frozen=True)
class Curve:
    """Test accuracy by epoch, as wide as the terminal allows."""

    history: list[EpochScore]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the curve."""
        room = min(CURVE_WIDTH, options.max_width - CURVE_MARGIN)
        n_columns = min(len(self.history), room)
        chosen = [self.history[index] for index in np.linspace(0, len(self.history) - 1, n_columns).round().astype(int)]
        values = np.array([score.test_accuracy for score in chosen])
        low, high = values.min(), values.max()
        levels = np.rint((values - low) / ((high - low) or 1) * (CURVE_HEIGHT - 1)).astype(int)
        step = max(1, room // n_columns // 2)
        lines = []
        for level in reversed(range(CURVE_HEIGHT)):
            scale = {CURVE_HEIGHT - 1: high, 0: low}.get(level)
            mark = "" if scale is None else BY_NAME["test_accuracy"].show(scale)
            dots = "".join(("•" if at == level else " ").ljust(step) for at in levels)
            lines.append(f"{mark:>6} │{dots}".rstrip())
        ends = str(chosen[0].epoch).ljust((n_columns - 1) * step) + str(chosen[-1].epoch)
        lines += [f"{'':6} └{'─' * (n_columns * step)}", f"{'':8}{ends}"]
        yield Text("Test accuracy (%) by epoch", "bold")
        yield Text("\n".join(lines))
        yield Text()


@dataclasses.dataclass(frozen=True)
class Confusion:
    """How often each digit (row) was taken for each digit (column); counts has shape (10, 10)."""

    counts: NDArray[np.int64]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the matrix, in as many blocks as the terminal's width takes."""
        cells = [
            (str(label), *(str(count) if count else "·" for count in row)) for label, row in enumerate(self.counts)
        ]
        title = "Which digits it confuses (rows: label, columns: answer)"
        yield Fitted(
            Table(title, ("", *map(str, range(len(self.counts)))), cells, stacks=True),
            lambda line, column: "bold" if column == 0 else "dim" if _is_right(cells, line, column) else "bold red",
        )
        yield Text()


def _is_right(cells: list[tuple[str, ...]], line: int, column: int) -> bool:
    return column == line + 1 or cells[line][column] == "·"


def prediction(
    name: str, image: NDArray[np.floating], probabilities: NDArray[np.floating], *, in_colour: bool
) -> RenderableType:
    """Return a net's answer, its probabilities (10,) as bars, and the image (28, 28) as the net saw it."""
    digit = int(probabilities.argmax())
    bars = Text()
    for each, probability in enumerate(probabilities):
        bar = "█" * round(BAR_WIDTH * float(probability))
        bars.append(f"{each}  {100 * probability:6.2f} %  {bar}\n", "bold" if each == digit else "")
    return Group(Text(f"{name}: {digit}", "bold"), Columns([half_blocks(image, in_colour=in_colour), bars]))


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
