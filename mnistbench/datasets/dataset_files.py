"""Where the files of a dataset are: what people give for one, followed to its files, or told what it is."""

import dataclasses
from collections.abc import Iterable
from pathlib import Path

from mnistbench.errors import DataError

NAMES = ("mnist", "keras")
STEMS = ("train-images", "train-labels", "t10k-images", "t10k-labels")
EMNIST_DIGITS = ("digits", "mnist")  # the parts of EMNIST with ten classes
EMNIST_OTHERS = ("balanced", "byclass", "bymerge", "letters")
_WANTED = "give mnist, keras, a folder with four IDX files, or an .npz file with x_train, y_train, x_test and y_test"


@dataclasses.dataclass(frozen=True, slots=True)
class IdxFiles:
    """The four files of a dataset by their stems; EMNIST's images are transposed, and are to be turned back."""

    files: dict[str, Path]
    is_transposed: bool = False


def plain_name(dataset: str) -> str:
    """Return what was meant by a dataset's text: ``MNIST`` is mnist unless a folder is called so, ``~`` is the home.

    A home that cannot be found leaves the text as it is.
    """
    if dataset.lower() in NAMES and not Path(dataset).is_dir():
        return dataset.lower()
    if dataset.startswith("~"):
        try:
            return str(Path(dataset).expanduser())
        except RuntimeError:
            return dataset
    return dataset


def find(dataset: str) -> IdxFiles:
    """Return the four IDX files of a folder, in it, or in the ``MNIST/raw`` below it that torchvision makes.

    Raises:
        DataError: it is no folder, or has not all of them.
    """
    given = Path(dataset)
    if not given.is_dir():
        raise DataError(f"dataset {dataset}: {_no_folder(given)}; {_WANTED}.")
    folders = [given, given / "raw", given / "MNIST" / "raw"]
    folder = next((each for each in folders if _all(each, STEMS)), None)
    if folder is not None:
        return IdxFiles({stem: _file(folder, stem) or Path() for stem in STEMS})
    emnist = [kind for kind in EMNIST_DIGITS if _all(given, _emnist_stems(kind))]
    if len(emnist) > 1:
        raise DataError(
            f"{given}: holds two datasets of EMNIST ({' and '.join(emnist)}); put the four files of one into a folder."
        )
    if emnist:
        names = _emnist_stems(emnist[0])
        found = {stem: _file(given, name) or Path() for stem, name in zip(STEMS, names, strict=True)}
        return IdxFiles(found, is_transposed=True)
    raise DataError(_incomplete(given, next((each for each in reversed(folders) if _any(each, STEMS)), given)))


def _file(folder: Path, stem: str) -> Path | None:
    return next((folder / name for name in _file_names(stem) if (folder / name).is_file()), None)


def _file_names(stem: str) -> list[str]:
    kind = "idx3-ubyte" if stem.endswith("images") else "idx1-ubyte"
    return [f"{stem}{separator}{kind}{suffix}" for separator in "-." for suffix in ("", ".gz")]


def _all(folder: Path, stems: Iterable[str]) -> bool:
    return all(_file(folder, stem) for stem in stems)


def _any(folder: Path, stems: Iterable[str]) -> bool:
    return any(_file(folder, stem) for stem in stems)


def _emnist_stems(kind: str) -> list[str]:
    return [f"emnist-{kind}-{stem.replace('t10k', 'test')}" for stem in STEMS]


def _no_folder(given: Path) -> str:
    """Say what a path is that is no folder."""
    if given.suffix == ".csv":
        return "a table in CSV is not read"
    if given.name in {name for stem in STEMS for name in _file_names(stem)}:
        return f"is one IDX file of four; the dataset is their folder, {given.parent}"
    if given.is_file():
        return "is a file of a kind that is not read"
    return "is a pipe, a socket or a device" if given.exists() else "there is no such folder"


def _incomplete(given: Path, folder: Path) -> str:
    """Return the sentence for a folder that has not all four files."""
    missing = [stem for stem in STEMS if not _file(folder, stem)]
    names = _file_names(missing[0])
    others = [kind for kind in EMNIST_OTHERS if _any(given, _emnist_stems(kind))]
    if others:
        return (
            f"{given}: holds EMNIST's {others[0]}, which are no ten digits; give a folder with the files of"
            " emnist-digits or emnist-mnist."
        )
    elsewhere = sorted(raw.parent.name for raw in given.glob("*/raw") if _any(raw, STEMS))
    if elsewhere and len(missing) == len(STEMS):
        return (
            f"{given}: holds no MNIST but {', '.join(elsewhere)}; to take that for it, give"
            f" {given / elsewhere[0] / 'raw'}."
        )
    tables = sorted(file.name for file in given.glob("*.csv"))
    note = f" It has {tables[0]}, but a table in CSV is not read." if tables and len(missing) == len(STEMS) else ""
    return (
        f"{folder}: has no file {names[0]}; a dataset's folder holds four IDX files"
        f" (also with .gz, or named {names[2]}).{note}"
    )
