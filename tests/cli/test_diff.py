import json
import shutil
from pathlib import Path

from conftest import ROOT, Cli

HIDDEN = ROOT / "results" / "hidden"


def falsified(tmp_path: Path, kind: str = "reproduced") -> Path:
    """Return a copy of a committed folder in which one claim was turned round by hand."""
    copy = tmp_path / "theirs"
    copy.mkdir()
    for name in ("claims.json", "config.yaml", "runs.csv"):
        shutil.copy(HIDDEN / name, copy)
    stored = json.loads((copy / "claims.json").read_text())
    next(claim for claim in stored["claims"] if claim["kind"] == kind)["holds"] = False
    (copy / "claims.json").write_text(json.dumps(stored))
    return copy


def test_diff_of_a_folder_with_itself_exits_0_and_says_what_cannot_be_told(cli: Cli) -> None:
    one_seed = HIDDEN.with_name("certificate")
    done = cli("diff", one_seed, one_seed)
    assert done.returncode == 0, done.stderr
    assert "No claim of" in done.stdout
    assert "cannot be told (one seed has no interval)" in done.stdout


def test_diff_exits_1_for_a_false_claim_of_a_kind_that_fail_on_names(cli: Cli, tmp_path: Path) -> None:
    old = falsified(tmp_path)
    done = cli("diff", old, HIDDEN)
    assert done.returncode == 1
    assert "✗ does not hold (its own runs say otherwise)" in done.stdout
    assert cli("diff", old, HIDDEN, "--fail-on", "speed,certificate").returncode == 0
    assert cli("diff", old, HIDDEN, "--fail-on", "accuracy").returncode == 1


def test_diff_writes_a_page_markdown_and_json_that_say_the_same(cli: Cli, tmp_path: Path) -> None:
    done = cli("diff", HIDDEN, HIDDEN, "--output", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert json.loads((tmp_path / "out" / "diff.json").read_text()) == told
    assert told["counts"]["does not hold"] == 0
    assert told["answer"] in (tmp_path / "out" / "diff.html").read_text()
    assert "## Claim by claim" in (tmp_path / "out" / "diff.md").read_text()
    assert (tmp_path / "out" / "figures" / "claims.svg").read_text().count("<svg") >= 2


def test_diff_exits_2_for_a_folder_without_claims_and_names_the_file(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    done = cli("diff", tmp_path, HIDDEN)
    assert done.returncode == 2
    assert "claims.json" in done.stderr
    broken = falsified(tmp_path)
    (broken / "claims.json").write_text("[1]")
    assert cli("diff", broken, HIDDEN).returncode == 2
    (broken / "claims.json").write_text((HIDDEN / "claims.json").read_text())
    (broken / "runs.csv").write_text("run_id,net\n1,numpy\n")
    assert cli("diff", broken, HIDDEN).returncode == 2


def test_diff_with_a_folder_that_has_no_runs_yet_cannot_tell_anything(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "runs.csv").write_text((HIDDEN / "runs.csv").read_text().splitlines()[0] + "\n")
    done = cli("diff", HIDDEN, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "None of the 28 claims" in done.stdout


def test_diff_refuses_a_kind_that_is_none(cli: Cli) -> None:
    done = cli("diff", HIDDEN, HIDDEN, "--fail-on", "sped")
    assert done.returncode == 2
    assert "accuracy,certificate,speed" in done.stderr
