"""What a config's name or path means, beside the files of the folder one is in."""

from pathlib import Path

import pytest

from mnistbench.errors import ConfigError
from mnistbench.experiment import find_config, named_configs


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_name_is_a_config_that_ships_and_a_folder_of_that_name_is_passed_over(here: Path) -> None:
    (here / "hidden").mkdir()
    assert find_config("hidden") == (named_configs()["hidden"], "")


@pytest.mark.parametrize(("name", "given"), [("hidden", "hidden"), ("hidden.yaml", "hidden")])
def test_a_file_here_hides_a_config_that_ships_and_is_told(here: Path, name: str, given: str) -> None:
    (here / name).touch()
    assert find_config(given) == (Path(name), f"{name} in this folder is used, and not the config hidden that ships.")


@pytest.mark.parametrize("given", ["mine", "mine.yaml", "./mine.yaml"])
def test_a_file_of_ones_own_hides_nothing(here: Path, given: str) -> None:
    (here / "mine.yaml").touch()
    assert find_config(given) == (Path("mine.yaml"), "")


def test_a_path_is_itself_where_nothing_is_there_for_its_reader_to_say_so() -> None:
    assert find_config("hidden.yaml") == (Path("hidden.yaml"), "")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("folder", "folder: is a folder and no config; give a YAML file."),
        ("hiden", "hiden: there is no such file, and no config of that name ships; did you mean 'hidden'? The names"),
        ("my_net.py", "my_net.py: is a net and no config; give it with --net my_net.py"),
        ("my net.ipynb:MyNet", "my net.ipynb:MyNet: is a net and no config; give it with --net 'my net.ipynb:MyNet'"),
        ("keras", "keras: is a net and no config; give it with --net keras"),
        ("zzz", "zzz: there is no such file, and no config of that name ships. The names are "),
    ],
)
def test_a_name_that_means_nothing_is_told_what_it_is(here: Path, given: str, sentence: str) -> None:
    (here / "folder").mkdir()
    (here / "my_net.py").touch()
    with pytest.raises(ConfigError) as caught:
        find_config(given)
    assert str(caught.value).startswith(sentence)
