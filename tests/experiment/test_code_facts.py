"""What the code shows: its imports, and the same code, names, comments, docstrings and layout aside."""

from pathlib import Path

from right_net import RIGHT

from mnistbench.experiment import code_facts


def digest(text: str, tmp_path: Path) -> str | None:
    (tmp_path / "net.py").write_text(text)
    told: str | None = code_facts(f"{tmp_path}/net.py:MyNet")["tree_sha256"]
    return told


def test_names_and_comments_make_no_other_code(tmp_path: Path) -> None:
    renamed = (
        RIGHT.replace("hidden", "h1").replace("delta2", "error").replace("class MyNet:", 'class Own:\n    """Me."""')
    )
    assert digest(RIGHT, tmp_path) == digest("# mine\n\n\n" + renamed, tmp_path) is not None


def test_another_formula_makes_another(tmp_path: Path) -> None:
    assert digest(RIGHT, tmp_path) != digest(RIGHT.replace("p - y", "y - p"), tmp_path)


def test_a_few_lines_are_nothing(tmp_path: Path) -> None:
    assert digest("x = 1\n", tmp_path) is None


def test_imports_are_told_but_for_pythons_own_and_the_neighbours(tmp_path: Path) -> None:
    for name in ("mine", "scipy"):  # the installed one is what is imported
        (tmp_path / f"{name}.py").touch()
    (tmp_path / "net.py").write_text("import os, torch.nn\nimport mine\n\n\ndef f():\n    from scipy import stats\n")
    assert code_facts(f"{tmp_path}/net.py:MyNet")["imports"] == ["torch", "scipy"]
