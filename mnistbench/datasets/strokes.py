"""A picture's ink told from its paper, and the figures that the ink makes: one digit, or several side by side."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Floats = NDArray[np.float64]
Box = tuple[slice, slice]  # rows, columns

MIN_INK = 0.2  # of the darkest ink; less is paper, shadow or noise, and makes no stroke
N_SAMPLES = 48  # a side of the picture, for the fit of its light
PAPER_TOLERANCE = 0.05  # of black to white: what is nearer to the fitted light is paper
BROKEN = 0.1  # of the height of the largest part: a gap in a stroke; printed digits stand 0.2 apart
SPECK = 0.02  # of the ink of the largest part: less is dirt
DOT_HEIGHT, DOT_INK = 0.3, 0.15  # of the largest figure's: less of both is a full stop, and no digit
TALL = 0.6  # of the tallest part: two parts so tall are two digits, one above or beside the other
MAX_FIGURES = 50  # more are no line of digits but a texture, which is taken as one figure


def ink(grey: Floats) -> tuple[Floats, float]:
    """Return how much ink is where, shape (height, width), 0 for paper, and the contrast of the picture in [0, 1].

    The light on the paper is levelled first: a surface of second degree is fitted to the paper, and dark ink is what
    part of it is swallowed there. Whether ink is dark on light or light on dark is read from the picture.
    """
    light = _light(grey)
    difference = light - grey
    is_dark_on_light = difference.max() > -difference.min()
    drawn = np.clip(difference if is_dark_on_light else -difference, 0, None)
    contrast = float(drawn.max())
    if is_dark_on_light:
        drawn /= np.maximum(light, 0.1)
    return drawn / (drawn.max() or 1), contrast


def figures(drawn: Floats) -> list[Floats]:
    """Return the ink of each separate figure, cut out, from left to right.

    Args:
        drawn: shape (height, width), in [0, 1], 1 at the darkest.

    The parts are what is connected, gaps of a broken stroke included. Specks are left out, and a part above or below
    another belongs to it, as the bar of a 5 does, unless both are as tall as a digit.
    """
    whole = [_cut(drawn, drawn >= MIN_INK)]
    mask = drawn >= MIN_INK
    around = np.ones((3, 3))
    parts, n_parts = ndimage.label(mask, around)
    masses = ndimage.sum_labels(drawn, parts, np.arange(1, n_parts + 1))
    largest = ndimage.find_objects(parts)[int(np.argmax(masses))]
    reach = max(1.0, BROKEN / 2 * max(_length(side) for side in largest))
    joined, n_joined = ndimage.label(ndimage.distance_transform_edt(~mask) <= reach, around)
    masses = ndimage.sum_labels(np.where(mask, drawn, 0), joined, np.arange(1, n_joined + 1))
    boxes = ndimage.find_objects(np.where(mask, joined, 0))
    kept = [label for label in range(1, n_joined + 1) if masses[label - 1] >= SPECK * masses.max()]
    if len(kept) > 4 * MAX_FIGURES:
        return whole
    groups = _without_dots(_grouped(kept, boxes), boxes, masses)
    if len(groups) > MAX_FIGURES:
        return whole
    groups.sort(key=lambda group: _hull([boxes[label - 1] for label in group])[1].start)
    return [_cut(np.where(np.isin(joined, group), drawn, 0), mask & np.isin(joined, group)) for group in groups]


def _light(grey: Floats) -> Floats:
    """Fit c₀ + c₁x + c₂y + c₃x² + c₄xy + c₅y² to the paper alone: first a plane to the border, then what is near it."""
    y, x = (np.linspace(-1, 1, side) for side in grey.shape)
    rows, columns = (np.unique(np.linspace(0, side - 1, N_SAMPLES).round().astype(int)) for side in grey.shape)
    samples = grey[np.ix_(rows, columns)].ravel()
    sample_y, sample_x = (each.ravel() for each in np.meshgrid(y[rows], x[columns], indexing="ij"))
    terms = _terms(sample_y, sample_x)
    on_border = (np.abs(sample_y) == 1) | (np.abs(sample_x) == 1)
    plane: Floats = np.array([np.median(samples[on_border]), *[0.0] * 5])
    weights: Floats = on_border.astype(np.float64)
    for _ in range(20):  # least absolute deviations, by least squares reweighted: ink at the border does not tilt it
        plane[:3] = _solve(terms[:, :3], samples, weights)
        weights = np.where(on_border, 1 / np.maximum(np.abs(samples - terms @ plane), 1e-3), 0.0)
    surface: Floats = plane
    for _ in range(10):
        distance = np.abs(samples - terms @ surface)
        spread = 1.4826 * float(np.median(distance[on_border]))
        surface = _solve(terms, samples, (distance <= max(PAPER_TOLERANCE, 3 * spread)).astype(float))
    light: Floats = (
        surface[0] + surface[1] * x + surface[3] * x**2
        + (surface[2] * y + surface[5] * y**2)[:, None] + surface[4] * np.outer(y, x)
    )  # fmt: skip
    return np.clip(light, 0, 1)


def _terms(y: Floats, x: Floats) -> Floats:
    return np.stack([np.ones_like(x), x, y, x**2, x * y, y**2], axis=1)


def _solve(terms: Floats, values: Floats, weights: Floats) -> Floats:
    """Return the coefficients of a weighted least-squares fit, by the normal equations, small enough for one core."""
    weighted = terms * weights[:, None]
    return np.asarray(np.linalg.lstsq(weighted.T @ terms, weighted.T @ values, rcond=None)[0], np.float64)


def _grouped(labels: list[int], boxes: list[Box]) -> list[list[int]]:
    """Put parts of one digit together until no more belong to each other."""
    tallest = max(_length(boxes[label - 1][0]) for label in labels)
    groups = [[label] for label in labels]

    def hull(group: list[int]) -> Box:
        return _hull([boxes[label - 1] for label in group])

    while True:
        pairs = (
            (one, other)
            for index, one in enumerate(groups)
            for other in groups[:index]
            if _belong(hull(one), hull(other), tallest)
        )
        pair = next(pairs, None)
        if pair is None:
            return groups
        groups = [group for group in groups if group not in pair] + [pair[0] + pair[1]]


def _belong(one: Box, other: Box, tallest: int) -> bool:
    if min(_length(one[0]), _length(other[0])) >= TALL * tallest:
        return False
    shared = _overlap(one[1], other[1])
    return shared >= min(_length(one[1]), _length(other[1])) / 2 and -_overlap(one[0], other[0]) <= tallest / 4


def _without_dots(groups: list[list[int]], boxes: list[Box], masses: Floats) -> list[list[int]]:
    heights = [_length(_hull([boxes[label - 1] for label in group])[0]) for group in groups]
    inks = [sum(masses[label - 1] for label in group) for group in groups]
    return [
        group
        for group, height, mass in zip(groups, heights, inks, strict=True)
        if height >= DOT_HEIGHT * max(heights) or mass >= DOT_INK * max(inks)
    ]


def _cut(drawn: Floats, mask: NDArray[np.bool_]) -> Floats:
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return drawn[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _hull(boxes: list[Box]) -> Box:
    rows, columns = (
        slice(min(box[axis].start for box in boxes), max(box[axis].stop for box in boxes)) for axis in (0, 1)
    )
    return rows, columns


def _length(side: slice) -> int:
    return int(side.stop - side.start)


def _overlap(one: slice, other: slice) -> int:
    """Return the length that two ranges share; below 0 the gap between them."""
    return int(min(one.stop, other.stop) - max(one.start, other.start))
