"""What others take of a process's cores while it works: other processes, the system itself, the host of the machine."""

import contextlib
import os
import time

import psutil

from mnistbench.machine.process_tree import process_tree

SHORTEST_SECONDS = 0.5


class Neighbours:
    """Watches the cores that this process may use, from its construction on."""

    def __init__(self) -> None:
        self._cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
        self._begin = time.perf_counter(), self._busy_seconds(), tree_seconds()

    def fraction(self) -> float | None:
        """Return the fraction of the cores' time since construction that others had, time stolen by a host included.

        It is what the system counts as busy on these cores, less what this process and all that it started have
        used: 0 on a machine that does nothing else, 0.5 where one of two cores was somebody else's throughout.
        ``None`` where the system does not tell, and over less than half a second, of which its clock of hundredths
        says too little.
        """
        seconds, busy, own = time.perf_counter(), self._busy_seconds(), tree_seconds()
        begin, busy_before, own_before = self._begin
        if busy is None or busy_before is None or seconds - begin < SHORTEST_SECONDS:
            return None
        cores = len(self._cores) if self._cores else os.cpu_count() or 1
        return max(0.0, (busy - busy_before - (own - own_before)) / (cores * (seconds - begin)))

    def _busy_seconds(self) -> float | None:
        """Return the seconds in which the cores were not idle, since the system started."""
        try:
            cores = psutil.cpu_times(percpu=True)
            chosen = [cores[core] for core in self._cores] if self._cores else cores
        except (OSError, IndexError, psutil.Error):
            return None
        return sum(_busy(times._asdict()) for times in chosen)


def _busy(times: dict[str, float]) -> float:
    """Return a core's busy seconds, stolen time included; a guest's time is counted in the user's already."""
    return sum(seconds for kind, seconds in times.items() if kind not in ("idle", "iowait", "guest", "guest_nice"))


def tree_seconds(pid: int | None = None) -> float:
    """Return the processor seconds of a process, of its living descendants, and of those that have ended.

    Without a ``pid`` the process is this one; the system counts in hundredths of a second.
    """
    total = 0.0
    for process in process_tree(pid):
        with contextlib.suppress(psutil.Error):  # it ends meanwhile: it is among its parent's ended children
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def mapped_files(pid: int) -> set[str]:
    """Return the files that a process and its living descendants have in their memory, whatever they say; on Linux."""
    files: set[str] = set()
    for process in process_tree(pid):
        with contextlib.suppress(psutil.Error, AttributeError):
            files |= {mapped.path for mapped in process.memory_maps()}
    return files
