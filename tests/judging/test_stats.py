import math

import numpy as np
import pandas as pd
import pytest

from mnistbench.judging import stats

POINT = ["hidden_size", "lr", "batch_size", "epochs", "protocol", "dataset", "quick", "secret"]
FIGURES = ["time_seconds", "test_accuracy", "test_loss", "train_accuracy", "train_loss"]


def runs(*lines: dict[str, object]) -> pd.DataFrame:
    usual = {
        "net": "numpy",
        "hidden_size": 128,
        "lr": 0.1,
        "batch_size": 128,
        "epochs": 20,
        "protocol": "as_shipped",
        "dataset": "mnist",
        "quick": False,
        "secret": 0,
        "status": "ok",
        "flags": "",
    }
    usual |= dict.fromkeys([*FIGURES, *stats.CLOCKS], 1.0)  # fmt: skip
    return pd.DataFrame([usual | line for line in lines], dtype=object)


def test_a_summary_has_the_mean_and_sample_deviation_over_seeds() -> None:
    summary = stats.summarise(runs({"test_loss": 1.0}, {"test_loss": 2.0}, {"test_loss": 6.0}), POINT, FIGURES)
    assert list(summary["n"]) == [3]
    assert summary["test_loss_mean"][0] == 3.0
    assert summary["test_loss_sd"][0] == pytest.approx(math.sqrt(7))


def test_one_run_has_no_deviation() -> None:
    assert math.isnan(stats.summarise(runs({}), POINT, FIGURES)["test_loss_sd"][0])


def test_a_summary_counts_the_flagged_runs() -> None:
    lines = [{"flags": "slow"}, {}, {"flags": "x", "status": "error"}]
    assert list(stats.summarise(runs(*lines), POINT, FIGURES)["flagged"]) == [1]


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


# Golden numbers of SciPy 1.17.1 and statsmodels 0.15.0 for these five seeds.
OURS = [0.9758, 0.9762, 0.9771, 0.9766, 0.9759]
THEIRS = [0.9761, 0.9765, 0.9769, 0.9771, 0.9764]
OTHERS = [0.9766, 0.9775, 0.9769, 0.9771, 0.9774]
SECONDS, THEIR_SECONDS = [7.5, 7.2, 8.1, 7.9, 7.4], [20.0, 23.1, 22.4, 24.9, 21.5]


def seeds(net: str, accuracies: list[float], seconds: list[float]) -> list[dict[str, object]]:
    lines = enumerate(zip(accuracies, seconds, strict=True), start=1)
    return [{"net": net, "seed": seed, "test_accuracy": a, "time_seconds": s} for seed, (a, s) in lines]


def pair(*lines: dict[str, object]) -> dict[str, object]:
    (line,) = stats.pairs(runs(*lines), POINT, FIGURES).to_dict("records")
    return line


def test_the_interval_of_a_mean_is_that_of_the_t_distribution() -> None:
    # scipy.stats.t.interval(0.95, 4, loc=np.mean(OURS), scale=scipy.stats.sem(OURS))
    golden = (0.9756548110328388, 0.9769851889671611)
    assert stats.mean_interval(OURS) == pytest.approx(golden, rel=1e-12)
    summary = stats.summarise(runs(*seeds("numpy", OURS, SECONDS)), POINT, FIGURES)
    assert (summary["test_accuracy_low"][0], summary["test_accuracy_high"][0]) == pytest.approx(golden, rel=1e-12)


@pytest.mark.parametrize("few", [[], [0.97]])
def test_too_few_runs_have_no_interval_and_no_test(few: list[float]) -> None:
    assert all(math.isnan(end) for end in stats.mean_interval(few))
    assert math.isnan(stats.equivalence_p(few, 0.001))


@pytest.mark.parametrize(("theirs", "golden"), [(THEIRS, 0.002460465910480336), (OTHERS, 0.25355444584801784)])
def test_equivalence_is_told_by_two_one_sided_paired_t_tests(theirs: list[float], golden: float) -> None:
    # statsmodels.stats.weightstats.ttost_paired(np.array(theirs), np.array(OURS), -0.001, 0.001)[0]
    differences = np.array(theirs) - np.array(OURS)
    assert stats.equivalence_p(differences, 0.001) == pytest.approx(golden, rel=1e-9)
    assert stats.equivalence_p(-differences, 0.001) == pytest.approx(golden, rel=1e-9)


@pytest.mark.parametrize(("difference", "p"), [(0.0, 0), (0.0005, 0), (-0.0005, 0), (0.001, 1), (0.5, 1)])
def test_differences_without_spread_are_equivalent_within_the_margin_alone(difference: float, p: float) -> None:
    assert stats.equivalence_p([difference] * 3, 0.001) == p


