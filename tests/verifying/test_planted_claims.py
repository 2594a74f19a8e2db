"""A claim planted false by hand in a copy of each committed folder is found, and only it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

import mnistbench

FOLDERS = ("certificate", "hidden", "peers", "seeds")
FILES = ("claims.json", "config.yaml", "runs.csv", "certificate.csv")


def colleague(folder: str, to: Path) -> Path:
    """Return a copy of a committed folder's CSV files, claims and config alone, on another path."""
    to.mkdir()
    for name in FILES:
        if (file := ROOT / "results" / folder / name).exists():
            shutil.copy(file, to)
    return to


def plant(folder: Path, kind: str, change: Callable[[dict[str, Any]], object]) -> int:
    """Change the first claim of a kind that holds, and return its number."""
    file = folder / "claims.json"
    stored = json.loads(file.read_text())
    number = next(n for n, claim in enumerate(stored["claims"], 1) if claim["kind"] == kind and claim["holds"])
    change(stored["claims"][number - 1])
    file.write_text(json.dumps(stored))
    return number


def fails(old: Path, new: Path) -> list[int | None]:
    return [each.number for each in mnistbench.diff(old, new).findings if each.verdict.holds is False]


PLANTED = {
    "an accuracy": ("learned", lambda claim: claim["numbers"].update(test_accuracy=0.99)),
    "a ratio": ("faster_to_end", lambda claim: claim["numbers"].update(ratio=2 * claim["numbers"]["ratio"])),
    "a certificate": ("same_network", lambda claim: claim.update(holds=False, reason="different from epoch 1")),
}
CASES = [(folder, what) for folder in FOLDERS for what in PLANTED if what != "a certificate" or folder == "certificate"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_claim_of_a_committed_folder_fails_against_itself(folder: str, tmp_path: Path) -> None:
    old = colleague(folder, tmp_path / "theirs")
    made = mnistbench.diff(old, ROOT / "results" / folder)
    assert made.counts["does not hold"] == 0
    assert made.counts["holds"] > 0


@pytest.mark.parametrize(("folder", "what"), CASES)
def test_a_planted_claim_is_found_and_only_it(folder: str, what: str, tmp_path: Path) -> None:
    old = colleague(folder, tmp_path / "theirs")
    kind, change = PLANTED[what]
    assert fails(old, ROOT / "results" / folder) == []
    assert fails_after(old, folder, kind, change)


def fails_after(old: Path, folder: str, kind: str, change: Callable[[dict[str, Any]], object]) -> bool:
    number = plant(old, kind, change)
    return fails(old, ROOT / "results" / folder) == [number]


def test_a_claim_that_is_false_together_with_its_own_runs_is_found_by_the_other_sides(tmp_path: Path) -> None:
    old = colleague("seeds", tmp_path / "theirs")
    runs = (old / "runs.csv").read_text().splitlines()
    names = runs[0].split(",")
    at, net = names.index("test_accuracy"), names.index("net")
    lines = [line.split(",") for line in runs[1:]]
    assert all(line[at].startswith("0.97") for line in lines if line[net] == "numpy")
    for line in lines:
        if line[net] == "numpy":
            line[at] = "0.9" + str(85 + int(line[names.index("seed")]))[:2]
    (old / "runs.csv").write_text("\n".join([runs[0], *map(",".join, lines)]) + "\n")
    plausible = json.loads((old / "claims.json").read_text())
    from mnistbench.verifying.side import read

    own = [claim.to_json() for claim in read(old).own]
    (old / "claims.json").write_text(json.dumps(plausible | {"claims": own}))
    found = [each for each in mnistbench.diff(old, ROOT / "results" / "seeds").findings if each.verdict.holds is False]
    assert "learned" in {each.kind for each in found}
    assert all("numpy" in each.claim.nets for each in found if each.claim)
