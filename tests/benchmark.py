"""What the program's speed is judged by: ratios within one run, on a machine that does nothing else.

    python tests/benchmark.py answers | class | busy-neighbour | jobs | start-up | machinery | peers | products |
        reports | flags | predict | claims

Each prints its figures; none but peers has a goal, and no test has a clock.
"""

import dataclasses
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import typer
from benchmark_answers import a_class, answers, command, ledger_of, timed
from benchmark_products import products
from benchmark_rounds import peers
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from mnistbench.datasets import data, digits, likeness
from mnistbench.judging import noise
from mnistbench.ledger.results import Results, Row
from mnistbench.machine import usable_cores
from mnistbench.reports.columns import SUMMARISED
from mnistbench.verifying import side
from mnistbench.verifying.comparison import compared
from mnistbench.verifying.finding import WORDS

app = typer.Typer(add_completion=False)
app.command()(answers)
app.command("class")(a_class)
app.command()(peers)
app.command()(products)
SEEDS = Path(__file__).parents[1] / "results" / "seeds"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz"  # I, O, l and o are drawn as 1 and 0 are


def sweep(folder: str, *options: object, name: str = "runs", nets: str = "numpy") -> tuple[float, list[Row]]:
    """Run a sweep, and return its seconds and its rows."""
    config = Path(folder) / "config.yaml"
    config.write_text(f"name: {name}\nnets: {nets}\n")
    output = Path(folder) / name
    begin = time.perf_counter()
    subprocess.run(command("sweep", config, "--output", output, *options), check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin, Results(output).read()[0]


@contextmanager
def busy_process() -> Iterator[None]:
    spinning = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        spinning.kill()
        spinning.wait()


@app.command()
def busy_neighbour(rounds: int = 3) -> None:
    """Show how much of its speed a NumPy run keeps beside one process that spins."""
    for hidden_size in (30, 128, 300):
        alone, beside = [], []
        for turn in range(rounds):
            for seconds in (alone, beside):
                with tempfile.TemporaryDirectory() as folder:
                    options = ("--hidden-size", hidden_size, "--epochs", 5, "--seeds", f"[{turn}]")
                    if seconds is beside:
                        with busy_process():
                            rows = sweep(folder, *options)[1]
                    else:
                        rows = sweep(folder, *options)[1]
                    seconds.append(rows[0].steady_epoch_seconds)
        ratio = statistics.median(alone) / statistics.median(beside)
        typer.echo(f"H = {hidden_size}: {ratio:.2f} of its speed ({alone} s alone, {beside} s beside)")


@app.command()
def jobs(hidden_size: int = 30, epochs: int = 20) -> None:
    """Time 24 NumPy runs one after another and two side by side."""
    times = {}
    for count in (1, 2):
        with tempfile.TemporaryDirectory() as folder:
            threads = 1 if count > 1 else 2
            times[count] = sweep(
                folder, "--hidden-size", hidden_size, "--epochs", epochs, "--seeds", 24, "--jobs", count,
                "--threads", threads,
            )[0]  # fmt: skip
    typer.echo(f"--jobs 1: {times[1]:.1f} s, --jobs 2: {times[2]:.1f} s, ratio {times[2] / times[1]:.2f}")


@app.command()
def start_up() -> None:
    """Show what a NumPy child takes before it trains, what loading and checking MNIST takes, and its memory."""
    with tempfile.TemporaryDirectory() as folder:
        rows = sweep(folder, "--epochs", 2, "--seeds", 5, "--hidden-size", 300)[1]
    for name in ("import_seconds", "data_seconds", "build_seconds", "peak_rss_mib"):
        typer.echo(f"{name}: {statistics.median(getattr(row, name) for row in rows):.2f}")
    begin = time.perf_counter()
    data.load("mnist")
    typer.echo(f"reading and checking MNIST: {time.perf_counter() - begin:.2f} s")


@app.command()
def machinery(runs: int = 100) -> None:
    """Compare the wall time of many short runs, configs/large.yaml's, with the sum of the children's lives."""
    with tempfile.TemporaryDirectory() as folder:
        wall, rows = sweep(folder, "--quick", "--seeds", runs, "--threads", 1)
    lives = sum(row.life_seconds or 0 for row in rows)
    typer.echo(f"{len(rows)} runs: wall {wall:.1f} s, lives {lives:.1f} s, machinery {100 * (wall / lives - 1):.1f} %")


CONDITIONS = ("alone", "beside a process that spins", "with two threads a core")


@app.command()
def flags(runs: int = 40, nets: str = "[numpy, keras, torch, jax]", epochs: int = 8, only: str = "") -> None:
    """Show which part of each net's runs is flagged: alone, beside a process that spins, with two threads a core.

    ``only`` is one of these three conditions.
    """
    for condition in [each for each in CONDITIONS if only in ("", each)]:
        spins, doubled = (condition == name for name in CONDITIONS[1:])
        with tempfile.TemporaryDirectory() as folder, busy_process() if spins else nullcontext():
            threads = (2 if doubled else 1) * usable_cores()
            options = ("--hidden-size", 128, "--epochs", epochs, "--seeds", runs, "--threads", threads)
            rows = sweep(folder, *options, nets=nets)[1]
        reasons = noise.flags(rows)
        for net in dict.fromkeys(row.spec.net for row in rows):
            of_net = [bool(each) for row, each in zip(rows, reasons, strict=True) if row.spec.net == net]
            others = [row.others_cpu_fraction for row in rows if row.spec.net == net]
            others = [each for each in others if each is not None] or [float("nan")]
            typer.echo(
                f"{condition}: {net}: {sum(of_net)} of {len(of_net)} flagged; others had"
                f" {100 * min(others):.1f} to {100 * max(others):.1f} % of the cores' time"
            )


@app.command()
def reports(rows: int = 10_000) -> None:
    """Time ``mnistbench report`` over so many rows."""
    with tempfile.TemporaryDirectory() as folder:
        results = ledger_of(rows, Path(folder) / "many")
        seconds = timed("report", results.folder)
        typer.echo(json.dumps({"rows": rows, "seconds": round(seconds, 1)}))


@app.command()
def claims(trials: int = 200) -> None:
    """Show how often claims hold that are made on drawn rows and verified on others of the same machine.

    Rows are drawn from normals with each net's own mean and deviation in results/seeds, times from their logarithms.
    Every claim that is made is true of the same distributions, but for what chance had a part in.
    """
    measured = side.read(SEEDS).runs
    rng = np.random.default_rng(1)
    for seeds in (3, 5, 10):
        counted: dict[str, Counter[str]] = {}
        for _ in range(trials):
            old, new = (drawn_side(measured, seeds, rng) for _ in range(2))
            for finding in compared(dataclasses.replace(old, claims=old.own), new).findings:
                if finding.claim:
                    counted.setdefault(finding.kind, Counter())[WORDS[finding.verdict.holds]] += 1
        counted["all"] = sum(counted.values(), Counter())
        for kind, outcomes in counted.items():
            told = outcomes["holds"] + outcomes["does not hold"]
            hold, open_ = (100 * outcomes[word] / outcomes.total() for word in ("holds", "cannot be told"))
            typer.echo(
                f"{seeds} seeds: {kind}: of {outcomes.total()}, {hold:.1f} % hold, {open_:.1f} % cannot be told;"
                f" of {told} told, {100 * outcomes['holds'] / max(told, 1):.1f} % hold"
            )


def drawn_side(measured: pd.DataFrame, seeds: int, rng: np.random.Generator) -> side.Side:
    """Return a side with so many fresh seeds of each net, drawn as the measured rows lie."""
    nets = []
    for _, rows in measured.groupby("net", sort=False):
        drawn = rows.iloc[:seeds].copy()
        for name in SUMMARISED:
            values = np.log(rows[name]) if name.endswith("_seconds") else rows[name]
            new = rng.normal(values.mean(), values.std(ddof=1), seeds)
            drawn[name] = np.exp(new) if name.endswith("_seconds") else new
        nets.append(drawn)
    runs = pd.concat(nets)
    return side.of_frames("drawn", [], runs, runs, {}, None)


@app.command()
def predict() -> None:
    """Show how often predict refuses a digit of MNIST, and how often it takes for one what is none."""
    test = data.load("mnist", dtype=np.uint8, quick=True).test_images.reshape(-1, 28, 28)
    kinds = {"digits of MNIST": [enlarged(255 - image) for image in test[:1000]]} | non_digits()
    kinds["printed digits"] = [drawn(sign, font) for font in fonts() for sign in "0123456789"]
    for kind, pages in kinds.items():
        figures = [digits.each_as_mnist(page / 255) for page in pages]
        like = likeness.distances(np.concatenate(figures)) <= likeness.LIMIT
        of_each = np.split(like, np.cumsum([len(of_page) for of_page in figures])[:-1])
        unlike = sum(2 * of_page.sum() < len(of_page) for of_page in of_each)
        several = sum(len(of_page) > 1 and 2 * of_page.sum() >= len(of_page) for of_page in of_each)
        typer.echo(
            f"{kind}: {unlike + several} of {len(pages)} refused ({100 * (unlike + several) / len(pages):.1f} %):"
            f" {unlike} as not like a digit, {several} as several figures"
        )


def non_digits() -> dict[str, list[np.ndarray]]:
    """Return 1,000 pictures, dark on light, bytes, of what is no digit: 500 letters, 250 of noise, 250 of shapes."""
    rng = np.random.default_rng(1)
    letters = [drawn(sign, font) for font in fonts() for sign in LETTERS]
    chosen = [letters[index] for index in np.sort(rng.permutation(len(letters))[:500])]
    noise = []
    for number in range(250):
        blurred = ndimage.gaussian_filter(rng.random((112, 112)), (0, 1, 2, 4, 8)[number % 5])
        noise.append(255 * (blurred - blurred.min()) / np.ptp(blurred))
    return {"letters": chosen, "noise": noise, "shapes": [shape(number, rng) for number in range(250)]}


def fonts() -> list[str]:
    """Return the upright, slanted, bold and monospaced fonts of text that come with Matplotlib."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return [str(file) for file in sorted(folder.glob("DejaVuS*.ttf")) if "Display" not in file.name]


def drawn(sign: str, font: str) -> np.ndarray:
    page = Image.new("L", (160, 160), 255)
    ImageDraw.Draw(page).text((80, 80), sign, fill=0, font=ImageFont.truetype(font, 100), anchor="mm")
    return np.asarray(page)


def enlarged(image: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(image).resize((112, 112), Image.Resampling.BICUBIC))


def shape(number: int, rng: np.random.Generator) -> np.ndarray:
    """Return a filled polygon, disc, star, a grid or a triangle with a line in it, of a size and turn by chance."""
    page = Image.new("L", (112, 112), 255)
    pen = ImageDraw.Draw(page)
    size, turn = rng.uniform(20, 48), rng.uniform(0, 360)
    corners = 3 + number // 10 % 6
    match number % 5:
        case 0:
            pen.regular_polygon((56, 56, size), corners, rotation=turn, fill=0)
        case 1:
            pen.ellipse((56 - size, 56 - size / 1.5, 56 + size, 56 + size / 1.5), fill=0)
        case 2:
            radii = np.where(np.arange(2 * corners) % 2, size / 2.5, size)
            angles = np.radians(turn + np.arange(2 * corners) * 180 / corners)
            star = np.stack([56 + radii * np.cos(angles), 56 + radii * np.sin(angles)], axis=1)
            pen.polygon([tuple(point) for point in star.tolist()], fill=0)
        case 3:
            for at in np.linspace(56 - size, 56 + size, corners):
                pen.line((at, 56 - size, at, 56 + size), fill=0, width=3)
                pen.line((56 - size, at, 56 + size, at), fill=0, width=3)
        case 4:
            ring = [(56 + size * np.cos(a), 56 + size * np.sin(a)) for a in np.radians(turn + np.array([0, 120, 240]))]
            pen.polygon(ring, outline=0, width=5)
            pen.line((*ring[0], 56, 56), fill=0, width=5)
    return np.asarray(page)


if __name__ == "__main__":
    app()
