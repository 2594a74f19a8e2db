"""What a hostile net's process tells is never believed unread, and never ends more than its own run."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Cli, processes_in
from right_net import RIGHT

from mnistbench.errors import MAX_REASON, printable
from mnistbench.ledger.results import Results, Row
from mnistbench.running.events import MAX_BYTES, Lines, StrangeEventError, Told

FIT = "    def fit(self, images, labels, batch_size, epochs):\n"
EVENTS = """
        import os
        for fd in range(3, 20):
            try:
                if "pipe" in os.readlink(f"/proc/self/fd/{fd}"): os.write(fd, TEXT)
            except OSError: pass
"""


def rows_beside(line: str, cli: Cli, config: Callable[..., Path], tmp_path: Path, *options: object) -> list[Row]:
    """Return the rows of a sweep of a net whose ``fit`` begins with some lines, and of NumPy after it."""
    assert FIT in RIGHT
    (tmp_path / "my_net.py").write_text(RIGHT.replace(FIT, FIT + line))
    done = cli("sweep", config(nets="[my_net.py:MyNet, numpy]", epochs=1), *options)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    hostile, other = Results(tmp_path / "results" / "small").read()[0][::-1]
    assert other.status == "ok"
    return [hostile, other]


@pytest.mark.slow
@pytest.mark.parametrize(
    "text", [r"b'no event at all\n'", r"""b'{"ended": {"status": "ok", "error": ""}}\n'""", "b'x' * 20_000_000"]
)
def test_what_a_net_writes_to_its_pipes_ends_its_run_alone(
    text: str, cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    hostile, _ = rows_beside(EVENTS.replace("TEXT", text), cli, config, tmp_path)
    assert hostile.status == "error"
    assert hostile.error.startswith("my_net.py:MyNet: its process gave no answer to fit")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"no event at all", "the child told what is no event: no event at all"),
        (b"[]", "the child told what is no event"),
        (b'{"measured": {"spec": 1}}', "the child told of spec, which no child measures"),
        (
            b'{"epoch": {"epoch": 2, "train_seconds": 0, "test_accuracy": 1, "test_loss": 0}}',
            "the child told of epoch 2; 1 of 1 was due",
        ),
    ],
)
def test_what_is_no_event_is_told(text: bytes, reason: str) -> None:
    with pytest.raises(StrangeEventError, match=reason):
        Told(1).take(text)


@pytest.mark.slow
def test_a_forked_process_that_holds_the_pipe_does_not_hold_a_timed_out_run(
    cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    holds = (
        "        import os, time\n        if os.fork() == 0:\n            os.setsid(); time.sleep(30); os._exit(0)\n"
    )
    begin = time.monotonic()
    hostile, _ = rows_beside(holds + "        while True: pass\n", cli, config, tmp_path, "--timeout", 3)
    assert hostile.status == "timeout"
    assert time.monotonic() - begin < 25
    for process in processes_in(tmp_path):
        process.kill()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (
            "        import os; os.kill(os.getpid(), 40)\n",
            "my_net.py:MyNet: fit did not end: its process was ended by signal 40",
        ),
        ("        raise type('E' * 50_000_000, (Exception,), {})\n", "my_net.py, line"),
    ],
)
def test_an_end_of_a_strange_kind_is_a_short_reason(
    line: str, reason: str, cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    hostile, _ = rows_beside(line, cli, config, tmp_path)
    assert (hostile.status, hostile.error[: len(reason)]) == ("error", reason)
    assert len(hostile.error) <= MAX_REASON


def test_a_line_is_cut_only_where_it_ends_and_never_grows_beyond_its_limit() -> None:
    lines = Lines()
    assert [*lines.feed(b'{"a"')] == []
    assert [*lines.feed(b": 1}\n{}\n[")] == [b'{"a": 1}', b"{}"]
    assert [*lines.feed(b"x" * (MAX_BYTES - 1))] == []
    with pytest.raises(StrangeEventError, match="more than 1 MiB"):
        [*lines.feed(b"xx")]


def test_epochs_come_in_order_and_no_more_than_asked_for() -> None:
    told = Told(1)
    epoch = b'{"epoch": {"epoch": 1, "train_seconds": 0.5, "test_accuracy": 0.9, "test_loss": NaN}}'
    assert told.take(epoch)["epoch"]["epoch"] == 1
    with pytest.raises(StrangeEventError, match="epoch 1; 2 of 1 was due"):
        told.take(epoch)
    told.take(b'{"ended": {"status": "ok", "error": ""}}')
    assert told.ended


def test_control_characters_of_a_reason_are_shown_as_text() -> None:
    assert printable("a\x1b[31mred\n\u202eb é – ×") == "a\\x1b[31mred \\u202eb é – ×"
    assert len(printable("x" * 10_000)) == MAX_REASON
