"""The exceptions of this package, and how a reason from elsewhere is made fit to be shown.

Every message is one sentence for the person at the keyboard: what was given and where, what is
allowed, what to do next. Only :mod:`mnistbench.cli` turns one into an exit code.
"""

import re

KEPT = "Interrupted: what is finished is kept; the same command runs the rest."  # where there is a ledger or a book
MAX_REASON = 500  # characters of what somebody else's code says; the rest says nothing more


class MnistbenchError(Exception):
    """Base of every error that this package raises on purpose."""

    exit_code = 2


class ConfigError(MnistbenchError):
    """A config file or a command-line option cannot be used."""


class DataError(MnistbenchError):
    """A dataset is missing, damaged or of another kind than expected."""


class NetError(MnistbenchError):
    """A user's own net cannot be loaded, or does something that no net may do."""


class ModelError(MnistbenchError):
    """A file of trained weights cannot be used."""


class ImageError(MnistbenchError):
    """A picture of a digit cannot be used."""


class ResultsError(MnistbenchError):
    """A results folder cannot be read or written."""

    exit_code = 1


class MissingLibraryError(MnistbenchError):
    """The library that trains a net is not installed."""


class ExecutorError(MnistbenchError):
    """The engine that should run the children cannot be reached, or is lost."""

    exit_code = 1


class GradingError(MnistbenchError):
    """A class cannot be judged as it was asked."""


class FenceError(MnistbenchError):
    """No fence can be put up around a stranger's code on this machine."""


class DivergedError(MnistbenchError):
    """Training left the finite numbers."""


class LostProcessError(MnistbenchError):
    """One of the processes that a net is divided among has ended."""


def printable(text: str) -> str:
    """Return a reason as every format may show it: on one line, control characters as text, at most 500 characters."""
    line = " ".join(text[: 4 * MAX_REASON].split())
    shown = re.sub(r"[^\w\s]", lambda found: found[0] if found[0].isprintable() else ascii(found[0])[1:-1], line)
    return shown if len(shown) <= MAX_REASON else shown[: MAX_REASON - 1] + "…"
