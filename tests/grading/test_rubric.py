"""The rubric: defaults, a file, and what is said of a wrong one."""

from pathlib import Path

import pytest

from mnistbench.errors import GradingError
from mnistbench.grading.rubric import Rubric, load_rubric, new_rubric


def test_a_new_rubric_reads_back_as_the_default(tmp_path: Path) -> None:
    file = tmp_path / "rubric.yaml"
    file.write_text(new_rubric())
    assert load_rubric(file) == load_rubric(None) == Rubric()


@pytest.mark.parametrize(("text", "sentence"), [
    ("gradient: 4", "line 1: gradient is no key of a rubric; did you mean 'gradients'? The keys are runs"),
    ("runs: 1\nloop: -2", "line 2: loop: -2 is less than 0; it is points for the loop"),
    ("runss: 2", "runss is no key of a rubric; did you mean 'runs'? The keys are"),
    ("runs: x", "line 1: runs: 'x' is no number; it is points for code that runs"),
    ("allowed_imports: numpy", "any. Write allowed_imports: [numpy]."),
    ("hidden: [style]", "line 1: 'style' is no item; they are runs"),
])  # fmt: skip
def test_what_is_wrong_is_one_sentence_with_the_line(text: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "rubric.yaml").write_text(text)
    with pytest.raises(GradingError, match=r"rubric\.yaml") as told:
        load_rubric(tmp_path / "rubric.yaml")
    assert sentence in str(told.value)


@pytest.mark.parametrize("text", ["", "# every key is left out\n"])
def test_every_key_may_be_left_out(text: str, tmp_path: Path) -> None:
    (tmp_path / "rubric.yaml").write_text(text)
    assert load_rubric(tmp_path / "rubric.yaml") == Rubric()


def test_points_add_up() -> None:
    assert Rubric().of_points == 10
    assert Rubric(accuracy=0, time=0).needs_a_run is False
