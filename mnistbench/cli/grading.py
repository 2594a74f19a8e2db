"""The command about many nets of other people: grade."""

import enum
from pathlib import Path
from typing import Annotated, Any

import typer

import mnistbench
from mnistbench.cli.app import app
from mnistbench.cli.run_command import complain, terminal
from mnistbench.errors import GradingError


class Format(enum.StrEnum):
    """What a grader's system reads."""

    gradescope = "gradescope"
    github = "github"
    junit = "junit"


@app.command(epilog="Example: mnistbench grade submissions --jobs 2")
def grade(
    ctx: typer.Context,
    submissions: Annotated[
        list[Path] | None, typer.Argument(metavar="FOLDER_OR_ZIP...", help="Folders, zips, or single files.")
    ] = None,
    class_name: Annotated[str, typer.Option("--class", metavar="NAME", help="The class in each file.")] = "",
    student: Annotated[
        str | None,
        typer.Option(metavar="REGEX", help="Finds the name in a file's path, by a group: '(?P<student>[a-z]+)_.*'."),
    ] = None,
    rubric: Annotated[Path | None, typer.Option(metavar="FILE", help="Points and what is allowed, as YAML.")] = None,
    new_rubric: Annotated[bool, typer.Option("--new-rubric", help="Print a rubric to change, and end.")] = False,
    output: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the book lies; else results/ and the first name.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, max=256, metavar="N", help="Submissions side by side.")] = 1,
    timeout: Annotated[
        float, typer.Option(min=1, max=1e6, metavar="SECONDS", help="End what takes longer, for each submission.")
    ] = 20,
    secret: Annotated[
        int | None,
        typer.Option(min=0, max=2**31, metavar="N", help="Ask by this number; else one is drawn for the class."),
    ] = None,
    formats: Annotated[
        list[Format] | None, typer.Option("--format", help="Write this too; may be given several times.")
    ] = None,
    unfenced: Annotated[bool, typer.Option("--unfenced", help="Without a fence, as code that you trust.")] = False,
    show_fence: Annotated[bool, typer.Option("--show-fence", help="Try what the fence holds here, and end.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show tracebacks.")] = False,
) -> None:
    """Judge the nets of a whole class, apart and fenced, and write the grade book."""
    ctx.find_root().obj = verbose
    if new_rubric:
        from mnistbench.grading import new_rubric as text

        typer.echo(text(), nl=False)
        return
    if show_fence:
        _show_fence()
        return
    if not submissions:
        raise GradingError("grade: nothing was given; give a folder or a zip, as in: mnistbench grade hw/")
    from mnistbench.grading import answer

    progress = Progress()
    book, folder = mnistbench.grade(
        submissions, class_name=class_name, student=student, rubric=rubric, output=output, jobs=jobs, timeout=timeout,
        secret=secret, formats=tuple(formats or ()), fenced=not unfenced, on_event=progress,
    )  # fmt: skip
    from mnistbench.reports import terminal as drawn

    terminal().print(drawn.Fitted(answer.table(book)))
    typer.echo(f"\n{answer.sentence(book)}")
    typer.echo(f"Grades: {folder / 'grades.html'}, {folder / 'grades.csv'}; to hand back: {folder / 'feedback'}")


class Progress:
    """Says how far a class is: the number done, and whose net is asked which question."""

    def __init__(self) -> None:
        self._done = self._all = 0

    def __call__(self, event: dict[str, Any]) -> None:
        """Take one event; see :func:`mnistbench.grading.grading.grade`."""
        if "submissions" in event:
            self._all, self._done = event["submissions"], event["submissions"] - event["to_do"]
            if self._done:
                complain(f"{self._done} of {self._all} are judged already.", "dim")
        elif "question" in event:
            complain(f"{self._done} of {self._all} · {event['student']}: question {event['question']} of 4", "dim")
        else:
            self._done += 1
            made = event["grade"]
            complain(f"{self._done} of {self._all} · {made.student}: {made.verdict.replace('_', ' ')}", "dim")


def _show_fence() -> None:
    from mnistbench.machine import fence_facts
    from mnistbench.reports import signed

    facts = fence_facts.facts()
    for words, holds in facts:
        typer.echo(signed(holds, words))
    if not all(holds for _, holds in facts):
        raise typer.Exit(1)
