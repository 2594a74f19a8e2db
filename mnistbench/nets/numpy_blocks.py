"""One net divided among processes by its hidden units: the processes, their shared memory, their messages.

This is tensor parallelism as Megatron-LM divides a two-layer block (Shoeybi et al. 2019,
https://arxiv.org/abs/1909.08053, section 3). Each of P processes, with one BLAS
thread and, where the system has them, a core each, owns a block of columns of W1, its part of b1 and the matching
rows of W2. In every step each computes its part of the logits, and the sum of the parts, shape (m, 10), is all
that they exchange; softmax and b2 are computed by all alike. The parts are added in the same order everywhere, so
that P processes give the same bits each time.

The processes are forked for one ``fit`` and end with it. A fork takes about a millisecond, has the images, the
random generator and the weights without a copy or a message, and needs no names: the shared memory is anonymous
and goes with the last process that maps it. Each pair of processes shares a socket; when a process ends, however
it ends, the kernel closes its sockets, and whoever waits for it hears of that.
"""

import contextlib
import itertools
import mmap
import os
import select
import signal
import socket
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from mnistbench.errors import LostProcessError
from mnistbench.nets.numpy_net import Images, NeuralNetwork, Workspace

# About half a millisecond, after which a process sleeps: waking takes long on a virtual machine, and the other one is
# seldom later. Every turn yields the core. More turns, turns that yield nothing, or a core that each process is tied
# to cost more beside a busy neighbour (``tests/benchmark.py busy-neighbour``).
YIELD_TURNS = 300
WIDTH = 8  # a block's hidden units are rounded up to a multiple of it


