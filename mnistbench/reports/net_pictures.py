"""Pictures of one trained net: what it confuses, its worst mistakes, and what its hidden units look at."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mnistbench.data import IMAGE_SHAPE, N_CLASSES
from mnistbench.reports.answers import Answers
from mnistbench.reports.drawing import WIDTH, Picture, gid, to_svg
from mnistbench.reports.palette import INK

WORST = 24
UNITS, UNITS_A_ROW = 48, 8
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
    figure = Figure((WIDTH, 1.55 * -(-len(indices) // 6)))
    panels = figure.subplots(-(-len(indices) // 6), 6, squeeze=False).ravel()
    said = []
    for axes, index in zip(panels, indices, strict=False):
        label, digit = answers.labels[index], answers.digits[index]
        sure, right = (100 * answers.probabilities[index, which] for which in (digit, label))
        _image(axes, answers.images[index].reshape(IMAGE_SHAPE), cmap="gray", vmin=0, vmax=1)
        title = axes.set_title(f"{label} taken for {digit}\n{sure:.2f} % to {right:.2f} %", fontsize=8)
        title.set_gid(gid("mistake", index))
        said.append(f"test image {index}, {label} taken for {digit} ({sure:.2f} % to {right:.2f} %)")
    for axes in panels[len(indices) :]:
        axes.set_axis_off()
    title_text = f"The {len(indices)} worst mistakes, with the probabilities of the answer and of the label"
    return Picture("mistakes", title_text, f"{title_text}: {'; '.join(said)}.", to_svg(figure))


def first_layer(answers: Answers) -> Picture:
    """Draw the weights into each hidden unit as an image: blue holds against a pixel, red speaks for it."""
    units = answers.W1.T[:UNITS].reshape(-1, *IMAGE_SHAPE).astype(float)
    n_rows = -(-len(units) // UNITS_A_ROW)
    sheet = np.full((29 * n_rows, 29 * UNITS_A_ROW), np.nan)  # one pixel between units stays open
    for index, unit in enumerate(units):
        top, left = 29 * (index // UNITS_A_ROW), 29 * (index % UNITS_A_ROW)
        sheet[top : top + 28, left : left + 28] = unit
    figure = Figure((WIDTH, WIDTH * n_rows / UNITS_A_ROW))
    limit = float(np.abs(units).max())
    _image(figure.subplots(), sheet, cmap="RdBu_r", vmin=-limit, vmax=limit)
    title = f"Weights into the hidden units ({len(units)} of {answers.W1.shape[1]})"
    alt = f"{title}: each unit's 784 weights as an image, from {units.min():.2f} (blue) to {units.max():.2f} (red)."
    return Picture("weights", title, alt, to_svg(figure))


def _image(axes: Axes, pixels: "np.ndarray[tuple[int, ...], np.dtype[np.floating]]", **settings: object) -> None:
    axes.imshow(pixels, interpolation="none", **settings)  # type: ignore[arg-type]
    axes.set_axis_off()
