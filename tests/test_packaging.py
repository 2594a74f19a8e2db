import subprocess
import sys
import zipfile
from pathlib import Path

from conftest import ROOT

from mnistbench.experiment.starting_files import STYLES


def test_the_wheel_carries_the_data_and_its_licence(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz",
                 "t10k-labels-idx1-ubyte.gz", "README.md"):  # fmt: skip
        assert f"mnistbench/datasets/mnist/{name}" in names
    assert {"mnistbench/judging/published.csv", "mnistbench/py.typed"} <= names
    assert {f"mnistbench/experiment/starting_{style}.py.txt" for style in STYLES} <= names
    assert {f"mnistbench/reports/page/report.{kind}" for kind in ("html.j2", "css", "js")} <= names
