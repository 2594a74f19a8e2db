"""Tables in terminals of five widths: every number is read back from the text and found whole."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from test_reports import asked, history, row

from mnistbench.experiment.spec import NETS, Spec
from mnistbench.judging.certificate import Certificate, Difference
from mnistbench.ledger.results import Row
from mnistbench.reports import profile, tables
from mnistbench.reports.tables import Table
from mnistbench.reports.terminal import checked, console, console_pictures
from mnistbench.reports.terminal.fitting import Fitted

WIDTHS = [40, 60, 80, 120, 200]
PHASES = {"import_seconds": 1.0, "data_seconds": 0.5, "build_seconds": 0.25, "first_epoch_seconds": 1.5,
          "evaluate_seconds": 0.75}  # fmt: skip


def text_of(drawn: object, width: int) -> str:
    screen = Console(width=width, record=True, file=io.StringIO(), legacy_windows=False)
    screen.print(drawn)
    text = screen.export_text()
    assert max(map(len, text.splitlines())) <= width
    return text


def many_nets() -> list[Table]:
    """Return the tables of eight nets and a user's own with a long name, at four sizes over two seeds."""
    nets = [*NETS, "students/of_this_year/a_rather_long_file_name.py:NetworkOfAnna"]
    return asked(*(
        row(net=net, hidden_size=size, seed=seed, time_seconds=1000.5 + 7 * number + size, weights_sha256="0",
            train_seconds=1000.0, steady_epoch_seconds=3.25 + number / 10 + seed / 100, history=history(0.9, 0.96),
            load_before=64.0, environment={"cores": 2})
        for number, net in enumerate(nets) for size in (30, 128, 256, 300) for seed in (1, 2)
    )).results  # fmt: skip


def published() -> list[Table]:
    slow = row("timeout", "ran longer than the 3 s of --timeout", net="keras")
    return asked(row(time_seconds=11111.11, steady_epoch_seconds=0.25), slow).results


def certificates() -> list[Table]:
    values = {"lr": 0.1, "batch_size": 128, "epochs": 20, "seed": 1, "dtype": "float64", "protocol": "controlled"}
    keras, numpy = (Spec(net=net, hidden_size=128, **values) for net in ("keras", "numpy"))
    weights = dict(zip(("W1", "b1", "W2", "b2"), (2.4e-15, 1e-15, 3.7e-3, 1e-16), strict=True))
    proof = Certificate(keras, numpy, [Difference(18, weights, 0.0, 1234, judged=True)])
    return [tables.certificate([proof]), tables.certificate_epochs([proof])]


def profiles() -> list[Table]:
    parts = {"gather": 12345.67, "softmax": 0.05}
    return profile.tables([row(profile=True, train_seconds=12346.0, parts=parts), row(profile=True, **PHASES)])


def checks() -> list[Table]:
    parameters = [{"name": "W1", "relative_error": 1.5e-12, "passed": True, "factor": None}]
    questions = {name: {"answer": "wrong", "evidence": ["a step of 0.125"]} for name in checked.QUESTIONS}
    found = {**questions, "gradients": questions["gradients"] | {"parameters": parameters}}
    return [checked.parameters(found), checked.answers(found), checked.answers(found, evidence=True)]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("made", [many_nets, published, certificates, profiles, checks])
def test_every_number_of_every_table_is_whole_or_its_column_is_said_to_have_left(made: object, width: int) -> None:
    for table in made():
        text = text_of(Fitted(table), width)
        lines = [" ".join(line.split()) for line in text.splitlines()]
        left = " ".join(" ".join(lines).partition("Too narrow for: ")[2].split()).rstrip(".").split(", ")
        for index, heading in enumerate(table.headings):
            if table.is_text(index) or heading in left:
                continue
            for cells in table.cells:
                number = re.escape(cells[index])
                assert any(re.search(rf"(?<![\w.]){number}(?![\w.])", line) for line in lines), (width, cells[index])


@pytest.mark.parametrize("width", WIDTHS)
def test_a_confusion_matrix_has_every_count_whole(width: int) -> None:
    counts = 1000 + np.arange(100).reshape(10, 10)
    text = text_of(console_pictures.Confusion(counts), width)
    assert set(re.findall(r"\b\d{4}\b", text)) == {str(count) for count in counts.ravel()}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("n_epochs", [2, 20, 300])
