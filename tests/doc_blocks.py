"""What stands in the generated blocks of README and ``docs/``: a function a block, by its name.

They are made from the committed results and from the program itself.
"""

import dataclasses
import io
import os
import re
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import planted
from conftest import ROOT, command
from pages import PAGES

from mnistbench.checking.table import mistakes_table
from mnistbench.experiment import Experiment, Spec, describe_config, load_experiment, named_configs
from mnistbench.judging import claims, stats
from mnistbench.ledger import PARAMETERS, EpochScore, Row
from mnistbench.reports import markdown, report, tables
from mnistbench.reports.columns import BY_NAME, CERTIFICATE_COLUMNS, EPOCH_COLUMNS, FIGURES, RUN_COLUMNS
from mnistbench.reports.report import Report
from mnistbench.reports.tables import Table

TEXTS = {"flags": str}  # a column with none is no column of numbers
BLOCKS: dict[str, Callable[[], str]] = {}
NUMBER = r"\d[\d,]*(?:\.\d+)?(?:e[-+]\d+)?"


def block(make: Callable[[], str]) -> Callable[[], str]:
    """Enter a function among the blocks."""
    BLOCKS[make.__name__] = make
    return make


def committed(experiment: str, name: str = "runs.csv") -> pd.DataFrame:
    """Return the table that the pages were made from: a sweep of one's own may since have written over the file.

    A setting that is younger than the runs has its default.
    """
    file = Path("results") / experiment / name
    git = ["git", "-C", str(ROOT)]
    status = subprocess.run([*git, "status", "--porcelain", "--", file, *PAGES], capture_output=True, text=True)
    if name in status.stdout and ".md" not in status.stdout:
        shown = subprocess.run([*git, "show", f"HEAD:{file}"], capture_output=True, text=True, check=True)
        table = pd.read_csv(io.StringIO(shown.stdout), dtype=TEXTS)
    else:
        table = pd.read_csv(ROOT / file, dtype=TEXTS)
    added = {field.name: field.default for field in dataclasses.fields(Spec) if field.name not in table}
    return table.assign(**added, **{"flags": table["flags"].fillna("")} if "flags" in table else {})


def sentences(experiment: str) -> str:
    """Return the answer and the verdicts of a committed experiment, and its machine."""
    made = report_of(experiment)
    return "\n".join([f"**{made.answer}**", "", *(f"- {each}" for each in made.verdicts), "", machine(experiment)])


def report_of(experiment: str) -> Report:
    """Return the report of the committed rows of an experiment."""
    epochs = committed(experiment, "epochs.csv")
    rows = []
    for line in committed(experiment).to_dict("records"):
        known = {name: value for name, value in line.items() if value == value}
        facts = {"cpu": line["machine"].partition(",")[0], "usable_cores": line["machine"].rpartition(" ")[2]}
        fields = {name: known[name] for name in Row.model_fields if name in known}
        scores = epochs[epochs["run_id"] == line["run_id"]][list(EpochScore.model_fields)]
        history = [EpochScore(**score) for score in scores.to_dict("records")]
        spec = Spec(**{name: line[name] for name in Spec.__slots__})
        rows.append(Row(spec=spec, history=history, environment=facts, **fields))
    config = load_experiment(ROOT / "results" / experiment / "config.yaml", {}, default_name="")
    return report.build(config, rows)


def machine(experiment: str) -> str:
    """Return the machine that a committed experiment was run on, and by how many seeds."""
    runs = committed(experiment)
    seeds = runs["seed"].nunique()
    of = f"; {seeds} seeds" if seeds > 1 else ""
    return f"Machine: {runs['machine'].iloc[0]}; {runs['threads'].iloc[0]} threads a run{of}."


