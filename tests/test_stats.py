import math

import pandas as pd
import pytest

from mnistbench import stats

POINT = ["hidden_size", "lr", "batch_size", "epochs", "dataset", "quick"]
FIGURES = ["time_seconds", "test_accuracy", "test_loss", "train_accuracy", "train_loss"]


def runs(*lines: dict[str, object]) -> pd.DataFrame:
    usual = {"net": "numpy", "hidden_size": 128, "lr": 0.1, "batch_size": 128, "epochs": 20, "dataset": "mnist",
             "quick": False, "status": "ok"} | dict.fromkeys(FIGURES, 1.0)  # fmt: skip
    return pd.DataFrame([usual | line for line in lines], dtype=object)


def test_a_summary_has_the_mean_and_sample_deviation_over_seeds() -> None:
    summary = stats.summarise(runs({"test_loss": 1.0}, {"test_loss": 2.0}, {"test_loss": 6.0}), POINT, FIGURES)
    assert list(summary["n"]) == [3]
    assert summary["test_loss_mean"][0] == 3.0
    assert summary["test_loss_sd"][0] == pytest.approx(math.sqrt(7))


def test_one_run_has_no_deviation() -> None:
    assert math.isnan(stats.summarise(runs({}), POINT, FIGURES)["test_loss_sd"][0])


def test_failed_runs_are_not_averaged() -> None:
    summary = stats.summarise(
        runs({}, {"status": "diverged", "test_loss": float("nan")}, {"status": "error", "test_loss": None}),
        POINT,
        FIGURES,
    )
    assert list(summary["n"]) == [1]
    assert summary["test_loss_mean"][0] == 1.0


def test_points_are_not_averaged_together() -> None:
    summary = stats.summarise(runs({}, {"lr": 0.2}, {"net": "keras"}, {"quick": True}), POINT, FIGURES)
    assert list(summary["n"]) == [1, 1, 1, 1]


def test_speed_is_the_ratio_of_mean_times_whichever_net_is_faster() -> None:
    frame = runs(
        {"time_seconds": 2.0}, {"net": "keras", "time_seconds": 5.0},
        {"hidden_size": 30, "time_seconds": 3.0}, {"hidden_size": 30, "net": "keras", "time_seconds": 1.0},
    )  # fmt: skip
    speeds = stats.speeds(stats.summarise(frame, POINT, FIGURES), POINT)
    assert [(s.faster, s.slower, s.ratio) for s in speeds] == [("numpy", "keras", 2.5), ("keras", "numpy", 3.0)]


@pytest.mark.parametrize(
    ("ours", "theirs", "clear"),
    [([1.0], [2.0], True), ([1.0], [1.04], False), ([1.0, 3.0], [2.5, 3.5], False), ([1.0, 1.1], [2.5, 2.6], True)],
)
def test_a_difference_within_the_spread_or_of_a_few_percent_is_no_verdict(
    ours: list[float], theirs: list[float], clear: bool
) -> None:
    lines = [{"net": net, "time_seconds": t} for net, times in (("numpy", ours), ("keras", theirs)) for t in times]
    (speed,) = stats.speeds(stats.summarise(runs(*lines), POINT, FIGURES), POINT)
    assert speed.is_clear == clear


def test_the_eight_published_rows_are_those_of_the_original() -> None:
    published = stats.published()
    assert len(published) == 8
    assert list(published["hidden_size"].unique()) == [30, 128, 256, 300]
    line = published.query("hidden_size == 300 and net == 'numpy'").iloc[0]
    assert [line[name] for name in FIGURES] == [107.717036, 0.9782, 0.070821, 0.992, 0.036216]


@pytest.mark.parametrize(
    ("accuracy", "loss", "reproduced"),
    [
        (0.9756, 0.0788, True),
        (0.9796, 0.0788, True),
        (0.9797, 0.0788, False),
        (0.9715, 0.0788, False),
        (0.9756, 0.0889, False),
    ],
)
def test_a_published_row_is_reproduced_within_its_margins(accuracy: float, loss: float, reproduced: bool) -> None:
    summary = stats.summarise(runs({"test_accuracy": accuracy, "test_loss": loss}), POINT, FIGURES)
    (line,) = stats.with_published(summary, FIGURES).to_dict("records")
    assert line["reproduced"] == reproduced
    assert line["test_accuracy_difference"] == pytest.approx(accuracy - 0.9756)


@pytest.mark.parametrize(
    "change", [{"quick": True}, {"dataset": "mine"}, {"lr": 0.2}, {"hidden_size": 31}, {"epochs": 5}]
)
def test_other_points_and_other_data_stand_beside_no_published_row(change: dict[str, object]) -> None:
    assert stats.with_published(stats.summarise(runs(change), POINT, FIGURES), FIGURES).empty
