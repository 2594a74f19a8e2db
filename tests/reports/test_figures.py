"""Pictures, read back from their SVG: which series they have, and that every point is a figure of the CSV files."""

import dataclasses
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from test_reports import asked, build, history, row

from mnistbench.errors import ResultsError
from mnistbench.judging.certificate import Certificate, Difference
from mnistbench.judging.stats import published
from mnistbench.ledger import Row
from mnistbench.ledger.trajectory import PARAMETERS
from mnistbench.nets.numpy_net import NeuralNetwork
from mnistbench.reports import palette
from mnistbench.reports.answers import Answers
from mnistbench.reports.pictures import figures
from mnistbench.reports.pictures.drawing import Picture
from mnistbench.reports.pictures.net_pictures import _sheet as sheet_of
from mnistbench.reports.profile import phase_seconds

SVG = "{http://www.w3.org/2000/svg}"
PHASES = {
    "import_seconds": 1.0, "data_seconds": 0.5, "build_seconds": 0.25, "train_seconds": 4.0,
    "first_epoch_seconds": 1.5, "evaluate_seconds": 0.75,
}  # fmt: skip


@pytest.fixture(scope="module")
def pictures() -> dict[str, Picture]:
    """Return the pictures of two nets at two sizes over two seeds."""
    rows = [
        row(net=net, hidden_size=size, seed=seed, time_seconds=seconds * seed, test_accuracy=accuracy + seed / 1000,
            history=history(0.9, 0.94 + seed / 100, accuracy + seed / 1000), **PHASES)
        for net, size, seconds, accuracy in (
            ("numpy", 30, 2.0, 0.965), ("keras", 30, 11.0, 0.966),
            ("numpy", 128, 5.0, 0.975), ("keras", 128, 20.0, 0.976),
        )
        for seed in (1, 2)
    ]  # fmt: skip
    return {picture.name: picture for picture in figures.draw(asked(*rows))}


def groups(picture: Picture) -> dict[str, ElementTree.Element]:
    """Return the groups by their ids, without the number of the panel before each."""
    return {
        re.sub(r"^\d+\.", "", group.get("id", "")): group
        for panel in panels(picture)
        for group in panel.iter(f"{SVG}g")
    }


def panels(picture: Picture) -> list[ElementTree.Element]:
    """Return the drawings inside a picture's one file."""
    root = ElementTree.fromstring(picture.svg)
    return root.findall(f"{SVG}svg") or [root]


def texts(picture: Picture) -> list[str]:
    return [text.text or "" for text in ElementTree.fromstring(picture.svg).iter(f"{SVG}text")]


def numbers(path: ElementTree.Element) -> np.ndarray:
    """Return the corners of a path, shape (n, 2)."""
    return np.array(re.findall(r"-?[\d.]+", path.get("d", "")), float).reshape(-1, 2)


def panel_of(picture: Picture, gid: str) -> ElementTree.Element:
    return next(panel for panel in panels(picture) if drawn_in(panel, gid) is not None)


def drawn_in(panel: ElementTree.Element, gid: str) -> ElementTree.Element | None:
    return next((each for each in panel.iter(f"{SVG}g") if re.sub(r"^\d+\.", "", each.get("id", "")) == gid), None)


def points(picture: Picture, gid: str, *, log_x: bool = False) -> np.ndarray:
    """Return a series in its own units, shape (n, 2): where its corners lie between the labelled ticks."""
    panel = panel_of(picture, gid)
    drawn = drawn_in(panel, gid)
    corners = numbers(drawn.find(f".//{SVG}path"))
    if gid.startswith("band:"):  # drawn once, then put in its place
        placed = drawn.find(f".//{SVG}use")
        corners += [float(placed.get("x")), float(placed.get("y"))]
    columns = []
    for index, axis in enumerate("xy"):
        ticks = [
            (float(tick.find(f".//{SVG}use").get(axis)), float(tick.find(f".//{SVG}text").text))
            for tick in panel.iter(f"{SVG}g")
            if re.search(rf"\b{axis}tick_\d+$", tick.get("id", "")) and tick.find(f".//{SVG}text") is not None
        ]
        at, values = np.array(ticks).T
        is_log = log_x and axis == "x"
        slope, intercept = np.polyfit(at, np.log(values) if is_log else values, 1)
        inverted = slope * corners[:, index] + intercept
        columns.append(np.exp(inverted) if is_log else inverted)
    return np.stack(columns, axis=1)


