"""A user's own net as a file, ``FILE.py:CLASS``: found and read, never run. Only a child runs it.

What the class must look like is :mod:`mnistbench.nets.custom`'s.
"""

import ast
import dataclasses
import difflib
import hashlib
import re
from pathlib import Path

from mnistbench.errors import NetError

STARTING_FILE = Path(__file__).parent / "starting_net.py.txt"
MAX_BYTES = 2**20

PATTERN = r".+\.py:[A-Za-z_]\w*"


@dataclasses.dataclass(frozen=True, slots=True)
class NetFile:
    """A file and the class in it that is the net."""

    path: Path
    class_name: str

    @property
    def source(self) -> bytes:
        """Return the file's content.

        Raises:
            NetError: it cannot be read, or is too long for a net.
        """
        try:
            with self.path.open("rb") as stream:
                content = stream.read(MAX_BYTES + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise NetError(
                f"{self.path}: cannot be read ({reason}); write a first net with: mnistbench new my_net.py"
            ) from error
        if len(content) > MAX_BYTES:
            raise NetError(f"{self.path}: larger than {MAX_BYTES // 2**20} MiB; a net is a short Python file.")
        return content

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of the file's content."""
        return hashlib.sha256(self.source).hexdigest()

    def check(self) -> None:
        """Parse the file and look for the class.

        Raises:
            NetError: the file cannot be read or is not Python, or has no such class.
        """
        try:
            tree = ast.parse(self.source, filename=str(self.path))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
            reason = error.msg if isinstance(error, SyntaxError) else error
            raise NetError(f"{self.path}{line}: is not valid Python ({reason}); mend it first.") from error
        # A class may also come from elsewhere, by import or assignment; then the child finds it or says so.
        names = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
        if self.class_name in names or any(isinstance(node, ast.ImportFrom | ast.Assign) for node in tree.body):
            return
        raise NetError(no_such_class(self, names))


def parse(net: str) -> NetFile | None:
    """Return what ``FILE.py:CLASS`` names; ``None`` for any other text."""
    if not re.fullmatch(PATTERN, net):
        return None
    path, _, class_name = net.rpartition(":")
    return NetFile(Path(path), class_name)


def require(net: str) -> NetFile:
    """Return what ``FILE.py:CLASS`` names.

    Raises:
        NetError: the text is of another form.
    """
    file = parse(net)
    if file is None:
        raise NetError(f"{net}: is not of the form FILE.py:CLASS, such as my_net.py:MyNet.")
    return file


def no_such_class(file: NetFile, names: list[str]) -> str:
    """Return the sentence for a class that is not among those of its file."""
    near = difflib.get_close_matches(file.class_name, names, n=1)
    has = f"has the class {near[0] if near else ', '.join(names)}" if names else "has no class at all"
    return f"{file.path}: has no class {file.class_name}; it {has}: give {file.path}:{near[0] if near else 'CLASS'}."


def start(file: Path) -> None:
    """Write the starting file for a net of one's own.

    Raises:
        NetError: the file is there already, is not named ``.py``, or cannot be written.
    """
    if file.suffix != ".py":
        raise NetError(f"{file}: a net's file ends in .py; give a name such as my_net.py.")
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(STARTING_FILE.read_text(encoding="utf-8"))
    except FileExistsError as error:
        raise NetError(f"{file}: is there already and is left as it is; give another name.") from error
    except OSError as error:
        raise NetError(f"{file}: cannot be written ({error.strerror}); give another place.") from error
