import math

import pandas as pd
import pytest

from mnistbench.judging.cold_start import cold_starts


def run(net: str, imports: float, build: float, first: float, steady: float | None, **values: object) -> dict:
    return {
        "net": net, "hidden_size": 30, "status": "ok", "import_seconds": imports, "build_seconds": build,
        "first_epoch_seconds": first, "steady_epoch_seconds": steady,
    } | values  # fmt: skip


def repaid(*runs: dict) -> list[float]:
    return list(cold_starts(pd.DataFrame(list(runs), dtype=object), ["hidden_size"])["repaid_after_epochs"])


def test_the_cold_start_is_import_build_and_what_the_first_epoch_took_beyond_a_steady_one() -> None:
    (line,) = cold_starts(pd.DataFrame([run("jax", 2, 1, 3.5, 0.5)], dtype=object), ["hidden_size"]).to_dict("records")
    assert line["cold_start_seconds"] == pytest.approx(2 + 1 + 3)
    assert line["steady_epoch_seconds"] == 0.5


def test_a_faster_epoch_repays_the_start_after_the_epochs_that_make_up_for_it() -> None:
    numpy = run("numpy", 0.5, 0, 1, 1)  # N epochs end at 0.5 + N
    jax = run("jax", 2, 1, 3.5, 0.5)  # N epochs end at 6 + 0.5 N
    assert repaid(numpy, jax) == [0, 11]
    assert 0.5 + 11 >= 6 + 0.5 * 11
    assert 0.5 + 10 < 6 + 0.5 * 10


def test_a_slower_epoch_never_repays_it_even_where_the_start_was_no_later() -> None:
    numpy = run("numpy", 0.5, 0, 1, 1)
    assert repaid(numpy, run("keras", 3, 0, 1, 1)) == [0, math.inf]
    assert repaid(numpy, run("own", 0.1, 0, 2, 2)) == [0, math.inf]


def test_points_are_apart_seeds_are_averaged_and_failures_and_single_epochs_left_out() -> None:
    frame = pd.DataFrame(
        [
            run("numpy", 1, 0, 1, 1), run("numpy", 3, 0, 1, 1), run("numpy", 9, 0, 1, None),
            run("numpy", 9, 0, 1, 1, status="timeout"), run("numpy", 7, 0, 1, 1, hidden_size=128),
        ], dtype=object,
    )  # fmt: skip
    assert list(cold_starts(frame, ["hidden_size"])["cold_start_seconds"]) == [2, 7]
