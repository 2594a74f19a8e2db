"""What a notebook holds that was written to be read slowly is read in a moment."""

import ast
import json
import time

import pytest

from mnistbench.experiment import notebooks


def cells(*sources: str) -> list[notebooks.Cell]:
    code = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
    written = [code | {"source": source} for source in sources]
    notebook = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": written}
    return notebooks.cells(json.dumps(notebook).encode())


@pytest.mark.parametrize("line", [
    " " * 1_000_000 + "$", "a" + " " * 1_000_000 + "$", "a " * 500_000 + "$", "a" + "?" * 1_000_000 + "$",
    "a=" + " " * 1_000_000 + "$", "[" * 1_000_000, " " * 1_000_000 + "!x",
])  # fmt: skip
def test_a_long_line_is_told_from_magic_in_a_moment(line: str) -> None:
    begin = time.process_time()
    cells(line)
    notebooks.MAGIC_LINE.match(line.lstrip())
    assert time.process_time() - begin < 5


@pytest.mark.parametrize(
    "line", ["%time f()", "    !ls", "np.array?", "a, b = %sql x", "x[0] =!ls", "pip install it's"]
)
def test_a_magic_line_keeps_its_indentation(line: str) -> None:
    indentation = line[: -len(line.lstrip())]
    head = "if 1:\n" if indentation else ""
    assert cells(head + line)[0].text == f"{head}{indentation}pass"


def test_what_is_parsed_again_for_magic_lines_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[int] = []
    parse = ast.parse

    def counted(text: str) -> ast.Module:
        parsed.append(len(text))
        return parse(text)

    monkeypatch.setattr(notebooks.ast, "parse", counted)
    monkeypatch.setattr(notebooks, "MAX_REPARSED", 100_000)
    cells(*["x = 1\n" * 1_000 + "!x\n" * 100] * 3)
    assert sum(parsed) < 200_000