def test_a_report_of_a_sweep_has_every_picture_with_its_series(pictures: dict[str, Picture]) -> None:
    assert list(pictures) == ["accuracy-against-time", "time-by-size", "curves-by-epoch", "curves-by-seconds", "phases"]
    ids = set(groups(pictures["curves-by-epoch"]))
    for net in ("numpy", "keras"):
        for size in (30, 128):
            for name in ("test_accuracy", "test_loss", "band:test_accuracy", "band:test_loss"):
                assert f"{name}:{net}:H={size}" in ids


@pytest.mark.parametrize(("x", "expected"), [("epoch", [1, 2, 3]), ("seconds", [0.5, 1, 1.5])])
def test_curves_are_the_mean_over_seeds_of_epochs_csv(
    pictures: dict[str, Picture], x: str, expected: list[float]
) -> None:
    accuracy = points(pictures[f"curves-by-{x}"], "test_accuracy:numpy:H=30")
    np.testing.assert_allclose(accuracy, np.stack([expected, [90, 95.5, 96.65]], axis=1), rtol=1e-5)
    loss = points(pictures[f"curves-by-{x}"], "test_loss:keras:H=128")
    np.testing.assert_allclose(loss[:, 1], [0.1, 0.045, 1 - 0.9775], rtol=1e-4)


def test_a_band_is_one_deviation_to_either_side(pictures: dict[str, Picture]) -> None:
    corners = points(pictures["curves-by-epoch"], "band:test_accuracy:numpy:H=30")
    at_two = corners[np.isclose(corners[:, 0], 2)][:, 1]
    np.testing.assert_allclose([at_two.min(), at_two.max()], [95.5 - np.sqrt(0.5), 95.5 + np.sqrt(0.5)], rtol=1e-5)


@pytest.mark.parametrize(("protocol", "seen_through"), [("controlled", ["keras"]), ("as_shipped", [])])
def test_a_curve_that_may_lie_on_another_lets_it_be_seen(protocol: str, seen_through: list[str]) -> None:
    lines = history(0.9, 0.95)
    made = asked(*(row(net=net, protocol=protocol, history=lines, **PHASES) for net in ("numpy", "keras")))
    drawn = groups(figures.draw_one(made, "curves-by-epoch"))
    dashed = [net for net in ("numpy", "keras")
              if "dasharray" in drawn[f"test_accuracy:{net}:H=30"].find(f"{SVG}path").get("style")]  # fmt: skip
    assert dashed == seen_through


def test_time_by_size_has_our_points_and_the_published_ones(pictures: dict[str, Picture]) -> None:
    picture = pictures["time-by-size"]
    np.testing.assert_allclose(points(picture, "time_seconds:keras:"), [[30, 16.5], [128, 30]], rtol=1e-4)
    theirs = published().query("net == 'numpy' and hidden_size <= 128")[["hidden_size", "time_seconds"]]
    np.testing.assert_allclose(points(picture, "published:numpy:"), theirs, rtol=1e-4)
    assert {"numpy", "keras", "numpy, published", "keras, published"} <= set(texts(picture))


