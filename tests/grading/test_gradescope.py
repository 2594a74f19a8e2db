"""A course's own container: the two files of the page, up to what is the platform's, and ``check --format``."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, Cli
from right_net import RIGHT
from test_formats import GRADESCOPE, holds

SCRIPT = re.compile(r"```bash\n(#!.*?check.*?)```", re.DOTALL)


def results(tmp_path: Path, text: str) -> dict[str, object]:
    """Run the page's ``run_autograder`` on a submission, in a folder laid out as the platform does."""
    (tmp_path / "submission").mkdir()
    (tmp_path / "results").mkdir()
    (tmp_path / "submission" / "my_net.py").write_text(text)
    page = (ROOT / "docs" / "teachers.md").read_text()
    script = SCRIPT.findall(page.partition("`run_autograder`")[2])[0].replace("/autograder", str(tmp_path))
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    subprocess.run(["bash", "-c", script], check=False, env=environment, timeout=300)
    told: dict[str, object] = holds((tmp_path / "results" / "results.json").read_text(), GRADESCOPE)
    return told


@pytest.mark.slow
def test_the_pages_autograder_gives_a_right_net_all_points(tmp_path: Path) -> None:
    told = results(tmp_path, RIGHT)
    assert told["score"] == 9
    assert told["extra_data"]["secret"] > 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "score", "words"),
    [
        (
            RIGHT.replace("order = self.rng.permutation(len(images))", "order = np.arange(len(images))"),
            7,
            "fresh order of the images each epoch",
        ),
        ("raise SystemExit(0)", 0, "could not be asked"),
        ("import os; os._exit(0)", 0, "could not be asked"),
    ],
    ids=["mistaken", "leaves", "vanishes"],
)
def test_the_pages_autograder_tells_any_other(text: str, score: int, words: str, tmp_path: Path) -> None:
    told = results(tmp_path, text)
    assert told["score"] <= score
    assert words in json.dumps(told)


@pytest.mark.slow
def test_the_exit_code_is_checks_whatever_it_prints(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "my_net.py").write_text(RIGHT.replace("delta2 = p - y", "delta2 = y - p"))
    done = cli("check", "my_net.py", "--format", "gradescope")
    assert done.returncode == 1
    assert holds(done.stdout, GRADESCOPE)["tests"][1]["status"] == "failed"
    assert cli("check", "none.py", "--format", "gradescope").returncode == 2
    assert "json" in cli("check", "my_net.py", "--format", "xml").stderr


@pytest.mark.slow
def test_what_was_allowed_earns_its_points(cli: Cli, tmp_path: Path) -> None:
    loop = "        for _ in range(epochs):\n"
    (tmp_path / "my_net.py").write_text(RIGHT.replace(loop, f"        batch_size = len(images)\n{loop}"))
    strict = holds(cli("check", "my_net.py", "--format", "gradescope").stdout, GRADESCOPE)
    done = cli("check", "my_net.py", "--loop", "any", "--format", "gradescope")
    assert done.returncode == 0
    assert holds(done.stdout, GRADESCOPE)["score"] > strict["score"]


@pytest.mark.slow
def test_what_stopped_a_check_in_the_middle_is_told(cli: Cli, tmp_path: Path) -> None:
    text = RIGHT.replace("delta2 = p - y", "delta2 = y - p").replace(
        "    def fit(self, images, labels, batch_size, epochs):\n",
        "    def fit(self, images, labels, batch_size, epochs):\n"
        "        if epochs > 1:\n            raise ValueError('no more')\n",
    )
    (tmp_path / "my_net.py").write_text(text)
    told = holds(cli("check", "my_net.py", "--format", "gradescope").stdout, GRADESCOPE)
    assert "no more" in told["output"]
