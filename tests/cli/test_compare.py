from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Cli
from right_net import RIGHT

from mnistbench.ledger.results import Results


@pytest.mark.slow
def test_compare_shows_both_nets_at_one_point(cli: Cli, config: Callable[..., Path], tmp_path: Path) -> None:
    done = cli("compare", "--config", config(nets="[numpy, keras]"))
    assert done.returncode == 0, done.stderr
    for text in (
        "To the end (s)",
        "Test accuracy (%)",
        " numpy ",
        " keras ",
        "Seconds to the end of training",
        "planned 2, ok 2, failed 0",
    ):
        assert text in done.stdout
    rows, _ = Results(tmp_path / "results" / "small").read()
    assert [row.spec.net for row in rows] == ["numpy", "keras"]


def test_compare_needs_two_nets(cli: Cli, config: Callable[..., Path]) -> None:
    done = cli("compare", "--config", config())
    assert done.returncode == 2
    assert "compare takes two nets or more" in done.stderr


@pytest.mark.slow
def test_compare_takes_up_what_train_has_finished(
    cli: Cli, config: Callable[..., Path], finished: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "my_net.py").write_text(RIGHT)
    finished("train", seeds=1)
    done = cli("compare", "--config", config(nets="[numpy, 'my_net.py:MyNet']"))
    assert "1 of 2 runs are finished already in results/small" in done.stdout
    assert "[1/1] my_net.py:MyNet" in done.stdout


@pytest.mark.slow
def test_compare_shows_only_the_point_it_was_asked_for(
    cli: Cli, config: Callable[..., Path], finished: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "my_net.py").write_text(RIGHT)
    finished("train", seeds=1)
    done = cli("compare", "--config", config(nets="[numpy, 'my_net.py:MyNet']", hidden_size=4))
    assert "H = 4" in done.stdout
    assert "H = 8" not in done.stdout
    assert "The config has changed since: 1 of 3 runs here" in done.stdout
    assert "in the report besides: 1 from earlier commands" in done.stdout
