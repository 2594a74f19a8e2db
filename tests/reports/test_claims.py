"""Claims on real tables: what is claimed, by which rule, and that nobody who is wrong is called faster."""

import dataclasses
import json

import numpy as np
import pytest
from test_reports import asked, row
from test_terminal import text_of

from mnistbench.experiment.spec import Spec
from mnistbench.judging import claims, standing
from mnistbench.judging.certificate import Certificate, Difference
from mnistbench.judging.claims import Claim
from mnistbench.ledger.results import Row
from mnistbench.reports import claims_file, markdown
from mnistbench.reports import report as reports
from mnistbench.reports.page import page
from mnistbench.reports.terminal import console


def of_kind(made: reports.Report, *kinds: str) -> list[Claim]:
    return [claim for claim in made.claims if claim.kind in kinds]


def pair(**theirs: object) -> reports.Report:
    """Return NumPy at 96.51 % in 2.5 s, and another net ten times as slow, at one point."""
    values = {"net": "keras", "time_seconds": 25.0, "train_seconds": 25.0} | theirs
    return asked(row(steady_epoch_seconds=0.1), row(**values))


def seeds(net: str, accuracies: list[float], seconds: float, **fields: object) -> list[Row]:
    return [
        row(net=net, seed=seed, test_accuracy=accuracy, time_seconds=seconds + seed / 100, **fields)
        for seed, accuracy in enumerate(accuracies, start=1)
    ]  # fmt: skip


def test_a_clear_ratio_is_a_claim_with_its_numbers() -> None:
    (claim,) = of_kind(pair(), "faster_to_end")
    assert (claim.nets, claim.holds, claim.rule, claim.interval) == (("numpy", "keras"), True, "time_one_seed", None)
    assert claim.numbers == {"ratio": 10.0, "seconds": 2.5, "other_seconds": 25.0, "n": 1}
    assert claim.point["hidden_size"] == 30


@pytest.mark.parametrize(("seconds", "holds"), [(3.7, None), (3.8, True)])
def test_with_one_seed_less_than_half_as_much_again_is_no_difference(seconds: float, holds: bool | None) -> None:
    (claim,) = of_kind(pair(time_seconds=seconds), "faster_to_end")
    assert claim.holds is holds


@pytest.mark.parametrize(
    ("theirs", "rule"),
    [
        ({"test_accuracy": 0.098}, "chance"),
        ({"test_accuracy": 0.9610}, "accuracy_margin"),
        ({"net": "mine.py:Net"}, "architecture"),
        ({"train_seconds": 0.19}, "too_short"),
        ({"status": "timeout"}, "no_run"),
    ],
)
@pytest.mark.parametrize("seconds", [0.5, 25.0])
def test_right_comes_before_fast(theirs: dict[str, object], rule: str, seconds: float) -> None:
    made = pair(**{"time_seconds": seconds, **theirs})
    assert not of_kind(made, "faster_to_end", "faster_steady_epoch")
    assert [claim.rule for claim in of_kind(made, "not_compared")] == [rule]
    assert "faster" not in " ".join([made.answer, *made.verdicts])
    assert "×" not in str(made.results)
    assert not made.best


def test_within_the_margin_and_with_weights_shown_a_net_is_compared() -> None:
    assert of_kind(pair(test_accuracy=0.9611), "faster_to_end")
    assert of_kind(pair(net="mine.py:Net", weights_sha256="0"), "faster_to_end")


def test_of_several_seeds_a_net_below_the_margin_is_compared_where_its_interval_allows_it() -> None:
    ours = seeds("numpy", [0.965, 0.964, 0.966], 2.5)
    wide, narrow = [0.95, 0.97, 0.955], [0.958, 0.957, 0.959]
    assert of_kind(asked(*ours, *seeds("keras", wide, 25.0)), "faster_to_end")
    assert [claim.rule for claim in of_kind(asked(*ours, *seeds("keras", narrow, 25.0)), "not_compared")] == [
        "accuracy_margin"
    ]


def test_a_wrong_net_sets_no_measure_for_the_others() -> None:
    wrong = [row(net=f"{name}.py:Net", weights_sha256="0", test_accuracy=0.9) for name in ("a", "b", "c")]
    made = asked(row(), row(net="keras"), *wrong)
    assert {claim.nets[0] for claim in of_kind(made, "not_compared")} == {"a.py:Net", "b.py:Net", "c.py:Net"}


def proof(row: Row, reference: Row, weight: float) -> Certificate:
    weights = dict.fromkeys(("W1", "b1", "W2", "b2"), weight)
    return Certificate(row.spec, reference.spec, [Difference(1, weights, 0.0, 0, judged=True)])


def test_who_fails_a_certificate_is_compared_nowhere() -> None:
    fields = {"dtype": "float64", "protocol": "controlled", "weights_sha256": "0"}
    numpy, mine = row(**fields), row(net="mine.py:Net", time_seconds=0.5, **fields)
    made = asked(numpy, mine)
    assert of_kind(made, "faster_to_end")
    failed = reports.build(made.experiment, made.rows, [proof(mine, numpy, 1e-3)])
    (network,) = of_kind(failed, "same_network")
    assert (network.holds, network.nets, network.reason) == (
        False, ("mine.py:Net", "numpy"), "different from epoch 1, first in W1",
    )  # fmt: skip
    assert [claim.rule for claim in of_kind(failed, "not_compared")] == ["certificate"]
    assert failed.answer == "Net is not the same network as NumPy (different from epoch 1, first in W1)."
    passed = reports.build(made.experiment, made.rows, [proof(mine, numpy, 1e-12)])
    assert passed.answer.startswith(
        "NumPy and Net are the same network after 1 epoch in float64: no weight differs by more than"
    )


