"""The user's file run in a namespace: all of a Python file, and of a notebook what :mod:`~.taken` takes."""

import __future__

import ast
import contextlib
import functools
import inspect
import linecache
import operator
from typing import Any

from mnistbench.experiment import net_files

FUTURES = functools.reduce(
    operator.or_, (getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
)


def run(file: net_files.NetFile, namespace: dict[str, Any]) -> None:
    """Run a file's statements in order, each part compiled under its own name, so that a traceback leads there.

    Raises:
        NetError: the file cannot be read.
        Exception: whatever the user's code raises.
    """
    flags = 0  # of __future__, which a notebook keeps from cell to cell
    for part in file.parts():
        if not part.is_cell:
            body = [each.node for each in part.statements]
            exec(compile(ast.Module(body, []), part.name, "exec", dont_inherit=True), namespace)  # noqa: S102
            continue
        linecache.cache[part.name] = (len(part.text), None, part.text.splitlines(keepends=True), part.name)
        for statement in part.statements:
            if statement.reason:
                continue
            code = compile(ast.Module([statement.node], []), part.name, "exec", flags=flags, dont_inherit=True)
            flags |= code.co_flags & FUTURES
            with contextlib.suppress(*statement.may_fail_by):
                exec(code, namespace)  # noqa: S102 (what the user asked for)


def why(error: BaseException, file: net_files.NetFile) -> str:
    """Return, with a semicolon before it, why a name is missing that the notebook binds; empty for other errors."""
    if not isinstance(error, NameError) or isinstance(error, UnboundLocalError) or not error.name:
        return ""
    reason = file.why_missing(error.name)
    return f"; {reason}" if reason else ""


def place(found: Any, file: net_files.NetFile) -> str:
    """Return the file, or the cell, and the line where a function or the net's class begins."""
    code = getattr(inspect.unwrap(found) if callable(found) else found, "__code__", None)
    if code is not None and file.holds(code.co_filename):
        return f"{code.co_filename}, line {code.co_firstlineno}"
    return file.place_of_class() or str(file.path)
