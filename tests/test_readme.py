"""README against the program: its generated blocks are in step and its examples run.

``UPDATE_README=1`` in the environment writes the blocks again.
"""

import dataclasses
import io
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import planted
import pytest
from conftest import ROOT, Cli
from PIL import Image
from rich.console import Console

from mnistbench.datasets import data
from mnistbench.experiment.config import Experiment, load_experiment
from mnistbench.experiment.spec import Spec
from mnistbench.ledger.results import EpochScore, Row
from mnistbench.ledger.trajectory import PARAMETERS
from mnistbench.reports import markdown
from mnistbench.reports import report as reports
from mnistbench.reports.columns import RUN_COLUMNS
from mnistbench.reports.names import listed
from mnistbench.reports.tables import Table
from mnistbench.reports.terminal import console

README = ROOT / "README.md"
EXAMPLES = re.findall(r"^mnistbench .*$", "\n".join(re.findall(r"```sh\n(.*?)```", README.read_text(), re.S)), re.M)
CLI_SOURCE = (ROOT / "mnistbench" / "cli" / "app.py").read_text()
CLI_EXAMPLES = re.findall(r'"(?:Example|First try): (mnistbench .*)"', CLI_SOURCE)


def committed(experiment: str, name: str = "runs.csv") -> pd.DataFrame:
    """Return the table that the page was made from: a sweep of one's own may since have written over the file."""
    file = Path("results") / experiment / name
    git = ["git", "-C", str(ROOT)]
    status = subprocess.run([*git, "status", "--porcelain", "--", file, README], capture_output=True, text=True)
    if name in status.stdout and "README.md" not in status.stdout:
        shown = subprocess.run([*git, "show", f"HEAD:{file}"], capture_output=True, text=True, check=True)
        table = pd.read_csv(io.StringIO(shown.stdout))
    else:
        table = pd.read_csv(ROOT / file)
    return table.assign(flags=table["flags"].fillna("")) if "flags" in table else table


def committed_report(experiment: str, **asked: object) -> reports.Report:
    """Return the report of the committed rows of an experiment; ``asked`` replaces what its config asks for."""
    runs, epochs = committed(experiment), committed(experiment, "epochs.csv")
    config = load_experiment(ROOT / "results" / experiment / "config.yaml", asked, default_name="")
    rows = []
    for line in runs.to_dict("records"):
        known = {name: value for name, value in line.items() if value == value}
        facts = {"cpu": line["machine"].partition(",")[0], "usable_cores": line["machine"].rpartition(" ")[2]}
        fields = {name: known[name] for name in Row.model_fields if name in known}
        scores = epochs[epochs["run_id"] == line["run_id"]][["epoch", "train_seconds", "test_accuracy", "test_loss"]]
        history = [EpochScore(**score) for score in scores.to_dict("records")]
        spec = Spec(**{name: line[name] for name in Spec.__slots__})
        rows.append(Row(spec=spec, history=history, environment=facts, **fields))
    return reports.build(config, rows)


def picture() -> str:
    """Return what compare prints for the original's first table, which is a point of the committed results."""
    made = committed_report("hidden", hidden_size=[30])
    screen = Console(width=90, record=True, file=io.StringIO(), legacy_windows=False)
    screen.print(console.closing(dataclasses.replace(made, rows=made.asked.rows)))
    lines = (line.rstrip() for line in screen.export_text().splitlines())
    return "\n".join(["```text", "$ mnistbench compare --config configs/baseline.yaml", *lines, "```"])


def results() -> str:
    made = committed_report("hidden")
    sentences = "\n".join(f"- {sentence}" for sentence in made.verdicts)
    shown = [f"{table.title}:\n\n{markdown.table(table)}" for table in made.results]
    return "\n\n".join([f"**{made.answer}**", made.circumstances, sentences, *shown])


def seeds() -> str:
    made = committed_report("seeds")
    return "\n".join(f"- {sentence}" for sentence in [made.answer, *made.verdicts])


def certificate() -> str:
    epochs = committed("certificate", "certificate.csv")
    columns = [column for column in epochs if column in {f"{name}_difference" for name in PARAMETERS}]
    lines = [
        (str(size), str(net), str(lines["epoch"].max()), f"{lines[columns].max().max():.1e}", lines["verdict"].iloc[0])
        for (size, net), lines in epochs.groupby(["hidden_size", "net"], sort=False)
    ]
    return markdown.table(Table("", ("H", "Net", "Epochs", "Largest difference of a weight", "Verdict"), lines, 2))


def peers() -> str:
    """Return both times, net by size, and how much of the machine's peak NumPy reaches."""
    made = committed_report("peers")
    shown = [f"{table.title}:\n\n{markdown.table(table)}" for table in made.results[:2]]
    runs = made.runs[made.runs["net"] == "numpy"]
    percents = [
        f"{percent:.0f} % at H = {size}"
        for size, percent in zip(runs["hidden_size"], runs["percent_of_peak"], strict=True)
    ]
    return "\n\n".join([f"**{made.answer}**", *shown, f"NumPy reaches {listed(percents)} of the machine's peak."])


