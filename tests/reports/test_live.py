"""What is shown while runs go on: which, how far, and how long still, by each net's own pace."""

import io

import pytest
from rich.console import Console
from test_reports import row

from mnistbench.experiment.spec import Spec
from mnistbench.reports.terminal import pace
from mnistbench.reports.terminal.live import Live


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def specs(*nets: str, **values: object) -> list[Spec]:
    usual = {"hidden_size": 128, "lr": 0.1, "batch_size": 128, "epochs": 20, "seed": 1, "threads": 2}
    return [Spec(net=net, **usual | values) for net in nets]


def shown(*, terminal: bool = True) -> Console:
    return Console(width=80, file=io.StringIO(), force_terminal=terminal)


def epoch(number: int, accuracy: float) -> dict[str, object]:
    return {"epoch": {"epoch": number, "train_seconds": 1.0, "test_accuracy": accuracy, "test_loss": 0.1}}


def test_a_run_says_where_it_is_what_it_reached_and_how_long_all_still_take() -> None:
    clock = Clock()
    todo = specs("numpy", "keras", "jax")
    earlier = [row(net=net, hidden_size=128, life_seconds=life, train_seconds=life - 5)
               for net, life in (("keras", 60.0), ("jax", 40.0))]  # fmt: skip
    live = Live(shown(), todo, verbose=False, rows=earlier, clock=clock)
    live(todo[0], {"started": True})
    live(todo[0], {"row": row(hidden_size=128, life_seconds=20.0, train_seconds=15.0)})
    live(todo[1], {"started": True})
    assert live.lines() == ["2 of 3 · keras H = 128 · starting · about 1 min 40 s left"]
    clock.now = 20.0
    live(todo[1], epoch(7, 0.9712))
    assert live.lines() == ["2 of 3 · keras H = 128 · epoch 7 of 20 · 97.1 % · about 1 min 20 s left"]


def test_the_time_left_is_of_each_nets_own_pace() -> None:
    known = [
        row(net="numpy", life_seconds=6.0, train_seconds=5.0),
        row(net="keras", life_seconds=60.0, train_seconds=50.0),
    ]
    numpy, keras = specs("numpy", "keras", hidden_size=30)
    measured = pace.Pace(known)
    assert (measured.seconds(numpy), measured.seconds(keras)) == (6.0, 60.0)
    assert measured.seconds(specs("keras", hidden_size=30, epochs=10)[0]) == 35.0  # the start is not shared by epochs
    assert measured.left([keras], {numpy: (2.0, 1)}) == 64.0
    assert measured.left([keras, keras], {numpy: (2.0, 1), keras: (50.0, 9)}) == 10.0 + 60.0


def test_without_any_pace_nothing_is_said_before_the_first_epoch() -> None:
    clock = Clock()
    first, second = specs("numpy", "keras")
    live = Live(shown(), [first, second], verbose=False, clock=clock)
    live(first, {"started": True})
    assert live.lines() == ["1 of 2 · numpy H = 128 · starting"]
    clock.now = 5.0
    live(first, epoch(10, 0.95))
    assert live.lines() == ["1 of 2 · numpy H = 128 · epoch 10 of 20 · 95.0 % · about 15 s left"]


def test_runs_side_by_side_have_a_line_each() -> None:
    first, second = specs("numpy", "a/b/mine.py:MyNet")
    live = Live(shown(), [first, second], verbose=False)
    for spec in (first, second):
        live(spec, {"started": True})
    assert live.lines() == ["1 of 2 · numpy H = 128 · starting", "2 of 2 · MyNet H = 128 · starting"]
    live(first, {"row": row(hidden_size=128)})
    assert len(live.lines()) == 1


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "about 1 s"), (14.4, "about 14 s"), (84.0, "about 1 min 20 s"), (3700.0, "about 1 h 1 min")],
)
def test_a_time_to_wait_is_no_more_exact_than_it_is(seconds: float, text: str) -> None:
    assert pace.said(seconds) == text


def test_elsewhere_than_in_a_terminal_each_start_and_end_is_a_line() -> None:
    console = shown(terminal=False)
    (spec,) = specs("numpy")
    with Live(console, [spec], verbose=True) as live:
        live(spec, {"started": True})
        live(spec, epoch(1, 0.9))
        live(spec, {"output": "what it printed"})
        live(spec, {"row": row("error", "it broke", hidden_size=128)})
    lines = console.file.getvalue().splitlines()
    assert [line[:12] for line in lines] == ["[1/1] numpy ", "[1/1] numpy ", "what it prin"]
    assert lines[1].endswith("error: it broke")
