from collections.abc import Callable

from mnistbench.experiment.spec import Spec
from mnistbench.judging import forecast
from mnistbench.ledger.results import Row


def row(spec: Spec, life: float, train: float, **changes: object) -> Row:
    values = {"status": "ok", "environment": {"cpu": "mine"}} | changes
    return Row(spec=spec, started_at="x", life_seconds=life, train_seconds=train, **values)


def test_a_life_is_stretched_by_its_epochs_alone_and_the_median_counts(spec: Callable[..., Spec]) -> None:
    rows = [row(spec(epochs=2, seed=seed), 1 + train, train) for seed, train in ((1, 2.0), (2, 4.0), (3, 90.0))]
    assert forecast.seconds([spec(epochs=10, seed=7, lr=3.0)], rows, "mine") == (21.0, 1)


def test_only_rows_of_the_same_settings_machine_and_of_a_whole_run_tell_anything(spec: Callable[..., Spec]) -> None:
    asked = [spec(), spec(hidden_size=9)]
    assert forecast.seconds(asked, [row(spec(), 3.0, 1.0)], "mine") == (3.0, 1)
    assert forecast.seconds(asked, [row(spec(), 3.0, 1.0)], "another") == (0, 0)
    assert forecast.seconds(asked, [row(spec(), 3.0, 1.0, status="timeout")], "mine") == (0, 0)
    assert forecast.seconds(asked, [row(spec(threads=2), 3.0, 1.0)], "mine") == (0, 0)