def test_accuracy_stands_against_time(pictures: dict[str, Picture]) -> None:
    small, large = (
        points(pictures["accuracy-against-time"], f"accuracy:numpy:H={size}", log_x=True) for size in (30, 128)
    )
    np.testing.assert_allclose(np.concatenate([small, large]), [[3, 96.65], [7.5, 97.65]], rtol=1e-4)
    assert {"H = 30", "H = 128", "Time to the end of training (s), log scale", "Test accuracy (%)"} <= set(
        texts(pictures["accuracy-against-time"])
    )


def test_phases_are_stacked_to_the_seconds_of_the_run(pictures: dict[str, Picture]) -> None:
    picture = pictures["phases"]
    ends = [0.0]
    for phase in palette.PHASES:
        name = f"phase:{phase.replace(' ', '')}:keras,H=128"
        corners = numbers(groups(picture)[name].find(f"{SVG}path"))
        start, end = corners[:, 0].min(), corners[:, 0].max()
        assert start == pytest.approx(ends[-1]) or phase == "import"
        ends.append(end)
    widths = np.diff([numbers(groups(picture)["phase:import:keras,H=128"].find(f"{SVG}path"))[:, 0].min(), *ends[1:]])
    np.testing.assert_allclose(widths / widths.sum() * 6.5, [1, 0.5, 0.25, 1.5, 2.5, 0.75], rtol=1e-4)


def test_every_net_at_every_point_has_its_bar() -> None:
    nets = [*palette.NETS]
    rows = [row(net=net, hidden_size=size, **PHASES) for size in (30, 128, 256, 300) for net in nets]
    drawn = groups(figures.draw_one(asked(*rows), "phases"))
    assert all(f"phase:import:{net},H={size}" in drawn for net in nets for size in (30, 128, 256, 300))


def test_of_many_points_each_net_has_the_bar_of_its_mean() -> None:
    rows = [
        row(net=net, lr=lr / 10, **PHASES | {"train_seconds": 3.0 + lr})
        for net in ("numpy", "keras")
        for lr in range(1, 10)
    ]
    (panel,) = figures.draw_one(asked(*rows), "phases").panels
    assert panel.place == "Mean over 9 points"
    assert "keras 10.50 s" in panel.alt  # 1 + 0.5 + 0.25 + 0.75 beside the mean of 4 to 12


def test_eight_nets_are_labelled_without_one_name_over_another() -> None:
    rows = [
        row(net=net, test_accuracy=0.97 + place / 100_000, time_seconds=2.0 + place / 10)
        for place, net in enumerate(palette.NETS)
    ]
    (panel,) = panels(figures.draw_one(asked(*rows), "accuracy-against-time"))
    heights = sorted(float(text.get("y")) for text in panel.iter(f"{SVG}text") if text.text in palette.NETS)
    assert len(heights) == 8
    assert np.diff(heights).min() > 11


def test_one_net_at_several_points_has_a_panel_with_their_names() -> None:
    picture = figures.draw_one(asked(row(lr=0.1), row(lr=0.2), row(lr=0.3)), "accuracy-against-time")
    assert [panel.place for panel in picture.panels] == ["numpy"]
    assert {"H = 30, lr = 0.1", "H = 30, lr = 0.2", "H = 30, lr = 0.3"} <= set(texts(picture))


@pytest.mark.parametrize("epochs", [2, 3, 20])
def test_the_ticks_of_epochs_are_whole(epochs: int) -> None:
    scores = history(*np.linspace(0.9, 0.97, epochs))
    (accuracy, _) = panels(figures.draw_one(asked(row(epochs=epochs, history=scores)), "curves-by-epoch"))
    ticks = [tick for tick in accuracy.iter(f"{SVG}g") if re.search(r"\bxtick_\d+$", tick.get("id", ""))]
    numbers_named = [float(tick.find(f".//{SVG}text").text) for tick in ticks]
    assert len(numbers_named) > 1
    assert all(number.is_integer() for number in numbers_named)


def test_curves_fold_all_points_but_the_first(pictures: dict[str, Picture]) -> None:
    assert [(p.folds, [place for place, _ in p.places]) for p in pictures.values() if p.name.startswith("curves")] == [
        (True, ["H = 30", "H = 128"])
    ] * 2


