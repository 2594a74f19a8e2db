"""What the code of a net's file shows, read and never run: what it imports, and whether two are the same.

Reading what was written to be read slowly, or not at all, takes long or ends a process: a child does it.
"""

import ast
import hashlib
import importlib.util
import sys
from pathlib import Path
from typing import Any

from mnistbench.experiment import net_files
from mnistbench.experiment.net_code import Part

FEWEST_NODES = 100  # of a syntax tree; the same few lines are written by many


def code_facts(net: str) -> dict[str, Any]:
    """Return the ``imports`` of ``FILE.py`` and its ``tree_sha256``, ready for JSON.

    Raises:
        NetError: it cannot be read, or is not Python.
    """
    file = net_files.require(net)
    parts = file.parts()
    nodes = [node for part in parts for each in part.statements for node in ast.walk(each.node)]
    return {"imports": _imports(nodes, file.path.parent), "tree_sha256": _tree_sha256(nodes, parts)}


def _imports(nodes: list[ast.AST], folder: Path) -> list[str]:
    """Return the modules that a file imports, but for Python's own and its neighbours in the folder."""
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]
    tops = dict.fromkeys(name.partition(".")[0] for name in names)
    beside = {path.stem for path in folder.glob("*.py")}  # what is installed shadows it, as it stands last
    own = {name for name in beside if name in tops and importlib.util.find_spec(name) is None}
    return [name for name in tops if name not in sys.stdlib_module_names and name not in own]


def _tree_sha256(nodes: list[ast.AST], parts: list[Part]) -> str | None:
    """Return the SHA-256 of the syntax tree with its names numbered; ``None`` where there is none to speak of.

    Names, comments and layout aside, two files of one SHA-256 are the same code: a fact, and no accusation.
    """
    if len(nodes) < FEWEST_NODES:
        return None
    shape = _Numbered()
    try:
        dumped = [ast.dump(shape.visit(statement.node)) for part in parts for statement in part.statements]
    except RecursionError:
        return None
    return hashlib.sha256("\n".join(dumped).encode()).hexdigest()


class _Numbered(ast.NodeTransformer):
    """Gives names numbers in the order in which they come, and takes docstrings away."""

    def __init__(self) -> None:
        self._numbers: dict[str, str] = {}

    def _number(self, name: str) -> str:
        return self._numbers.setdefault(name, f"n{len(self._numbers)}")

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(self._number(node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(self._number(node.arg))

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return ast.Attribute(self.visit(node.value), self._number(node.attr), node.ctx)

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        return ast.keyword(node.arg and self._number(node.arg), self.visit(node.value))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        return ast.FunctionDef(self._number(node.name), node.args, _undocumented(node.body), [], None)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        return ast.ClassDef(self._number(node.name), node.bases, node.keywords, _undocumented(node.body), [])


def _undocumented(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return body[1:] if is_text else body
