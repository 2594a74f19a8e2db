import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT

from mnistbench.experiment.starting_files import STYLES


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (file,) = folder.glob("*.whl")
    return file


def test_the_wheel_carries_the_data_its_licence_and_the_configs(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz",
                 "t10k-labels-idx1-ubyte.gz", "README.md"):  # fmt: skip
        assert f"mnistbench/datasets/mnist/{name}" in names
    assert {"mnistbench/judging/published.csv", "mnistbench/py.typed"} <= names
    assert {f"mnistbench/experiment/starting_{style}.py.txt" for style in STYLES} <= names
    assert {f"mnistbench/reports/page/report.{kind}" for kind in ("html.j2", "css", "js")} <= names
    assert {f"mnistbench/reports/page/{name}.html.j2" for name in ("pieces", "sheet")} <= names
    assert {f"mnistbench/configs/{file.name}" for file in (ROOT / "configs").iterdir()} <= names


@pytest.mark.slow
def test_the_wheel_alone_does_the_main_job_in_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    (site,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    # Its libraries are those installed here, but not this checkout: a .pth is heeded in site-packages alone.
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", wheel], check=True, capture_output=True)
    empty = tmp_path / "empty"
    empty.mkdir()
    done = subprocess.run(
        [python.with_name("mnistbench"), "sweep", "hidden", "--quick", "--hidden-size", "30"],
        cwd=empty, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "planned 2, ok 2" in done.stdout, done.stderr
    assert (empty / "results" / "hidden-quick" / "report.html").exists()
    where = subprocess.run([python, "-c", "import mnistbench; print(mnistbench.__file__)"],
                           cwd=empty, capture_output=True, text=True, check=True)  # fmt: skip
    assert where.stdout.startswith(str(site))
