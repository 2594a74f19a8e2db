"""What a comparison says of sides that differ in one thing, made from a committed folder."""

import dataclasses
from functools import cache

from conftest import ROOT

from mnistbench.judging import Claim
from mnistbench.verifying.comparison import compared
from mnistbench.verifying.matching import Matches
from mnistbench.verifying.side import Side, read


@cache
def hidden() -> Side:
    return read(ROOT / "results" / "hidden")


def outcomes(old: Side, new: Side, kind: str) -> list[bool | None]:
    return [each.verdict.holds for each in compared(old, new).findings if each.kind == kind]


def test_other_weights_fail_only_where_versions_and_machine_are_known_to_be_the_same() -> None:
    facts = {"numpy": "2", "blas": "openblas", "keras": "3", "tensorflow": "2"}
    old = dataclasses.replace(hidden(), facts=facts)
    assert outcomes(old, old, "same_weights") == [True, True]
    other = dataclasses.replace(old, runs=old.runs.assign(weights_sha256="f" * 64))
    assert outcomes(old, other, "same_weights") == [False, False]
    newer = dataclasses.replace(other, facts=facts | {"keras": "4"})
    assert outcomes(old, newer, "same_weights") == [False, None]
    unknown = dataclasses.replace(other, facts={})
    assert outcomes(dataclasses.replace(old, facts={}), unknown, "same_weights") == [None, None]


def test_accuracies_on_other_data_cannot_be_told() -> None:
    other = dataclasses.replace(hidden(), runs=hidden().runs.assign(data_sha256="f" * 64))
    assert set(outcomes(hidden(), other, "learned")) == {None}
    assert set(outcomes(hidden(), other, "order_to_end")) == {True}


def test_an_order_fails_where_one_point_shows_the_other_order() -> None:
    own = list(hidden().own)
    at = next(index for index, claim in enumerate(own) if claim.kind == "faster_to_end")
    own[at] = dataclasses.replace(own[at], nets=own[at].nets[::-1])
    turned = dataclasses.replace(hidden(), own=own)
    assert outcomes(hidden(), turned, "order_to_end") == [False]
    assert outcomes(hidden(), turned, "order_steady_epoch") == [True]


def test_an_order_is_told_of_the_points_that_were_run() -> None:
    first = [claim for claim in hidden().own if claim.point["hidden_size"] == 30]
    made = compared(hidden(), dataclasses.replace(hidden(), own=first))
    told = {each.sentence: each.verdict.holds for each in made.findings if each.kind == "order_to_end"}
    assert told == {"NumPy is faster than Keras to the end of training at H = 30, of 4 points": True}


def test_a_certificate_is_answered_by_the_same_seed_alone() -> None:
    proof = Claim("same_network", ("keras", "numpy"), {"hidden_size": 30, "seed": 1}, "certificate", True)
    other = dataclasses.replace(proof, point=proof.point | {"seed": 2})
    matches = Matches(dataclasses.replace(hidden(), own=[proof]), {})
    assert matches.of(proof) == [proof]
    assert matches.of(other) == []


def test_a_false_figure_is_found_in_an_entry_that_states_nothing_too() -> None:
    old = hidden()
    at = next(index for index, claim in enumerate(old.claims) if claim.holds is None)
    claims = list(old.claims)
    claims[at] = dataclasses.replace(claims[at], numbers=claims[at].numbers | {"difference": 0.05})
    made = compared(dataclasses.replace(old, claims=claims), old)
    assert [each.number for each in made.findings if each.verdict.holds is False] == [at + 1]
    assert made.unstated == 3
