"""The one sentence that the reader came for, for each kind of experiment."""

import numpy as np
import pytest
from test_reports import asked, build, history, row

from mnistbench.reports import report as reports
from mnistbench.reports.answers import Answers

SIZES = (30, 128, 256, 300)


def two_nets(accuracy: float = 0.9651, **fields: object) -> reports.Report:
    seconds = dict(zip(SIZES, (6.6, 4.5, 3.5, 3.0), strict=True))
    return asked(
        *(row(hidden_size=size, time_seconds=1.0, train_seconds=1.0, **fields) for size in SIZES),
        *(row(net="keras", hidden_size=size, time_seconds=time, train_seconds=time, test_accuracy=accuracy, **fields)
          for size, time in seconds.items()),
    )  # fmt: skip


def test_two_nets_at_several_sizes() -> None:
    times = "NumPy trains 3.0–6.6 times faster than Keras to the end of training at all four sizes"
    assert two_nets(0.9671, lr=0.2).answer == f"{times}; Keras's test accuracy is 0.20 points higher (1 seed)."
    assert two_nets(0.9641, lr=0.2).answer == f"{times}; NumPy's test accuracy is 0.10 points higher (1 seed)."
    assert two_nets(lr=0.2).answer == f"{times}; their test accuracies are within 0.00 points (1 seed)."


def test_two_nets_of_which_each_is_ahead_at_one_size() -> None:
    made = asked(
        *(row(hidden_size=size, lr=0.2) for size in (30, 128)),
        row(net="keras", hidden_size=30, lr=0.2, test_accuracy=0.9661),
        row(net="keras", hidden_size=128, lr=0.2, test_accuracy=0.9631),
    )
    assert made.answer.endswith("; their test accuracies are within 0.20 points (1 seed).")


def test_as_accurate_is_said_where_the_test_has_shown_it() -> None:
    rows = [
        row(net=net, seed=seed, lr=0.2, time_seconds=time, train_seconds=time, test_accuracy=0.97 + seed / 10000)
        for net, time in (("numpy", 1.0), ("keras", 3.0)) for seed in (1, 2, 3)
    ]  # fmt: skip
    assert asked(*rows).answer == (
        "NumPy trains 3.0 times faster than Keras to the end of training at H = 30 and is as accurate, within 0.1"
        " points (3 seeds)."
    )


def test_of_two_nets_a_difference_in_accuracy_that_is_not_shown_is_said_briefly() -> None:
    rows = [
        row(net=net, seed=seed, lr=0.2, hidden_size=size, time_seconds=time, train_seconds=time,
            test_accuracy=0.97 + sign * seed * (-1) ** seed / 1000)
        for net, time, sign in (("numpy", 1.0, 1), ("keras", 3.0, -1)) for seed in (1, 2, 3, 4) for size in (30, 128)
    ]  # fmt: skip
    made = asked(*rows)
    assert made.answer == (
        "NumPy trains 3.0 times faster than Keras to the end of training at both sizes; no difference in test accuracy"
        " is shown."
    )
    assert any("between NumPy and Keras at either of the two sizes (" in told for told in made.verdicts)


def test_published_rows_are_counted() -> None:
    assert asked(row(), row(net="keras", test_loss=0.3)).answer.endswith(
        "; 1 of 2 published rows is reproduced in test accuracy and loss."
    )
    assert asked(row(), row(net="keras")).answer.endswith(
        "; both published rows are reproduced in test accuracy and loss."
    )


def test_many_nets() -> None:
    times = {"numpy": 1.0, "keras": 9.0, "torch": 3.0}
    made = asked(*(row(net=net, lr=0.2, hidden_size=size, time_seconds=time, train_seconds=time)
                   for net, time in times.items() for size in SIZES))  # fmt: skip
    assert made.answer == (
        "NumPy is, of the nets compared, the fastest to the end of training at all four sizes, 3.0–9.0 times faster"
        " than the others."
    )


