"""Right nets in a dozen styles, a folder a student, as a class hands them in."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import planted
import random_nets
from student_shapes import SHAPES
from test_students_page import ADAPTERS, write_notebook


def right_ones(folder: Path) -> Iterator[str]:
    """Write the nets and yield the students; those of the last are in a zip."""
    for style in planted.STYLES:
        planted.write(own(folder / style), planted.STYLES[style])
        yield style
    for n, shape in enumerate(name for name in SHAPES if name != "PyTorch"):
        (own(folder / f"shape_{n}") / "net.py").write_text(f"{SHAPES[shape]}\n\n{ADAPTERS[shape]}")
        yield f"shape_{n}"
    random_nets.write(own(folder / "random"), random_nets.drawn(4))
    yield "random"
    write_notebook(own(folder / "notebook") / "hw.ipynb", planted.RIGHT)
    yield "notebook"
    with zipfile.ZipFile(folder / "zipped.zip", "w") as archive:
        archive.writestr("zipped/net.py", planted.RIGHT)
    yield "zipped"


def own(folder: Path) -> Path:
    """Make a student's folder."""
    folder.mkdir()
    return folder
