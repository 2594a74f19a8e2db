"""The patterns of the page for teachers name each student in full, whatever alphabet the name has."""

import re

import pytest
from conftest import ROOT

PATTERNS = re.findall(r"--student '(.+)'$", (ROOT / "docs" / "teachers.md").read_text(), re.M)


@pytest.mark.parametrize(
    ("pattern", "path", "student"),
    [
        (0, "hw1_Zoë.py", "Zoë"),
        (0, "ANNA.py", "ANNA"),
        (0, "Émile.py", "Émile"),
        (0, "hw12_anna/net.py", "anna"),
        (1, "Ben O'Neil_124_assignsubmission_file_/my_net.py", "Ben O'Neil"),
        (1, "Zoë Ångström_7_assignsubmission_file_my_net.py", "Zoë Ångström"),
    ],
)
def test_a_pattern_of_the_page_names_a_student_in_full(pattern: int, path: str, student: str) -> None:
    assert re.search(PATTERNS[pattern], path)["student"] == student
