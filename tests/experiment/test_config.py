import json
import os
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
import yaml
from conftest import ROOT

from mnistbench.errors import ConfigError
from mnistbench.experiment.config import Experiment, json_schema, load_experiment
from mnistbench.experiment.yaml_lines import parse_option

Load = Callable[..., Experiment]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def from_text(text: str, **options: object) -> Experiment:
        file = tmp_path / "my.yaml"
        file.write_text(text)
        return load_experiment(file, options, default_name="")

    return from_text


def test_lists_make_a_grid_in_which_the_nets_take_turns(load: Load) -> None:
    specs = load("name: a\nhidden_size: [30, 128]\nseeds: 2").specs()
    assert [(s.hidden_size, s.seed, s.net) for s in specs] == [
        (30, 1, "numpy"), (30, 1, "keras"), (30, 2, "numpy"), (30, 2, "keras"),
        (128, 1, "numpy"), (128, 1, "keras"), (128, 2, "numpy"), (128, 2, "keras"),
    ]  # fmt: skip


def test_seeds_are_a_count_or_a_list(load: Load) -> None:
    assert load("name: a\nseeds: 3").seeds == [1, 2, 3]
    assert load("name: a\nseeds: [5, 0]").seeds == [5, 0]


def test_a_number_in_scientific_notation_is_a_number(load: Load) -> None:
    assert load("name: a\nlr: 1e-3").lr == [0.001]


def test_a_value_given_twice_is_run_once(load: Load) -> None:
    assert len(load("name: a\nnets: numpy\nhidden_size: [30, 30]").specs()) == 1


def test_options_lie_over_the_file_and_are_named_in_errors(load: Load) -> None:
    assert load("name: a\nlr: 0.1", lr=[0.2, 0.3]).lr == [0.2, 0.3]
    with pytest.raises(ConfigError, match=r"^--batch-size: batch_size is 0; it takes a whole number from 1"):
        load("name: a", batch_size=0)


def test_without_a_file_the_defaults_are_the_originals_first_table() -> None:
    experiment = load_experiment(None, {}, default_name="train")
    assert (experiment.name, experiment.hidden_size, experiment.lr) == ("train", [30], [0.1])
    assert (experiment.batch_size, experiment.epochs) == ([128], [20])


def test_an_experiment_survives_being_written_and_read(load: Load) -> None:
    experiment = load("name: '=1+1'\nseeds: [3]\nlr: [0.1, 1e-5]\nquick: true")
    assert load(experiment.to_yaml()) == experiment


