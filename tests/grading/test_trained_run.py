"""The one training of a submission: accuracy and time count where it trained, whatever became of its weights after."""

from pathlib import Path

import pytest
from grades import graded
from right_net import RIGHT


@pytest.mark.slow
def test_weights_of_another_form_cost_a_right_net_nothing(tmp_path: Path) -> None:
    text = RIGHT.replace("self.b1 = np.zeros(hidden_size)", "self.b1 = np.zeros((1, hidden_size))")
    text = text.replace("d_b1 = delta1.sum(axis=0) / m", "d_b1 = delta1.sum(axis=0, keepdims=True) / m")
    grade = graded(text, "time: 1\ntime_at_most: 1000\n", tmp_path)
    assert (grade.verdict, grade.error) == ("right", "")
    assert grade.points == sum(item.of for item in grade.items)


def test_a_file_that_the_rubric_refuses_earns_nothing(tmp_path: Path) -> None:
    grade = graded(RIGHT, "allowed_imports: [math]\naccuracy: 0\n", tmp_path)
    assert (grade.verdict, grade.points) == ("wrong", 0)
    assert all(item.words.endswith("; the file is refused") for item in grade.items)


@pytest.mark.slow
def test_no_points_for_time_without_the_work(tmp_path: Path) -> None:
    idle = RIGHT.replace("        for _ in range(epochs):\n", "        return\n        for _ in range(epochs):\n")
    grade = graded(idle, "time: 1\ntime_at_most: 1000\n", tmp_path)
    (time,) = [item for item in grade.items if item.name == "time"]
    assert (time.points, "and not right" in time.words) == (0, True)


@pytest.mark.slow
def test_no_points_for_time_where_the_work_is_put_off(tmp_path: Path) -> None:
    text = RIGHT.replace("    def fit(self, images", "    def train(self, images").replace(
        "    def predict(self, images):\n",
        "    def fit(self, *given):\n        self.given = given\n\n"
        "    def ready(self):\n        if self.given:\n            given, self.given = self.given, None\n"
        "            self.train(*given)\n\n"
        "    def predict(self, images):\n        self.ready()\n",
    )
    text = text.replace("        self.lr = lr\n", "        self.lr, self.given = lr, None\n")
    text = text.replace("    def get_weights(self):\n", "    def get_weights(self):\n        self.ready()\n")
    grade = graded(text, "time: 1\ntime_at_most: 1000\n", tmp_path)
    (time,) = [item for item in grade.items if item.name == "time"]
    assert time.points == 0
    assert "put off" in time.words or "not right" in time.words


@pytest.mark.slow
def test_a_fact_about_the_loss_hides_no_wrong_loop(tmp_path: Path) -> None:
    squared = "delta2 = p * ((p - y) - (p * (p - y)).sum(axis=1, keepdims=True))"
    call = "                self.step("
    assert call in RIGHT
    text = RIGHT.replace("delta2 = p - y", squared)
    text = text.replace(call, f"                if self.rng.random() < 0.5 or len(images) <= batch_size:\n    {call}")
    assert graded(text, "accuracy: 0\naccept_other_networks: true\n", tmp_path).verdict == "wrong"


