"""A class in memory to the file that it stands in, since every run reads the file in a process of its own.

A class from a notebook's cells stands in no file: what the notebook has run so far is written out as one.
"""

import inspect
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from mnistbench.errors import NetError


def net_of_class(net: type) -> str:
    """Return ``FILE:CLASS`` for a class, from its own file or from the cells of the notebook that defines it.

    Raises:
        NetError: its source cannot be found.
    """
    cells = _cells() if net.__module__ == "__main__" else []
    if cells:
        return f"{_write_notebook(cells)}:{net.__name__}"
    try:
        file = inspect.getsourcefile(net)
    except TypeError:  # of no file
        file = None
    if file is None or not Path(file).is_file() or "." in net.__qualname__:
        raise NetError(
            f"{net.__qualname__}: its source cannot be found, and a run needs it; put the class at the top level of a"
            " .py file or of a notebook's cell."
        )
    return f"{file}:{net.__name__}"


def _cells() -> list[str]:
    """Return the cells that a notebook's kernel has run, in order; none elsewhere."""
    interactive = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return list(interactive.user_ns.get("In", []))[1:] if interactive is not None else []


def _write_notebook(cells: list[str]) -> Path:
    """Write cells as a notebook that later runs from the same folder find under the same name."""
    folder = Path(tempfile.gettempdir()) / f"mnistbench-notebooks-{os.getuid()}" / Path.cwd().name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / "notebook.ipynb"
    code: dict[str, Any] = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
    written = [code | {"source": cell} for cell in cells]
    notebook = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": written}
    file.write_text(json.dumps(notebook), encoding="utf-8")
    return file
