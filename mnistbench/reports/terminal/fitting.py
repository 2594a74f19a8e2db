"""Tables in a terminal of any width: no number is cut or wrapped, what does not fit leaves, and a line says so."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table as RichTable
from rich.text import Text

from mnistbench.reports import signs
from mnistbench.reports.tables import Table

GAP = 2  # between columns
TEXT_WIDTH, NOTE_WIDTH = 16, 24  # below which a text, or a note, is not squeezed


@dataclasses.dataclass(frozen=True)
class Fitted:
    """A table that is laid out for the width at which it is drawn."""

    model: Table
    style: Callable[[int, int], str] | None = None
    """The style of the cell in a line and a column; left out, the colour of its sign. The best is bold."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the table: its title, as many blocks as it takes, and what has left."""
        yield Text(self.model.title, "bold")
        blocks, left = fit(self.model, options.max_width)
        if not blocks:
            yield from _records(self.model, options.max_width)
            return
        for number, columns in enumerate(blocks):
            yield from [Text()] if number else []
            yield self._drawn(columns, options.max_width)
        if left:
            yield from _notes(self.model, left)
            n_numbers = len(self.model.headings) - self.model.notes  # a note stands below in words
            names = [name for index in left if index < n_numbers and (name := self.model.headings[index])]
            yield from [Text(f"Too narrow for: {', '.join(names)}.", "dim")] if names else []

    def _drawn(self, columns: Sequence[int], width: int) -> RichTable:
        model = self.model
        drawn = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
        leasts = [_least(model, index) for index in range(len(model.headings))]
        spare = width - _width(leasts, columns)
        for index in columns:
            least, longest = (
                _least(model, index),
                max([len(model.headings[index]), *(cell_len(c[index]) for c in model.cells)]),
            )
            more = min(spare, longest - least)
            spare -= more
            drawn.add_column(
                Text(model.headings[index]),
                justify="left" if model.is_text(index) else "right",
                overflow="fold",
                width=least + more,
            )
        for line, cells in enumerate(model.cells):
            drawn.add_row(*(Text(cells[index], self._style(line, index)) for index in columns))
        return drawn

    def _style(self, line: int, index: int) -> str:
        if (line, index) in self.model.best:
            return f"bold {signs.COLOURS[signs.PASS]}"
        return self.style(line, index) if self.style else signs.colour(self.model.cells[line][index])


def fit(model: Table, width: int) -> tuple[list[list[int]], list[int]]:
    """Return the columns of each block that fits, and those that have left; no block where not even the first do."""
    everything = list(range(len(model.headings)))
    least = [_least(model, index) for index in everything]
    if model.stacks:
        return _stacked(model.text_columns, least, width), []
    ranks = model.ranks or tuple(0 if index <= model.text_columns else index for index in everything)
    leaving = sorted((index for index in everything if ranks[index]), key=lambda index: (ranks[index], index))
    kept = everything
    while _width(least, kept) > width and leaving:
        gone = leaving.pop()
        kept = [index for index in kept if index != gone]
    blocks = [kept] if _width(least, kept) <= width else []
    return blocks, [index for index in everything if index not in kept]


def _stacked(n_labels: int, least: Sequence[int], width: int) -> list[list[int]]:
    """Return blocks that each begin with the text columns, and between them have every number."""
    blocks: list[list[int]] = []
    for index in range(n_labels, len(least)):
        if blocks and _width(least, [*blocks[-1], index]) <= width:
            blocks[-1].append(index)
        else:
            blocks.append([*range(n_labels), index])
    return blocks if all(_width(least, block) <= width for block in blocks) else []


def _width(least: Sequence[int], columns: Sequence[int]) -> int:
    return sum(least[index] for index in columns) + GAP * (len(columns) - 1)


def _least(model: Table, index: int) -> int:
    """Return the least width of a column: that of its longest number, or as much of a text as may not be broken."""
    longest = max((cell_len(cells[index]) for cells in model.cells), default=0)
    if model.is_text(index):
        longest = min(longest, NOTE_WIDTH if index >= model.text_columns else TEXT_WIDTH)
    return max(longest, *(cell_len(word) for word in ["", *model.headings[index].split()]))


def _notes(model: Table, left: Sequence[int]) -> Iterator[Text]:
    """Yield the notes of a column that has left, each once, with the lines that it stands in."""
    for index in left:
        if model.is_text(index) and index >= model.text_columns:
            lines: dict[str, list[str]] = {}
            for cells in model.cells:
                if cells[index]:
                    lines.setdefault(cells[index], []).append(" ".join(cells[: model.text_columns]))
            for note, labels in lines.items():
                yield Text(f"{note} ({', '.join(labels)})", signs.colour(note))


def _records(model: Table, width: int) -> Iterator[Text]:
    """Yield a table that fits in no other way: each line as a block, a cell a line, or a line below its heading."""
    for cells in model.cells:
        yield Text()
        for heading, cell in zip(model.headings, cells, strict=True):
            if cell and (heading or not cell.strip("█▏▎▍▌▋▊▉ ")):
                line = f"{heading}: {cell}"
                yield Text(line if cell_len(line) <= width else f"{heading}:\n{cell}", signs.colour(cell))
