"""What a grader's system reads: Gradescope's results, JUnit XML, and the JSON of GitHub-style autograders.

Gradescope: https://gradescope-autograders.readthedocs.io/en/latest/specs/ (``results/results.json``). JUnit: the form
that Jenkins and others read. GitHub: the result of https://github.com/classroom-resources/autograding-io-grader.
"""

import json
import re
from collections.abc import Callable
from xml.etree import ElementTree

from mnistbench.grading.book import OF_THE_RUN, QUESTIONS, Grade, GradeBook, Item
from mnistbench.grading.feedback import opening

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def gradescope(grade: Grade) -> str:
    """Return ``results.json`` for one submission."""
    tests = [
        {
            "name": item.name,
            "score": item.points,
            "max_score": item.of,
            "status": "passed" if item.points == item.of else "failed",
            "output": _words(item, grade),
            "visibility": "visible" if item.shown else "hidden",
        }
        for item in grade.items
    ]
    told = {
        "score": grade.points,
        "execution_time": round(grade.seconds),
        "output": " ".join(filter(None, [opening(grade), grade.told_reason])),
        "visibility": "visible",
        "extra_data": {"secret": grade.found["secret"]} if grade.found else {},
        "tests": tests,
    }
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def github(grade: Grade) -> str:
    """Return the result of an autograder for one submission."""
    tests = [
        {
            "name": item.name,
            "status": "pass" if item.points == item.of else "fail",
            "message": _words(item, grade),
            "score": item.points,
            "line_no": 0,
            "execution_time": "0s",
        }
        for item in grade.items
        if item.shown
    ]
    shown = [item for item in grade.items if item.shown]
    earned = grade.verdict != "does_not_run" and all(item.points == item.of for item in shown)
    status = "pass" if (grade.verdict == "right" if grade.tells_named else earned) else "fail"
    told = {"version": 1, "status": status, "max_score": sum(item.of for item in shown), "tests": tests}
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def junit(book: GradeBook) -> str:
    """Return JUnit XML for a class: a suite a student, a case an item."""
    suites = ElementTree.Element("testsuites", name=_xml(book.name))
    for grade in book.grades:
        lost = [item for item in grade.items if item.points < item.of]
        idle = grade.verdict == "does_not_run"
        suite = ElementTree.SubElement(
            suites, "testsuite", name=_xml(grade.student), tests=str(len(grade.items)), time=f"{grade.seconds:.2f}",
            failures=str(0 if idle else len(lost)), errors=str(len(lost) if idle else 0), skipped="0",
        )  # fmt: skip
        for item in grade.items:
            case = ElementTree.SubElement(suite, "testcase", classname=_xml(grade.student), name=item.name, time="0")
            if item in lost:
                told = ElementTree.SubElement(case, "error" if idle else "failure", message=_xml(item.words))
                told.text = _xml(_words(item, grade))
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


PER_STUDENT: dict[str, Callable[[Grade], str]] = {"gradescope": gradescope, "github": github}


def _words(item: Item, grade: Grade) -> str:
    """Return why an item has its points, with the mistakes that bear on it and what stopped the net."""
    if item.points == item.of:
        return item.words
    named = grade.named if item.name in QUESTIONS and grade.tells_named else []
    reason = "" if grade.failed_run and item.name not in OF_THE_RUN else grade.told_reason
    return "\n".join(filter(None, [item.words, *(each["sentence"] for each in named), reason]))


def _xml(text: str) -> str:
    return NOT_XML.sub("\ufffd", text)
