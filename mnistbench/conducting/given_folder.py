"""The folder that ``report``, ``verify`` and ``diff`` are given, before anything in it is read."""

from pathlib import Path

from mnistbench.errors import ConfigError


def require_filled(folder: Path) -> None:
    """Refuse what is not there, no folder, or empty.

    Raises:
        ConfigError: it is one of these; it says which.
    """
    try:
        what = None
        if not folder.exists():
            what = "is not there"
        elif not folder.is_dir():
            what = "is a file and no folder"
        elif not any(folder.iterdir()):
            what = "is an empty folder"
    except (OSError, ValueError) as error:
        what = f"cannot be read ({getattr(error, 'strerror', None) or error})"
    if what:
        raise ConfigError(f"{folder}: {what}; give a folder that train, compare, sweep or profile has written.")
