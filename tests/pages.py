"""The pages for people, README and ``docs/``, as their tests read them: fenced code, generated blocks, links.

A generated block stands between ``<!-- name: begin -->`` and ``<!-- name: end -->``. Code under
``<!-- not run: why -->`` is not run.
"""

import re
from pathlib import Path
from typing import NamedTuple

from conftest import ROOT

README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]

_BLOCK = re.compile(r"(<!-- (\w+): begin -->\n)(.*?)(<!-- \2: end -->)", re.S)
_FENCE = re.compile(r"^(<!-- not run: .+ -->\n)?```(\w+)\n(.*?)^```$", re.S | re.M)


class Code(NamedTuple):
    """One fenced block of a page."""

    language: str
    text: str
    is_run: bool


def name(page: Path) -> str:
    """Return a page's name, as a test's id."""
    return page.stem


def codes(page: Path, language: str) -> list[Code]:
    """Return the fenced blocks of one language, in order."""
    found = (Code(kind, text, is_run=not mark) for mark, kind, text in _FENCE.findall(page.read_text()))
    return [code for code in found if code.language == language]


def commands(page: Path) -> list[str]:
    """Return the lines that run the program, in order."""
    lines = (line for code in codes(page, "sh") if code.is_run for line in code.text.splitlines())
    return [line for line in lines if line.startswith("mnistbench ")]


def generated(page: Path) -> dict[str, str]:
    """Return the text of each generated block."""
    return {name: inside for _, name, inside, _ in _BLOCK.findall(page.read_text())}


def write_generated(page: Path, texts: dict[str, str]) -> None:
    """Replace the text of the generated blocks."""
    page.write_text(_BLOCK.sub(lambda block: block[1] + texts[block[2]] + block[4], page.read_text()))


def links(page: Path) -> list[str]:
    """Return the targets of links and pictures, without those on other hosts."""
    text = _FENCE.sub("", page.read_text())
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    return [target for target in targets if not re.match(r"https?:", target)]


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as a code host makes them."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", page.read_text()), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
