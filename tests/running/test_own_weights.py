"""The weights of a user's net are kept where they make its predictions, and nowhere else: all pictures are of them."""

from pathlib import Path

import pytest
from right_net import HIDDEN, RIGHT

import mnistbench


@pytest.mark.slow
@pytest.mark.parametrize(("hidden", "kept"), [(HIDDEN, True), ("hidden = np.tanh(x @ self.W1 + self.b1)", False)])
def test_weights_are_kept_of_a_net_whose_predictions_they_make(
    hidden: str, kept: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "net.py").write_text(RIGHT.replace(HIDDEN, hidden))
    monkeypatch.chdir(tmp_path)
    report = mnistbench.train(net="net.py:MyNet", quick=True, output=tmp_path / "out")
    (row,) = report.rows
    assert (row.status, row.weights_sha256 is not None) == ("ok", kept)
    assert (tmp_path / "out" / "model.npz").exists() == kept
    assert ("confusion" in (tmp_path / "out" / "report.md").read_text().lower()) == kept
