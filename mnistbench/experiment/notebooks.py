"""A notebook as text: its code cells, without what only a notebook can run. Nothing is run here.

A cell's number is the one that stands beside it after "restart and run all": code cells are counted from 1, empty ones
and text are not. A line that Python cannot read and that a notebook takes for the shell or for a magic becomes
``pass``, so that the lines keep their numbers.
"""

import ast
import dataclasses
import re
import warnings

# Behind its indentation; each part begins with what the one before cannot hold, so that no line takes long.
MAGIC_LINE = re.compile(r"[%!?]|(?:pip|conda|cd|ls)\s|[\w.,\[\]][\w.,\s\[\]]*=\s*[%!]|[\w.]+\?+\s*$")
MAX_MAGIC_LINE = 1_000  # characters
MAX_REPARSED = 2**20  # characters of a notebook: each magic line is found by parsing its cell once more


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
    left = [MAX_REPARSED]
    return [_cell(number, text, left) for number, text in enumerate(filter(str.strip, texts), start=1)]


def _cell(number: int, text: str, left: list[int]) -> Cell:
    lines = re.split(r"\r\n|\r|\n", text)  # as Python counts them
    first = next(i for i, line in enumerate(lines) if line.strip())
    if lines[first].startswith("%%"):
        lines[first], magic = "", lines[first].split()[0]
        return Cell(number, "\n".join(lines), magic)
    return Cell(number, _without_magic_lines(lines, left))


def _without_magic_lines(lines: list[str], left: list[int]) -> str:
    """Put ``pass`` for each line that Python cannot read and a notebook can, and for the lines that it goes on in.

    ``left`` holds how many characters of the notebook may still be parsed again.
    """
    while left[0] > 0:
        text = "\n".join(lines)
        try:
            ast.parse(text)
        except SyntaxError as error:
            at = (error.lineno or 0) - 1
            if not (0 <= at < len(lines) and _is_magic(lines[at])):
                break
            left[0] -= len(text)
            passed = lines[at][: -len(lines[at].lstrip())] + "pass"
            while lines[at].endswith("\\") and at + 1 < len(lines):
                lines[at], at = passed, at + 1
            lines[at] = passed
        except (ValueError, RecursionError, MemoryError):
            break
        else:
            break
    return "\n".join(lines)


def _is_magic(line: str) -> bool:
    return len(line) <= MAX_MAGIC_LINE and MAGIC_LINE.match(line.lstrip()) is not None