def proof(*weights: float, epochs: tuple[int, ...] = (0, 1, 2), dtype: str = "float64") -> Certificate:
    spec = row(net="keras", dtype=dtype, protocol="controlled").spec
    differences = [
        Difference(epoch, dict.fromkeys(PARAMETERS, weight), 0.0, 0, judged=dtype == "float64" or epoch < 2)
        for epoch, weight in zip(epochs, weights, strict=True)
    ]
    return Certificate(spec, dataclasses.replace(spec, net="numpy"), differences)


def draw_proofs(*proofs: Certificate) -> Picture:
    specs = [spec for each in proofs for spec in (each.reference, each.spec)]
    made = asked(*(Row(spec=spec, status="ok", started_at="2026-01-01") for spec in dict.fromkeys(specs)))
    return figures.draw_one(dataclasses.replace(made, certificates=list(proofs)), "differences")


def test_a_certificate_shows_each_weight_by_epoch_and_the_limit() -> None:
    picture = draw_proofs(proof(0.0, 1e-15, 4e-15))
    height = {}
    for name in (*PARAMETERS, "limit"):
        ident = f"difference:{name}:kerasandnumpy,H=30" if name != "limit" else "limit:kerasandnumpy,H=30"
        height[name] = numbers(drawn_in(panels(picture)[0], ident).find(f"{SVG}path"))
    ((_, first), (_, second)), ((_, limit), (_, same)) = height["W1"], height["limit"]  # epoch 0 has no place
    assert limit == same
    decades = (first - second) / np.log10(4), (first - limit) / 6  # units of a power of ten
    assert decades[0] == pytest.approx(decades[1], rel=1e-3)
    assert {"W1", "b1", "W2", "b2", "limit 1e-9"} <= set(texts(picture))


def test_a_limit_is_drawn_over_the_judged_epochs_alone() -> None:
    picture = draw_proofs(proof(0.0, 1e-7, 1e-3, dtype="float32"))
    corners = numbers(drawn_in(panels(picture)[0], "limit:kerasandnumpy,H=30").find(f"{SVG}path"))
    assert set(corners[:, 0]) == {numbers(drawn_in(panels(picture)[0], "difference:W1:kerasandnumpy,H=30")
                                          .find(f"{SVG}path"))[0, 0]}  # fmt: skip


def test_a_net_of_ones_own_goes_by_its_short_name() -> None:
    own = "a/very/long/folder/of/somebody/network.py:MyNet"
    for picture in figures.draw(asked(row(net=own, history=history(0.9, 0.95), **PHASES), row(**PHASES))):
        assert "MyNet" in texts(picture), picture.name


def test_what_an_earlier_config_left_is_in_no_picture() -> None:
    rows = [
        row(net=net, lr=lr, history=history(0.9, 0.95), **PHASES) for lr in (0.01, 0.1) for net in ("numpy", "keras")
    ]
    for picture in figures.draw(build(*rows)):
        assert [place for place, _ in picture.places] == ["H = 30"]


def test_what_is_not_finite_or_nothing_at_all_is_left_out_of_a_log_axis() -> None:
    assert "W1 inf" in draw_proofs(proof(0.0, 1e-3, np.inf)).alt
    assert draw_proofs(proof(0.0, 0.0, 0.0)).panels


def test_a_picture_is_drawn_by_its_name_and_a_wrong_one_is_told_the_nearest() -> None:
    report = asked(row(), row(net="keras"))
    assert figures.draw_one(report, "accuracy-against-time").title == "Accuracy against time"
    with pytest.raises(ResultsError, match="Did you mean 'accuracy-against-time'"):
        figures.draw_one(report, "accuracy-against-times")
    with pytest.raises(ResultsError, match="do not have what the picture 'confusion' shows"):
        figures.draw_one(report, "confusion")


