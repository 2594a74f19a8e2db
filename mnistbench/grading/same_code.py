"""Whether two submissions are the same code, names, comments and layout aside. A fact, and no accusation."""

import ast
import hashlib
from pathlib import Path

from mnistbench.errors import NetError
from mnistbench.experiment import net_files

FEWEST_NODES = 100  # of a syntax tree; the same few lines are written by many


def tree_sha256(file: Path) -> str | None:
    """Return the SHA-256 of a file's syntax tree with its names numbered; ``None`` where there is none to speak of."""
    try:
        parts = net_files.NetFile(file, "").parts()
        nodes = [node for part in parts for statement in part.statements for node in ast.walk(statement.node)]
        if len(nodes) < FEWEST_NODES:
            return None
        shape = _Numbered()
        dumped = [ast.dump(shape.visit(statement.node)) for part in parts for statement in part.statements]
    except (NetError, RecursionError, MemoryError, ValueError):
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
