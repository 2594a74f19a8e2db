"""A process and all that it has started, as the system knows them; nothing that they say of themselves."""

import contextlib

import psutil


def process_tree(pid: int | None = None) -> list[psutil.Process]:
    """Return a process, or without a ``pid`` this one, and its living descendants; empty where it is gone."""
    with contextlib.suppress(psutil.Error):
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]
    return []


def lives(process: psutil.Process) -> bool:
    """Say whether a process is there and has not ended."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