def test_no_panel_is_wider_than_a_telephone(pictures: dict[str, Picture], answers: Answers) -> None:
    everything = [*pictures.values(), *draw_net(answers).values(), draw_proofs(proof(0.0, 1e-15, 4e-15))]
    assert {panel.width for picture in everything for panel in picture.panels} == {340}


def test_a_phase_that_was_not_reached_has_no_bar() -> None:
    assert phase_seconds(asked(row()).runs).empty


def test_a_picture_is_drawn_only_where_the_rows_have_it() -> None:
    assert figures.draw(asked(row("error", "it broke"))) == []
    assert [picture.name for picture in figures.draw(asked(row(history=history(0.9))))] == []
    one_size = [row(history=history(0.9, 0.95)), row(net="keras", history=history(0.9, 0.95))]
    drawn = [picture.name for picture in figures.draw(asked(*one_size))]
    assert drawn == ["accuracy-against-time", "curves-by-epoch", "curves-by-seconds"]


@pytest.mark.parametrize("net", ["_mine.py:Net", "$a_b$.py:Net", '<b>&".py:Net', "ü\x07 x.py:Net"])
def test_any_name_of_a_net_is_drawn_as_it_is(net: str) -> None:
    others = ("numpy", "other.py:Net")  # of the same class, so that the file is told too
    rows = [row(net=name, history=history(0.9, 0.95)) for name in (net, *others)]
    for picture in figures.draw(asked(*rows)):
        assert net.replace("\x07", "\N{REPLACEMENT CHARACTER}") in texts(picture)


def test_a_net_has_one_colour_in_every_picture(pictures: dict[str, Picture]) -> None:
    for name, gid in (
        ("curves-by-epoch", "test_loss:keras:H=30"), ("curves-by-seconds", "test_accuracy:keras:H=128"),
        ("time-by-size", "time_seconds:keras:"), ("time-by-size", "published:keras:"),
        ("accuracy-against-time", "accuracy:keras:H=30"),
    ):  # fmt: skip
        style = groups(pictures[name])[gid].find(f"{SVG}path").get("style")
        assert palette.NETS["keras"].colour.lower() in style


def luminance(colour: str) -> float:
    channels = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_every_colour_stands_out_on_a_white_and_on_a_dark_page() -> None:
    looks = [*palette.NETS.values(), *map(palette.look, [f"net{n}.py:Net" for n in range(50)])]
    for colour in {look.colour for look in looks} | set(palette.PHASES.values()) | {palette.INK}:
        assert 1.05 / (luminance(colour) + 0.05) >= 3, colour
        assert (luminance(colour) + 0.05) / (luminance("#0d1117") + 0.05) >= 3, colour
    assert len(set(palette.NETS.values())) == len({look.colour for look in palette.NETS.values()})
    assert len({look.marker for look in palette.NETS.values()}) == len(palette.NETS)


# Machado, Oliveira & Fernandes (2009, https://doi.org/10.1109/TVCG.2009.113), severity 1: no red, no green cones.
BLINDNESS = (
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
)


