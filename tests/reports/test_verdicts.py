"""Sentences on real tables."""

import pytest
from test_reports import build, row

from mnistbench.experiment.spec import NETS
from mnistbench.ledger.results import Row
from mnistbench.reports import report as reports
from mnistbench.reports import verdicts

OURS = [0.9758, 0.9762, 0.9771, 0.9766, 0.9759]
SECONDS = [7.5, 7.2, 8.1, 7.9, 7.4]


def rows(net: str, accuracies: list[float], seconds: list[float], **spec: object) -> list[Row]:
    return [
        row(net=net, seed=seed, hidden_size=128, **spec).model_copy(
            update={"test_accuracy": accuracy, "time_seconds": time, "test_loss": 0.079}
        )
        for seed, (accuracy, time) in enumerate(zip(accuracies, seconds, strict=True), start=1)
    ]


def report(accuracies: list[float], seconds: list[float], **spec: object) -> reports.Report:
    n = len(accuracies)
    return build(*rows("numpy", OURS[:n], SECONDS[:n], **spec), *rows("keras", accuracies, seconds, **spec))


def comparison(accuracies: list[float], seconds: list[float]) -> str:
    (sentence,) = verdicts.comparisons(report(accuracies, seconds).pairs)
    return sentence


def test_a_clear_ratio_comes_with_its_interval_and_its_seeds() -> None:
    sentence = comparison([0.9761, 0.9765, 0.9769, 0.9771, 0.9764], [20.0, 23.1, 22.4, 24.9, 21.5])
    assert sentence == (
        "NumPy trains 3.0 times faster than Keras at H = 128 (95 % interval 2.7–3.2, 5 seeds)."
        " Test accuracy: no difference larger than 0.1 points."
    )


def test_the_faster_net_is_named_first_whichever_it_is() -> None:
    sentence = comparison(OURS, [2.5, 2.2, 2.9, 2.5, 2.6])
    assert sentence.startswith("Keras trains 3.0 times faster than NumPy at H = 128 (95 % interval 2.8–3.3, 5 seeds).")


@pytest.mark.parametrize(
    ("seconds", "basis"),
    [
        ([5.0, 13.0, 6.0, 16.0, 8.0], "(ratio 1.07, 95 % interval 0.61–2.14, 5 seeds)"),
        ([7.6, 7.3, 8.2, 8.0, 7.5], "(ratio 1.01, 95 % interval 1.01–1.01, 5 seeds)"),
    ],
)
def test_within_its_interval_or_within_five_percent_no_net_is_faster(seconds: list[float], basis: str) -> None:
    start = f"NumPy and Keras show no clear difference in time at H = 128 {basis}."
    assert comparison(OURS, seconds).startswith(start)


def test_a_difference_in_accuracy_beyond_its_interval_names_the_better_net() -> None:
    worse = [accuracy - drop for accuracy, drop in zip(OURS, [0.002, 0.0022, 0.0018, 0.0021, 0.0019], strict=True)]
    assert comparison(worse, SECONDS).endswith("Test accuracy: NumPy is 0.20 points better (95 % interval 0.18–0.22).")
    better = [accuracy + 0.0021 - 0.0001 * seed for seed, accuracy in enumerate(OURS)]
    assert "Test accuracy: Keras is 0.19 points better" in comparison(better, SECONDS)


def test_a_difference_smaller_than_its_interval_is_no_difference() -> None:
    sentence = comparison([0.9766, 0.9775, 0.9769, 0.9771, 0.9774], SECONDS)
    assert sentence.endswith("Test accuracy: no difference shown (Keras +0.08 points, 95 % interval -0.01 to +0.16).")


def test_one_seed_has_a_ratio_and_is_not_enough_runs_for_more() -> None:
    assert comparison([0.9761], [20.0]) == (
        "NumPy trains 2.7 times faster than Keras at H = 128"
        " (7.50 s against 20.00 s; 1 seed: not enough runs for an interval)."
        " Test accuracy: not enough runs to compare."
    )
    assert "show no clear difference in time" in comparison([0.9761], [7.6])


def test_nets_without_a_seed_in_common_are_not_compared() -> None:
    made = build(row(seed=1), row(net="keras", seed=2))
    assert verdicts.comparisons(made.pairs) == [
        "Keras and NumPy have no seed in common at H = 30: not enough runs to compare them."
    ]


def test_a_trial_has_no_verdict() -> None:
    assert report([0.9761], [20.0], quick=True).sentences == []


def test_a_published_row_is_told_beside_ours() -> None:
    one, several = report(OURS[:1], SECONDS[:1]), report(OURS, SECONDS)
    assert verdicts.published(one.summary)[0] == "NumPy at H = 128 reproduced: 97.56 % published, 97.58 % here."
    assert (
        verdicts.published(several.summary)[0] == "NumPy at H = 128 reproduced: 97.56 % published, 97.63 ± 0.05 % here."
    )


def test_a_published_row_that_differs_is_told_with_its_loss() -> None:
    made = build(row(hidden_size=128).model_copy(update={"test_loss": 0.2}))
    assert verdicts.published(made.summary) == [
        "NumPy at H = 128 differs: 97.56 % published, 96.51 % here; test loss 0.0788 published, 0.2000 here."
    ]


def test_every_net_of_the_package_has_a_name_for_sentences() -> None:
    assert verdicts.NET_NAMES.keys() == NETS.keys()


def test_a_users_own_net_goes_by_its_own_name() -> None:
    made = build(row(), row(net="mine.py:Net"))
    assert "mine.py:Net" in verdicts.comparisons(made.pairs)[0]