def test_of_many_nets_those_that_are_not_compared_somewhere_are_named_with_where() -> None:
    times = {"numpy": 1.0, "keras": 9.0, "jax": 5.0, "torch": 3.0}
    behind = {("torch", size): 0.9600 for size in SIZES} | {("jax", 30): 0.9601, ("keras", 300): 0.9589}
    made = asked(*(row(net=net, lr=0.2, hidden_size=size, time_seconds=time, train_seconds=time,
                       test_accuracy=behind.get((net, size), 0.9651))
                   for net, time in times.items() for size in SIZES))  # fmt: skip
    assert made.answer == (
        "NumPy is, of the nets compared, the fastest to the end of training at all four sizes, 5.0–9.0 times faster"
        " than the others; PyTorch is not compared: 0.51 points of test accuracy below the median of the others, beyond"
        " the margin of 0.4; JAX is not compared at H = 30: 0.50 points of test accuracy below the median of the"
        " others, beyond the margin of 0.4; Keras is not compared at H = 300: 0.62 points of test accuracy below the"
        " median of the others, beyond the margin of 0.4."
    )


def test_no_net_opens_a_sentence_as_any_other_word_does() -> None:
    seconds = {"numpy": 1.0, "keras": 1.1, "torch": 1.2}
    made = asked(*(row(net=net, lr=0.2, time_seconds=time, train_seconds=time) for net, time in seconds.items()))
    assert made.answer == "No net is shown to be the fastest at H = 30."


def test_a_sweep_says_which_point_got_furthest_and_which_was_there_soonest() -> None:
    made = asked(
        row(lr=0.01, test_accuracy=0.90, history=history(0.8, 0.9)),
        row(lr=0.1, test_accuracy=0.962, history=history(0.94, 0.951, 0.962)),
        row(lr=0.3, test_accuracy=0.961, history=history(0.952, 0.955, 0.961)),
    )
    soonest = "to 95 % soonest at lr = 0.3, after 0.50 s"
    assert made.answer.startswith(f"NumPy gets furthest at lr = 0.1 and 0.3, to 96.10–96.20 %, and {soonest}")


def test_a_point_at_chance_is_no_part_of_what_a_sweep_reached() -> None:
    made = asked(row(lr=0.1, test_accuracy=0.962), row(lr=0.2, test_accuracy=0.93), row(lr=9.0, test_accuracy=0.098))
    assert made.answer.startswith("NumPy gets furthest at lr = 0.1, to 96.20 %, and learns nothing at lr = 9.0;")


def test_one_net_says_what_it_gets_wrong() -> None:
    labels = np.array([5, 5, 5, 1, 2])
    probabilities = np.eye(10)[[3, 3, 5, 7, 2]]
    only = row(lr=0.2)
    answers = Answers(only, np.zeros((5, 784)), labels, probabilities, np.zeros((784, 30)))
    experiment = asked(only).experiment
    made = reports.build(experiment, [only], answers=answers)
    assert made.answer == "NumPy: 96.51 % right, 3 of 5 wrong, most often 5 read as 3."


def test_a_profile_says_where_the_most_went() -> None:
    made = asked(row(profile=True, train_seconds=4.0, parts={"gather": 1.0, "softmax": 2.5}))
    assert made.answer == "numpy at H = 30 spends 62 % of its training on softmax."


def test_a_trial_says_so() -> None:
    made = asked(row(quick=True), row(net="keras", quick=True))
    assert made.answer == (
        "A trial on part of the images, no verdict: NumPy gets 96.51 % and Keras gets 96.51 % of the test images right."
    )
    assert not [claim for claim in made.claims if claim.kind.startswith("faster")]


def test_a_trial_says_nothing_of_a_net_that_scores_lower() -> None:
    made = asked(row(quick=True), row(net="keras", quick=True, test_accuracy=0.90))
    assert made.answer.endswith("NumPy gets 96.51 % and Keras gets 90.00 % of the test images right.")


def test_failures_are_counted_and_named() -> None:
    assert asked(row(), row("timeout", net="keras")).answer.endswith("; 1 of 2 runs failed (Keras).")
    assert asked(row("error", "it broke.")).answer == "No run is ok (NumPy: error: it broke)."
    assert build(row(lr=9)).answer == "None of the planned runs (2) has been done yet."


def test_where_and_when_and_on_what_stand_in_one_line() -> None:
    facts = {"environment": {"cpu": "AMD EPYC", "usable_cores": 2}}
    assert asked(row(**facts), row(seed=2, **facts)).circumstances == (
        "AMD EPYC, usable cores: 2 · 1 January 2026 · MNIST · 2 seeds"
    )


@pytest.mark.parametrize("empty", [True, False])
def test_ok_is_told_by_the_planned_runs(empty: bool) -> None:
    assert asked(row() if empty else row("error", "it broke")).ok is empty