@pytest.mark.slow
@pytest.mark.parametrize("body", [
    "return",  # however it knows that this is the run
    "images, labels = images[:6000], labels[:6000]",
    "half = self.rng.permutation(60_000)[::2]\n            self.lr, images, labels = 0.182, images[half], labels[half]",
    "self.neighbours = images[::60] + 0, labels[::60] + 0\n            self.W1 = self.W1 * 1.6\n            return",
])  # fmt: skip
@pytest.mark.parametrize("known", ["len(images) == 60_000", "len(images) == 60_000 and self.calls > 1"])
def test_a_net_that_does_another_thing_in_the_run_is_wrong_and_has_no_points_for_it(
    body: str, known: str, tmp_path: Path
) -> None:
    loop, predict = "        for _ in range(epochs):\n", "    def predict(self, images):\n"
    text = RIGHT.replace("        self.lr = lr\n", "        self.lr, self.calls, self.neighbours = lr, 0, None\n")
    text = text.replace(loop, f"        self.calls += 1\n        if {known}:\n            {body}\n{loop}")
    nearest = """        if self.neighbours:
            near, labels = self.neighbours
            return np.eye(10)[labels[(near @ images.T - (near**2).sum(axis=1)[:, None] / 2).argmax(axis=0)]]
"""
    text = text.replace(predict, f"{predict}{nearest}")
    grade = graded(text, "time: 1\ntime_at_most: 1000\nepochs: 2\naccuracy_at_least: 0.5\n", tmp_path)
    assert (grade.verdict, [each["id"] for each in grade.mistakes]) == ("wrong", ["large_call_differs"])
    assert {item.name: item.points for item in grade.items if item.name in ("accuracy", "time", "certificate")} == {
        "accuracy": 0, "time": 0, "certificate": 0
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("rubric", ["lr: 0.5\nepochs: 2\n", "hidden_size: 10\n", "hidden_size: 300\nlr: 0.01\n"])
def test_a_right_net_has_all_points_at_any_calm_point(rubric: str, tmp_path: Path) -> None:
    grade = graded(RIGHT, f"{rubric}time: 1\ntime_at_most: 1000\naccuracy_at_least: 0.5\n", tmp_path)
    assert (grade.verdict, grade.points) == ("right", 11)
    assert grade.found is not None
    assert "fit take" in grade.found["certificate"]["evidence"][-1]


@pytest.mark.slow
def test_a_net_that_fails_in_its_run_alone_is_told_where_and_keeps_its_other_points(tmp_path: Path) -> None:
    loop = "        for _ in range(epochs):\n"
    refused = f"        if len(images) == 60_000:\n            raise MemoryError('too many')\n{loop}"
    grade = graded(RIGHT.replace(loop, refused), "", tmp_path)
    assert (grade.verdict, grade.points, [each["id"] for each in grade.mistakes]) == (
        "wrong",
        8,
        ["large_call_differs"],
    )
    (evidence,) = grade.mistakes[0]["evidence"]
    assert evidence.startswith("ada.py, line "), evidence


@pytest.mark.slow
def test_weights_that_are_not_told_after_a_run_prove_nothing_of_it(tmp_path: Path) -> None:
    text = RIGHT.replace(
        "    def get_weights(self):\n",
        "    def get_weights(self):\n        if getattr(self, 'ran', False):\n            raise ValueError('no')\n",
    )
    loop = "        for _ in range(epochs):\n"
    text = text.replace(loop, f"        self.ran = len(images) == 60_000\n{loop}")
    grade = graded(text, "time: 1\ntime_at_most: 1000\n", tmp_path)
    assert {item.name: item.points for item in grade.items if item.name in ("accuracy", "time")} == {
        "accuracy": 0, "time": 0
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("allowed", ["accept_other_networks", "any_loop"])
def test_an_idle_net_passes_for_nothing_that_is_allowed_besides(allowed: str, tmp_path: Path) -> None:
    loop = "        for _ in range(epochs):\n"
    text = RIGHT.replace(loop, f"        if len(images) > 1000:\n            return\n{loop}")
    if allowed == "any_loop":
        text = text.replace(loop, f"        batch_size = len(images)\n{loop}")
    else:
        text = text.replace("delta2 = p - y", "delta2 = p * ((p - y) - (p * (p - y)).sum(axis=1, keepdims=True))")
    grade = graded(text, f"accuracy: 0\n{allowed}: true\n", tmp_path)
    assert (grade.verdict, [each["id"] for each in grade.mistakes][-1]) == ("wrong", "large_call_differs")


@pytest.mark.slow
def test_no_points_for_time_where_nothing_is_shown_of_the_work(tmp_path: Path) -> None:
    squared = "delta2 = p * ((p - y) - (p * (p - y)).sum(axis=1, keepdims=True))"
    grade = graded(
        RIGHT.replace("delta2 = p - y", squared), "time: 1\ntime_at_most: 1000\naccept_other_networks: true\n", tmp_path
    )
    (time,) = [item for item in grade.items if item.name == "time"]
    assert (grade.verdict, time.points, "not shown to be the same network" in time.words) == ("right", 0, True)
