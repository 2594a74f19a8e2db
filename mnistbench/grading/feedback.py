"""What is handed back to a student: one Markdown page in the second person, of the items that the rubric shows."""

from mnistbench.grading.book import Grade
from mnistbench.reports import markdown as md

OPENINGS = {
    "right": "Your net is right.",
    "wrong": "Your net runs, and something in it is not as it should be.",
    "does_not_run": "Your net could not be asked.",
}


def markdown(grade: Grade) -> str:
    """Return the page of one student."""
    shown = [item for item in grade.items if item.shown]
    earned, of = sum(item.points for item in shown), sum(item.of for item in shown)
    sections = [f"# {md.escape(grade.student)}", f"**{OPENINGS[grade.verdict]}** {earned:g} of {of:g} points."]
    if grade.file:
        sections.append(f"You handed in {md.escape(grade.file)}.")
    if grade.error:
        sections += ["## What was found", md.escape(grade.error)]
    mistakes = grade.told_mistakes
    if mistakes:
        sections.append("## What to mend")
    for mistake in mistakes:
        others = "".join(f"\n- It may also be this: {md.escape(other['sentence'])}" for other in mistake.get("or", []))
        seen = "".join(f"\n- Seen: {md.escape(evidence)}" for evidence in mistake["evidence"])
        sections.append(f"{md.escape(mistake['sentence'])}\n{others}{seen}")
    lines = [f"| {item.name} | {item.points:g} | {item.of:g} | {md.escape(item.words)} |" for item in shown]
    sections += ["## Your points", "\n".join(["| Item | Points | Of | Why |", "| --- | ---: | ---: | --- |", *lines])]
    return "\n\n".join(sections) + "\n"
