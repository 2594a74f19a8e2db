"""The pages for people against the program: generated blocks are in step, examples run, links lead somewhere.

``UPDATE_DOCS=1`` in the environment writes the blocks again. Of a page's commands and Python all are run, in order, in
one folder, except that

- what trains is only planned (``--dry-run``), unless it is ``--quick``, a config called ``quick``, or a config that
  stands on the page, which is made quick;
- ``compare`` and ``sweep`` of nets that ship, which start TensorFlow, are planned too, but on README;
- code under ``<!-- not run: why -->`` is read and not run.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import numpy as np
import pytest
from conftest import ROOT
from doc_blocks import BLOCKS, alike, report_of
from pages import PAGES, README, anchors, codes, commands, generated, links, name, write_generated
from PIL import Image
from right_net import RIGHT

from mnistbench.datasets import data
from mnistbench.reports.pictures import figures

CLI_SOURCE = "".join(file.read_text() for file in sorted((ROOT / "mnistbench" / "cli").glob("*.py")))
HELP_EXAMPLES = re.findall(r'"(?:Example|First try): (mnistbench .*)"', CLI_SOURCE)
TRAINING = ("train", "compare", "sweep", "profile")
TEXT = {page: page.read_text() for page in PAGES}
DOCS = [page for page in PAGES if page != README]
FIRST_LINES = 200  # of README, that a reader may meet
# One process follows the pages, since what most of their commands take is their start. A line is a folder and words.
FOLLOWER = """
import contextlib, io, json, sys
from mnistbench.cli.app import app

for line in sys.stdin:
    folder, words = json.loads(line)
    output, errors, code = io.StringIO(), io.StringIO(), 0
    with contextlib.chdir(folder), contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        try:
            app(words, prog_name="mnistbench")
        except SystemExit as end:
            code = end.code
    print(json.dumps([code, output.getvalue(), errors.getvalue()]), flush=True)
