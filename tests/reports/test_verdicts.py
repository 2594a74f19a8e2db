"""Sentences on real tables: what each claim says, and that what differs in the point alone is said once."""

import math

import pandas as pd
import pytest
from test_reports import asked, row

from mnistbench.experiment.spec import NETS
from mnistbench.ledger.results import Row
from mnistbench.reports import names, results
from mnistbench.reports import report as reports

OURS = [0.9758, 0.9762, 0.9771, 0.9766, 0.9759]
SECONDS = [7.5, 7.2, 8.1, 7.9, 7.4]


def rows(net: str, accuracies: list[float], seconds: list[float], **fields: object) -> list[Row]:
    return [
        row(net=net, seed=seed, hidden_size=128, test_loss=0.079, **fields).model_copy(
            update={"test_accuracy": accuracy, "time_seconds": time, "train_seconds": time}
        )
        for seed, (accuracy, time) in enumerate(zip(accuracies, seconds, strict=True), start=1)
    ]


def report(accuracies: list[float], seconds: list[float], **fields: object) -> reports.Report:
    n = len(accuracies)
    return asked(*rows("numpy", OURS[:n], SECONDS[:n], **fields), *rows("keras", accuracies, seconds, **fields))


def told(made: reports.Report, word: str) -> list[str]:
    return [sentence for sentence in made.verdicts if word in sentence]


def test_a_clear_ratio_comes_with_its_interval_and_its_seeds() -> None:
    made = report([0.9761, 0.9765, 0.9769, 0.9771, 0.9764], [20.0, 23.1, 22.4, 24.9, 21.5])
    assert made.verdicts[:2] == [
        "NumPy trains 3.0 times faster than Keras to the end of training at H = 128 (95 % interval 2.7–3.2, 5 seeds).",
        "Test accuracy: no difference larger than 0.1 points between NumPy and Keras at H = 128 (5 seeds).",
    ]


def test_the_faster_net_is_named_first_whichever_it_is() -> None:
    made = report(OURS, [2.5, 2.2, 2.9, 2.5, 2.6])
    assert made.verdicts[0] == (
        "Keras trains 3.0 times faster than NumPy to the end of training at H = 128 (95 % interval 2.8–3.3, 5 seeds)."
    )


@pytest.mark.parametrize(
    ("seconds", "basis"),
    [
        ([5.0, 13.0, 6.0, 16.0, 8.0], "(Keras takes 1.07 times NumPy's seconds; 95 % interval 0.61–2.14, 5 seeds)"),
        ([7.6, 7.3, 8.2, 8.0, 7.5], "(Keras takes 1.013 times NumPy's seconds; 95 % interval 1.012–1.014, 5 seeds)"),
    ],
)
def test_within_its_interval_or_within_five_percent_no_net_is_faster(seconds: list[float], basis: str) -> None:
    start = f"NumPy and Keras show no clear difference to the end of training at H = 128 {basis}."
    assert report(OURS, seconds).verdicts[0] == start


@pytest.mark.parametrize(
    ("ratios", "shown"),
    [
        ((3.04, 2.7, 3.2), "3.0 × (2.7–3.2)"),
        ((2.04, 1.9, 2.2), "2.04 × (1.90–2.20)"),
        ((1.0131, 1.012, 1.0144), "1.013 × (1.012–1.014)"),
        ((5.011, 5.01, 5.012), "5.011 × (5.010–5.012)"),
        ((5.0, 5.0, 5.00001), "5.0 × (5.0)"),
        ((2.04, math.nan, math.nan), "2.0 ×"),
    ],
)
def test_a_ratio_and_its_interval_have_as_many_digits_as_its_ends_need(
    ratios: tuple[float, float, float], shown: str
) -> None:
    names = ("time_ratio", "time_ratio_low", "time_ratio_high")
    assert results._ratio(pd.Series(dict(zip(names, ratios, strict=True))), "time_ratio") == shown


def test_the_two_times_are_told_apart() -> None:
    quick = rows("numpy", OURS[:1], [8.0], steady_epoch_seconds=0.5)
    slow = rows("keras", OURS[:1], [24.0], steady_epoch_seconds=0.25)
    made = asked(*quick, *slow)
    assert made.verdicts[:2] == [
        "NumPy trains 3.0 times faster than Keras to the end of training at H = 128 (8.00 s against 24.00 s).",
        "Keras trains 2.0 times faster than NumPy in a steady epoch at H = 128 (0.250 s against 0.500 s).",
    ]


def test_a_difference_in_accuracy_beyond_its_interval_names_the_better_net() -> None:
    worse = [accuracy - drop for accuracy, drop in zip(OURS, [0.002, 0.0022, 0.0018, 0.0021, 0.0019], strict=True)]
    assert told(report(worse, SECONDS), "Test accuracy:") == [
        "Test accuracy: NumPy is 0.20 points better than Keras at H = 128 (95 % interval 0.18–0.22)."
    ]
    better = [accuracy + 0.0021 - 0.0001 * seed for seed, accuracy in enumerate(OURS)]
    assert "Keras is 0.19 points better than NumPy" in told(report(better, SECONDS), "Test accuracy:")[0]


def test_a_difference_smaller_than_its_interval_is_no_difference() -> None:
    made = report([0.9766, 0.9775, 0.9769, 0.9771, 0.9774], SECONDS)
    assert told(made, "Test accuracy:") == [
        "Test accuracy: no difference is shown between NumPy and Keras at H = 128 (Keras less NumPy: 95 %"
        " interval -0.01 to +0.16 points)."
    ]


