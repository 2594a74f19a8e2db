"""What each rule says of two claims."""

import pytest

from mnistbench.judging.claims import Claim
from mnistbench.verifying import rules

PLACE = {"hidden_size": 30}


def ratio(value: float, interval: tuple[float, float] | None, nets: tuple[str, str] = ("numpy", "keras")) -> Claim:
    n = 5 if interval else 1
    return Claim("faster_to_end", nets, PLACE, "time_interval", True, {"ratio": value, "n": n}, interval)


def learned(accuracy: float, reach: float | None = None, loss: float = 0.1) -> Claim:
    interval = (accuracy - reach, accuracy + reach) if reach else None
    numbers = {"test_accuracy": accuracy, "test_loss": loss, "n": 5 if reach else 1}
    return Claim("learned", ("numpy",), PLACE, "chance", accuracy >= 0.2, numbers, interval)


@pytest.mark.parametrize(
    ("old", "new", "holds"),
    [
        (ratio(3, (2.5, 3.5)), ratio(3.8, (3.4, 4.2)), True),  # they overlap
        (ratio(3, (2.5, 3.5)), ratio(3.8, (3.6, 4.0)), False),  # they are apart
        (ratio(3, (2.5, 3.5)), ratio(2, (1.8, 2.4)), False),
        (ratio(3, None), ratio(9, (8, 10)), None),  # one seed on either side
        (ratio(3, (2.5, 3.5)), ratio(9, None), None),
        (ratio(3, (2.5, 3.5)), ratio(2, (1.8, 2.2), ("keras", "numpy")), False),  # the other way round
    ],
)
def test_a_ratio_holds_where_the_intervals_overlap(old: Claim, new: Claim, holds: bool | None) -> None:
    assert rules.faster(old, new).holds is holds


@pytest.mark.parametrize(
    ("old", "new", "holds"),
    [
        (learned(0.970), learned(0.974), True),  # 0.4 points, the margin of the published rows
        (learned(0.970), learned(0.9745), False),
        (learned(0.970), learned(0.970, loss=0.12), False),
        (learned(0.970, 0.001), learned(0.9715, 0.0005), False),  # apart by more than 0.1 points
        (learned(0.970, 0.001), learned(0.9708, 0.0001), True),  # apart, and by less
        (learned(0.970, 0.02), learned(0.980, 0.02), None),  # too few to say
        (learned(0.970), learned(0.1), False),
        (learned(0.970, 0.02), learned(0.980), None),  # one more seed may give it
        (learned(0.980), learned(0.970, 0.02), None),
        (learned(0.970, 0.002), learned(0.980), False),
    ],
)
def test_an_accuracy_holds_within_the_margins_of_the_reports(old: Claim, new: Claim, holds: bool | None) -> None:
    assert rules.accuracy(old, new).holds is holds


def test_accuracies_that_were_equivalent_hold_only_where_they_are_shown_to_be() -> None:
    def pair(kind: str, difference: float, n: int = 10) -> Claim:
        numbers = {"difference": difference, "n": n}
        return Claim(kind, ("keras", "numpy"), PLACE, "equivalence", True, numbers, (difference, difference))

    old = pair("accuracy_equivalent", 0.0)
    said = {
        "accuracy_equivalent": rules.pair_accuracy(old, pair("accuracy_equivalent", 0.0)).holds,
        "accuracy_unshown": rules.pair_accuracy(old, pair("accuracy_unshown", 0.0)).holds,
        "accuracy_differs": rules.pair_accuracy(old, pair("accuracy_differs", 0.004)).holds,
        "one seed": rules.pair_accuracy(old, pair("accuracy_unshown", 0.004, n=1)).holds,
    }
    assert said == {
        "accuracy_equivalent": True, "accuracy_unshown": None, "accuracy_differs": False, "one seed": None,
    }  # fmt: skip


def test_a_difference_fails_where_the_nets_are_equivalent_or_the_other_is_better() -> None:
    def pair(kind: str, difference: float, nets: tuple[str, str] = ("keras", "numpy")) -> Claim:
        return Claim(kind, nets, PLACE, "difference", True, {"difference": difference, "n": 10}, (0.0, 0.01))

    old = pair("accuracy_differs", 0.004)
    assert rules.pair_accuracy(old, pair("accuracy_differs", 0.003)).holds is True
    assert rules.pair_accuracy(old, pair("accuracy_equivalent", 0.0)).holds is False
    assert rules.pair_accuracy(old, pair("accuracy_differs", 0.003, ("numpy", "keras"))).holds is False
    small = pair("accuracy_differs", 0.0005)  # as small as what counts as equivalent
    assert rules.pair_accuracy(small, pair("accuracy_equivalent", 0.0004)).holds is None
