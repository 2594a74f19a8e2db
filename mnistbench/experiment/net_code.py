"""What the file of a user's own net holds, read and never run: its parts, and the classes that may be the net."""

import ast
import dataclasses
import io
import re
import tokenize
import warnings
from pathlib import Path

from mnistbench.errors import NetError
from mnistbench.experiment import notebooks, taken
from mnistbench.experiment.taken import Statement

NOT_PYTHON = (SyntaxError, ValueError, RecursionError, MemoryError)  # what parsing raises
CODINGS = ("utf-8", "utf-8-sig", "ascii", "us-ascii", "iso-8859-1", "iso-8859-15", "cp1252")  # of a file of Python
METHODS = frozenset({"fit", "predict"})  # what every net has


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """A Python file, or a code cell of a notebook.

    ``name`` is what its lines are told by and what it is compiled as: ``my_net.py``, or ``homework.ipynb, cell 7``.
    ``text`` is a cell's, for tracebacks; a file has its own. ``fault`` says why a cell is no Python; such a cell can
    never have run in the notebook either, and is left out.
    """

    name: str
    statements: list[Statement]
    text: str = ""
    fault: str = ""

    @property
    def is_cell(self) -> bool:
        """Say whether this is a cell, which is never empty."""
        return bool(self.text)


def is_notebook(path: Path) -> bool:
    """Say whether a file is a notebook, by its name."""
    return path.suffix == ".ipynb"


def read(path: Path, source: bytes) -> list[Part]:
    """Parse a file or a notebook.

    Raises:
        NetError: it is not Python, or no notebook.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the user's code: whoever runs it is told
        if is_notebook(path):
            return _read_notebook(path, source)
        try:
            _check_coding(source)
            body = ast.parse(source, filename=str(path)).body
        except NOT_PYTHON as error:
            raise NetError(_not_python(str(path), error)) from error
        return [Part(str(path), [Statement(node, f"line {node.lineno}") for node in body])]


def _check_coding(source: bytes) -> None:
    """Refuse a declared encoding that takes long to decode, as punycode does.

    Raises:
        SyntaxError: it is another one than UTF-8, ASCII or Latin-1.
    """
    coding = tokenize.detect_encoding(io.BytesIO(source).readline)[0]
    if coding not in CODINGS:
        raise SyntaxError(f"its encoding is {coding}; save it as UTF-8")


def _read_notebook(path: Path, source: bytes) -> list[Part]:
    try:
        cells = notebooks.cells(source)
    except ValueError as error:
        raise NetError(
            f"{path}: is not a notebook that can be read ({error}); open it in Jupyter and save it again."
        ) from error
    choice, parts = taken.Choice(), []
    for cell in cells:
        part = Part(f"{path}, cell {cell.number}", [], cell.text)
        try:
            part.statements.extend([_chosen(choice, cell, node) for node in cell.parsed()])
        except NOT_PYTHON as error:
            part = dataclasses.replace(part, fault=_not_python(part.name, error))
        parts.append(part)
    return parts


def _chosen(choice: taken.Choice, cell: notebooks.Cell, node: ast.stmt) -> Statement:
    reason = f"in a cell that begins with {cell.magic}" if cell.magic else choice.reason(node)
    return Statement(node, f"cell {cell.number}, line {node.lineno}", reason)


def _not_python(name: str, error: BaseException) -> str:
    line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
    reason = error.msg if isinstance(error, SyntaxError) else error
    return f"{name}{line}: is not valid Python ({reason}); mend it first."


def why_missing(parts: list[Part], name: str) -> str:
    """Return the clause that says why a notebook's name is not there when the net runs; empty where none is known."""
    known = taken.why_missing(name, [each for part in parts for each in part.statements])
    faults = (
        part.fault.rstrip(".") for part in parts if part.fault and re.search(rf"\b{re.escape(name)}\b", part.text)
    )
    return known or next(faults, "")


def run_nodes(parts: list[Part]) -> list[ast.stmt]:
    """Return the statements that are run, in order."""
    return [each.node for part in parts for each in part.statements if not each.reason]


def names(parts: list[Part]) -> set[str]:
    """Return the names that a file binds, by a class, an import or an assignment; ``*`` among them for ``import *``."""
    return {name for node in run_nodes(parts) for name in taken.bound(node)}


def class_names(parts: list[Part]) -> list[str]:
    """Return the names of the classes that a file defines, each once."""
    return list(dict.fromkeys(node.name for node in run_nodes(parts) if isinstance(node, ast.ClassDef)))


def place_of_class(parts: list[Part], class_name: str) -> str:
    """Return where a class begins, such as ``my_net.py, line 3``; the file alone where it comes from elsewhere."""
    places = [
        f"{part.name}, line {each.node.lineno}"
        for part in parts
        for each in part.statements
        if isinstance(each.node, ast.ClassDef) and each.node.name == class_name and not each.reason
    ]
    return places[-1] if places else ""


def only_class(path: Path, parts: list[Part]) -> str:
    """Return the name of the class that is the net, where none was given.

    It is the one class with ``fit`` and ``predict``, its own or of a base in the same file, that is no base of another
    such class; else the only class.

    Raises:
        NetError: none, or several; names them.
    """
    methods, bases = _methods_and_bases(parts)
    nets = [name for name, own in methods.items() if own >= METHODS]
    inherited = {base for name in nets for base in bases[name]}
    found = [name for name in nets if name not in inherited] or list(methods)
    if len(found) == 1:
        return found[0]
    if not found:
        faults = [part.fault for part in parts if part.fault]
        faults += [f"{path}: {why_missing(parts, name)}." for name in _left_out(parts)]
        none = f"{path}: has no class of its own; write one, as mnistbench new my_net.py does."
        raise NetError(faults[0] if faults else none)
    which = "with fit and predict" if nets else "and none that has both fit and predict"
    raise NetError(f"{path}: has several classes {which}, {', '.join(found)}; say which, as in {path}:{found[-1]}.")


def _left_out(parts: list[Part]) -> list[str]:
    """Return the classes of statements that are not run."""
    statements = [each for part in parts for each in part.statements if each.reason]
    return [each.node.name for each in statements if isinstance(each.node, ast.ClassDef)]


def _methods_and_bases(parts: list[Part]) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Return the methods of each class, and the classes of the same file that it comes from."""
    methods: dict[str, set[str]] = {}
    bases: dict[str, set[str]] = {}
    for node in run_nodes(parts):
        if isinstance(node, ast.ClassDef):
            direct = {base.id for base in node.bases if isinstance(base, ast.Name) and base.id in methods}
            own = {name for each in node.body for name in taken.bound(each)}
            methods[node.name] = own.union(*(methods[base] for base in direct))
            bases[node.name] = direct.union(*(bases[base] for base in direct)) - {node.name}
        elif isinstance(node, ast.Assign):  # MyNet.fit = fit
            for target in node.targets:
                if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
                    methods.get(target.value.id, set()).add(target.attr)
    return methods, bases
