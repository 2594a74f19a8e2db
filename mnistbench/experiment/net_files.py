"""A user's own net as a file, ``FILE.py:CLASS`` or ``NOTEBOOK.ipynb:CLASS``: found and read, never run.

Only a child runs it. What the class must look like is :mod:`mnistbench.nets.custom`'s. The class may be left out where
the file has one; the name that a spec keeps has it always.
"""

import dataclasses
import difflib
import hashlib
import re
from pathlib import Path

from mnistbench.errors import NetError
from mnistbench.experiment import net_code

MAX_BYTES = 2**20

# Control characters, those that turn the direction of writing, and bytes that are no text: a name with one is no name
# that a terminal or a page may show.
UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
PATTERN = r".+\.(?:py|ipynb)(?::[A-Za-z_]\w*)?"


@dataclasses.dataclass(frozen=True, slots=True)
class NetFile:
    """A file and the class in it that is the net; an empty name is that of a class left out."""

    path: Path
    class_name: str

    @property
    def net(self) -> str:
        """Return the net's name, as a spec keeps it: ``FILE.py:CLASS``."""
        return f"{self.path}:{self.class_name}"

    @property
    def source(self) -> bytes:
        """Return the file's content.

        Raises:
            NetError: it cannot be read, is too long for a net, or has a name that cannot be shown.
        """
        if UNSHOWN.search(str(self.path)):
            raise NetError(f"{str(self.path)!a}: has control characters in its name; give the file another name.")
        try:
            # Looked at before it is opened: a pipe would be waited for, a device never ends.
            if self.path.exists() and not self.path.is_file():
                kind = "a folder" if self.path.is_dir() else "a pipe, a socket or a device"
                raise NetError(f"{self.path}: is {kind} and no file; give a Python file or a notebook.")
            with self.path.open("rb") as stream:
                content = stream.read(MAX_BYTES + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            advice = (
                "let it be read by you"
                if isinstance(error, PermissionError)
                else "write a first net with: mnistbench new my_net.py"
            )
            raise NetError(f"{self.path}: cannot be read ({reason}); {advice}") from error
        if len(content) > MAX_BYTES:
            shorten = (
                "clear its outputs and save it" if net_code.is_notebook(self.path) else "a net is a short Python file"
            )
            raise NetError(f"{self.path}: larger than {MAX_BYTES // 2**20} MiB; {shorten}.")
        return content

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of the file's content."""
        return hashlib.sha256(self.source).hexdigest()

    def parts(self) -> list[net_code.Part]:
        """Return what the file holds: itself, or its cells.

        Raises:
            NetError: it cannot be read, is not Python, or is no notebook.
        """
        return net_code.read(self.path, self.source)

    def check(self) -> None:
        """Parse the file and look for the class.

        Raises:
            NetError: the file cannot be read or is not Python, or has no such class.
        """
        parts = self.parts()
        if not net_code.names(parts) & {self.class_name, "*"}:  # by import * the child finds it, or says so
            raise NetError(self.no_such_class(net_code.class_names(parts)))

    def with_class(self) -> "NetFile":
        """Return this with the name of the file's class where it was left out.

        Raises:
            NetError: the file cannot be read, or its classes leave open which is meant.
        """
        if self.class_name:
            return self
        return dataclasses.replace(self, class_name=net_code.only_class(self.path, self.parts()))

    def holds(self, name: str) -> bool:
        """Say whether a file's name in a traceback is this file or one of its cells."""
        return name == str(self.path) or re.fullmatch(re.escape(f"{self.path}, cell ") + r"\d+", name) is not None

    def place_of_class(self) -> str:
        """Return the file, or the cell, and the line where the class begins; empty where it comes from elsewhere."""
        return net_code.place_of_class(self.parts(), self.class_name)

    def why_missing(self, name: str) -> str:
        """Return the clause that says why a notebook's name is not there when the net runs, if that is known."""
        return net_code.why_missing(self.parts(), name) if net_code.is_notebook(self.path) else ""

    def no_such_class(self, names: list[str]) -> str:
        """Return the sentence for a class that is not among those of its file."""
        near = names if len(names) == 1 else difflib.get_close_matches(self.class_name, names, n=1)
        has = f"has the class {near[0] if near else ', '.join(names)}" if names else "has no class at all"
        why = self.why_missing(self.class_name).rstrip(".")
        give = why or f"give {self.path}:{near[0] if near else 'CLASS'}"
        return f"{self.path}: has no class {self.class_name}; it {has}: {give}."


def parse(net: str) -> NetFile | None:
    """Return what ``FILE.py:CLASS`` or ``FILE.py`` names; ``None`` for any other text. The file is not looked at."""
    if not re.fullmatch(PATTERN, net):
        return None
    if net.endswith((".py", ".ipynb")):
        return NetFile(Path(net), "")
    path, _, class_name = net.rpartition(":")
    return NetFile(Path(path), class_name)


def require(net: str) -> NetFile:
    """Return what ``FILE.py:CLASS`` names, with the file's class where it was left out.

    Raises:
        NetError: the text is of another form, or leaves open which class is meant.
    """
    file = parse(net)
    if file is None:
        raise NetError(
            f"{net}: is not of the form FILE.py:CLASS, such as my_net.py:MyNet. The file may be a notebook, as in"
            " homework.ipynb:MyNet."
        )
    return file.with_class()
