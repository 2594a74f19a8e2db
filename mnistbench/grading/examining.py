"""One submission judged: asked the questions of ``check``, and trained once where the rubric asks for it.

Whatever the student's code does, the outcome is a grade. It runs in children, behind the fence where there is one.
"""

import dataclasses
import hashlib
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mnistbench.checking import Beside, Diagnosis
from mnistbench.errors import GradingError, printable
from mnistbench.experiment import Spec
from mnistbench.grading.book import QUESTIONS, REFUSED, Grade, Item, Verdict
from mnistbench.grading.rubric import ITEMS, Rubric
from mnistbench.grading.submissions import Submission
from mnistbench.judging import standing
from mnistbench.ledger import Results, Row
from mnistbench.running import Limits, run_child, runner

MEMORY_MIB = 3 * 1024
UNCOUNTED = "it does not count"
JUDGING_SECONDS = 600  # at most, for the reference's training, which is on no student's clock
NOT_TOLD = "what its run did was not told to its end"
Asked = Callable[[int], None]


@dataclasses.dataclass(frozen=True)
class Terms:
    """On what terms a whole class is judged."""

    rubric: Rubric
    secret: int
    timeout_seconds: float
    fenced_by: str
    """Which fence stands around each; empty for none."""
    class_name: str = ""
    numpy_seconds: float | None = None
    """Training seconds of the NumPy net at the rubric's point, where time counts."""
    scratch: Path | None = None
    """Where a run's files lie while it is under way."""

    @property
    def limits(self) -> Limits:
        """Return what bounds each child; check ends itself at the time-out, and says then where it was."""
        return Limits(self.timeout_seconds + 1, MEMORY_MIB, fenced_by=self.fenced_by)


def grade(submission: Submission, terms: Terms, asked: Asked, stopped: Callable[[], bool]) -> Grade | None:
    """Judge one submission; ``asked`` hears which question is asked. ``None`` where it was stopped in the middle."""
    begin = time.monotonic()
    copy = submission.copy
    if copy is None:
        return graded(submission, terms, "does_not_run", error=submission.problem)
    spec = _spec(f"{copy}:{terms.class_name}" if terms.class_name else str(copy), terms)
    judges_run = terms.rubric.needs_a_run and standing.is_calm(spec)
    seen = _check(spec.net, terms, asked, stopped, run_follows=judges_run)
    found, code = _found(seen, submission), seen.get("code", {"imports": [], "tree_sha256": None})
    row = None
    if found and terms.rubric.needs_a_run and not stopped():
        is_judged = bool(judges_run and found["certificate"]["answer"] == "right")
        row, beside = _run(spec, terms, stopped, is_judged=is_judged)
        if is_judged:
            beside["words"] = _told(beside["words"] or row.error, submission)
            if "accuracy" not in terms.rubric.hidden:
                beside["words"] += beside["accuracy"]
            _judge_run(found, beside)
    if stopped():
        return None
    reason = seen["error"] or stopped_by(found) or (row.error if row and not _is_trained(row) else "")
    reason = _told(reason, submission)
    if foreign := _foreign(terms.rubric.allowed_imports, code["imports"], found["libraries"] if found else []):
        reason = f"it {foreign}, and the rubric allows {', '.join(terms.rubric.allowed_imports)}."
    verdict: Verdict = "does_not_run" if not found else "right" if found["passed"] and not foreign else "wrong"
    return graded(
        submission, terms, verdict, error=reason, found=found, row=row, refused=bool(foreign),
        seconds=time.monotonic() - begin, file_sha256=hashlib.sha256(copy.read_bytes()).hexdigest(),
        tree=code["tree_sha256"],
    )  # fmt: skip


def _foreign(allowed: list[str], imports: list[str], libraries: list[str]) -> str:
    """Say what a file imports, or its process has loaded, that is not allowed; empty where all is, or anything."""
    others = [name for name in imports if name not in allowed] if allowed else []
    loaded = dict.fromkeys(name.partition(".")[0] for name in libraries) if allowed else {}
    unseen = [name for name in loaded if name not in (*allowed, *others)]  # which no import need show
    said = (("imports", others), ("loads", unseen))
    return " and ".join(f"{verb} {', '.join(names)}" for verb, names in said if names)