def config() -> str:
    cells = [(name, field.description or "") for name, field in Experiment.model_fields.items()]
    return markdown.table(Table("", ("Key", "What it takes"), cells, text_columns=2))


def columns() -> str:
    cells = [(column.name, column.meaning) for column in RUN_COLUMNS]
    return markdown.table(Table("", ("Column of runs.csv", "Meaning"), cells, text_columns=2))


@pytest.mark.parametrize(
    "block", [picture, results, seeds, certificate, peers, config, columns], ids=lambda block: block.__name__
)
def test_a_generated_block_is_in_step(block: object) -> None:
    name = block.__name__
    text = README.read_text()
    before, begin, rest = text.partition(f"<!-- {name}: begin -->\n")
    inside, end, after = rest.partition(f"<!-- {name}: end -->")
    expected = f"\n{block()}\n\n"
    if os.environ.get("UPDATE_README"):
        README.write_text(before + begin + expected + end + after)
        return
    assert inside == expected


def test_every_row_of_the_committed_results_is_ok_and_reproduces_the_published_one() -> None:
    made = committed_report("hidden")
    assert list(made.runs["status"]) == ["ok"] * 8
    assert [claim.holds for claim in made.claims if claim.kind == "reproduced"] == [True] * 8


def write_the_nets_and_the_config_of_the_page(folder: Path) -> None:
    (folder / "students").mkdir()
    for name in ("my_net.py", "students/anna.py", "students/ben.py"):
        (folder / name).write_text(planted.RIGHT)
    (config,) = re.findall(r"```yaml\n(name: class\n.*?)```", README.read_text(), re.S)
    (folder / "class.yaml").write_text(config)


@pytest.mark.parametrize("example", sorted({*EXAMPLES, *CLI_EXAMPLES}))
def test_every_example_runs(example: str, cli: Cli, tmp_path: Path, mnist: data.Dataset) -> None:
    """Long ones are planned only; the quick one and those that run nothing are run."""
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    words = shlex.split(example.partition(" > ")[0])[1:]
    if words[0] != "new":
        write_the_nets_and_the_config_of_the_page(tmp_path)
    if words[0] in ("train", "compare", "sweep", "profile") and "configs/quick.yaml" not in words:
        of_own_nets = "class.yaml" in words or "my_net.py:MyNet" in words
        words += ["--quick"] if of_own_nets else ["--dry-run"]
    if words[0] == "report":
        name = Path(words[1]).name
        assert cli("train", "--config", f"configs/{name}.yaml", "--epochs", "1",
                   "--hidden-size", "4", "--output", words[1], "--quick").returncode == 0  # fmt: skip
    if words[0] == "predict":
        digit = np.rint(255 * mnist.test_images[0]).astype(np.uint8).reshape(28, 28)
        Image.fromarray(digit).save(tmp_path / words[-1])
        assert (
            cli("train", "--quick", "--epochs", "1", "--hidden-size", "4", "--output", "results/train").returncode == 0
        )
    done = cli(*words)
    assert done.returncode == 0, done.stderr


def test_every_picture_on_the_page_is_there() -> None:
    pictures = re.findall(r"!\[.+?\]\((.+?)\)", README.read_text())
    assert len(pictures) == 2
    assert all((ROOT / picture).is_file() for picture in pictures)


def test_the_originals_command_has_its_counterpart(cli: Cli) -> None:
    (ours,) = re.findall(r"--number_epochs 20 --compare_nets` \| `mnistbench (.*?)`", README.read_text())
    done = cli(*shlex.split(ours), "--dry-run")
    assert done.returncode == 0
    assert "runs: 2, to do: 2" in done.stdout
    assert "256" in done.stdout


def test_ci_runs_the_test_line_of_the_readme() -> None:
    (line,) = re.findall(r"^python3 -m venv .* -m pytest -q -n 2 --dist worksteal$", README.read_text(), re.M)
    assert line in (ROOT / ".ci" / "run").read_text()


def test_every_option_that_the_readme_names_exists(cli: Cli) -> None:
    commands = [[], *([name] for name in re.findall(r"^def (\w+)\(", CLI_SOURCE, re.M) if not name.startswith("_"))]
    pages = "".join(cli(*command, "--help").stdout for command in commands)
    ours = README.read_text().partition("## The original's names")[0]
    others = r"^(?:dask|pip|python3) [^\n]*$|^```python$.*?^```$"  # other programs have options of their own
    ours = re.sub(others, "", ours, flags=re.M | re.S)
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", ours)) <= set(re.findall(r"--[a-z][a-z-]+", pages))
