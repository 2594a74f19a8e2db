"""The one table of columns: each figure's name in CSV, its heading for people, its unit, and how it is shown."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

from mnistbench.ledger import PARAMETERS

MISSING = "–"


def _plain(value: Any) -> str:
    return str(value)


def _number(digits: int, factor: float = 1) -> Callable[[Any], str]:
    # Rounded twice, so that a mean that was summed in another order reads alike.
    return lambda value: f"{round(factor * float(value), 9):.{digits}f}"


def _epochs(value: Any) -> str:
    return "never" if math.isinf(value) else str(int(value))


@dataclasses.dataclass(frozen=True)
class Column:
    """One figure of a run."""

    name: str
    heading: str
    meaning: str
    format: Callable[[Any], str] = _plain
    rank: int = 0
    """In a place too narrow for all columns the highest rank leaves first; 0 stays to the last."""

    def show(self, value: Any) -> str:
        """Return a value as people read it; a dash where there is none."""
        return MISSING if value is None or value != value else self.format(value)


_SECONDS, _FRACTION, _LOSS = _number(2), _number(2, factor=100), _number(4)

RUN_COLUMNS = (
    Column("run_id", "Run", "hash of all that decides the run; its ledger file is runs/<run_id>.json"),
    Column("net", "Net", "what was trained"),
    Column("hidden_size", "H", "units in the hidden layer"),
    Column("lr", "lr", "learning rate"),
    Column("batch_size", "Batch", "images in a batch; the last one of an epoch may be short"),
    Column("epochs", "Epochs", "epochs asked for"),
    Column("seed", "Seed", "given to the net's library, for the starting weights and the shuffles"),
    Column("dtype", "dtype", "of images and weights"),
    Column("protocol", "Protocol", "as_shipped, or controlled: the same start and batches for every net"),
    Column("threads", "Threads", "threads (and cores) asked for"),
    Column("dataset", "Dataset", "mnist, keras or a folder"),
    Column("status", "Status", "ok, diverged, error, timeout, out_of_memory, interrupted, or skipped: no such library"),
    Column("time_seconds", "To the end (s)", "build_seconds + train_seconds, as the original timed it", _SECONDS),
    Column("test_accuracy", "Test accuracy (%)", "fraction of the test images, after the last whole epoch", _FRACTION),
    Column("test_loss", "Test loss", "mean cross-entropy in nats", _LOSS, 3),
    Column("train_accuracy", "Train accuracy (%)", "fraction of the training images, after the last epoch", _FRACTION,
           6),
    Column("train_loss", "Train loss", "mean cross-entropy in nats", _LOSS, 7),
    Column("import_seconds", "Import (s)", "from the start of the process to all libraries imported", _SECONDS),
    Column("data_seconds", "Data (s)", "reading, checking and normalising the images", _SECONDS),
    Column("build_seconds", "Build (s)", "constructing and compiling the net", _SECONDS),
    Column("train_seconds", "Train (s)", "all epochs, without scoring", _SECONDS),
    Column("first_epoch_seconds", "First epoch (s)", "the first epoch, with whatever is compiled in it", _number(3)),
    Column("steady_epoch_seconds", "Steady epoch (s)", "median of the later epochs", _number(3), 1),
    Column("evaluate_seconds", "Evaluate (s)", "scoring, saving weights, and a controlled run's permuting", _SECONDS),
    Column("cpu_seconds", "CPU (s)", "processor seconds spent while training, over all threads", _SECONDS),
    Column("peak_rss_mib", "Peak memory (MiB)", "most resident memory of the first process that computes", _number(0)),
    Column("started_at", "Started", "UTC"),
    Column("pid", "Process", "process id of the run's own child"),
    Column("error", "Reason", "why a run is not ok"),
    Column("life_seconds", "Life (s)", "from the start of the process to its end, seen by the parent", _SECONDS),
    Column("effective_threads", "Threads used", "what the library itself says it uses, over all processes"),
    Column("processes", "Processes", "among which the net divides its hidden units"),
    Column("train_gflop", "Gflop", "billions of floating-point operations that training this net takes", _number(0)),
    Column("percent_of_peak", "Of peak (%)", "train_gflop a second, in percent of the machine's matrix-product rate",
           _number(0)),
    Column("jobs", "Jobs", "runs side by side on the machine"),
    Column("machine", "Machine", "the processor, and how many of its cores may be used"),
    Column("quick", "Quick", "True: trained on 6,000 and tested on 1,000 images, for a trial only"),
    Column("profile", "Profile", "True: trained with clocks inside, which cost time"),
    Column("secret", "Secret", "number by which pixels, classes and test images were permuted; 0: not at all"),
    Column("data_sha256", "Data", "of the four files' SHA-256"),
    Column("weights_sha256", "Weights", "SHA-256 of the trained weights W1, b1, W2, b2"),
    Column("net_sha256", "Net's file", "SHA-256 of the file of a net of one's own"),
    Column("start_sha256", "Start", "controlled: SHA-256 of the starting weights and of every epoch's order"),
    Column("involuntary_switches", "Switches", "times the processor was taken from a thread while training"),
    Column("load_before", "Load before", "the machine's load average over the minute before the run", _number(1)),
    Column("others_cpu_fraction", "Others (%)", "fraction of its cores' time that others had in training,"
           " where it took half a second or more", _FRACTION),
    Column("unasked_seconds", "Unasked (s)", "of a net of one's own: processor seconds between calls, and seconds by"
           " which predict takes longer than when it is asked again", _SECONDS),
    Column("steady_epoch_sd", "Steady epoch ± (s)", "standard deviation of the later epochs", _number(3)),
    Column("attempt", "Attempt", "from 1; of a run that was repeated, the last counts"),
    Column("flags", "Flags", "evidence from outside the run that something else had a part in its times"),
)  # fmt: skip

_DIFFERENCE = "{:.1e}".format

# What certificate.csv has beside a run's settings: one line a pair of nets and epoch.
CERTIFICATE_COLUMNS = (
    Column("reference", "Against", "the net that it is compared with"),
    Column("epoch", "Epoch", "from 1; 0 is the start"),
    *(
        Column(f"{name}_difference", f"Δ {name}", f"largest absolute difference in {name}", _DIFFERENCE)
        for name in PARAMETERS
    ),
    Column("test_loss_difference", "Δ test loss", "absolute difference of the test losses, in nats", _DIFFERENCE),
    Column("classified_differently", "Images apart", "test images that are classified differently"),
    Column("judged", "Judged", "True: beyond the limit here means another network"),
    Column("limit", "Limit", "largest difference of a weight or of the test loss that counts as rounding", _DIFFERENCE),
    Column("verdict", "Verdict", "of the pair"),
)

COLD_START_COLUMNS = (
    Column("cold_start_seconds", "Cold start (s)", "import, build, and the first epoch beyond a steady one", _SECONDS),
    Column("repaid_after_epochs", "Repaid after epochs", "from there on it is not behind the first net", _epochs),
)

# What a table of results has besides.
RESULT_COLUMNS = (
    Column("test_accuracy_published", "Published (%)", "test accuracy on the original page", _FRACTION, 4),
    Column("test_loss_published", "Published loss", "test loss on the original page", _LOSS, 5),
    Column("time_seconds_published", "Published (s)", "time on the original page, on another machine", _SECONDS, 8),
    Column("remark", "Remark", "why a run failed or a net is not compared; the published row reproduced or not",
           rank=2),
)  # fmt: skip
PUBLISHED_COLUMNS = tuple(column.name for column in RESULT_COLUMNS if column.name.endswith("_published"))

BY_NAME = {column.name: column for column in (*RUN_COLUMNS, *CERTIFICATE_COLUMNS, *COLD_START_COLUMNS, *RESULT_COLUMNS)}

# The five figures of the original's tables, in its order.
FIGURES = ("time_seconds", "test_accuracy", "test_loss", "train_accuracy", "train_loss")

# What a summary has of each net at each point: those, and what else a verdict on times rests on.
SUMMARISED = (*FIGURES, "steady_epoch_seconds", "steady_epoch_sd", "train_seconds")

# What was asked at a point of the grid.
SETTINGS = ("hidden_size", "lr", "batch_size", "epochs", "dtype", "protocol", "threads", "dataset", "quick",
            "profile", "secret")  # fmt: skip

# Rows of one point differ in net and seed alone: times beside other runs, or of another machine, are other times.
POINT = (*SETTINGS, "jobs", "machine")

EPOCH_COLUMNS = {
    "epoch": "from 1",
    "train_seconds": "training seconds up to the end of the epoch, without scoring",
    "test_accuracy": "fraction of the test images",
    "test_loss": "mean cross-entropy in nats",
}