def test_a_curve_stays_within_the_width(width: int, n_epochs: int) -> None:
    drawn = console_pictures.Curve(history(*np.linspace(0.9, 0.96, n_epochs)))
    lines = text_of(drawn, width).splitlines()
    assert lines[1].startswith(" 96.00 │")
    assert lines[8].startswith(" 90.00 │•")
    assert lines[10].split() == ["1", str(n_epochs)]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_reason_is_told_at_every_width(width: int) -> None:
    text = text_of(Fitted(published()[-1]), width)
    words = re.sub(r"\s+", " ", text)
    assert "timeout:" in words
    assert all(word in words for word in ("ran", "longer", "than", "--timeout"))


def test_columns_leave_by_rank_and_are_named() -> None:
    table = Table("t", ("Net", "Seconds", "Loss", "Accuracy"), [("numpy", "1.00", "0.25", "97.5")], ranks=(0, 0, 2, 1))
    assert "Too narrow for: Loss." in text_of(Fitted(table), 26)
    assert "Too narrow for: Loss, Accuracy." in " ".join(text_of(Fitted(table), 16).split())
    assert "Too narrow" not in text_of(Fitted(table), 40)


def test_a_matrix_goes_on_below_with_the_points_that_do_not_fit() -> None:
    to_end = many_nets()[0]
    text = text_of(Fitted(to_end), 60)
    assert [len(re.findall(rf"{heading}(?!0)", text)) for heading in to_end.headings[1:]] == [1, 1, 1, 1]
    assert text.count("numpy") > 1


@pytest.mark.parametrize("width", WIDTHS)
def test_the_plan_shows_every_run_whole(width: int) -> None:
    specs = [Spec(net="a/very/long/folder/of/somebody/my_net_of_today.py:TheNetwork", hidden_size=size, lr=0.03125,
                  batch_size=128, epochs=20, seed=4294967295) for size in (30, 100000)]  # fmt: skip
    text = text_of(console.plan(specs, specs[:1], (60.0, 1)), width)
    lines = [line.split() for line in text.splitlines()]
    assert any("100000" in line and "finished" in line for line in lines)
    assert any("30" in line and "to" in line for line in lines)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_long_name_is_shortened_and_has_its_key(width: int) -> None:
    net = "a/mine.py:TheNetworkThatAnnaWroteInHerThirdYear"
    made = asked(row(), row(net=net, weights_sha256="0"))
    text = text_of(console.closing(made), width)
    assert "TheNetw…ThirdYear:" in re.sub(r"\s+", "", text).replace("hirdYear", "ThirdYear").replace("TThird", "Third")
    assert net in re.sub(r"\s+", "", text)


def test_pass_fail_and_no_verdict_have_each_their_colour_sign_and_word() -> None:
    cells = [("numpy", "1", "✓ reproduced"), ("keras", "2", "✗ timeout"), ("jax", "3", "– not compared: a trial")]
    table = Table("t", ("Net", "Seconds", "Remark"), cells, notes=1)
    screen = Console(width=80, file=io.StringIO(), force_terminal=True, color_system="standard")
    screen.print(Fitted(table))
    drawn = screen.file.getvalue()
    for colour, text in ((32, "✓ reproduced"), (31, "✗ timeout"), (33, "– not compared")):
        assert f"\x1b[{colour}m{text}" in drawn


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([row()], "the net gave no weights of 784–H–10 that make its predictions"),
        ([row("error", "x")], "the run is not ok"),
        ([row("error", "x"), row(seed=2)], "the first run is not ok"),
        ([row(), row("error", "x", seed=2)], "the net gave no weights of 784–H–10 that make its predictions"),
    ],
)
def test_why_no_model_was_kept_is_asked_of_the_run_that_would_leave_it(
    tmp_path: Path, rows: list[Row], why: str
) -> None:
    assert f"Model: none was kept, since {why}." in text_of(console.after_training(asked(*rows), tmp_path), 200)
