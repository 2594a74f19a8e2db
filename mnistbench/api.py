"""What the commands do, as functions that return objects: the public face's own module. Nothing here prints.

Each function asks the wings in the line's order: experiment, then running, then reports. What is heavy is imported in
the function that needs it, so that ``import mnistbench`` and ``--help`` answer at once.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from mnistbench.conducting import Config, Options, asked, net_name, require_one_point
from mnistbench.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mnistbench.checking import Findings
    from mnistbench.grading import GradeBook
    from mnistbench.reports import RunReport

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
    require_one_point(experiment, "train")
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


def check(
    net: "str | type",
    *,
    timeout: float = 20,
    accept_other_networks: bool = False,
    any_loop: bool = False,
    on_event: Callable[[dict[str, Any]], None] | None = None,
) -> "Findings":
    """Read a net of your own back by four questions, and name what is wrong.

    Args:
        net: ``FILE.py:CLASS``, or the class itself, from a file or from the cells of a notebook.
        timeout: seconds after which it ends.
        accept_other_networks: pass a net whose gradients and loop are right, whatever network it is.
        any_loop: pass a net that takes full batches, single images, or batches drawn anew.
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
    )
    return Findings(found)


def grade(
    submissions: "Sequence[Config]",
    *,
    class_name: str = "",
    student: str | None = None,
    rubric: Config | None = None,
    output: Config | None = None,
    jobs: int = 1,
    timeout: float = 20,
    secret: int | None = None,
    formats: Sequence[str] = (),
    fenced: bool = True,
    on_event: Callable[[dict[str, Any]], None] = lambda _: None,
) -> "tuple[GradeBook, Path]":
    """Judge the nets of a whole class, write the grade book, and return it with its folder.

    Args:
        submissions: folders, zips or files; a file a student, or a folder a student.
        class_name: of the net in each file; left out where each has one.
        student: a regular expression with a group ``student`` that finds the name in a file's path.
        rubric: points and what is allowed, a YAML file; else the default one.
        output: the folder, else ``results/`` and the name of the first of ``submissions``.
        jobs: submissions side by side.
        timeout: seconds for each submission's questions, and again for its run.
        secret: the number that pixels, classes and test images are permuted by; drawn where it is left out.
        formats: of ``gradescope``, ``github`` and ``junit``, which are written besides.
        fenced: run each behind bubblewrap; otherwise it has the caller's own rights.
        on_event: hears how far it is; see :func:`mnistbench.grading.grading.grade`.

    Raises:
        GradingError, FenceError: nothing can be judged so. What is wrong with one submission is in its grade.
        KeyboardInterrupt: what is finished is on disk, and the same call does the rest.
    """
    from mnistbench import grading

    given = [Path(place) for place in submissions]
    folder = Path(output) if output else Path("results") / given[0].resolve().stem
    book = grading.grade(
        given, folder, grading.load_rubric(Path(rubric) if rubric else None), jobs=jobs, timeout_seconds=timeout,
        student=student, class_name=class_name, secret=secret, fenced=fenced, on_event=on_event,
    )  # fmt: skip
    grading.write(book, folder, tuple(formats))
    return book, folder
