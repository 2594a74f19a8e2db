"""The table that comes first on a page: a line a net and a column a point, or turned where there are many points."""

import dataclasses
from typing import TYPE_CHECKING, Any

from mnistbench.reports.columns import BY_NAME, MISSING, POINT
from mnistbench.reports.names import varied_settings, where
from mnistbench.reports.verdicts import mean_and_sd

if TYPE_CHECKING:
    from mnistbench.reports.report import Report

FEW_NETS = 2  # that fit beside each other on the narrowest screen
ENTRIES = {
    "time_seconds": ("to the end", " s"),
    "steady_epoch_seconds": ("steady epoch", " s"),
    "test_accuracy": ("test accuracy", " %"),
}
MAX_ACROSS = 4  # points beside each other; of more each has a line


@dataclasses.dataclass(frozen=True)
class Entry:
    """One figure of a cell: what it is, the figure with its unit, what stands below it, and whether it is marked."""

    what: str
    figure: str
    below: tuple[str, ...] = ()
    is_best: bool = False


@dataclasses.dataclass(frozen=True)
class Cell:
    """What one net did at one point; ``remark`` says why a run failed, or that it is compared with no other."""

    entries: list[Entry]
    remark: str = ""
    is_flagged: bool = False


@dataclasses.dataclass(frozen=True)
class Matrix:
    """Nets, points and a cell for each; ``cells`` has a list a net, and ``is_turned`` where points should be lines."""

    nets: list[str]
    points: list[str]
    cells: list[list[Cell | None]]
    caption: str

    @property
    def has_ratios(self) -> bool:
        """Say whether a time stands beside the first net's anywhere."""
        return self._has("×")

    @property
    def has_published(self) -> bool:
        """Say whether a published figure stands below one of ours."""
        return self._has("published")

    def _has(self, word: str) -> bool:
        entries = [entry for cells in self.cells for cell in cells if cell for entry in cell.entries]
        return any(word in line for entry in entries for line in entry.below)

    @property
    def is_turned(self) -> bool:
        """Say whether the points should be the lines."""
        return len(self.points) > (len(self.nets) if len(self.nets) <= FEW_NETS else max(MAX_ACROSS, len(self.nets)))


def make(report: "Report") -> Matrix | None:
    """Return the matrix of the planned runs; ``None`` where there are none."""
    of = report.asked
    if not report.results:
        return None
    *times, table = report.results
    varied = varied_settings(of.runs)
    ratios = {
        (name, line[0], place): shown
        for name, made in zip(ENTRIES, times, strict=False)
        for line in made.cells
        for place, shown in zip(made.headings[1:], line[1:], strict=True)
    }
    means = {(*(line[name] for name in POINT), line["net"]): line for _, line in of.summary.iterrows()}
    found: dict[tuple[str, str], Cell] = {}
    groups = of.runs.groupby([*POINT, "net"], sort=False)
    key: Any
    for (key, _), line in zip(groups, table.cells, strict=True):
        place = where(dict(zip(POINT, key, strict=False)), varied)
        found[key[-1], place] = _cell(report, key, means.get(key), place, ratios, line[-1] if table.notes else "")
    nets, points = (list(dict.fromkeys(names)) for names in zip(*found, strict=True))
    by_size = varied == ["hidden_size"]
    caption = f"Each net at each {'value of H, the number of hidden units' if by_size else 'point'}"
    if (of.summary["n"] > 1).any():
        caption += "; times are medians over seeds, test accuracies means" if times else "; means over seeds"
    return Matrix(nets, points, [[found.get((net, point)) for point in points] for net in nets], caption)


def _cell(
    report: "Report", key: tuple[Any, ...], mean: Any, place: str, ratios: dict[tuple[str, str, str], str], remark: str
) -> Cell:
    if mean is None:
        return Cell([], remark)
    *point, net = key
    published = _published(report, key)
    entries = []
    for name, (what, unit) in ENTRIES.items():
        shown = ratios.get((name, report.short[net], place), mean_and_sd(mean, name))
        figure, _, ratio = shown.partition(" · ")
        spread = ""
        if name == "steady_epoch_seconds":  # its ± stands below it, so that four sizes have room
            figure, sign, sd = figure.partition(" ± ")
            spread = sign and f"± {sd} s"
        if figure != MISSING:
            theirs = published.get(f"{name}_published") if published else None
            below = (spread, ratio, f"published {theirs}{unit}" if theirs else "")
            is_best = report.best.get((*point, name)) == net
            entries.append(Entry(what, figure + unit, tuple(filter(None, below)), is_best))
    return Cell(entries, remark, bool(mean["flagged"]))


def _published(report: "Report", key: tuple[Any, ...]) -> dict[str, str] | None:
    """Return the published figures of a net at a point as they are shown."""
    *point, net = key
    for claim in report.claims:
        if claim.kind == "reproduced" and claim.nets == (net,) and list(claim.point.values()) == point:
            return {
                name: BY_NAME[name.removesuffix("_published")].show(value)
                for name, value in claim.numbers.items()
                if name.endswith("_published")
            }
    return None
