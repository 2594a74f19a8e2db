"""The ordinary epoch beside the certificate: a net cannot behave while it is watched and idle while it is not."""

from pathlib import Path

import pytest
from right_net import RIGHT

from mnistbench.checking import certificate, checking

LOOP = "        for _ in range(epochs):\n"

pytestmark = pytest.mark.slow


def checked(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, secret: int = 0) -> dict[str, object]:
    (tmp_path / "my_net.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    return checking.check("my_net.py", "mnist", seconds=300, secret=secret)


@pytest.mark.parametrize(
    "body",
    [
        "return",
        *(f"images, labels = images[::{n}], labels[::{n}]" for n in (40, 2)),
        "images, labels = images[15_000:], labels[15_000:]",
        "self.lr, images, labels = 0.182, images[::2], labels[::2]",  # at a rate by which W1 goes as far as with all
        "self.lr, images, labels = 0.112, images[10_000:], labels[10_000:]",
    ],
)
def test_a_net_that_does_less_on_large_calls_is_named(
    body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = checked(
        RIGHT.replace(LOOP, f"        if len(images) > 1000:\n            {body}\n{LOOP}"), tmp_path, monkeypatch
    )
    assert not found["passed"]
    assert [each["id"] for each in found["diagnoses"]] == ["large_call_differs"]


@pytest.mark.parametrize("bias", ["b1", "b2"])
def test_a_net_that_leaves_a_bias_alone_in_large_calls_is_named(
    bias: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gradient = f"self.lr * d_{bias}"
    assert gradient in RIGHT
    text = RIGHT.replace(gradient, f"self.moves * {gradient}").replace(
        LOOP, f"        self.moves = len(images) < 1000\n{LOOP}"
    )
    (mistake,) = checked(text, tmp_path, monkeypatch)["diagnoses"]
    assert mistake["id"] == "large_call_differs"
    assert f"{bias} 0 far, the reference's" in mistake["evidence"][0]


@pytest.mark.parametrize("weights", ["[self.W1]", "[self.W1.T, self.b1, self.W2, self.b2]"])
def test_weights_of_another_shape_after_a_large_call_are_named(
    weights: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = "return [self.W1, self.b1, self.W2, self.b2]"
    assert given in RIGHT
    text = RIGHT.replace(given, f"return {weights} if getattr(self, 'large', False) else {given[7:]}")
    (mistake,) = checked(text.replace(LOOP, f"        self.large = len(images) > 1000\n{LOOP}"), tmp_path, monkeypatch)[
        "diagnoses"
    ]
    assert mistake["id"] == "large_call_differs"


@pytest.mark.parametrize("marked", ["self", "type(self)"])
def test_a_net_that_trains_only_where_its_weights_were_set_is_named(
    marked: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = "    def set_weights(self, weights):\n"
    assert given in RIGHT
    text = RIGHT.replace(given, f"{given}        {marked}.watched = True\n")
    text = text.replace(LOOP, f"        if not getattr(self, 'watched', False):\n            return\n{LOOP}")
    found = checked(text, tmp_path, monkeypatch)
    assert [each["id"] for each in found["diagnoses"]] == ["large_call_differs"]


def test_a_right_net_whose_start_does_not_follow_from_the_seed_is_held_to_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = checked(RIGHT.replace("default_rng(seed)", "default_rng()"), tmp_path, monkeypatch)
    assert "large_call_differs" not in [each["id"] for each in found["diagnoses"]]


@pytest.mark.parametrize("secret", [3, 1010])  # with 1010 one NumPy's rounding flips a ReLU in the first order
def test_a_right_net_of_float32_passes_whatever_the_secret(
    secret: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = checked(in_float32(RIGHT), tmp_path, monkeypatch, secret)
    assert found["certificate"]["answer"] == "right"
    assert found["certificate"]["dtype"] == "float32"


def test_a_net_of_float32_that_is_another_one_in_every_order_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a right net is, where no rounding at all is allowed."""
    monkeypatch.setattr(certificate, "LIMITS", dict.fromkeys(certificate.LIMITS, 1e-12))
    found = checked(in_float32(RIGHT), tmp_path, monkeypatch)
    assert found["certificate"]["answer"] == "wrong"
    assert [each.partition(" of")[0] for each in found["certificate"]["evidence"]] == ["order 1", "order 2", "order 3"]


def test_an_order_with_fewer_images_takes_back_nothing_that_more_have_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its b1 stands still from the 60th call on, after which it is so slow that no other order gets so far."""
    text = in_float32(RIGHT).replace("import numpy as np\n", "import time\n\nimport numpy as np\n")
    text = text.replace("        self.lr = lr\n", "        self.lr, self.calls = lr, 0\n")
    tired = """        self.calls += 1
        if self.calls > 60:
            type(self).is_tired = True
        elif hasattr(self, "is_tired"):
            time.sleep(0.5)
"""
    text = text.replace(LOOP, f"{tired}{LOOP}").replace("self.lr * d_b1", "self.lr * d_b1 * (self.calls < 60)")
    (tmp_path / "my_net.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert checking.check("my_net.py", "mnist", seconds=30)["certificate"]["answer"] == "wrong"


def test_a_net_that_knows_by_what_it_printed_that_it_is_asked_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = RIGHT.replace("import numpy as np\n", "import os\n\nimport numpy as np\n")
    watched = """        if len(images) < 1000:
            os.write(2, b"asked")
        elif not os.fstat(2).st_size:
            return
"""
    found = checked(text.replace(LOOP, f"{watched}{LOOP}"), tmp_path, monkeypatch)
    assert [each["id"] for each in found["diagnoses"]] == ["large_call_differs"]


def test_a_net_that_says_of_a_large_call_that_its_time_is_over_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = RIGHT.replace("import numpy as np\n", "import numpy as np\nfrom mnistbench.nets import host\n")
    late = "        if len(images) > 1000:\n            raise host._TimeIsUpError\n"
    found = checked(text.replace(LOOP, f"{late}{LOOP}"), tmp_path, monkeypatch)
    (mistake,) = found["diagnoses"]
    assert mistake["id"] == "large_call_differs"
    assert "said that the time for fit was over, and it was not" in mistake["evidence"][0]


def in_float32(text: str) -> str:
    changes = {
        "(784, hidden_size))": "(784, hidden_size)).astype('f4')",
        "(hidden_size, 10))": "(hidden_size, 10)).astype('f4')",
        "np.zeros(hidden_size)": "np.zeros(hidden_size, 'f4')",
        "np.zeros(10)": "np.zeros(10, 'f4')",
        "np.eye(10)": "np.eye(10, dtype='f4')",
    }
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize("secret", [0, 7, 11])
def test_a_right_net_passes_whatever_the_secret(secret: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = checked(RIGHT, tmp_path, monkeypatch, secret)
    assert found["passed"], found
    assert found["certificate"]["evidence"][-1].startswith("one call of fit takes W1 with 60,000 images ")


def test_a_large_call_that_does_not_end_in_time_is_said_and_leaves_the_rest_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = RIGHT.replace(
        LOOP, f"        if len(images) > 1000:\n            import time\n            time.sleep(60)\n{LOOP}"
    )
    (tmp_path / "my_net.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    found = checking.check("my_net.py", "mnist", seconds=20)
    assert [found[question]["answer"] for question in ("gradients", "loop", "network", "certificate")] == ["right"] * 4
    assert "did not end in the time left" in found["certificate"]["evidence"][-1]
