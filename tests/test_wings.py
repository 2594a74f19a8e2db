"""The house's shape: a wing is entered by its face alone. That no wing looks upward is import-linter's."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

PACKAGE = ROOT / "mnistbench"
WINGS = sorted(file.parent.name for file in PACKAGE.glob("*/__init__.pyi"))


def imports(file: Path) -> Iterator[tuple[str, str]]:
    """Yield each module of the package that a file imports from, and the name it takes."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "mnistbench":
            yield from ((node.module, name.name) for name in node.names)


def face(wing: str) -> set[str]:
    """Return the names that a wing hands on."""
    tree = ast.parse((PACKAGE / wing / "__init__.pyi").read_text())
    return {name.name for node in tree.body if isinstance(node, ast.ImportFrom) for name in node.names}


@pytest.mark.parametrize("wing", WINGS)
def test_a_wing_is_imported_from_its_face_alone(wing: str) -> None:
    for file in PACKAGE.rglob("*.py"):
        if file.relative_to(PACKAGE).parts[0] == wing:
            continue
        for module, name in imports(file):
            if module.startswith(f"mnistbench.{wing}"):
                assert (module, name in face(wing)) == (f"mnistbench.{wing}", True), f"{file}: {module} {name}"


@pytest.mark.parametrize("wing", WINGS)
def test_a_wing_hands_on_nothing_that_nobody_else_uses(wing: str) -> None:
    taken = {
        name
        for file in PACKAGE.rglob("*.py")
        for module, name in imports(file)
        if module == f"mnistbench.{wing}" and file.relative_to(PACKAGE).parts[0] != wing
    }
    assert face(wing) == taken


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=lambda file: str(file.relative_to(PACKAGE)))
def test_no_file_is_over_300_lines_and_no_function_over_40(file: Path) -> None:
    source = file.read_text()
    assert len(source.splitlines()) <= 300
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < 40, f"{file}: {node.name}"
