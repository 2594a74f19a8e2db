"""Pictures of one trained net: what it confuses, its worst mistakes, and what its hidden units look at."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mnistbench.datasets import IMAGE_SHAPE, N_CLASSES
from mnistbench.reports.answers import Answers
from mnistbench.reports.palette import INK
from mnistbench.reports.pictures.drawing import WIDTH, Picture, gid, to_svg

Images = np.ndarray[tuple[int, ...], np.dtype[np.floating]]

WORST, MISTAKES_A_ROW, MISTAKE_CELL = 24, 6, (42, 40)  # pixels of a cell, with room for two lines over the digit
UNITS, UNITS_A_ROW, UNIT_CELL = 48, 8, (29, 29)
MISTAKE = "#D55E00"


def confusion(answers: Answers) -> Picture:
    """Draw how often each digit was taken for each other one."""
    counts = answers.confusion
    wrong = counts - np.diag(np.diag(counts))
    figure = Figure((WIDTH * 0.75, WIDTH * 0.7))
    axes = figure.subplots()
    for label in range(N_CLASSES):
        for digit in range(N_CLASSES):
            right = label == digit
            alpha = 0.15 if right else 0.6 * float(wrong[label, digit]) / max(int(wrong.max()), 1)
            axes.add_patch(
                Rectangle((digit - 0.5, label - 0.5), 1, 1, color=INK if right else MISTAKE, alpha=alpha, linewidth=0)
            )
            if counts[label, digit]:
                text = axes.text(digit, label, str(counts[label, digit]), ha="center", va="center")
                text.set_gid(gid("count", label, digit))
    axes.set(xlim=(-0.5, 9.5), ylim=(9.5, -0.5), aspect="equal", xlabel="Answer", ylabel="Label")
    axes.set_xticks(range(N_CLASSES))
    axes.set_yticks(range(N_CLASSES))
    axes.grid(visible=False)
    taken, taken_for = divmod(int(wrong.argmax()), N_CLASSES)
    alt = f"{wrong.sum()} of {counts.sum()} test images are mistaken"
    if wrong.any():
        alt += f", most often {taken} for {taken_for} ({wrong.max()} times)"
    return Picture("confusion", "Which digits it confuses", f"Confusion matrix: {alt}.", to_svg(figure))


def worst_mistakes(answers: Answers) -> Picture | None:
    """Draw the mistakes with the least probability for the label: the digits, and the two probabilities."""
    indices = answers.worst(WORST)
    if not len(indices):
        return None
    sheet, corners = _sheet(answers.images[indices], MISTAKES_A_ROW, MISTAKE_CELL)
    figure, axes = _draw(sheet, cmap="gray", vmin=0, vmax=1)
    said = []
    for index, (top, left) in zip(indices, corners, strict=True):
        label, digit = answers.labels[index], answers.digits[index]
        sure, right = (100 * answers.probabilities[index, which] for which in (digit, label))
        over = f"{label} taken for {digit}\n{sure:.2f} % to {right:.2f} %"
        title = axes.text(left + IMAGE_SHAPE[1] / 2, top - 2, over, ha="center", va="bottom", fontsize=8)
        title.set_gid(gid("mistake", index))
        said.append(f"test image {index}, {label} taken for {digit} ({sure:.2f} % to {right:.2f} %)")
    title_text = f"The {len(indices)} worst mistakes, with the probabilities of the answer and of the label"
    return Picture("mistakes", title_text, f"{title_text}: {'; '.join(said)}.", to_svg(figure))


def first_layer(answers: Answers) -> Picture:
    """Draw the weights into each hidden unit as an image: blue holds against a pixel, red speaks for it."""
    units = answers.W1.T[:UNITS]
    limit = float(np.abs(units).max())
    figure, _ = _draw(_sheet(units, UNITS_A_ROW, UNIT_CELL)[0], cmap="RdBu_r", vmin=-limit, vmax=limit)
    title = f"Weights into the hidden units ({len(units)} of {answers.W1.shape[1]})"
    alt = f"{title}: each unit's 784 weights as an image, from {units.min():.2f} (blue) to {units.max():.2f} (red)."
    return Picture("weights", title, alt, to_svg(figure))


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


def _draw(sheet: Images, **settings: Any) -> tuple[Figure, Axes]:
    figure = Figure((WIDTH, WIDTH * sheet.shape[0] / sheet.shape[1]))
    axes = figure.subplots()
    axes.imshow(sheet, interpolation="none", **settings)
    axes.set_axis_off()
    return figure, axes
