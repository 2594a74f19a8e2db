"""The ordinary epoch beside the certificate: a net cannot behave while it is watched and idle while it is not."""

from pathlib import Path

import pytest
from right_net import RIGHT

from mnistbench.checking import checking

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


@pytest.mark.parametrize("secret", [0, 7, 11])
def test_a_right_net_passes_whatever_the_secret(secret: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = checked(RIGHT, tmp_path, monkeypatch, secret)
    assert found["passed"], found
    assert found["certificate"]["evidence"][-1].startswith("one call of fit with 60,000 images takes W1 ")


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