def test_nets_are_paired_by_seed_whatever_the_order_of_rows() -> None:
    line = pair(*seeds("numpy", OURS, SECONDS), *reversed(seeds("keras", THEIRS, THEIR_SECONDS)))
    assert (line["net"], line["reference"], line["n"]) == ("keras", "numpy", 5)
    # scipy.stats.ttest_rel(THEIRS, OURS).confidence_interval()
    assert line["test_accuracy_difference"] == pytest.approx(0.00028)
    assert line["test_accuracy_difference_low"] == pytest.approx(-7.555845893985187e-05, rel=1e-9)
    assert line["test_accuracy_difference_high"] == pytest.approx(0.000635558458939879, rel=1e-9)
    assert line["equivalence_p"] == pytest.approx(0.002460465910480336, rel=1e-9)


def test_times_are_the_ratio_of_medians_with_an_interval_of_log_differences() -> None:
    line = pair(*seeds("numpy", OURS, SECONDS), *seeds("keras", THEIRS, THEIR_SECONDS))
    assert (line["time_seconds_reference"], line["time_seconds"]) == (7.5, 22.4)
    assert line["time_ratio"] == 22.4 / 7.5
    # np.exp(statsmodels' DescrStatsW(np.log(THEIR_SECONDS) - np.log(SECONDS)).tconfint_mean())
    interval = (line["time_ratio_low"], line["time_ratio_high"])
    assert interval == pytest.approx((2.65346513, 3.23968436), rel=1e-8)


def test_a_seed_that_one_net_lacks_makes_no_pair() -> None:
    ours, theirs = seeds("numpy", OURS, SECONDS), seeds("keras", THEIRS, THEIR_SECONDS)
    line = pair(*ours[:3], *theirs[2:])
    assert (line["n"], line["time_ratio"]) == (1, 22.4 / 8.1)
    assert math.isnan(line["time_ratio_low"])
    assert math.isnan(line["test_accuracy_difference_high"])
    assert pair(*ours[:2], *theirs[2:])["n"] == 0
    assert pair(*ours, *theirs[:4], theirs[4] | {"status": "diverged", "test_accuracy": None})["n"] == 4


def test_numpy_is_the_reference_and_without_it_the_first_net() -> None:
    lines = [{"net": net, "seed": 1} for net in ("keras", "numpy", "torch")]
    names = stats.pairs(runs(*lines), POINT, FIGURES)[["net", "reference"]].values.tolist()
    assert names == [["keras", "numpy"], ["torch", "numpy"]]
    names = stats.pairs(runs(lines[2], lines[0]), POINT, FIGURES)[["net", "reference"]].values.tolist()
    assert names == [["keras", "torch"]]


def epochs(*accuracies: list[float]) -> pd.DataFrame:
    """Return the epochs of runs of seeds 1, 2, …, each epoch of half a second."""
    point = {"hidden_size": 128, "lr": 0.1, "batch_size": 128, "epochs": 20, "protocol": "as_shipped",
             "dataset": "mnist", "quick": False, "secret": 0}  # fmt: skip
    return pd.DataFrame([
        point | {"net": "numpy", "seed": seed, "epoch": epoch, "train_seconds": epoch / 2, "test_accuracy": accuracy}
        for seed, run in enumerate(accuracies, start=1) for epoch, accuracy in enumerate(run, start=1)
    ])  # fmt: skip


def test_time_to_accuracy_is_the_first_epoch_there_though_it_falls_back() -> None:
    table = stats.time_to_accuracy(epochs([0.94, 0.95, 0.949, 0.972, 0.9749]), POINT)
    assert list(table["target"]) == [0.95, 0.97, 0.975]
    assert list(table["epoch"])[:2] == [2, 4]
    assert list(table["train_seconds"])[:2] == [1.0, 2.0]
    assert list(table["reached"]) == [1, 1, 0]
    assert math.isnan(table["epoch"].iloc[2])


def test_time_to_accuracy_is_the_median_over_seeds_where_a_run_that_never_gets_there_is_the_latest() -> None:
    table = stats.time_to_accuracy(epochs([0.97, 0.98], [0.96, 0.97], [0.95, 0.95]), POINT)
    assert list(table["epoch"])[:2] == [1, 2]
    assert list(table["reached"]) == [3, 2, 1]
    assert list(table["n"]) == [3, 3, 3]
    assert math.isnan(table["epoch"].iloc[2])


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
    "change",
    [
        {"quick": True},
        {"protocol": "controlled"},
        {"dataset": "mine"},
        {"lr": 0.2},
        {"hidden_size": 31},
        {"epochs": 5},
        {"secret": 7},
    ],
)
def test_other_points_and_other_data_stand_beside_no_published_row(change: dict[str, object]) -> None:
    assert stats.with_published(stats.summarise(runs(change), POINT, FIGURES), FIGURES).empty
