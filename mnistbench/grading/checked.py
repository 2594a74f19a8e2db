"""What ``check`` found of one net as a grade, for a course whose own grader asks for one net at a time."""

from pathlib import PurePath
from typing import Any

from mnistbench.grading.book import Grade, Verdict
from mnistbench.grading.examining import Terms, graded, stopped_by
from mnistbench.grading.rubric import Rubric
from mnistbench.grading.submissions import Submission


def checked(
    net: str,
    found: dict[str, Any] | None,
    error: str = "",
    *,
    accept_other_networks: bool = False,
    any_loop: bool = False,
) -> Grade:
    """Return a net's grade by the default rubric's points for what ``check`` asks; nothing is trained besides.

    Args:
        net: as it was given to check, ``FILE.py:CLASS``.
        found: as :meth:`mnistbench.checking.Findings.to_dict` has it; ``None`` where nothing was found.
        error: why not.
        accept_other_networks: as it was given to check.
        any_loop: as well.
    """
    rubric = Rubric(accuracy=0, accept_other_networks=accept_other_networks, any_loop=any_loop)
    submission = Submission(student=PurePath(net.rpartition(":")[0] or net).stem, file=net)
    verdict: Verdict = "does_not_run" if found is None else "right" if found["passed"] else "wrong"
    return graded(submission, Terms(rubric, 0, 0, fenced_by=""), verdict, error=error or stopped_by(found), found=found)