def checked(folder: Path) -> list[str]:
    """Return what ``check`` prints of the folder's net, without its tables."""
    done = subprocess.run(
        command("check", "my_net.py:MyNet", "--timeout", 120), cwd=folder, env=os.environ | {"COLUMNS": "110"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    printed = "\n".join(line.rstrip() for line in done.stdout.splitlines())
    parts = printed.strip().split("\n\n")
    return ["$ mnistbench check my_net.py:MyNet", *(part for part in parts if "───" not in part)]


@block
def transcript() -> str:
    """Return how ``check`` refuses a net with one known mistake, and passes it once that is mended."""
    with tempfile.TemporaryDirectory() as name:
        planted.write(Path(name), planted.MISTAKES["w2_updated_first"][0])
        refused = checked(Path(name))
        planted.write(Path(name))
        passed = checked(Path(name))
    return "\n".join(["```text", *refused, "", "$ # W2 is now updated after the hidden error is taken", *passed, "```"])


@block
def rows() -> str:
    """Return a line for each published row: the figures as published, and those of the committed run."""
    summary = tables.summary_frame(committed("hidden"))
    lines = []
    for _, line in stats.with_published(summary, FIGURES).iterrows():
        both = (BY_NAME[name].show(line[f"{name}_{part}"]) for name in FIGURES[:3] for part in ("published", "mean"))
        outcome = "reproduced" if line["reproduced"] else "differs"
        lines.append((str(line["hidden_size"]), str(line["net"]), *both, outcome))
    figures = ("Time (s)", "here", "Test accuracy (%)", "here", "Test loss", "here")
    return markdown.table(Table("", ("H", "Net", *figures, "Verdict"), lines, 2)) + f"\n\n{machine('hidden')}"


@block
def published() -> str:
    """Return both times and the scores of each net and size, with the published rows."""
    return "\n\n".join(f"{table.title}:\n\n{markdown.table(table)}" for table in report_of("hidden").results)


@block
def answer() -> str:
    """Return the answers of the four tables and of ten seeds, a sentence each."""
    hidden, seeds = (report_of(experiment).answer for experiment in ("hidden", "seeds"))
    return f"**{hidden}** Ten seeds of each net at one size ([`results/seeds/`](results/seeds/report.md)) say: {seeds}"


@block
def rules() -> str:
    """Return the rules by which a verdict holds."""
    cells = [(name, text) for name, text in claims.RULES.items()]
    return markdown.table(Table("", ("Rule", "What it says"), cells, text_columns=2))


@block
def hidden() -> str:
    """Return the verdicts of the four tables."""
    return sentences("hidden")


@block
def seeds() -> str:
    """Return the verdicts of ten seeds at one point."""
    return sentences("seeds")


@block
def certificate() -> str:
    """Return how far Keras's weights are from NumPy's, a line a size."""
    epochs = committed("certificate", "certificate.csv")
    columns = [column for column in epochs if column in {f"{name}_difference" for name in PARAMETERS}]
    lines = [
        (str(size), str(net), str(lines["epoch"].max()), f"{lines[columns].max().max():.1e}", lines["verdict"].iloc[0])
        for (size, net), lines in epochs.groupby(["hidden_size", "net"], sort=False)
    ]
    return markdown.table(Table("", ("H", "Net", "Epochs", "Largest difference of a weight", "Verdict"), lines, 2))


def by_size(figure: str, digits: int, over_seeds: str = "median") -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """Return a figure of the peers as a table of nets and sizes, and each net's line as text."""
    table = committed("peers").pivot_table(figure, "net", "hidden_size", aggfunc=over_seeds, sort=False)
    return table, {str(net): [f"{each:.{digits}f}" for each in line] for net, line in table.iterrows()}


def of_sizes(table: pd.DataFrame, lines: dict[str, list[str]]) -> str:
    """Return lines of text as a table with a column a size."""
    headings = ("Net", *(f"H = {size}" for size in table))
    return markdown.table(Table("", headings, [(name, *line) for name, line in lines.items()]))


@block
def peers() -> str:
    """Return the seconds of a steady epoch, a line a net and a column a size, and how NumPy's compare."""
    seconds, lines = by_size("steady_epoch_seconds", 3)
    for net in ("jax", "keras"):
        lines[f"numpy over {net}"] = [f"{ratio:.2f}" for ratio in seconds.loc["numpy"] / seconds.loc[net]]
    runs = committed("peers")
    rates = runs[runs["net"] == "numpy"].groupby("hidden_size")["percent_of_peak"].median()
    lines["numpy, percent of peak"] = [f"{rates[size]:.0f}" for size in seconds]
    return of_sizes(seconds, lines)


@block
def training() -> str:
    """Return the seconds to the end of training, a line a net and a column a size."""
    return of_sizes(*by_size("time_seconds", 2)) + f"\n\n{machine('peers')}"


@block
def accuracies() -> str:
    """Return the test accuracies of the peers in percent, a line a net and a column a size."""
    table, _ = by_size("test_accuracy", 4, "mean")
    return of_sizes(table, {str(net): [f"{100 * each:.2f}" for each in line] for net, line in table.iterrows()})


@block
def commands() -> str:
    """Return each command with its first sentence of help."""
    shown = subprocess.run(command("--help"), env=os.environ | {"COLUMNS": "200"}, capture_output=True, text=True)
    listed = re.findall(r"^│ (\w+) +(\S.*?) +│$", shown.stdout.partition(" Commands ")[2], re.M)
    lines = [(f"mnistbench {name}", text) for name, text in listed]
    return markdown.table(Table("", ("Command", "What it does"), lines, text_columns=2))


@block
def config() -> str:
    """Return the keys of a config."""
    cells = [(name, field.description or "") for name, field in Experiment.model_fields.items()]
    return markdown.table(Table("", ("Key", "What it takes"), cells, text_columns=2))


@block
def configs() -> str:
    """Return the configs that ship, as they describe themselves."""
    cells = [(name, describe_config(name)) for name in named_configs()]
    return markdown.table(Table("", ("Name", "What it is for"), cells, text_columns=2))


@block
def columns() -> str:
    """Return the columns of ``runs.csv``."""
    cells = [(column.name, column.meaning) for column in RUN_COLUMNS]
    return markdown.table(Table("", ("Column of runs.csv", "Meaning"), cells, text_columns=2))


@block
def epoch_columns() -> str:
    """Return the columns that ``epochs.csv`` has of its own."""
    return markdown.table(Table("", ("Column of epochs.csv", "Meaning"), [*EPOCH_COLUMNS.items()], text_columns=2))


@block
def certificate_columns() -> str:
    """Return the columns that ``certificate.csv`` has of its own."""
    cells = [(column.name, column.meaning) for column in CERTIFICATE_COLUMNS]
    return markdown.table(Table("", ("Column of certificate.csv", "Meaning"), cells, text_columns=2))


@block
def mistakes() -> str:
    """Return the mistakes that ``check`` names."""
    return markdown.table(Table("", ("Mistake", "What it says"), mistakes_table(), text_columns=2))


def alike(text: str) -> str:
    """Return a text with what another machine rounds or counts differently, and wraps for it, made alike."""
    return re.sub(r"# of # images", "# images", re.sub(NUMBER, "#", " ".join(text.split())))
