"""A real notebook kernel defines a net in its cells, checks it, compares it, and shows both."""

from pathlib import Path

import nbclient
import nbformat
import pytest
from right_net import RIGHT


@pytest.mark.slow
def test_a_net_of_a_notebooks_cells_is_checked_and_compared_and_both_are_shown(tmp_path: Path, tiny: Path) -> None:
    imports, _, rest = RIGHT.partition("class MyNet")
    cells = [
        imports + "import mnistbench",
        "class MyNet" + rest,
        "mnistbench.check(MyNet)",
        f"mnistbench.compare(nets=[MyNet], epochs=1, dataset={str(tiny)!r}, hidden_size=8)",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    client = nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    checked, compared = ("".join(out["data"]["text/html"] for out in cell.outputs) for cell in notebook.cells[2:])
    assert "PASSED" in checked
    assert "MyNet gets" in compared
    assert "<table" in compared
    assert (tmp_path / "results" / "compare" / "report.html").exists()
