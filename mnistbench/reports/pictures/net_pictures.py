"""Pictures of one trained net: what it confuses, its worst mistakes, and what its hidden units look at."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from mnistbench.datasets import IMAGE_SHAPE, N_CLASSES
from mnistbench.reports.answers import Answers
from mnistbench.reports.palette import INK
from mnistbench.reports.pictures.drawing import WIDTH, Picture, gid, panel
from mnistbench.reports.pictures.frames import Frame, frame

Images = np.ndarray[tuple[int, ...], np.dtype[np.floating]]

WORST, MISTAKES_A_ROW, MISTAKE_CELL = 24, 4, (42, 42)  # pixels of a cell, with room for two lines over the digit
UNITS, UNITS_A_ROW, UNIT_CELL = 48, 8, (29, 29)
MISTAKE = "#D55E00"
STRONGEST = 0.6  # opacity of the most frequent mistake: its number stays readable
BAR, SCALE = 10, 52  # units: the width of a colour bar, and of all that stands right of a drawing with one


def confusion(answers: Answers) -> Picture:
    """Draw how often each digit was taken for each other one."""
    counts = answers.confusion
    wrong = counts - np.diag(np.diag(counts))
    side = WIDTH - 30 - SCALE
    made = frame("", "Label", "Answer", left=30, right=SCALE, plot=side)
    made.axes.imshow(_shades(wrong), interpolation="none", aspect="auto")
    for label, digit in zip(*np.nonzero(counts), strict=True):
        text = made.axes.text(digit, label, str(counts[label, digit]), ha="center", va="center", fontsize=9)
        text.set_gid(gid("count", label, digit))
    for axis in (made.axes.xaxis, made.axes.yaxis):
        axis.set_ticks(range(N_CLASSES))
        axis.set_tick_params(length=0)
    made.axes.grid(visible=False)
    ramp = _tinted(MISTAKE, np.linspace(STRONGEST, 0, 64)[:, None])
    _colour_bar(made, ramp, [(0, f"{wrong.max()}"), (1, "0")], "wrong")
    alt = f"{wrong.sum()} of {counts.sum()} test images are mistaken"
    if wrong.any():
        label, digit = answers.most_confused
        alt += f", most often {label} for {digit} ({wrong.max()} times)"
    title = f"{answers.name}: what it confuses"
    return Picture("confusion", title, (panel(made.figure, "", f"Confusion matrix, {alt}"),))


def worst_mistakes(answers: Answers) -> Picture | None:
    """Draw the mistakes with the least probability for the label: the digits, and the two probabilities."""
    indices = answers.worst(WORST)
    if not len(indices):
        return None
    sheet, corners = _sheet(answers.images[indices], MISTAKES_A_ROW, MISTAKE_CELL)
    made = _sheet_frame(sheet)
    _draw(made.axes, sheet, cmap="gray", vmin=0, vmax=1)
    said = []
    for index, (top, left) in zip(indices, corners, strict=True):
        label, digit = answers.labels[index], answers.digits[index]
        sure, right = (100 * answers.probabilities[index, which] for which in (digit, label))
        over = f"{label} taken for {digit}\n{sure:.2f} % to {right:.2f} %"
        title = made.axes.text(left + IMAGE_SHAPE[1] / 2, top - 1, over, ha="center", va="bottom", fontsize=8)
        title.set_gid(gid("mistake", index))
        said.append(f"test image {index}, {label} taken for {digit} ({sure:.2f} % to {right:.2f} %)")
    title_text = f"{answers.name}: its {len(indices)} worst mistakes"
    alt = f"with the probabilities of the answer and of the label: {', '.join(said)}"
    return Picture("mistakes", title_text, (panel(made.figure, "", alt),))


def first_layer(answers: Answers) -> Picture:
    """Draw the weights into each hidden unit as an image: blue holds against a pixel, red speaks for it."""
    units = answers.W1.T[:UNITS]
    limit = float(np.abs(units).max())
    sheet = _sheet(units, UNITS_A_ROW, UNIT_CELL)[0]
    made = _sheet_frame(sheet, right=SCALE)
    _draw(made.axes, sheet, cmap="RdBu_r", vmin=-limit, vmax=limit)
    ramp = np.linspace(limit, -limit, 64)[:, None]
    _colour_bar(made, ramp, [(0, f"{limit:.2f}"), (0.5, "0"), (1, f"-{limit:.2f}")], cmap="RdBu_r")
    title = f"{answers.name}: weights into {len(units)} of {answers.W1.shape[1]} hidden units"
    alt = f"each unit's 784 weights as an image, on a scale from -{limit:.2f} (blue) to {limit:.2f} (red)"
    return Picture("weights", title, (panel(made.figure, "", alt),))


def _shades(wrong: NDArray[np.int64]) -> Images:
    """Return the colours of a confusion matrix, shape (10, 10, 4): grey where right, else as it is frequent."""
    shades = _tinted(MISTAKE, STRONGEST * wrong / max(int(wrong.max()), 1))
    shades[np.diag_indices(N_CLASSES)] = (*to_rgb(INK), 0.15)
    return shades


def _tinted(colour: str, opacity: Images) -> Images:
    """Return a colour in so many opacities, shape (..., 4)."""
    return np.concatenate([np.broadcast_to(to_rgb(colour), (*opacity.shape, 3)), opacity[..., None]], axis=-1)


def _colour_bar(made: Frame, ramp: Images, numbers: list[tuple[float, str]], under: str = "", **settings: Any) -> None:
    """Draw the scale of a drawing to its right, with numbers at shares of its height from the top."""
    box = made.axes.get_position()
    bar = made.figure.add_axes((box.x1 + 8 / WIDTH, box.y0, BAR / WIDTH, box.height))
    bar.imshow(ramp, interpolation="none", aspect="auto", extent=(0, 1, 1, 0), **settings)
    bar.set_axis_off()
    for share, number in numbers:
        bar.text(1.4, share, number, va=("top", "center", "bottom")[round(2 * share)], fontsize=9)
    if under:
        bar.text(0, 1.03, under, va="top", fontsize=9)


def _sheet(images: Images, columns: int, cell: tuple[int, int]) -> tuple[Images, list[tuple[int, int]]]:
    """Lay images, shape (n, 784), out in cells of so many pixels by rows and columns; what is between stays open.

    Returns:
        the sheet, and the top and left of each image: at the bottom of its cell, in the middle from left to right.
    """
    (height, width), (rows, across) = IMAGE_SHAPE, cell
    sheet = np.full((rows * -(-len(images) // columns), across * columns), np.nan)
    corners = []
    for place, image in enumerate(images):
        row, column = divmod(place, columns)
        top, left = row * rows + rows - height, column * across + (across - width) // 2
        sheet[top : top + height, left : left + width] = image.reshape(IMAGE_SHAPE)
        corners.append((top, left))
    return sheet, corners


def _sheet_frame(sheet: Images, right: float = 4) -> Frame:
    return frame("", "", "", left=4, right=right, plot=(WIDTH - 4 - right) * sheet.shape[0] / sheet.shape[1])


def _draw(axes: Axes, sheet: Images, **settings: Any) -> None:
    axes.imshow(sheet, interpolation="none", aspect="auto", **settings)
    axes.set_axis_off()
