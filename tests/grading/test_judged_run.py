"""A run that is judged beside the reference: what a net hides from it, what it costs, and what it tells."""

from pathlib import Path

import pytest
from grades import graded
from right_net import EPOCH, RIGHT

from mnistbench.grading import examining, feedback

HALF = "        if len(images) > 1000:\n            images, labels = images[::2], labels[::2]\n"
LAZY = {  # training that no clock of fit has: in predict, in all epochs but the last; by a child that nobody waits for
    "early": """
    def fit(self, *given):
        self.calls = getattr(self, "calls", 0) + 1
        self.todo = given if len(given[0]) > 1000 and self.calls < 5 else None
        if not self.todo:
            self.train(*given)

    def work(self):
        todo, self.todo = getattr(self, "todo", None), None
        if todo:
            self.train(*todo)
""",
    "unseen": """
    def fit(self, *given):
        self.work()
        if len(given[0]) <= 1000:
            return self.train(*given)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        self.pipe, end = os.pipe()
        if not os.fork():
            self.train(*given)
            with os.fdopen(end, "wb") as out:
                pickle.dump([self.W1, self.b1, self.W2, self.b2], out)
            os._exit(0)
        os.close(end)

    def work(self):
        if getattr(self, "pipe", None):
            with os.fdopen(self.pipe, "rb") as given:
                self.W1, self.b1, self.W2, self.b2 = pickle.load(given)
            self.pipe = None
""",
}


def before_its_epochs(lines: str) -> str:
    """Return the right net with lines that ``fit`` begins with."""
    assert EPOCH in RIGHT
    return RIGHT.replace(EPOCH, lines + EPOCH)


@pytest.mark.slow
@pytest.mark.parametrize("how", LAZY)
def test_no_points_for_time_by_work_that_no_clock_of_fit_has(how: str, tmp_path: Path) -> None:
    text = RIGHT.replace("import numpy", "import os, pickle, signal\n\nimport numpy").replace("def fit(", "def train(")
    text = text.replace(
        "    def train(", f"{LAZY[how].lstrip()}\n    def train(".replace("def fit", "    def fit", 1), 1
    )
    for method in ("predict(self, images)", "get_weights(self)"):
        text = text.replace(f"    def {method}:\n", f"    def {method}:\n        self.work()\n")
    grade = graded(text, "hidden_size: 200\nepochs: 5\ntime: 1\ntime_at_most: 1000\n", tmp_path)
    (time,) = [item for item in grade.items if item.name == "time"]
    assert (time.points, "work was put off to outside fit" in time.words) == (0, True), time.words


@pytest.mark.slow
@pytest.mark.parametrize("refusal", ["raise ValueError('no')", "return [self.W1, self.b1]", "import os; os._exit(0)"])
def test_an_idle_net_that_hides_its_weights_after_its_run_is_wrong(refusal: str, tmp_path: Path) -> None:
    text = before_its_epochs("        self.idle = len(images) > 1000\n        if self.idle:\n            return\n")
    get = "    def get_weights(self):\n"
    text = text.replace(get, f"{get}        if getattr(self, 'idle', False):\n            {refusal}\n")
    grade = graded(text, "", tmp_path)
    assert (grade.verdict, [each["id"] for each in grade.mistakes]) == ("wrong", ["large_call_differs"])
    assert [item.points for item in grade.items if item.name in ("certificate", "accuracy")] == [0, 0]


@pytest.mark.slow
def test_images_left_to_one_tiny_step_are_left_out(tmp_path: Path) -> None:
    tiny = """        if len(images) > 1000:
            part, rate = self.rng.permutation(len(images)), self.lr
            self.lr = rate * 1e-6
            self.step(images[part[30_000:]], labels[part[30_000:]], batch_size)
            self.lr, images, labels = 1.9 * rate, images[part[:30_000]], labels[part[:30_000]]
"""
    (mistake,) = graded(before_its_epochs(tiny), "", tmp_path).mistakes
    assert "67 images alone light a pixel: 3" in mistake["evidence"][0]


@pytest.mark.slow
def test_the_judge_takes_no_time_of_the_students(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rubric = "hidden_size: 300\nepochs: 4\n"
    grade = graded(RIGHT, rubric, tmp_path / "told", timeout=40)
    assert (grade.points, grade.error) == (10, "")
    monkeypatch.setattr(examining, "JUDGING_SECONDS", -1e6)  # its time is over while the judge trains
    late = graded(RIGHT, rubric, tmp_path / "late", timeout=40)
    assert late.train_seconds is not None
    assert "ran longer than the 40 s" in late.items[-1].words


@pytest.mark.slow
def test_what_any_loop_allows_earns_the_certificates_points(tmp_path: Path) -> None:
    shuffled = "self.rng.permutation(len(images))"
    assert shuffled in RIGHT
    grade = graded(RIGHT.replace(shuffled, "np.arange(len(images))"), "any_loop: true\n", tmp_path)
    assert (grade.verdict, grade.points) == ("right", 10)


@pytest.mark.slow
def test_no_item_tells_what_another_one_hides(tmp_path: Path) -> None:
    grade = graded(before_its_epochs(HALF), "time: 1\ntime_at_most: 1000\nhidden: [certificate]\n", tmp_path)
    told = feedback.markdown(grade)
    assert told.count("and it does not count;") == 2
    for secret in ("the reference's", "light a pixel", "not right"):
        assert secret not in told


@pytest.mark.slow
def test_a_hidden_accuracy_is_in_no_evidence(tmp_path: Path) -> None:
    told = feedback.markdown(graded(before_its_epochs(HALF), "hidden: [accuracy]\n", tmp_path))
    assert "the reference's" in told
    assert "of the test images right" not in told


@pytest.mark.slow
def test_what_fails_after_a_run_was_judged_takes_nothing_back(tmp_path: Path) -> None:
    predict = "    def predict(self, images):\n"
    assert predict in RIGHT
    text = RIGHT.replace(
        predict, f"{predict}        if len(images) == 60_000:\n            raise MemoryError('no room')\n"
    )
    grade = graded(text, "", tmp_path)
    assert (grade.verdict, grade.points) == ("right", 10)
