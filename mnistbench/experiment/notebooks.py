"""A notebook as text: its code cells, without what only a notebook can run. Nothing is run here.

A cell's number is the one that stands beside it after "restart and run all": code cells are counted from 1, empty ones
and text are not. A line that Python cannot read and that a notebook takes for the shell or for a magic becomes
``pass``, so that the lines keep their numbers.
"""

import ast
import dataclasses
import re
import warnings

MAGIC_LINE = re.compile(r"(\s*)(?:[%!?]|(?:pip|conda|cd|ls)\s|[\w.,\s\[\]]+=\s*[%!]|[\w.]+\?+\s*$)")
MAX_MAGIC_LINES = 200  # in one cell; each is found by parsing the cell once more


@dataclasses.dataclass(frozen=True, slots=True)
class Cell:
    """A code cell: its number from 1, its text with ``pass`` for magic lines, and the ``%%`` line it began with."""

    number: int
    text: str
    magic: str = ""

    def parsed(self) -> list[ast.stmt]:
        """Return the cell's statements; none of a cell whose magic makes it another language's.

        Raises:
            SyntaxError: it is not valid Python; ``lineno`` is the line in the cell.
            ValueError: it holds what no Python text may, such as a null byte.
        """
        try:
            return ast.parse(self.text).body
        except (SyntaxError, ValueError):
            if self.magic:
                return []
            raise


def cells(content: bytes) -> list[Cell]:
    """Return the code cells of a notebook of any version.

    Raises:
        ValueError: the content is no notebook; says why.
    """
    from nbformat import convert, reader  # half a second, for those alone who have a notebook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of ids that are missing or given twice, which do not matter here
            notebook = convert(reader.reads(content.decode("utf-8")), 4)
        sources = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
        texts = [source if isinstance(source, str) else "".join(source) for source in sources]
    except Exception as error:  # a malformed file makes the reader raise whatever it meets
        reason = " ".join(str(error).split())[:100] or type(error).__name__
        raise ValueError(reason) from error
    return [_cell(number, text) for number, text in enumerate(filter(str.strip, texts), start=1)]


def _cell(number: int, text: str) -> Cell:
    lines = re.split(r"\r\n|\r|\n", text)  # as Python counts them
    first = next(i for i, line in enumerate(lines) if line.strip())
    if lines[first].startswith("%%"):
        lines[first], magic = "", lines[first].split()[0]
        return Cell(number, "\n".join(lines), magic)
    return Cell(number, _without_magic_lines(lines))


def _without_magic_lines(lines: list[str]) -> str:
    """Put ``pass`` for each line that Python cannot read and a notebook can, and for the lines that it goes on in."""
    for _ in range(MAX_MAGIC_LINES):
        try:
            ast.parse("\n".join(lines))
        except SyntaxError as error:
            at = (error.lineno or 0) - 1
            found = MAGIC_LINE.match(lines[at]) if 0 <= at < len(lines) else None
            if not found:
                break
            while lines[at].endswith("\\") and at + 1 < len(lines):
                lines[at], at = f"{found[1]}pass", at + 1
            lines[at] = f"{found[1]}pass"
        except (ValueError, RecursionError, MemoryError):
            break
        else:
            break
    return "\n".join(lines)
