"""Ctrl-C ends each command in one sentence, which says that something is kept only where something is."""

import signal
from typing import Any

import pytest
from typer.testing import CliRunner

import mnistbench
from mnistbench.cli.app import app
from mnistbench.conducting import InterruptedRuns


@pytest.mark.parametrize(
    ("function", "words", "raised", "is_kept"),
    [
        ("check", ("check", "net.py:Net"), KeyboardInterrupt(), False),
        ("train", ("train",), KeyboardInterrupt(), False),  # before the first run
        ("verify", ("verify", "results/quick"), InterruptedRuns(None), True),  # type: ignore[arg-type] (shows none)
        ("grade", ("grade", "students"), KeyboardInterrupt(), True),
    ],
)
def test_an_interrupt_says_that_something_is_kept_where_there_is_a_ledger_or_a_book(
    monkeypatch: pytest.MonkeyPatch, function: str, words: tuple[str, ...], raised: KeyboardInterrupt, is_kept: bool
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise raised

    monkeypatch.setattr(signal, "signal", lambda *_: None)  # the tests' own stay
    monkeypatch.setattr(mnistbench, function, interrupted)
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 130
    kept = "Interrupted: what is finished is kept; the same command runs the rest."
    assert done.stderr.strip() == (kept if is_kept else "Interrupted.")
