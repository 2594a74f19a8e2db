"""Which statements of a notebook are taken into a net's module, and why each other is not.

Taken, in order, are imports, functions, classes and constants, and what an ``if`` or ``try`` holds of nothing else.
A constant is made of literals, of names with their attributes and items, of operators, of ``lambda``, and of calls of
the few functions in ``CALLS``, which make numbers and containers: they neither train nor read or write a file. It may
be given to a name, or to an attribute or an item of a class or constant of the notebook (``MyNet.fit = fit``), not of
a module. Functions and classes are taken whole, with their decorators and defaults.
"""

import ast
import copy
import dataclasses
from collections.abc import Iterator

CALLS = frozenset({
    "abs", "bool", "complex", "dict", "float", "frozenset", "int", "len", "list", "max", "min", "pow", "range", "round",
    "set", "sorted", "str", "sum", "tuple",
    "math.exp", "math.log", "math.sqrt",
    "numpy.arange", "numpy.array", "numpy.asarray", "numpy.dtype", "numpy.exp", "numpy.eye", "numpy.finfo",
    "numpy.float16", "numpy.float32", "numpy.float64", "numpy.full", "numpy.int32", "numpy.int64", "numpy.linspace",
    "numpy.log", "numpy.ones", "numpy.random.default_rng", "numpy.random.RandomState", "numpy.sqrt", "numpy.zeros",
    "torch.backends.mps.is_available", "torch.cuda.is_available", "torch.device",
})  # fmt: skip
FUNCTIONS_AND_CLASSES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
IMPORTS = (ast.Import, ast.ImportFrom)
PURE = (
    ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.Slice, ast.Tuple, ast.List, ast.Set, ast.Dict,
    ast.Starred, ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.JoinedStr, ast.FormattedValue,
    ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context,
)  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Statement:
    """A statement of a notebook, its place such as ``cell 7, line 3``, and why it is not run; empty where it is."""

    node: ast.stmt
    place: str
    reason: str = ""

    @property
    def may_fail_by(self) -> tuple[type[Exception], ...]:
        """Return what it may raise without harm to a net that does without it.

        That is a library that is not installed here, and a constant that is made of what was left out.
        """
        if isinstance(self.node, FUNCTIONS_AND_CLASSES):
            return ()
        return (ImportError,) if isinstance(self.node, IMPORTS) else (ImportError, NameError)