@pytest.mark.parametrize("matrix", BLINDNESS, ids=["protanopia", "deuteranopia"])
def test_the_main_nets_stay_apart_for_the_colour_blind(matrix: list[list[float]]) -> None:
    seen = []
    for net in ("numpy", "keras", "torch", "jax"):
        channels = np.array([int(palette.look(net).colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        seen.append(np.clip(np.array(matrix) @ linear, 0, 1) ** (1 / 2.2))
    distances = [np.linalg.norm(one - other) for at, one in enumerate(seen) for other in seen[:at]]
    assert min(distances) > 0.15


@pytest.fixture(scope="module")
def answers(mnist: object) -> Answers:
    net = NeuralNetwork(12, seed=1)
    net.fit(mnist.train_images[:3000].astype(np.float32), mnist.train_labels[:3000], epochs=2)
    return Answers(
        row(), mnist.test_images, mnist.test_labels, net.predict(mnist.test_images.astype(np.float32)), net.W1
    )


def draw_net(answers: Answers) -> dict[str, Picture]:
    made = dataclasses.replace(asked(row()), rows=[], answers=answers)
    return {picture.name: picture for picture in figures.draw(made)}


def test_the_confusion_matrix_counts_every_test_image(answers: Answers) -> None:
    drawn = {name: group.find(f".//{SVG}text").text for name, group in groups(draw_net(answers)["confusion"]).items()
             if name.startswith("count:")}  # fmt: skip
    expected = pd.crosstab(answers.labels, answers.digits).stack()
    assert drawn == {f"count:{a}:{b}": str(count) for (a, b), count in expected.items() if count}
    assert answers.confusion.sum() == len(answers.labels)


def test_the_worst_mistakes_are_those_with_the_least_probability_for_the_label(answers: Answers) -> None:
    picture = draw_net(answers)["mistakes"]
    drawn = [int(name.removeprefix("mistake:")) for name in groups(picture) if name.startswith("mistake:")]
    right = answers.probabilities[np.arange(len(answers.labels)), answers.labels]
    wrong = [index for index in np.argsort(right, kind="stable") if answers.digits[index] != answers.labels[index]]
    assert drawn == wrong[:24]
    first = drawn[0]
    assert f"{answers.labels[first]} taken for {answers.digits[first]}" in texts(picture)
    assert f"{100 * answers.probabilities[first].max():.2f} % to {100 * right[first]:.2f} %" in texts(picture)
    assert picture.svg.count("<image") == 1  # all 24 on one sheet


def test_each_image_of_a_sheet_stands_at_its_corner_and_nothing_between() -> None:
    images = np.random.default_rng(0).random((7, 784))
    sheet, corners = sheet_of(images, 6, (42, 40))
    assert sheet.shape == (2 * 42, 6 * 40)
    for image, (top, left) in zip(images, corners, strict=True):
        np.testing.assert_array_equal(sheet[top : top + 28, left : left + 28].ravel(), image)
        sheet[top : top + 28, left : left + 28] = np.nan
    assert np.isnan(sheet).all()


def test_each_picture_of_a_net_says_whose_it_is(answers: Answers) -> None:
    keras = dataclasses.replace(answers, row=row(net="keras", hidden_size=12))
    assert {name: picture.title.split(":")[0] for name, picture in draw_net(keras).items()} == dict.fromkeys(
        ("confusion", "mistakes", "weights"), "keras (H = 12)"
    )


def test_a_confusion_matrix_and_weights_have_a_scale(answers: Answers) -> None:
    wrong = answers.confusion - np.diag(np.diag(answers.confusion))
    assert {"wrong", "0", str(wrong.max())} <= set(texts(draw_net(answers)["confusion"]))
    limit = f"{np.abs(answers.W1.T[:48]).max():.2f}"
    assert {limit, "0", f"-{limit}"} <= set(texts(draw_net(answers)["weights"]))


def test_a_net_without_mistakes_has_no_picture_of_them(answers: Answers) -> None:
    perfect = np.eye(10)[answers.labels]
    assert "mistakes" not in draw_net(Answers(row(), answers.images, answers.labels, perfect, answers.W1))


def test_the_weights_say_how_many_units_are_shown(answers: Answers) -> None:
    assert draw_net(answers)["weights"].title == "numpy (H = 30): weights into 12 of 12 hidden units"


def test_svg_is_the_same_every_time_and_keeps_text_as_text(answers: Answers, tmp_path: Path) -> None:
    first, second = draw_net(answers), draw_net(answers)
    assert {name: picture.svg for name, picture in first.items()} == {n: picture.svg for n, picture in second.items()}
    assert "Label" in texts(first["confusion"])
    assert "<dc:date>" not in first["confusion"].svg