"""
Follow = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def follow() -> Iterator[Follow]:
    """Return a function that runs ``mnistbench WORDS`` in a folder and returns what it did."""
    with subprocess.Popen(
        [sys.executable, "-c", FOLLOWER], env=os.environ | {"COLUMNS": "200"}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip

        def run(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
            process.stdin.write(json.dumps([str(folder), [str(word) for word in words]]) + "\n")
            process.stdin.flush()
            return subprocess.CompletedProcess(words, *json.loads(process.stdout.readline()))

        yield run
        process.stdin.close()


@pytest.mark.parametrize("page", [pytest.param(README, marks=pytest.mark.slow), *DOCS], ids=name)
def test_the_generated_blocks_of_a_page_are_in_step(page: Path) -> None:
    blocks = generated(page)
    expected = {block: f"\n{BLOCKS[block]()}\n\n" for block in blocks}
    if os.environ.get("UPDATE_DOCS"):
        write_generated(page, expected)
        return
    for block, text in blocks.items():
        if block == "transcript":
            assert alike(text) == alike(expected[block])
        else:
            assert text == expected[block], f"{block}: UPDATE_DOCS=1 writes it again"


def test_every_generated_block_stands_on_a_page() -> None:
    assert set(BLOCKS) == {block for page in PAGES for block in generated(page)}


def test_the_transcript_on_the_readme_refuses_a_net_and_passes_it() -> None:
    lines = generated(README)["transcript"].splitlines()
    assert re.findall("FAILED|PASSED", " ".join(lines)) == ["FAILED", "PASSED"]


def test_every_row_of_the_committed_results_is_ok_and_reproduces_the_published_one() -> None:
    made = report_of("hidden")
    assert set(made.runs["status"]) == {"ok"}
    assert [claim.holds for claim in made.claims if claim.kind == "reproduced"] == [True] * 8


class Desk:
    """A folder in which a page is followed: what the page takes for granted lies there."""

    def __init__(self, folder: Path, mnist: data.Dataset, page: Path | None = None) -> None:
        self.folder, self.page = folder, page
        (folder / "students").mkdir()
        for file in ("my_net.py", "students/anna.py", "students/ben.py"):
            (folder / file).write_text(RIGHT)
        cells = [nbformat.v4.new_code_cell(RIGHT)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "homework.ipynb")
        if page == README:  # what stands in a checkout
            shutil.copytree(ROOT / "results" / "certificate", folder / "results" / "certificate")
        digit = np.rint(255 * mnist.test_images[0]).astype(np.uint8).reshape(28, 28)
        Image.fromarray(digit).save(folder / "digit.png")
        self.configs = {}
        for code in codes(page, "yaml") if page else ():
            file = re.search(r"^name: (\w+)", code.text, re.M)[1] + ".yaml"
            (folder / file).write_text(code.text)
            self.configs[file] = code.text

    def how(self, words: list[str]) -> list[str]:
        """Return what is added to a command, so that it takes seconds and needs no bubblewrap; else nothing."""
        if words[0] == "grade" and not shutil.which("bwrap"):
            return ["--unfenced"]
        if words[0] not in TRAINING or "--dry-run" in words:
            return []
        frameworks = words[0] in ("compare", "sweep") and not {*words} & {*self.configs}
        if frameworks and self.page != README:
            return ["--dry-run"]
        if {*words} & {*self.configs}:
            return ["--quick"]
        return [] if {"--quick", "quick"} & {*words} else ["--dry-run"]

    def do(self, line: str, follow: Follow) -> None:
        """Do what a line of a page says."""
        command, _, output = line.partition(" > ")
        words = shlex.split(command)[1:]
        if words[0] == "new":
            (self.folder / words[-1]).unlink(missing_ok=True)
        done = follow(self.folder, *words, *self.how(words))
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        if words[0] == "new":
            (self.folder / words[-1]).write_text(RIGHT)  # filled in
        if output:
            (self.folder / output).parent.mkdir(exist_ok=True)
            (self.folder / output).write_text(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=name)
def test_the_commands_of_a_page_run(page: Path, follow: Follow, tmp_path: Path, mnist: data.Dataset) -> None:
    desk = Desk(tmp_path, mnist, page)
    for line in commands(page):
        desk.do(line, follow)


@pytest.mark.slow
def test_the_examples_of_the_help_run(follow: Follow, tmp_path: Path, mnist: data.Dataset) -> None:
    desk = Desk(tmp_path, mnist)
    assert follow(tmp_path, "train", "quick", "--epochs", 1).returncode == 0
    shutil.copytree(tmp_path / "results" / "quick", tmp_path / "results" / "train")
    assert len(HELP_EXAMPLES) > 8
    for line in HELP_EXAMPLES:
        desk.do(line, follow)


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in DOCS if page.stem != "students" and codes(page, "python")], ids=name)
def test_the_python_of_a_page_runs(page: Path, tmp_path: Path, mnist: data.Dataset) -> None:
    """The page for students has fragments of five programs, and tests of its own."""
    Desk(tmp_path, mnist, page)
    for code in codes(page, "python"):
        compile(code.text, page.name, "exec")
    program = "\n".join(code.text for code in codes(page, "python") if code.is_run)
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for link in links(page):
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.is_file(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_is_linked_from_the_readme() -> None:
    assert {f"docs/{page.name}" for page in DOCS} <= set(links(README))


def test_the_readme_is_short() -> None:
    assert len(TEXT[README].splitlines()) <= FIRST_LINES


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=name)
def test_every_file_of_the_program_that_a_page_names_is_there(page: Path) -> None:
    text = page.read_text().partition("## What moved")[0]
    for file in re.findall(r"`((?:mnistbench|tests|configs|\.ci|docs)/[\w./*-]*)`", text):
        assert list(ROOT.glob(file.rstrip("/"))), file


def test_every_module_has_moved_to_where_the_changelog_says() -> None:
    moved = (ROOT / "CHANGELOG.md").read_text().partition("## What moved")[2]
    places = re.findall(r"^\| `\w[^|]*\| `mnistbench\.([\w.]+)` \|$", moved, re.M)
    assert len(places) > 40
    for place in places:
        file = ROOT / "mnistbench" / place.replace(".", "/")
        assert file.with_suffix(".py").is_file() or (file / "__init__.py").is_file(), place


@pytest.mark.slow
def test_the_page_of_results_lists_every_file_that_is_made(follow: Follow, tmp_path: Path) -> None:
    page = ROOT / "docs" / "results.md"
    listed = re.findall(r"^\| `([^`]+)` \| .* \|$", TEXT[page].partition("## Columns")[0], re.M)
    (tmp_path / "my_net.py").write_text(RIGHT)
    config = tmp_path / "both.yaml"
    config.write_text("name: both\nnets: [numpy, my_net.py:MyNet]\nprotocol: controlled\nhidden_size: 4\nepochs: 1\n")
    assert follow(tmp_path, "compare", config, "--quick").returncode == 0
    assert follow(tmp_path, "train", config, "--net", "numpy", "--quick").returncode == 0
    folder = tmp_path / "results" / "both-quick"
    made = [file.relative_to(folder) for file in folder.rglob("*") if file.is_file() and file.suffix != ".lock"]
    assert [file for file in made if not any(map(file.match, listed))] == []
    assert [name for name in listed if not any(file.match(name) for file in made)] == []


def test_the_page_of_results_lists_every_picture() -> None:
    table = TEXT[ROOT / "docs" / "results.md"].partition("| Picture |")[2].partition("\n\n")[0]
    assert tuple(re.findall(r"`([a-z-]+)`", re.sub(r"\| [^|]+ \|$", "|", table, flags=re.M))[: len(figures.NAMES)]) == (
        figures.NAMES
    )


def test_the_originals_command_has_its_counterpart(follow: Follow, tmp_path: Path) -> None:
    (ours,) = re.findall(r"--number_epochs 20 --compare_nets` \| `mnistbench (.*?)`", TEXT[ROOT / "docs/original.md"])
    done = follow(tmp_path, *shlex.split(ours), "--dry-run")
    assert done.returncode == 0
    assert "runs: 2, to do: 2" in done.stdout
    assert "256" in done.stdout


def test_ci_runs_the_test_line_of_the_readme() -> None:
    (line,) = re.findall(r"^python3 -m venv .* -m pytest -q -n 2 --dist worksteal$", TEXT[README], re.M)
    assert line in (ROOT / ".ci" / "run").read_text()


def test_every_option_that_a_page_names_exists(follow: Follow, tmp_path: Path) -> None:
    known = [[], *([name] for name in re.findall(r"^def (\w+)\(", CLI_SOURCE, re.M) if not name.startswith("_"))]
    shown = "".join(follow(tmp_path, *command, "--help").stdout for command in known)
    others = r"^(?:dask|pip|python3|nice)\b[^\n]*$|^```(?:python|yaml)$.*?^```$|--[a-z]+_[a-z_]+"  # of other programs
    for page, text in TEXT.items():
        ours = re.sub(others, "", text, flags=re.M | re.S)
        assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", ours)) <= {*re.findall(r"--[a-z][a-z-]+", shown)}, page