def failed(submission: Submission, terms: Terms, error: Exception) -> Grade:
    """Return the grade of a submission that could not be judged at all; the others are judged all the same."""
    reason = _told(f"it could not be judged ({type(error).__name__}: {error})", submission)
    return graded(submission, terms, "does_not_run", error=reason)


def numpy_seconds(rubric: Rubric, scratch: Path) -> float | None:
    """Return the training seconds of the NumPy net at the rubric's point; ``None`` where time does not count."""
    if not rubric.time:
        return None
    terms = Terms(rubric, 0, 3600, fenced_by="", scratch=scratch)
    row, _ = _run(_spec("numpy", terms), terms, lambda: False)
    if row.status != "ok":
        raise GradingError(
            f"the NumPy net cannot be timed at the rubric's point ({row.error}); ask for less, or time: 0."
        )
    return row.train_seconds


def _check(net: str, terms: Terms, asked: Asked, stopped: Callable[[], bool], *, run_follows: bool) -> dict[str, Any]:
    def hear(event: dict[str, Any]) -> None:
        if event.get("question"):
            asked(event["question"])

    how = {"accept_other_networks": terms.rubric.accept_other_networks, "any_loop": terms.rubric.any_loop,
           "run_follows": run_follows}  # fmt: skip
    return runner.ask(net, terms.timeout_seconds, terms.limits, hear, stopped, secret=terms.secret, **how)


def _run(
    spec: Spec, terms: Terms, stopped: Callable[[], bool], *, is_judged: bool = False
) -> tuple[Row, dict[str, Any]]:
    """Train once at the rubric's point; return what it did beside the reference too, where it is judged.

    The weights are kept nowhere.
    """
    beside: dict[str, Any] = Beside(None)._asdict()

    def hear(_: Spec, event: dict[str, Any]) -> None:
        if beside["right"] is None:  # what fails after it was judged takes nothing back
            beside.update(event.get("measured", {}).get("beside", {}))

    judging = JUDGING_SECONDS if is_judged else 0.0
    with tempfile.TemporaryDirectory(dir=terms.scratch) as folder:
        limits = dataclasses.replace(terms.limits, timeout_seconds=terms.timeout_seconds, judging_seconds=judging)
        return run_child(spec, Results(Path(folder)), limits, hear, stopped, is_judged=is_judged), beside


def _spec(net: str, terms: Terms) -> Spec:
    """Return the run of the rubric's point."""
    rubric = terms.rubric
    return Spec(
        net=net, hidden_size=rubric.hidden_size, lr=rubric.lr, batch_size=rubric.batch_size, epochs=rubric.epochs,
        seed=rubric.seed, secret=terms.secret,
    )  # fmt: skip


def _judge_run(found: dict[str, Any], beside: dict[str, Any]) -> None:
    """Put down what the run did beside the reference; one that did another thing is the mistake of a large call."""
    found["run"] = beside
    found["certificate"]["evidence"].append(beside["words"] or NOT_TOLD)
    if beside["right"] is False:
        found["certificate"]["answer"], found["passed"] = "wrong", False
        found["diagnoses"].append(Diagnosis("large_call_differs", evidence=[beside["words"]]).as_json())


def _doubt_of_run(found: dict[str, Any] | None) -> str:
    """Return why a run that was judged does not count; empty where it does, or was not judged."""
    run = found.get("run") if found else None
    return "" if run is None or run["right"] else run["words"] or NOT_TOLD


def _found(seen: dict[str, Any], submission: Submission) -> dict[str, Any] | None:
    """Return what a check has found, its file called as it was handed in; ``None`` where it found nothing."""
    if seen["status"] != "ok" or "check" not in seen:
        return None
    found: dict[str, Any] = _renamed(seen["check"], submission)
    return found


def _is_trained(row: Row) -> bool:
    """Say whether a run trained all its epochs, whatever came after."""
    return row.status != "diverged" and len(row.history) == row.spec.epochs


def stopped_by(found: dict[str, Any] | None) -> str:
    """Return what ended a check in the middle, after it had named a mistake."""
    return " ".join(found["errors"]) if found else ""


