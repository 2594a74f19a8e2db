from collections.abc import Callable
from pathlib import Path

from conftest import Cli

from mnistbench.ledger.results import Results


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


def test_compare_takes_up_what_train_has_finished(cli: Cli, config: Callable[..., Path]) -> None:
    cli("train", "--config", config(nets="[numpy, keras]"))
    done = cli("compare", "--config", config(nets="[numpy, keras]"))
    assert "1 of 2 runs are finished already in results/small" in done.stdout
    assert "[1/1] keras" in done.stdout


def test_compare_shows_only_the_point_it_was_asked_for(cli: Cli, config: Callable[..., Path]) -> None:
    cli("train", "--config", config(hidden_size=4))
    done = cli("compare", "--config", config(nets="[numpy, keras]", hidden_size=8))
    assert "H = 8" in done.stdout
    assert "H = 4" not in done.stdout
    assert "The config has changed since: 1 of 3 runs here" in done.stdout
    assert "in the report besides: 1 from earlier commands" in done.stdout
