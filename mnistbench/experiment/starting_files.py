"""The files that a net of one's own starts from, one a style; each runs as it stands and learns nothing."""

import shlex
from pathlib import Path

from mnistbench.errors import NetError
from mnistbench.experiment.net_files import UNSHOWN

STYLES = ("class", "columns", "functions", "torch")
SHOWN_CLASS = "MyNet"
SHOWN = f"my_net.py:{SHOWN_CLASS}"  # in the commands of a starting file's docstring


def starting_file(style: str) -> Path:
    """Return the file that a style starts from."""
    return Path(__file__).parent / f"starting_{style}.py.txt"


def start(file: Path, style: str = "class") -> None:
    """Write the starting file for a net of one's own, with its own name in the commands that it shows.

    Raises:
        NetError: there is no such style, or the file is there already, is not named ``.py``, or cannot be written.
    """
    if style not in STYLES:
        raise NetError(f"--style {style}: is no style of a starting file; it takes {', '.join(STYLES)}.")
    if file.suffix != ".py":
        raise NetError(f"{file}: a net's file ends in .py; give a name such as my_net.py.")
    text = starting_file(style).read_text(encoding="utf-8").replace(SHOWN, _shown(file))
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise NetError(f"{file}: is there already and is left as it is; give another name.") from error
    except OSError as error:
        raise NetError(f"{file}: cannot be written ({error.strerror}); give another place.") from error


def _shown(file: Path) -> str:
    """Return a file and its class as a shell takes them, and a docstring; not of a name that none may show."""
    if UNSHOWN.search(str(file)):
        return SHOWN
    return shlex.quote(f"{file}:{SHOWN_CLASS}").replace("\\", "\\\\").replace('"', '\\"')