def test_nets_alike_make_one_sentence_on_accuracy() -> None:
    spread = [0.9766, 0.9775, 0.9769, 0.9771, 0.9774]
    made = asked(
        *rows("numpy", OURS, SECONDS), *rows("keras", spread, SECONDS), *rows("torch", spread, SECONDS),
        *rows("jax", [each + 0.0001 for each in OURS], SECONDS),
    )  # fmt: skip
    assert told(made, "Test accuracy:") == [
        "Test accuracy: no difference is shown between NumPy and any of Keras and PyTorch at H = 128 (each less"
        " NumPy: 95 % intervals within -0.01 to +0.16 points).",
        "Test accuracy: no difference larger than 0.1 points between NumPy and JAX at H = 128 (5 seeds).",
    ]


def test_points_alike_make_one_sentence_with_the_range_and_the_exception() -> None:
    seconds = {30: 6.0, 128: 12.0, 256: 2.1, 300: 9.0}
    made = asked(
        *(row(hidden_size=size, time_seconds=2.0, train_seconds=2.0) for size in seconds),
        *(row(net="keras", hidden_size=size, time_seconds=time, train_seconds=time) for size, time in seconds.items()),
    )
    assert told(made, "to the end") == [
        "NumPy trains 3.0–6.0 times faster than Keras to the end of training at H = 30, 128 and 300 (1 seed).",
        "NumPy and Keras show no clear difference to the end of training at H = 256 (Keras takes 1.05 times NumPy's"
        " seconds; 2.00 s against 2.10 s).",
    ]


def test_where_none_is_faster_the_ratio_is_turned_as_in_the_table() -> None:
    sizes = {30: 1.92, 128: 2.1}
    made = asked(
        *(row(hidden_size=size, time_seconds=2.0, train_seconds=2.0) for size in sizes),
        *(row(net="jax", hidden_size=size, time_seconds=time, train_seconds=time) for size, time in sizes.items()),
    )
    assert told(made, "to the end") == [
        "NumPy and JAX show no clear difference to the end of training at either of the two sizes (JAX takes"
        " 0.96–1.05 times NumPy's seconds; 1 seed)."
    ]
    shown = made.results[0].cells[1]
    assert ["0.96 ×" in shown[1], "1.05 ×" in shown[2]] == [True, True]


def test_one_seed_is_said_once_with_what_more_would_cost() -> None:
    fields = {"time_seconds": 5.0, "train_seconds": 5.0, "life_seconds": 16.0}
    made = asked(*(row(net=net, hidden_size=size, **fields) for size in (30, 128) for net in ("numpy", "keras")))
    assert told(made, "1 seed") == [
        "NumPy and Keras show no clear difference to the end of training at either of the two sizes (Keras takes 1.00"
        " times NumPy's seconds; 1 seed).",
        "1 seed: no intervals, and a ratio of times is shown from 1.5 on; `--seeds 5` adds 16 runs, about 4 minutes.",
    ]


def test_nets_without_a_seed_in_common_are_not_compared() -> None:
    made = asked(row(seed=1), row(net="keras", seed=2))
    assert told(made, "compared") == ["Keras and NumPy are not compared at H = 30: no seed in common."]


def test_a_trial_has_no_verdict() -> None:
    made = report([0.9761], [20.0], quick=True)
    assert made.verdicts == [
        "Each net starts and shuffles as its own library does, so test accuracies differ by that too, most after few"
        " epochs; `--protocol controlled` makes both alike."
    ]
    assert made.answer.startswith("A trial on part of the images, no verdict: NumPy gets 97.58 % and Keras gets 97.61")


def test_a_published_row_is_told_beside_ours() -> None:
    assert told(asked(*rows("numpy", OURS[:1], SECONDS[:1])), "published") == [
        "The published row of NumPy at H = 128 is reproduced: 97.56 % published, 97.58 % here; its time is"
        " another machine's."
    ]


def test_published_rows_are_counted_and_one_that_differs_is_told_with_its_loss() -> None:
    wrong = row(net="keras", hidden_size=128, test_loss=0.2)
    assert told(asked(row(), wrong, row(net="keras"), *rows("numpy", OURS[:1], SECONDS[:1])), "published") == [
        "3 of 4 published rows are reproduced (test accuracy within 0.06 points, test loss within 0.0056); Keras at"
        " H = 128 differs: 97.61 % published, 96.51 % here; test loss 0.0780 published, 0.2000 here; the"
        " published times are another machine's."
    ]


def test_every_net_of_the_package_has_a_name_for_sentences() -> None:
    assert names.NET_NAMES.keys() == NETS.keys()


@pytest.mark.parametrize(
    ("nets", "shown"),
    [
        (["numpy", "a/b/my_net.py:MyNet"], ["numpy", "MyNet"]),
        (["class/anna.py:MyNet", "class/ben.py:MyNet"], ["anna.py:MyNet", "ben.py:MyNet"]),
        (["a/net.py:MyNet", "b/net.py:MyNet", "b/net.py:Other"], ["a/net.py:MyNet", "b/net.py:MyNet", "Other"]),
        (["torch", "my.py:torch"], ["torch", "my.py:torch"]),
    ],
)
def test_a_users_own_net_goes_by_what_tells_it_from_the_others(nets: list[str], shown: list[str]) -> None:
    assert list(names.short_names(nets).values()) == shown


def test_a_shortened_name_has_its_key() -> None:
    made = asked(row(), row(net="a/mine.py:Net", weights_sha256="0"))
    assert made.key == ["Net: a/mine.py:Net"]
    assert "Net" in made.results[-1].cells[1]
