"""The referee's end of a user's net: its process is started here, asked, and ended. What crosses is checked here first.

What the answers mean, and whether they are what a net may say, is :mod:`~mnistbench.nets.custom`'s.
"""

import contextlib
import dataclasses
import fcntl
import itertools
import subprocess
import sys
import time
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from numpy.typing import NDArray

from mnistbench.errors import NetError, printable
from mnistbench.machine import end_whole, fence, how_ended, last_words, tree_seconds
from mnistbench.nets import wire

PIPE_BYTES = 2**20
GRACE_SECONDS = 0.2  # before a limit of the referee's own: time for the net's process to say where it is


class TimeIsUpError(BaseException):
    """A net was still running when its seconds were over; ``place`` is the line, where it is known."""

    def __init__(self, place: str = "") -> None:
        super().__init__(place)
        self.place = place


@dataclasses.dataclass(frozen=True)
class Given:
    """What a method of a net has returned: an array of numbers, or else only what it was, in words."""

    words: str
    hint: str = ""
    array: NDArray[Any] | None = None


class NetProcess:
    """The process of one user's class, which begins in the folder of its file; every question waits for its answer.

    What it prints goes where this process's own errors go, or until its end to an ``output`` that no other has.
    """

    def __init__(self, net: str, folder: Path, output: IO[bytes] | None = None) -> None:
        self.net = net
        self.end = float("inf")
        """When, by ``time.monotonic``, an answer must be there."""
        self.numbers = itertools.count(1)
        self._forgotten: list[int] = []
        self._over = ""  # why nothing more is asked
        self._held: dict[str, NDArray[Any]] = {}
        self._child = subprocess.Popen(
            fence.command([sys.executable, "-P", "-m", "mnistbench.nets.apart"], folder),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=output, cwd=folder if fence.method() else None,
        )  # fmt: skip
        weakref.finalize(self, _end, self._child, output)
        self._widen()

    def _widen(self) -> None:
        """Let the images go in larger pieces, where the system has room: of 64 KiB each is a change of process."""
        if hasattr(fcntl, "F_SETPIPE_SZ") and self._child.stdin:
            with contextlib.suppress(OSError):
                fcntl.fcntl(self._child.stdin, fcntl.F_SETPIPE_SZ, PIPE_BYTES)

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self._child.pid

    def seconds(self) -> float:
        """Return the processor seconds that it, and all that it started, have used."""
        return tree_seconds(self._child.pid)

    def forget(self, number: int) -> None:
        """Let a net go with the next question."""
        self._forgotten.append(number)

    def hold(self, **arrays: NDArray[Any]) -> None:
        """Send arrays ahead, in place of those that were sent before; parts of them then need not be sent."""
        self.ask("taking the images", {"do": "hold", "names": list(arrays)}, list(arrays.values()))
        self._held = arrays

    def ask(
        self, method: str, request: dict[str, Any], arrays: Sequence[NDArray[Any]] = ()
    ) -> tuple[dict[str, Any], list[NDArray[Any]]]:
        """Ask one thing; ``method`` is what the net is doing meanwhile.

        Raises:
            NetError: the user's code raises, the process ended, its answer is none, or it says that time is up, and it
                is not.
            TimeIsUpError: there was no answer in time.
        """
        if self._over:
            raise NetError(self._over)
        forgotten, self._forgotten = self._forgotten, []
        left = self.end - time.monotonic() - GRACE_SECONDS
        limit = 0 if left == float("inf") else max(left, 0.01)
        try:
            assert self._child.stdin and self._child.stdout  # noqa: S101, PT018 (for the type checker)
            wire.send(self._child.stdin, {**request, "forgotten": forgotten, "seconds": limit}, arrays)
            reply, sent = wire.receive(self._child.stdout)
        except (EOFError, OSError) as error:
            reason = f"{method} did not end: its process {how_ended(fence.exit_code(self._child.wait()))}"
            raise NetError(f"{self.net}: {reason}; --verbose shows what it printed.") from error
        except wire.WireError as error:
            self._child.kill()
            self._over = printable(f"{self.net}: its process gave no answer to {method}: {error}.")
            raise NetError(self._over) from error
        if "late" in reply:
            if time.monotonic() < self.end - 2 * GRACE_SECONDS:
                raise NetError(
                    f"{self.net}: its process said that the time for {method} was over, and it was not; take out what"
                    " raises the referee's own exception."
                )
            raise TimeIsUpError(_text(reply["late"]))
        if "error" in reply:
            raise NetError(_text(reply["error"]))
        return reply, sent

    def call(
        self, number: int, method: str, arguments: Sequence[NDArray[Any]] = (), **named: int
    ) -> Given | list[Given]:
        """Call a method of a net; what it returned is a :class:`Given`, or a list of them."""
        asked: list[dict[str, Any]] = []
        sending: list[NDArray[Any]] = []
        for array in arguments:
            held = self._where(array)
            if held is None:
                asked.append({"array": len(sending), "writable": method == "set_weights"})
                sending.append(array)
            else:
                asked.append(held)
        request = {"do": "call", "number": number, "method": method, "arguments": asked, "named": named}
        reply, sent = self.ask(method, request, sending)
        arrays = iter(sent)
        given = reply.get("given")
        if isinstance(given, list):
            return [_given(each, arrays) for each in given]
        return _given(given, arrays)

    def _where(self, array: NDArray[Any]) -> dict[str, Any] | None:
        """Return which rows of an array that was sent ahead this is; nothing where it is none of them."""
        begin = array.__array_interface__["data"][0]
        for name, held in self._held.items():
            row = held.strides[0] if held.ndim else 0
            offset = begin - held.__array_interface__["data"][0]
            same = array.dtype == held.dtype and array.shape[1:] == held.shape[1:] and array.strides == held.strides
            if same and row > 0 and offset >= 0 and offset % row == 0 and offset // row + len(array) <= len(held):
                return {"held": name, "rows": [offset // row, offset // row + len(array)]}
        return None


def _end(child: subprocess.Popen[bytes], output: IO[bytes] | None) -> None:
    """End the process and all that it has started; what it printed apart is told now."""
    end_whole(child)
    for pipe in (child.stdin, child.stdout):
        with contextlib.suppress(OSError):
            if pipe:
                pipe.close()
    if output:
        with output:
            sys.stderr.write(last_words(output))


def _given(told: Any, arrays: Any) -> Given:
    """Return what a net's process told of one value, whatever that is."""
    if not isinstance(told, dict):
        return Given("nothing that can be told")
    array = next(arrays, None) if told.get("sent") is True else None
    return Given(_text(told.get("is")), _text(told.get("hint")), array)


def _text(told: Any) -> str:
    return printable(told) if isinstance(told, str) else ""


def facts(told: Any, known: Sequence[str]) -> list[str]:
    """Return those of some known names that a process told."""
    return [name for name in known if isinstance(told, list) and name in told]


def places(told: Any, known: Sequence[str]) -> dict[str, str]:
    """Return where the known methods stand that a process told of."""
    return {name: _text(told[name]) for name in known if isinstance(told, dict) and name in told}