class Choice:
    """Chooses statement by statement, and knows what the names stand for that were bound before."""

    def __init__(self) -> None:
        self._modules: dict[str, str] = {}  # a name, and the module or the attribute of one that it stands for
        self._own: set[str] = set()  # classes, functions and constants of the notebook

    def reason(self, node: ast.stmt) -> str:
        """Return why a statement is not run, as it stands in a sentence; empty where it is."""
        reason = self._reason(node)
        if not reason:
            self._remember(node)
        return reason

    def _reason(self, node: ast.stmt) -> str:
        if isinstance(node, (*FUNCTIONS_AND_CLASSES, *IMPORTS, ast.Pass)):
            return ""
        if isinstance(node, ast.Assign):
            return self._assigned(node.targets, node.value)
        if isinstance(node, ast.AnnAssign | ast.AugAssign):
            parts = [node.value, node.annotation] if isinstance(node, ast.AnnAssign) else [node.value]
            return self._assigned([node.target], ast.List([part for part in parts if part], ast.Load()))
        if isinstance(node, ast.If | ast.Try) and self._holds_nothing_else(node):
            return ""
        if isinstance(node, ast.Expr):
            return "" if isinstance(node.value, ast.Constant) else "by a call"
        kind = type(node).__name__.removeprefix("Async").lower()
        return f"inside {'an' if kind[0] in 'aeiou' else 'a'} {kind}"

    def _holds_nothing_else(self, node: ast.If | ast.Try) -> bool:
        tests = [node.test] if isinstance(node, ast.If) else [each.type for each in node.handlers if each.type]
        trial = copy.deepcopy(self)
        return all(map(self._is_constant, tests)) and not any(map(trial.reason, inner(node)))

    def _assigned(self, targets: list[ast.expr], value: ast.expr) -> str:
        if not self._is_constant(value):
            return "by a call" if any(isinstance(each, ast.Call) for each in ast.walk(value)) else "by a calculation"
        return "" if all(map(self._may_be_given, targets)) else "in a module"

    def _may_be_given(self, target: ast.expr) -> bool:
        """Say whether a target is a name, or a part of a class or constant of the notebook."""
        if isinstance(target, ast.Tuple | ast.List):
            return all(map(self._may_be_given, target.elts))
        if isinstance(target, ast.Attribute | ast.Subscript):
            if isinstance(target, ast.Subscript) and not self._is_constant(target.slice):
                return False
            root: ast.expr = target
            while isinstance(root, ast.Attribute | ast.Subscript):
                root = root.value
            return isinstance(root, ast.Name) and root.id in self._own
        return isinstance(target, ast.Name) or (isinstance(target, ast.Starred) and self._may_be_given(target.value))

    def _is_constant(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Lambda):
            defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
            return all(map(self._is_constant, defaults))
        if isinstance(node, ast.Call):
            parts = [*node.args, *(keyword.value for keyword in node.keywords)]
            return self._makes_numbers(node.func) and all(map(self._is_constant, parts))
        return isinstance(node, PURE) and all(map(self._is_constant, ast.iter_child_nodes(node)))

    def _makes_numbers(self, function: ast.expr) -> bool:
        """Say whether a called function is one of those that are known to make numbers and containers alone."""
        name = ast.unparse(function)
        root, dot, rest = name.partition(".")
        if root in self._modules:
            return self._modules[root] + dot + rest in CALLS
        return name in CALLS and not dot and root not in self._own

    def _remember(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                self._modules[name] = alias.name if alias.asname else name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                self._modules[alias.asname or alias.name] = f"{'.' * node.level}{node.module or ''}.{alias.name}"
        elif isinstance(node, ast.If | ast.Try):
            for each in inner(node):
                self._remember(each)
        else:
            names = set(bound(node))
            self._own |= names
            for name in names & self._modules.keys():
                del self._modules[name]


def inner(node: ast.If | ast.Try) -> list[ast.stmt]:
    """Return the statements that a block holds, in order."""
    if isinstance(node, ast.If):
        return [*node.body, *node.orelse]
    handled = [each for handler in node.handlers for each in handler.body]
    return [*node.body, *handled, *node.orelse, *node.finalbody]


def bound(node: ast.AST) -> Iterator[str]:
    """Yield the names that a statement binds, not those inside its functions and classes."""
    waiting = [node]  # and no recursion: a sum of thousands of terms is as deep as it is long
    while waiting:
        each = waiting.pop()
        if isinstance(each, FUNCTIONS_AND_CLASSES):
            yield each.name
        elif isinstance(each, IMPORTS):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in each.names)
        elif not isinstance(each, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                yield each.id
            waiting.extend(reversed([*ast.iter_child_nodes(each)]))


def why_missing(name: str, statements: list[Statement], seen: frozenset[str] = frozenset()) -> str:
    """Return the clause that says why a name is not there when the net runs; empty where the notebook never binds it.

    ``cell 4, line 1 assigns rng by a call, which is not run: move it into the class``
    """
    binding = [each for each in statements if name in bound(each.node)]
    if not binding or name in seen:
        return ""
    statement = next((each for each in binding if each.reason), binding[-1])
    verb = "assigns" if isinstance(statement.node, ast.Assign | ast.AnnAssign | ast.AugAssign) else "makes"
    if statement.reason:
        advice = "a cell of its own" if isinstance(statement.node, ast.ClassDef) else "the class"
        return f"{statement.place} {verb} {name} {statement.reason}, which is not run: move it into {advice}"
    if isinstance(statement.node, IMPORTS):
        return f"{statement.place} imports {name}, which cannot be imported here: install it, or do without"
    for each in ast.walk(statement.node):
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load):
            cause = why_missing(each.id, statements, seen | {name})
            if cause:
                return f"{statement.place} {verb} {name} from {each.id}, and {cause}"
    return ""
