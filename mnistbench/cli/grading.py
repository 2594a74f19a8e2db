"""The command about many nets of other people: grade."""

import enum
from pathlib import Path
from typing import Annotated, Any

import typer

import mnistbench
from mnistbench.cli.app import app
from mnistbench.cli.run_command import complain, terminal
from mnistbench.errors import KEPT
from mnistbench.experiment import MAX_SECRET


class Format(enum.StrEnum):
    """What a grader's system reads."""

    gradescope = "gradescope"
    github = "github"
    junit = "junit"


def _print_rubric(wanted: bool) -> None:
    if wanted:
        from mnistbench.grading import new_rubric

        typer.echo(new_rubric(), nl=False)
        raise typer.Exit


def _show_fence(wanted: bool) -> None:
    if wanted:
        from mnistbench.machine import fence, fence_facts
        from mnistbench.reports import signs

        method = fence.require()
        typer.echo(f"The fence here is {method}'s.")
        facts = fence_facts.facts(method)
        for words, holds in facts:
            typer.echo(signs.signed(holds, words))
        raise typer.Exit(0 if all(holds for _, holds in facts) else 1)


Given = Annotated[list[Path], typer.Argument(metavar="FOLDER_OR_ZIP...", help="Folders, zips, or single files.")]
ClassName = Annotated[str, typer.Option("--class", metavar="NAME", help="The class in each file.")]
Student = Annotated[
    str | None,
    typer.Option(metavar="REGEX", help="Finds the name in a file's path, by a group: '(?P<student>\\w+)_.*'."),
]
RubricFile = Annotated[Path | None, typer.Option(metavar="FILE", help="Points and what is allowed, as YAML.")]
Output = Annotated[Path | None, typer.Option(metavar="DIR", help="Where the book lies; else in results/.")]
Jobs = Annotated[int, typer.Option(min=1, max=256, metavar="N", help="Submissions side by side.")]
Timeout = Annotated[float, typer.Option(min=1, max=1e6, metavar="SECONDS", help="End a submission that takes longer.")]
Secret = Annotated[
    int | None,
    typer.Option(min=0, max=MAX_SECRET, metavar="N", help="Ask by this number; else one is drawn for the class."),
]
Formats = Annotated[list[Format] | None, typer.Option("--format", help="Write this too; may be given several times.")]
Unfenced = Annotated[bool, typer.Option("--unfenced", help="Without a fence, as code that you trust.")]
NewRubric = Annotated[
    bool, typer.Option("--new-rubric", callback=_print_rubric, is_eager=True, help="Print a rubric to change, and end.")
]
ShowFence = Annotated[
    bool, typer.Option("--show-fence", callback=_show_fence, is_eager=True, help="Try what the fence holds, and end.")
]


@app.command(epilog="Example: mnistbench grade students --jobs 2")
def grade(
    ctx: typer.Context,
    submissions: Given,
    class_name: ClassName = "",
    student: Student = None,
    rubric: RubricFile = None,
    output: Output = None,
    jobs: Jobs = 1,
    timeout: Timeout = 20,
    secret: Secret = None,
    formats: Formats = None,
    unfenced: Unfenced = False,
    new_rubric: NewRubric = False,  # noqa: ARG001 (its callback does the work)
    show_fence: ShowFence = False,  # noqa: ARG001 (as well)
    verbose: Annotated[bool, typer.Option("--verbose", help="Show tracebacks.")] = False,
) -> None:
    """Judge the nets of a whole class, apart and fenced, and write the grade book."""
    ctx.find_root().obj = verbose
    from mnistbench.grading import answer
    from mnistbench.reports import terminal as drawn

    try:
        book, folder = mnistbench.grade(
            submissions, class_name=class_name, student=student, rubric=rubric, output=output, jobs=jobs,
            timeout=timeout, secret=secret, formats=tuple(formats or ()), fenced=not unfenced, on_event=Progress(),
        )  # fmt: skip
    except KeyboardInterrupt as interrupt:
        raise KeyboardInterrupt(KEPT) from interrupt
    terminal().print(drawn.Fitted(answer.table(book)))
    typer.echo(f"\n{answer.sentence(book)}")
    typer.echo(f"Grades: {folder / 'grades.html'}, {folder / 'grades.csv'}; to hand back: {folder / 'feedback'}")


class Progress:
    """Says how far a class is: the number done, and whose net is asked which question."""

    def __init__(self) -> None:
        self._done = self._all = 0

    def __call__(self, event: dict[str, Any]) -> None:
        """Take one event; see :func:`mnistbench.grading.grading.grade_class`."""
        if "submissions" in event:
            self._all, self._done = event["submissions"], event["submissions"] - event["to_do"]
            if event["left_out"]:
                complain(f"--student finds no name in {', '.join(event['left_out'])}: left out.", "yellow")
            if self._done:
                complain(f"{self._done} of {self._all} are judged already.", "dim")
        elif "question" in event:
            complain(f"{self._done} of {self._all} · {event['student']}: question {event['question']} of 4", "dim")
        else:
            self._done += 1
            made = event["grade"]
            complain(f"{self._done} of {self._all} · {made.student}: {made.verdict.replace('_', ' ')}", "dim")