class DividedNetwork(NeuralNetwork):
    """A :class:`NeuralNetwork` that trains in one process or several; from outside it is one net, in this process.

    It holds the whole weights, which the blocks start from and return to after each epoch.
    """

    def __init__(self, hidden_size: int, *arguments: Any, processes: int, **named: Any) -> None:
        super().__init__(hidden_size, *arguments, **named)
        self.processes = min(processes, hidden_size)

    def fit(
        self,
        images: Images,
        labels: NDArray[np.integer],
        batch_size: int = 128,
        epochs: int = 1,
        *,
        shuffle: bool = True,
        on_epoch_end: Callable[[], None] | None = None,
    ) -> None:
        """Train as :meth:`NeuralNetwork.fit` does.

        Raises:
            LostProcessError: one of the processes ended.
        """
        blocks = self._blocks(min(batch_size, len(images)))

        def train(block: Block, at_epoch_end: Callable[[], None] | None = None) -> None:
            for _ in range(epochs):
                block.train_one_epoch(images, labels, batch_size, shuffle=shuffle)
                block.links.meet()  # from here to the next meeting the other processes stand still
                if at_epoch_end is not None:
                    at_epoch_end()
                block.links.meet()

        def collect() -> None:
            for block in blocks:
                n, units = block.size, block.units
                self.W1[:, units], self.b1[units], self.W2[units] = block.W1[:, :n], block.b1[:n], block.W2[:n]
            self.b2[...] = blocks[0].b2
            if on_epoch_end is not None:
                on_epoch_end()

        with _forked(blocks, train):
            train(blocks[0], collect)

    def _blocks(self, rows: int) -> "list[Block]":
        """Return a block for each process, of as nearly the same size as can be."""
        P = self.processes
        parts = shared_array((2, P, rows, len(self.b2)), self.dtype)
        ends = [index * len(self.b1) // P for index in range(P + 1)]
        units = [slice(start, stop) for start, stop in itertools.pairwise(ends)]
        return [Block(self, *each, parts) for each in zip(units, range(P), _all_links(P), strict=True)]


class Links:
    """One process's sockets to each of the others."""

    def __init__(self) -> None:
        self.sockets: list[socket.socket] = []

    def meet(self) -> None:
        """Wait until every process has come here.

        What a process has written into shared memory before, the others see afterwards, on any processor: a
        byte passes from one to the other under the lock of the socket's queue, which the kernel releases after
        the sender's writes and takes before the receiver's reads.

        Raises:
            LostProcessError: another one has ended.
        """
        try:
            for peer in self.sockets:
                peer.send(b".")
            for peer in self.sockets:
                self._receive(peer)
        except (BrokenPipeError, ConnectionResetError, EOFError) as error:
            raise LostProcessError("one of the processes that the net is divided among has ended.") from error

    def _receive(self, peer: socket.socket) -> None:
        for turn in itertools.count():
            try:
                if peer.recv(1):
                    return
                raise EOFError
            except BlockingIOError:
                if turn < YIELD_TURNS:
                    os.sched_yield()
                else:
                    select.select([peer], [], [])

    def close(self) -> None:
        """Let the others hear that this process comes no more."""
        for peer in self.sockets:
            peer.close()


class Block(NeuralNetwork):
    """The part of a net that has some of its hidden units, shape (784, h), (h,), (h, 10), and all of b2.

    Behind its ``size`` units stand idle ones up to the next multiple of 8, since BLAS is slow at odd widths (15
    columns take it 1.7 times as long as 16). Their weights are 0 both ways, so that they pass nothing on, get no
    error back, and stay as they are.
    """

    def __init__(
        self, whole: NeuralNetwork, units: slice, rank: int, links: Links, parts: NDArray[np.floating]
    ) -> None:
        """Copy a part of a net into shared memory.

        Args:
            whole: the net; its learning rate, its dtype and its random generator are this block's as well.
            units: of the hidden layer.
            rank: this block's place among the others.
            links: to the processes of the other blocks.
            parts: shared, shape (2, P, m, 10): where each block puts its part of the logits. The steps take
                turns with its two halves: when a process comes to the meeting of the next step it has read this
                one's parts, so whoever has left that meeting may write here again.
        """
        self.units, self.links = units, links
        self.lr, self.dtype, self._rng, self._work = whole.lr, whole.dtype, whole._rng, Workspace()
        self.size = len(whole.b1[units])
        idle = -self.size % WIDTH
        self.W1 = _shared_copy(np.pad(whole.W1[:, units], [(0, 0), (0, idle)]))
        self.b1 = _shared_copy(np.pad(whole.b1[units], [(0, idle)]))
        self.W2 = _shared_copy(np.pad(whole.W2[units], [(0, idle), (0, 0)]))
        self.b2 = whole.b2.copy()
        self._rank = rank
        self._turns = itertools.cycle(parts)

    def _all_reduce(self, logits: NDArray[np.floating]) -> None:
        parts = next(self._turns)[:, : len(logits)]
        parts[self._rank] = logits
        self.links.meet()
        np.add.reduce(parts, axis=0, out=logits)


def shared_array(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """Return an array of zeros that processes forked from here on share; it has no name and needs no unlinking."""
    size = int(np.prod(shape))
    return np.frombuffer(mmap.mmap(-1, size * np.dtype(dtype).itemsize), dtype, size).reshape(shape)


def _shared_copy(array: NDArray[Any]) -> NDArray[Any]:
    copied = shared_array(array.shape, array.dtype)
    copied[...] = array
    return copied


def _all_links(n: int) -> list[Links]:
    """Return for each of n processes its links, a pair of sockets for each pair of processes."""
    links = [Links() for _ in range(n)]
    for pair in itertools.combinations(links, 2):
        for owner, end in zip(pair, socket.socketpair(), strict=True):
            end.setblocking(False)
            owner.sockets.append(end)
    return links


@contextlib.contextmanager
def _forked(blocks: list[Block], train: Callable[[Block], None]) -> Iterator[None]:
    """Train every block but the first in a process of its own."""
    pids = [_fork(block, blocks, train) for block in blocks[1:]]
    _close_others(blocks[0], blocks)
    try:
        yield
    except LostProcessError as error:
        blocks[0].links.close()
        raise LostProcessError(_who_ended(pids) or str(error)) from error
    finally:
        blocks[0].links.close()  # which ends those that still wait
        for pid in pids:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _fork(block: Block, blocks: list[Block], train: Callable[[Block], None]) -> int:
    """Start a process that trains a block and ends; return its id."""
    with warnings.catch_warnings():
        # Python 3.12 warns of a fork where there are other threads, whose locks nobody would release in the new
        # process. Ours only computes there, on one thread, and leaves without any clean-up.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        _close_others(block, blocks)
        train(block)
        code = 0
    except LostProcessError:
        code = 0  # the first process tells which one it was
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _close_others(block: Block, blocks: list[Block]) -> None:
    """Leave this process the sockets of one block alone, so that each socket ends with its own process."""
    for other in blocks:
        if other is not block:
            other.links.close()


def _who_ended(pids: list[int]) -> str:
    """Wait for the forked processes and say how the first one ended that did not end well."""
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
    for rank, code in enumerate(codes, 1):
        if code:
            how = f"by {signal.Signals(-code).name}" if code < 0 else "with an error, which --verbose shows"
            return f"process {rank + 1} of the {len(pids) + 1} that the net is divided among was ended {how}."
    return ""
