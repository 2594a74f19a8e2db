"""What graders' systems read holds to what those systems have published, as their checkers read it."""

import json
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator

from mnistbench.grading import formats
from mnistbench.grading.book import Grade, GradeBook, Item

VISIBILITY = {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
NUMBER, TEXT = {"type": "number"}, {"type": "string"}
# https://gradescope-autograders.readthedocs.io/en/latest/specs/ (output format); nothing else is known to it.
GRADESCOPE = {
    "type": "object", "additionalProperties": False, "required": ["tests"],
    "properties": {
        "score": NUMBER, "execution_time": NUMBER, "output": TEXT, "visibility": VISIBILITY,
        "stdout_visibility": VISIBILITY, "extra_data": {"type": "object"}, "leaderboard": {"type": "array"},
        "tests": {"type": "array", "items": {
            "type": "object", "additionalProperties": False, "required": ["score"],
            "properties": {
                "score": NUMBER, "max_score": NUMBER, "status": {"enum": ["passed", "failed"]}, "name": TEXT,
                "number": TEXT, "output": TEXT, "tags": {"type": "array", "items": TEXT}, "visibility": VISIBILITY,
                "extra_data": {"type": "object"},
            },
        }},
    },
}  # fmt: skip
# What https://github.com/classroom-resources/autograding-grading-reporter reads of each runner, and its examples have.
GITHUB = {
    "type": "object", "required": ["version", "status", "max_score", "tests"],
    "properties": {
        "version": {"const": 1}, "status": {"enum": ["pass", "fail", "error"]}, "max_score": NUMBER,
        "tests": {"type": "array", "items": {
            "type": "object", "required": ["name", "status", "score", "message"],
            "properties": {
                "name": TEXT, "status": {"enum": ["pass", "fail", "error"]}, "score": NUMBER,
                "message": {"type": ["string", "null"]}, "line_no": {"type": "integer"}, "execution_time": TEXT,
            },
        }},
    },
}  # fmt: skip
# Of each element of JUnit XML as Jenkins has it (junit-10.xsd): what may stand in it, its attributes, those required.
JUNIT = {
    "testsuites": ({"testsuite"}, {"name", "time", "tests", "failures", "errors"}, set()),
    "testsuite": (
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
        {"name", "tests", "failures", "errors", "group", "time", "skipped", "timestamp", "hostname", "id", "package",
         "file", "log", "url"},
        {"name", "tests", "failures", "errors"},
    ),
    "testcase": (
        {"skipped", "error", "failure", "system-out", "system-err"}, {"name", "time", "classname", "group"}, {"name"},
    ),
    "failure": (set(), {"type", "message"}, set()),
    "error": (set(), {"type", "message"}, set()),
}  # fmt: skip
HOSTILE = "<script>alert(1)</script>\x1b[31m \x00 =1+1"


def graded(student: str, verdict: str, *mistakes: str, error: str = "") -> Grade:
    diagnoses = [{"id": each, "sentence": f"{each} {HOSTILE}", "or": [], "evidence": ["seen"]} for each in mistakes]
    questions = ("gradients", "loop", "network", "certificate")
    told = {name: {"answer": "wrong" if mistakes else "right", "evidence": []} for name in questions}
    found = {"passed": not mistakes, "diagnoses": diagnoses, "secret": 7, **told}
    earned = verdict == "right"
    items = [
        Item(name="runs", points=int(verdict != "does_not_run"), of=1, words=HOSTILE),
        Item(name="loop", points=2.5 * earned, of=2.5, words="loop"),
        Item(name="network", points=1.0 * earned, of=1, words="network", shown=False),
    ]
    return Grade(
        student=student, file=f"{student}.py", verdict=verdict, items=items, error=error, seconds=1234.5,
        found=None if verdict == "does_not_run" else found,
    )  # fmt: skip


GRADES = [
    graded("ada", "right"), graded("bob", "wrong", "no_shuffle"), graded(HOSTILE, "does_not_run", error=HOSTILE),
]  # fmt: skip


def holds(text: str, schema: dict[str, Any]) -> Any:
    told = json.loads(text)
    Draft202012Validator(schema).validate(told)
    return told


@pytest.mark.parametrize("grade", GRADES, ids=lambda grade: grade.verdict)
def test_gradescopes_results_hold_to_its_specification(grade: Grade) -> None:
    told = holds(formats.gradescope(grade), GRADESCOPE)
    assert told["score"] == sum(test["score"] for test in told["tests"]) == grade.points
    assert [test["visibility"] for test in told["tests"]] == ["visible", "visible", "hidden"]


@pytest.mark.parametrize("grade", GRADES, ids=lambda grade: grade.verdict)
def test_githubs_results_are_what_its_reporter_reads(grade: Grade) -> None:
    told = holds(formats.github(grade), GITHUB)
    assert told["max_score"] == 3.5
    assert [test["name"] for test in told["tests"]] == ["runs", "loop"]


def test_junit_is_what_jenkins_reads_and_counts_what_it_holds() -> None:
    suites = ElementTree.fromstring(formats.junit(GradeBook(name=HOSTILE, grades=GRADES, of_points=4.5, secret=7,
                                                            fence="fenced")))  # fmt: skip
    assert suites.tag == "testsuites"
    for element in suites.iter():
        children, attributes, required = JUNIT[element.tag]
        assert {child.tag for child in element} <= children
        assert required <= element.attrib.keys() <= attributes
    assert len(suites) == 3
    for suite in suites:
        assert float(suite.attrib["time"]) > 0
        assert int(suite.attrib["tests"]) == len(suite.findall("testcase"))
        for kind in ("failure", "error"):
            assert int(suite.attrib[f"{kind}s"]) == len(suite.findall(f"testcase/{kind}"))