def test_nobody_wrong_is_called_faster_or_marked_in_any_format() -> None:
    phases = {"import_seconds": 0.1, "data_seconds": 0.2, "build_seconds": 0.1, "first_epoch_seconds": 0.1,
              "evaluate_seconds": 0.3}  # fmt: skip
    right = phases | {"weights_sha256": "0", "time_seconds": 30.0, "train_seconds": 30.0, "steady_epoch_seconds": 1.5}
    wrong = phases | {"time_seconds": 0.7, "train_seconds": 0.7, "steady_epoch_seconds": 0.03}
    made = asked(
        row(steady_epoch_seconds=0.1, **phases),
        row(net="empty.py:MyNet", test_accuracy=0.098, weights_sha256="1", **wrong),
        row(net="flipped.py:MyNet", test_accuracy=0.0003, weights_sha256="2", **wrong),
        row(net="adam.py:Deep", test_accuracy=0.981, **wrong),
        row(net="right.py:MyNet", **right),
    )
    told = markdown.report(made).partition("## How it was measured")[0]  # there stand the rules
    forms = [made.answer, *made.verdicts, told, text_of(console.closing(made), 200)]
    for text in forms:
        for sentence in text.splitlines():
            if "faster" in sentence and "NumPy trains" not in sentence and "**NumPy" not in sentence:
                assert "NumPy trains 12.0 times faster than right.py:MyNet" in sentence
            for name in ("empty", "flipped", "Deep"):
                assert f"than {name}" not in sentence
                assert f"{name}.py:MyNet trains" not in sentence
    assert set(made.best.values()) == {"numpy"}
    (cold,) = [part for part in made.parts if part.title.startswith("Cold start")]
    assert [cells[1] for cells in cold.cells] == ["numpy", "right.py:MyNet"]
    assert page.html(made, []).count('class="best"') == 3  # the word in the hint, and NumPy's two times
    remarks = {cells[1]: cells[-1] for cells in made.results[-1].cells}
    for name in ("empty.py:MyNet", "flipped.py:MyNet", "Deep"):
        assert remarks[name].startswith("– not compared: ")
    assert made.runs.set_index("net")["percent_of_peak"]["adam.py:Deep"] is None


def test_a_share_of_the_peak_is_told_of_the_known_architecture_alone() -> None:
    shares = {"percent_of_peak": 12.0, "train_gflop": 100.0}
    made = asked(row(**shares), row(net="a.py:Shown", weights_sha256="0", **shares), row(net="b.py:Hidden", **shares))
    assert dict(zip(made.runs["net"], made.runs["percent_of_peak"], strict=True)) == {
        "numpy": 12.0, "a.py:Shown": 12.0, "b.py:Hidden": None,
    }  # fmt: skip


def test_a_mark_needs_a_difference_to_every_other_net() -> None:
    same = asked(*seeds("numpy", [0.9650, 0.9651, 0.9652], 2.5), *seeds("keras", [0.9650, 0.9652, 0.9651], 2.5))
    assert not same.best
    ours, theirs = [0.9650, 0.9651, 0.9652], [0.9630, 0.9631, 0.9633]
    better = asked(*seeds("numpy", ours, 2.5), *seeds("keras", theirs, 25.0))
    assert {key[-1]: net for key, net in better.best.items()} == {"time_seconds": "numpy", "test_accuracy": "numpy"}
    one_seed = asked(row(test_accuracy=0.966), row(net="keras", test_accuracy=0.964))
    assert not one_seed.best


def test_a_leader_that_is_not_the_reference_is_compared_with_all_others() -> None:
    times = {"numpy": 4.0, "keras": 25.0, "torch": 1.0, "jax": 3.0}
    made = asked(*(row(net=net, time_seconds=time, train_seconds=time) for net, time in times.items()))
    assert set(made.best.values()) == {"torch"}
    assert sum("trains" in sentence for sentence in made.verdicts) == 2  # NumPy over Keras, PyTorch over NumPy


def test_claims_come_back_from_their_file_as_they_were() -> None:
    made = pair().claims
    stored = claims_file.text(made)
    assert claims_file.read(stored) == made
    assert {claim["rule"] for claim in json.loads(stored)["claims"]} <= set(json.loads(stored)["rules"])
    assert json.loads(stored)["schema_version"] == claims.SCHEMA_VERSION
    with pytest.raises(ValueError, match="schema is version 99"):
        claims_file.read(stored.replace('"schema_version": 1', '"schema_version": 99'))


def test_a_difference_without_bound_is_written_as_unknown() -> None:
    fields = {"dtype": "float64", "protocol": "controlled"}
    numpy, keras = row(**fields), row(net="keras", **fields)
    (claim,) = claims.same_network([proof(keras, numpy, np.inf)])
    assert (claim.holds, claim.numbers["largest_difference"]) == (False, None)
    assert "Infinity" not in claims_file.text([claim])


def test_every_field_of_a_claim_stands_in_the_file_under_its_own_name() -> None:
    (claim, *_) = pair().claims
    assert set(claim.to_json()) == {field.name for field in dataclasses.fields(Claim)}


def test_a_net_of_the_package_is_of_the_known_architecture() -> None:
    assert standing.tells_architecture("torch", None)
    assert not standing.tells_architecture("mine.py:Net", float("nan"))
    assert Spec.__slots__
