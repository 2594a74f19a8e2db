"""Which processor cores a run gets: its own, as long as there are enough."""

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

LAYERS = 16  # as many runs may share a core before they crowd the first ones


@contextlib.contextmanager
def claimed(count: int) -> Iterator[list[int]]:
    """Yield ``count`` of this process's cores that no other run of this user has; busy ones where too few are free.

    A claim is a lock on a file for each core, so that runs of other commands, and of several Dask workers on one
    machine, keep apart too. It ends with the process that holds it, however that ends. The list is empty where
    affinity cannot be set, and shorter than ``count`` where there are fewer cores.
    """
    if not hasattr(os, "sched_getaffinity"):
        yield []
        return
    cores = sorted(os.sched_getaffinity(0))
    with contextlib.ExitStack() as locks:
        chosen: list[int] = []
        for layer in range(LAYERS):  # above the first, cores that others have too, those with the fewest first
            for core in cores:
                if len(chosen) < count and core not in chosen and _lock(f"{core}.{layer}", locks):
                    chosen.append(core)
        yield sorted(chosen) or cores[:count]


def _lock(name: str, locks: contextlib.ExitStack) -> bool:
    """Say whether a place was free, and keep it until ``locks`` ends."""
    folder = Path(tempfile.gettempdir()) / f"mnistbench-cores-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        file = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        locks.callback(os.close, file)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
