"""The one training of a submission: accuracy and time count where it trained, whatever became of its weights after."""

from pathlib import Path

import pytest
from right_net import RIGHT

import mnistbench


@pytest.mark.slow
def test_weights_of_another_form_cost_a_right_net_nothing(tmp_path: Path) -> None:
    text = RIGHT.replace("self.b1 = np.zeros(hidden_size)", "self.b1 = np.zeros((1, hidden_size))")
    text = text.replace("d_b1 = delta1.sum(axis=0) / m", "d_b1 = delta1.sum(axis=0, keepdims=True) / m")
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "ada.py").write_text(text)
    (tmp_path / "rubric.yaml").write_text("time: 1\ntime_at_most: 1000\n")
    book, _ = mnistbench.grade(
        [tmp_path / "class"], output=tmp_path / "out", rubric=str(tmp_path / "rubric.yaml"), fenced=False
    )
    (grade,) = book.grades
    assert (grade.verdict, grade.error) == ("right", "")
    assert grade.points == book.of_points