def _renamed(told: Any, submission: Submission) -> Any:
    """Return what was told with the file called as it was handed in, in each text apart."""
    if isinstance(told, dict):
        return {key: _renamed(each, submission) for key, each in told.items()}
    if isinstance(told, list):
        return [_renamed(each, submission) for each in told]
    return _named(told, submission).encode(errors="backslashreplace").decode() if isinstance(told, str) else told


def _named(text: str, submission: Submission) -> str:
    """Return a text in which the file is called as it was handed in."""
    return text.replace(str(submission.copy), submission.file) if submission.copy else text


def _told(error: str, submission: Submission) -> str:
    text = _named(error, submission)
    return printable(text.replace(f"{submission.copy.parent}/", "") if submission.copy else text)


def graded(
    submission: Submission,
    terms: Terms,
    verdict: Verdict,
    *,
    error: str = "",
    found: dict[str, Any] | None = None,
    row: Row | None = None,
    refused: bool = False,
    seconds: float = 0.0,
    file_sha256: str | None = None,
    tree: str | None = None,
) -> Grade:
    """Return the grade of a submission with the items of the rubric, as they were earned; refused, it earns none."""
    items = [_item(name, terms, found, row) for name in ITEMS if getattr(terms.rubric, name)]
    if refused:
        items = [each.model_copy(update={"points": 0.0, "words": f"{each.words}; {REFUSED}"}) for each in items]
    return Grade(
        student=submission.student,
        file=submission.file,
        file_sha256=file_sha256,
        tree_sha256=tree,
        verdict=verdict,
        error=error,
        found=found,
        libraries=found.get("libraries", []) if found else [],
        test_accuracy=row.test_accuracy if row else None,
        train_seconds=row.train_seconds if row else None,
        seconds=round(seconds, 2),
        items=items,
    )


def _item(name: str, terms: Terms, found: dict[str, Any] | None, row: Row | None) -> Item:
    """Return one item with its points, all or none, and why."""
    rubric = terms.rubric
    of = getattr(rubric, name)
    if name == "runs":
        earned, words = found is not None, "runs and can be asked" if found else "does not run"
    elif name in QUESTIONS:
        answer = found[name]["answer"] if found else "not asked"
        accept = {"network": rubric.accept_other_networks, "loop": rubric.any_loop,
                  "certificate": rubric.accept_other_networks or rubric.any_loop}  # fmt: skip
        accepted = accept.get(name, False) and bool(found and found["passed"])
        earned, words = bool(answer == "right" or accepted), f"{name}: {answer}{', accepted' * accepted}"
    elif name == "accuracy":
        got = row.test_accuracy if row and _is_trained(row) else None
        earned = got is not None and got >= rubric.accuracy_at_least
        told = "no test accuracy" if got is None else f"{100 * got:.2f} % of the test images right"
        doubt = _doubt_of_run(found)
        words = f"{told}{_why_not(doubt, rubric)}; {100 * rubric.accuracy_at_least:g} % or more were asked for"
        earned = earned and not doubt
    else:
        allowed = rubric.time_at_most * (terms.numpy_seconds or 0)
        took = row.train_seconds if row and _is_trained(row) else None
        doubt = _doubt_of_time(row, took, found) if row and took is not None else ""
        earned = took is not None and not doubt and took <= allowed
        told = "no time" if took is None else f"trained in {took:.2f} s{_why_not(doubt, rubric)}"
        words = f"{told}; at most {allowed:.2f} s were asked for, {rubric.time_at_most:g} times the NumPy net's"
    return Item(name=name, points=of if earned else 0, of=of, words=words, shown=name not in rubric.hidden)


def _why_not(doubt: str, rubric: Rubric) -> str:
    """Return why a figure does not count, as it goes on after it; not why, where another item hides that."""
    hides = any(getattr(rubric, name) and name in rubric.hidden for name in QUESTIONS)
    return doubt and f", and {UNCOUNTED if hides else doubt}"


def _doubt_of_time(row: Row, took: float, found: dict[str, Any] | None) -> str:
    """Return why a time does not count: only work that is shown right does, and all of it in ``fit``."""
    if row.unasked_seconds is None:
        return "its run did not come to its end"
    if standing.works_unasked(row.unasked_seconds, took):
        return "work was put off to outside fit"
    if not found or not found["passed"]:
        return "not right"
    if found["certificate"]["answer"] != "right":
        return "not shown to be the same network as the one that it is timed against"
    return _doubt_of_run(found)