def test_the_run_id_depends_on_every_field_of_the_spec(load: Load) -> None:
    grid = load("name: a\nhidden_size: [1, 2]\nlr: [1, 2]\nbatch_size: [1, 2]\nepochs: [1, 2]\nseeds: 2").specs()
    changes = {"dtype": "float64", "threads": 77, "dataset": "keras", "quick": True}
    others = [load("name: a", **{key: value}).specs()[0] for key, value in changes.items()]
    assert len({spec.run_id for spec in grid + others}) == 2**6 + 4


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("name: a\nhidden_size: 0", 2, "hidden_size is 0; it takes a whole number from 1 to 100000"),
        ("name: a\n\nhidden_size: -3", 3, "hidden_size is -3"),
        ("name: a\nhidden_size: [30, 1.5]", 2, "hidden_size is [30, 1.5]"),
        ("name: a\nhidden_size: '30'", 2, "hidden_size is '30'"),
        ("name: a\nepochs: true", 2, "epochs is True"),
        ("name: a\nepochs: []", 2, "epochs is []"),
        ("name: a\nlr: .nan", 2, "lr is nan; it takes a finite number greater than 0"),
        ("name: a\nlr: .inf", 2, "lr is inf"),
        ("name: a\nlr: fast", 2, "lr is 'fast'"),
        ("name: a\nlr:", 2, "lr is None"),
        ("name: a\nseeds: 0", 2, "seeds is 0; it takes a count from 1"),
        ("name: a\nseeds: [-1]", 2, "seeds is [-1]"),
        ("name: a\ndtype: float16", 2, "dtype is 'float16'; it takes float32 or float64"),
        ("name: a\nthreads: 0", 2, "threads is 0"),
        ("name: a\nnets: [numpy, kera]", 2, "Did you mean 'keras'?"),
        ("name: a\nnets: [numpy, my_net]", 2, "It is 'my_net' that is none of these."),
        ("name: a\nhiden_size: 30", 2, "'hiden_size' is no key of a config; did you mean 'hidden_size'?"),
        ("name: a\nlr: 0.1\nlr: 0.2", 3, "lr is given twice (first on line 2)"),
        ("name: ../up", 1, "name is '../up'; it takes a folder name under results/"),
        ("name: /etc", 1, "name is '/etc'"),
        ("name: ..", 1, "name is '..'"),
        ('name: "a\\0b"', 1, "name is"),
        ('name: "a\\nb"', 1, "name is"),
        ('name: "a\\u202eb"', 1, "name is"),
        ("name: " + "x" * 300, 1, "name is"),
        ("name: no", 1, "name is False"),
        ("name: a\nlr: [[1]]", 2, "holds more than it may"),
        ("name: a\nlr: {a: 1}", 2, "holds more than it may"),
        ("name: a\nlr: !!python/object/apply:os.getcwd []", 2, "holds more than it may"),
        ("name: !!python/name:os.system x", 1, "holds more than it may"),
        ("name: a\nlr: 0x" + "f" * 5000, 2, "a number of thousands of digits"),
        ("name: a\nlr: [", 2, "not valid YAML"),
        ("name: a\nlr: [\n\n\n", 2, "not valid YAML"),
        ("name: a\nlr: 0.1,0.2", 2, "Several values are a list: [0.1, 0.2]."),
        ("name: a\nhidden_size: 30, 128", 2, "Several values are a list: [30, 128]."),
        ("name: a\nnets: numpy, keras", 2, "Several values are a list: [numpy, keras]."),
        ("name: a\nnets: numpy keras", 2, "Several values are a list: [numpy, keras]."),
        ('name: a\nlr: "0.1"', 2, "Quotes make text of it; write it without them: lr: 0.1."),
        ('name: a\nlr: ["0.1", 0.2]', 2, "write it without them: lr: [0.1, 0.2]."),
        ('name: a\nthreads: "2"', 2, "write it without them: threads: 2."),
        ('name: a\nquick: "true"', 2, "write it without them: quick: true."),
        ("name: a\nlr: 0,1", 2, "A decimal point is a dot: 0.1."),
        ("name: a\nlearning_rate: 0.1", 2, "'learning_rate' is no key of a config; did you mean 'lr'?"),
        ("name: a\nhidden: 30", 2, "'hidden' is no key of a config; did you mean 'hidden_size'?"),
        ("name: a\noptimizer: adam", 2, "'optimizer' is no key of a config; every net is trained by plain SGD only"),
        ("name: a\nmomentum: 0.9", 2, "every net is trained by plain SGD only"),
        ("name: a\nlayers: 3", 2, "every net has one hidden layer"),
        ("name: a\nseeds: 1001", 2, "seeds is 1001; it takes a count from 1 to 1000"),
        ("name: a\nseeds: 1001", 2, "For the one seed 1001 write [1001]."),
        (f"name: a\nseeds: {list(range(1001))}", 2, "At most 1000 values are allowed, and here are 1001"),
        ("name: a\nlr: " + ":".join("1" * 20_000), 2, "'lr' has colons between digits, which YAML takes for base 60"),
        ("name: a\nlr: !!float 1:30.5", 2, "'lr' has colons between digits"),
        ("name: a\nlr: *lr", 2, "not valid YAML"),
        ("? [a]\n: 1", 1, "a key is a word"),
        ("- a", 1, "this is no mapping"),
        ("", 1, "this is no mapping"),
    ],
)  # fmt: skip
def test_what_is_not_allowed_is_told_with_file_line_and_what_is(
    load: Load, text: str, line: int, sentence: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(text)
    message = str(caught.value)
    assert sentence in message
    assert f"my.yaml, line {line}:" in message
    assert "\n" not in message
    assert len(message) < 500


@pytest.mark.parametrize("end", ["", "\n", "\n\n\n", "  \n", "\r\n", "\u2028\u2028\u2028"])
def test_no_line_is_named_beyond_the_file(load: Load, end: str) -> None:
    for text in ("name: a\nlr: [", "name: a\nlr: {", "name: 'a\nlr: 1", "name: a\u2028\nlr: *x"):
        with pytest.raises(ConfigError, match=r"my\.yaml, line [12]:"):
            load(text + end)


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_what_is_no_file_is_refused_as_a_config_before_it_is_opened(tmp_path: Path, kind: str) -> None:
    file = Path("/dev/zero") if kind == "device" else tmp_path / "my.yaml"
    if kind == "pipe":
        os.mkfifo(file)
    if kind == "folder":
        file.mkdir()
    with pytest.raises(ConfigError, match=r"is a (pipe, a socket or a device|folder) and no file; give a YAML file"):
        load_experiment(file, {}, default_name="")


def test_an_option_with_colons_is_told_as_fast_as_a_config(load: Load) -> None:
    with pytest.raises(ConfigError, match="--lr has colons between digits"):
        parse_option("lr", ":".join("1" * 20_000))


def test_mnist_in_capitals_is_mnist_and_a_quoted_home_is_the_home(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert load("name: a\ndataset: MNIST").dataset == "mnist"
    assert load("name: a\ndataset: Keras").dataset == "keras"
    assert load('name: a\ndataset: "~/digits"').dataset == str(tmp_path / "digits")
    assert load("name: a\ndataset: ~nobody-of-this-name/x").dataset == "~nobody-of-this-name/x"
    (tmp_path / "MNIST").mkdir()  # as torchvision names its folder
    assert load("name: a\ndataset: MNIST").dataset == "MNIST"


def test_nets_given_more_than_once_are_trained_once(load: Load, tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_text("name: a\nnets: numpy")
    experiment = load_experiment(tmp_path / "my.yaml", {}, default_name="", more_nets=["numpy", "keras"])
    assert experiment.nets == ["numpy", "keras"]


def test_a_missing_name_says_what_to_add(load: Load) -> None:
    with pytest.raises(ConfigError, match=r"my\.yaml: name is missing; add 'name: \.\.\.'"):
        load("lr: 0.1")


def test_further_faults_are_counted(load: Load) -> None:
    with pytest.raises(ConfigError, match="2 more to mend after that"):
        load("name: a\nlr: 0\nepochs: 0\nbatch_size: 0")


def test_the_quick_twin_of_a_long_name_is_allowed_too(load: Load) -> None:
    quick = load("name: " + "é" * 50).quickened()
    assert load(quick.to_yaml()) == quick


def test_a_grid_of_too_many_runs_is_refused_before_it_is_made(load: Load) -> None:
    with pytest.raises(ConfigError, match="1000000000 runs; at most 100000"):
        load("name: a\nnets: numpy\nhidden_size: %s\nlr: %s\nseeds: 1000" % ((list(range(1, 1001)),) * 2))


@pytest.mark.parametrize(
    "content",
    [
        b"a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nname: *c\n",  # a bomb of references
        b"[" * 50_000,
        b"name: \xff\xfe",
        b"# " + b"x" * 100_000,
    ],
)
def test_hostile_yaml_is_refused_at_once(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bomb.yaml"
    file.write_bytes(content)
    with pytest.raises(ConfigError):
        load_experiment(file, {}, default_name="")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: cannot be read \(No such file or directory\)"):
        load_experiment(tmp_path / "nowhere.yaml", {}, default_name="")


def test_an_option_is_one_value_or_several() -> None:
    assert parse_option("lr", "1e-3") == 0.001
    assert parse_option("seeds", "1,2") == [1, 2]
    with pytest.raises(ConfigError, match="--hidden-size: '3]:' cannot be read"):
        parse_option("hidden_size", "3]:")


@pytest.mark.parametrize("file", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda file: file.stem)
def test_every_shipped_config_is_valid_and_named_as_its_file(file: Path) -> None:
    assert load_experiment(file, {}, default_name="").name == file.stem


def test_the_json_schema_takes_the_shipped_configs_and_refuses_what_the_program_refuses(load: Load) -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    for file in (ROOT / "configs").glob("*.yaml"):
        validator.validate(yaml.safe_load(file.read_text()))
    for change in (
        {"epochs": "abc"}, {"epochs": 0}, {"hidden_size": [1.5]}, {"lr": 0}, {"nets": ["pytorch"]}, {"nets": []},
        {"seeds": [-1]}, {"seeds": 0}, {"threads": 0}, {"dtype": "float16"}, {"surplus": 1},
    ):  # fmt: skip
        assert not validator.is_valid({"name": "a"} | change), change
        with pytest.raises(ConfigError):
            load("name: a", **change)


def test_the_committed_json_schema_is_in_step() -> None:
    assert json.loads((ROOT / "configs" / "schema.json").read_text()) == json_schema()
