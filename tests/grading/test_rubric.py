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
    ("gradient: 4", "line 1: gradient is no key of a rubric. The keys are runs, gradients"),
    ("runs: 1\nloop: -2", "line 2: loop is -2; it is points for the loop"),
    ("hidden: [style]", "line 1: 'style' is no item; they are runs"),
])  # fmt: skip
def test_what_is_wrong_is_one_sentence_with_the_line(text: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "rubric.yaml").write_text(text)
    with pytest.raises(GradingError, match=r"rubric\.yaml") as told:
        load_rubric(tmp_path / "rubric.yaml")
    assert sentence in str(told.value)


def test_points_add_up() -> None:
    assert Rubric().of_points == 10
    assert Rubric(accuracy=0, time=0).needs_a_run is False
