"""The same code: names, comments, docstrings and layout aside."""

from pathlib import Path

from right_net import RIGHT

from mnistbench.grading.same_code import tree_sha256


def digest(text: str, tmp_path: Path) -> str | None:
    (tmp_path / "net.py").write_text(text)
    return tree_sha256(tmp_path / "net.py")


def test_names_and_comments_make_no_other_code(tmp_path: Path) -> None:
    renamed = (
        RIGHT.replace("hidden", "h1").replace("delta2", "error").replace("class MyNet:", 'class Own:\n    """Me."""')
    )
    assert digest(RIGHT, tmp_path) == digest("# mine\n\n\n" + renamed, tmp_path) is not None


def test_another_formula_makes_another(tmp_path: Path) -> None:
    assert digest(RIGHT, tmp_path) != digest(RIGHT.replace("p - y", "y - p"), tmp_path)


def test_a_few_lines_or_no_python_are_nothing(tmp_path: Path) -> None:
    assert digest("x = 1\n", tmp_path) is None
    assert digest("def f(:\n", tmp_path) is None
