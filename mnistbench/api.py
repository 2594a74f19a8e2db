"""What the commands do, as functions that return objects: the public face's own module. Nothing here prints.

Each function asks the wings in the line's order: experiment, then running, then reports. What is heavy is imported in
the function that needs it, so that ``import mnistbench`` and ``--help`` answer at once.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from mnistbench.conducting import Config, Listener, Options, asked, net_name, require_one_point
from mnistbench.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mnistbench.checking import Findings
    from mnistbench.grading import GradeBook, GradeOptions
    from mnistbench.reports import RunReport
    from mnistbench.verifying import Comparison

    Part = tuple[NDArray[np.float32], NDArray[np.int64]]


def load_mnist() -> "tuple[Part, Part]":
    """Return the bundled MNIST as ``(train_images, train_labels), (test_images, test_labels)``.

    Images have shape (60000, 784) and (10000, 784), float32, pixels / 255 from 0 to 1; labels have shape (n,), int64,
    0 to 9.

    Raises:
        DataError: the files are damaged.
    """
    from mnistbench.datasets import data

    mnist = data.load("mnist")
    return (mnist.train_images, mnist.train_labels), (mnist.test_images, mnist.test_labels)


def train(
    config: Config | None = None, *, net: "str | type" = "numpy", profile: bool = False, **options: Unpack[Options]
) -> "RunReport":
    """Train one net at one point, save its weights as ``model.npz`` in the report's folder, and return the report.

    Args:
        config: a config's file, or the name of one that ships; left out, the schema's defaults.
        net: a net's name, a net of your own as ``FILE.py:CLASS``, or its class.
        profile: with clocks inside the training steps, in a folder of its own.
        options: see :class:`Options`.

    Raises:
        MnistbenchError: something asked for cannot be used, before anything is run. A run that fails is a row.
        InterruptedRuns: on Ctrl-C.
    """
    from mnistbench.conducting import conduct

    experiment = asked(config, options, default_name="train", net=net)
    experiment = experiment.profiled() if profile else experiment
    require_one_point(experiment, "profile" if profile else "train")
    return conduct(experiment, options, keep_model=not profile)


def compare(
    config: Config | None = None, *, nets: "Sequence[str | type]" = (), **options: Unpack[Options]
) -> "RunReport":
    """Train the nets of a config, and ``nets`` besides, at one point, and return the report. Else as :func:`train`."""
    from mnistbench.conducting import conduct

    experiment = asked(config, options, default_name="compare", more_nets=nets)
    require_one_point(experiment, "compare")
    if len(experiment.nets) < 2:
        raise ConfigError(
            f"{config}: compare takes two nets or more and nets is {experiment.nets}; add one, or use train."
        )
    return conduct(experiment, options)


def sweep(
    config: Config, *, nets: "Sequence[str | type]" = (), repeat_flagged: bool = False, **options: Unpack[Options]
) -> "RunReport":
    """Train the nets of a config, and ``nets`` besides, at every point of its grid, and return the report.

    With ``repeat_flagged`` the flagged runs are done again; both rows are kept, and the last counts. Else as
    :func:`train`.
    """
    from mnistbench.conducting import conduct

    experiment = asked(config, options, default_name="sweep", more_nets=nets)
    return conduct(experiment, options, repeat_flagged=repeat_flagged)


def report(folder: Config, **options: Unpack[Options]) -> "RunReport":
    """Write an experiment's reports again from its ledger, and return them. Of the options ``on_event`` alone counts.

    Raises:
        MnistbenchError: the folder holds no experiment, or cannot be written.
    """
    from mnistbench.conducting import rewritten

    return rewritten(Path(folder), options)


def diff(old: Config, new: Config, *, output: Config | None = None) -> "Comparison":
    """Test each claim of one results folder by the runs of another, and return the comparison.

    Of the old folder ``claims.json`` and ``runs.csv`` are read, of the new ``runs.csv``; what else reports leave is
    read where it is there, a ledger never. With ``output`` the comparison is written into that folder.

    Raises:
        ConfigError: a folder cannot be read.
        ResultsError: ``output`` cannot be written.
    """
    from mnistbench.verifying import compared, read, write

    made = compared(read(Path(old)), read(Path(new), with_claims=False))
    if output is not None:
        write(made, Path(output))
    return made


def verify(
    folder: Config,
    *,
    quick: bool = False,
    only: Sequence[str] = (),
    seeds: int | None = None,
    on_event: Listener | None = None,
) -> "Comparison":
    """Run an experiment again into its folder's sibling ``<name>-verify``, and return what became of each claim.

    Args:
        folder: a results folder with ``config.yaml``, ``claims.json`` and ``runs.csv``.
        quick: run the first seed at the first point alone, and tell what that can.
        only: claims by number from 1, by kind or by group (``accuracy``, ``certificate``, ``speed``); else all.
        seeds: how many seeds to run, from 1; left out, the config's own.
        on_event: see :class:`Options`.

    Raises:
        MnistbenchError: the folder cannot be read, or nothing of it can be run here.
        InterruptedRuns: on Ctrl-C; the same call runs the rest.
    """
    from mnistbench.verifying import verified, write

    made, sibling = verified(Path(folder), {"on_event": on_event}, quick=quick, only=only, seeds=seeds)
    write(made, sibling)
    return made


def check(
    net: "str | type",
    *,
    timeout: float = 20,
    accept_other_networks: bool = False,
    any_loop: bool = False,
    secret: int = 0,
    on_event: Callable[[dict[str, Any]], None] | None = None,
) -> "Findings":
    """Read a net of your own back by four questions, and name what is wrong.

    Args:
        net: ``FILE.py:CLASS``, or the class itself, from a file or from the cells of a notebook.
        timeout: seconds after which it ends.
        accept_other_networks: pass a net whose gradients and loop are right, whatever network it is.
        any_loop: pass a net that takes full batches, single images, or batches drawn anew.
        secret: permutes pixels, classes and test images by this number, and draws what is asked for with it, so that
            labels, weights or answers in the file are worth nothing; 0 asks as ever. A right net stays right.
        on_event: hears which question is asked, ``{"question": 1 to 4, "words": text}``, and what the net printed,
            ``{"output": text}``.

    Raises:
        NetError: nothing can be said of its steps: it cannot be loaded, raises, never ends, or returns what no net may.
    """
    from mnistbench.checking import Findings
    from mnistbench.running import runner

    found = runner.check(
        net_name(net),
        timeout,
        on_event or (lambda _: None),
        accept_other_networks=accept_other_networks,
        any_loop=any_loop,
        secret=secret,
    )
    return Findings(found)


def grade(
    submissions: "Sequence[Config]",
    *,
    output: Config | None = None,
    formats: Sequence[str] = (),
    on_event: Callable[[dict[str, Any]], None] | None = None,
    **options: "Unpack[GradeOptions]",
) -> "tuple[GradeBook, Path]":
    """Judge the nets of a whole class, write the grade book, and return it with its folder.

    Args:
        submissions: folders, zips or files; a file a student, or a folder a student.
        output: the folder, else ``results/`` and the name of the first of ``submissions``.
        formats: of ``gradescope``, ``github`` and ``junit``, which are written besides.
        on_event: hears how far it is; see :func:`mnistbench.grading.grading.grade_class`.
        options: see :class:`mnistbench.grading.GradeOptions`.

    Raises:
        GradingError, FenceError: nothing can be judged so. What is wrong with one submission is in its grade.
        KeyboardInterrupt: what is finished is on disk, and the same call does the rest.
    """
    from mnistbench.grading import grade_class, write

    given = [Path(place) for place in submissions]
    folder = Path(output) if output else Path("results") / given[0].resolve().stem
    book = grade_class(given, folder, options, on_event or (lambda _: None))
    write(book, folder, tuple(formats))
    return book, folder
