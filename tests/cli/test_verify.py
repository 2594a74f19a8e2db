import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT, Cli
from right_net import RIGHT


@pytest.mark.slow
def test_verify_runs_a_folder_again_beside_it_and_resumes(cli: Cli, finished: Callable[..., Path]) -> None:
    folder = finished("sweep", seeds=2)
    done = cli("verify", folder)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "NumPy ends in the same weights, bit for bit" in done.stdout
    assert "✓ holds (2 of 2 runs)" in done.stdout
    sibling = folder.with_name("small-verify")
    assert {"diff.html", "diff.md", "diff.json", "runs.csv"} <= {file.name for file in sibling.iterdir()}
    assert "2 of 2 runs are finished already" in cli("verify", folder).stdout


@pytest.mark.slow
def test_verify_runs_only_what_a_chosen_claim_rests_on(cli: Cli, finished: Callable[..., Path]) -> None:
    folder = finished("sweep", seeds=1, hidden_size="[8, 9]")
    done = cli("verify", folder, "--only", "1", "--json")
    assert done.returncode == 0, done.stderr
    assert [claim["number"] for claim in json.loads(done.stdout)["claims"]] == [1]
    assert len(list((folder.with_name("small-verify") / "runs").glob("*.json"))) == 1
    wrong = cli("verify", folder, "--only", "lerned")
    assert wrong.returncode == 2
    assert "Did you mean 'learned'?" in wrong.stderr


@pytest.mark.slow
def test_verify_finds_a_planted_certificate_by_running_a_colleagues_folder_quick(cli: Cli, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    for name in ("claims.json", "config.yaml", "runs.csv"):  # no certificate.csv: only new runs can tell
        shutil.copy(ROOT / "results" / "certificate" / name, theirs)
    stored = json.loads((theirs / "claims.json").read_text())
    stored["claims"][0].update(holds=False, reason="different from epoch 1")
    (theirs / "claims.json").write_text(json.dumps(stored))
    done = cli("verify", theirs, "--quick", "--json")
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)["claims"]
    assert [claim["number"] for claim in told if claim["outcome"] == "does not hold"] == [1]
    assert {claim["why"] for claim in told if "H = 128:" in claim["claim"]} == {"not run on the new side"}
    orders = {claim["claim"]: claim["outcome"] for claim in told if claim["kind"] == "order_to_end"}
    assert orders == {"NumPy is faster than Keras to the end of training at H = 30, of 2 points": "holds"}


@pytest.mark.slow
def test_verify_quick_tells_equal_weights_and_the_order_and_then_runs_the_rest(
    cli: Cli, finished: Callable[..., Path]
) -> None:
    folder = finished("sweep", seeds=2, hidden_size="[8, 9]")
    done = cli("verify", folder, "--quick")
    assert done.returncode == 0, done.stderr + done.stdout
    assert "✓ holds (1 of 1 runs)" in done.stdout
    sibling = folder.with_name("small-verify")
    assert len(list((sibling / "runs").glob("*.json"))) == 1
    assert "1 of 4 runs are finished already" in cli("verify", folder).stdout
    both = cli("verify", folder, "--quick", "--seeds", 3)
    assert both.returncode == 2
    assert "--seeds asks for more" in both.stderr


@pytest.mark.slow
def test_verify_finds_a_net_of_ones_own_by_its_checksum_or_cannot_tell(
    cli: Cli, config: Callable[..., Path], tmp_path: Path
) -> None:
    net = tmp_path / "my_net.py"
    net.write_text(RIGHT)
    assert cli("sweep", config(nets="[numpy, my_net.py:MyNet]", protocol="controlled")).returncode == 0
    folder = tmp_path / "results" / "small"

    def outcomes() -> dict[str, str]:
        done = cli("verify", folder, "--json")
        assert done.returncode == 0, done.stderr
        return {claim["claim"]: claim["outcome"] for claim in json.loads(done.stdout)["claims"]}

    proof = "H = 8: MyNet and NumPy are the same network"
    assert outcomes()[proof] == "holds"
    net.rename(folder / "my_net.py")
    assert outcomes()[proof] == "holds"
    (folder / "my_net.py").write_text(RIGHT + "# another\n")
    assert outcomes()[proof] == "cannot be told"


def test_verify_beside_a_folder_where_it_may_not_write_names_no_option_it_has_not(cli: Cli, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "results" / "seeds", tmp_path / "seeds")
    (tmp_path / "seeds-verify").symlink_to(tmp_path)
    done = cli("verify", "seeds")
    assert done.returncode == 1
    assert "remove it, or copy seeds to where you may write, and give the copy." in done.stderr
    assert "--output" not in done.stderr


def test_verify_refuses_a_folder_without_a_config(cli: Cli, tmp_path: Path) -> None:
    done = cli("verify", tmp_path)
    assert done.returncode == 2
    assert "is an empty folder" in done.stderr
    (tmp_path / "notes.txt").touch()
    done = cli("verify", tmp_path)
    assert done.returncode == 2
    assert "claims.json" in done.stderr
