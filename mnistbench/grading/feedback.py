"""What is handed back to a student: one Markdown page in the second person, of the items that the rubric shows."""

from typing import Any

from mnistbench.grading.book import Grade
from mnistbench.reports import markdown as md

OPENINGS = {
    "right": "Your net is right.",
    "wrong": "Your net runs, and something in it is not as it should be.",
    "does_not_run": "Your net could not be asked.",
}
RUNS = "Your net runs."
ANOTHER = "Your net is right in itself, and not what was asked for."
POINTS = "## Your points"


def opening(grade: Grade) -> str:
    """Return the sentence that a student reads first: where an answer is hidden, whether the net runs and no more."""
    if not grade.tells_named and grade.verdict != "does_not_run":
        return RUNS
    only_another = grade.verdict == "wrong" and grade.facts and not grade.mistakes and not grade.error
    return ANOTHER if only_another else OPENINGS[grade.verdict]


def markdown(grade: Grade) -> str:
    """Return the page of one student."""
    shown = [item for item in grade.items if item.shown]
    earned, of = sum(item.points for item in shown), sum(item.of for item in shown)
    sections = [f"# {md.escape(grade.student)}", f"**{opening(grade)}** {earned:g} of {of:g} points."]
    if grade.file:
        sections.append(f"You handed in {md.escape(grade.file)}.")
    if grade.told_reason:
        heading = f"## The run for {grade.failed_run}" if grade.failed_run else "## What was found"
        sections += [heading, md.escape(grade.error)]
    if grade.tells_named:
        sections += _named("## What to mend", grade.mistakes)
        accepted = "## Accepted, though not what was asked for"
        sections += _named(accepted if grade.verdict == "right" else "## Not what was asked for", grade.facts)
    lines = [f"| {item.name} | {item.points:g} | {item.of:g} | {md.escape(item.words)} |" for item in shown]
    sections += [POINTS, "\n".join(["| Item | Points | Of | Why |", "| --- | ---: | ---: | --- |", *lines])]
    return "\n\n".join(sections) + "\n"


def _named(heading: str, named: list[dict[str, Any]]) -> list[str]:
    """Return what was named below its heading; nothing where nothing was."""
    sections = [heading] if named else []
    for each in named:
        others = "".join(f"\n- It may also be this: {md.escape(other['sentence'])}" for other in each.get("or", []))
        seen = "".join(f"\n- Seen: {md.escape(evidence)}" for evidence in each["evidence"])
        sections.append(f"{md.escape(each['sentence'])}\n{others}{seen}")
    return sections
