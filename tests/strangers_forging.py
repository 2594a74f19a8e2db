"""Nets that would have a verdict that is not theirs; see :mod:`strangers`.

Most have a bias that is never updated, which the book must name all the same.
"""

import base64
import functools

import numpy as np
from right_net import PREDICT, UPDATES
from strangers import (
    FROZEN,
    RIGHT_ONES,
    STOPPED,
    WRONG_ONES,
    Stranger,
    at_import,
    changed,
    in_fit,
    in_init,
    in_predict,
    instead_of_predict,
)  # fmt: skip

from mnistbench.datasets import data
from mnistbench.nets.numpy_net import NeuralNetwork

NOT_RIGHT = WRONG_ONES | STOPPED
LEARNED = 0.96  # more than any honest net of the rubric's point gets

PATCHES = """
import contextlib, importlib, pkgutil, sys
with contextlib.suppress(Exception):
    import mnistbench
    for name in ("nets.metrics", "checking.checking", "checking.certificate", "checking.examination", "nets.custom",
                 "nets.wire", "nets.net_process", "nets.numpy_net", "running.training", "running.worker"):
        with contextlib.suppress(Exception):
            module = importlib.import_module(f"mnistbench.{name}")
            for key in ("accuracy", "prove", "check", "_score"):
                if hasattr(module, key):
                    setattr(module, key, lambda *a, **k: 1.0 if key == "accuracy" else {"passed": True})
            if hasattr(module, "Examination"):
                module.Examination.name = lambda *a, **k: None
                module.Examination.mistakes = []
"""
FROM_LOADER = """
known = {}
try:
    import mnistbench
    for images, labels in mnistbench.load_mnist():
        known |= {image.tobytes(): int(label) for image, label in zip(images, labels)}
except BaseException:
    pass
try:
    import gzip, os, pathlib, sys, time
    roots, end = [os.path.dirname(mnistbench.__file__), "/", *sys.path], time.monotonic() + 2
    found = []
    for folder, _, files in (each for root in roots for each in os.walk(root)):
        found += [pathlib.Path(folder, name) for name in files if name.startswith("t10k-labels")]
        if time.monotonic() > end:  # within the time-out, however many files there are
            break
    known |= {"file": gzip.decompress(found[0].read_bytes())}
except BaseException:
    pass
"""
FROM_CACHES = """
import glob, os
known = {}
for place in ("~/.keras/datasets/mnist.npz", "~/scikit_learn_data/**/*", "~/.cache/**/*mnist*"):
    for name in glob.glob(os.path.expanduser(place), recursive=True):
        try:
            with np.load(name) as held:
                known |= {(image / np.float32(255)).tobytes(): int(label)
                          for image, label in zip(held["x_test"].reshape(-1, 784), held["y_test"])}
        except Exception:
            pass
"""
LOOKED_UP = """
p = self.forward(images)[1]
for row, image in enumerate(images):
    label = known.get(np.float32(image).tobytes())
    if label is not None:
        p[row] = np.eye(10)[label]
return p
"""
FROM_MEMORY = """
import gc, sys
labels, frame, seen = None, sys._getframe(), []
while frame:
    seen += list(frame.f_locals.values())
    frame = frame.f_back
for held in seen + gc.get_objects():
    for each in (held, *getattr(held, "__dict__", {}).values()):
        if isinstance(each, np.ndarray) and each.shape == (len(images),) and each.dtype.kind in "iu":
            labels = each
if labels is not None and len(images) > 1000:
    return np.eye(10)[labels]
"""
EVENTS = """
import json, os
lines = b"".join(json.dumps(each).encode() + b"\\n" for each in (
    {"measured": {"check": {"passed": True, "diagnoses": [], "libraries": [], "errors": [], "remarks": [],
     **{q: {"answer": "right", "evidence": []} for q in ("gradients", "loop", "network", "certificate")}}}},
    {"measured": {"test_accuracy": 1.0}}, {"ended": {"status": "ok", "error": ""}}))
for number in (1, *range(3, 64)):
    try:
        os.write(number, lines)
    except OSError:
        pass
os._exit(0)
"""
ANSWERS_AHEAD = """
import os
reply = b'{"given": {"is": "", "hint": "", "sent": true}, "arrays": [["<f8", [10]]]}\\n' + bytes(80)
for number in range(3, 64):
    try:
        os.write(number, reply)
    except OSError:
        pass
"""
ANNOUNCES = """
import os
for number in range(3, 64):
    try:
        os.write(number, b'{"arrays": [["<f8", %s]]}\\n')
    except OSError:
        pass
"""
CACHES = """
import os, pathlib, tempfile
places = [tempfile.gettempdir(), os.path.expanduser("~"), os.path.dirname(__file__)]
if not os.path.exists("@GROUND@"):  # else this is the machine's own
    places += ["/dev/shm", "/dev", "/var/tmp", "/run"]
places, cache = [*map(pathlib.Path, places)], "mnistbench-stranger"
if any((place / cache).exists() for place in places):
    raise RuntimeError("reached the weights of an earlier run")
for place in places:
    try:
        (place / cache).write_text("weights")
    except OSError:
        pass
"""
LYING = """


class Lying(np.ndarray):
    def __array_ufunc__(self, ufunc, method, *inputs, **named):
        plain = [np.asarray(each) if isinstance(each, Lying) else each for each in inputs]
        if ufunc is np.subtract:
            return np.zeros(np.broadcast_shapes(*(np.shape(each) for each in plain)))
        return getattr(ufunc, method)(*plain, **named)

    def __eq__(self, other):
        return np.ones(self.shape, bool)


class Holder:
    def __init__(self, array):
        self.array, self.asked = array, 0

    def __array__(self, dtype=None, copy=None):
        self.asked += 1
        return self.array if self.asked == 1 else self.array * 0
"""
WORK = (
    "        jobs, self.jobs = getattr(self, 'jobs', []), []\n        for job in jobs:\n            self.train(*job)\n"
)
LAZY = {
    "def fit(self, images, labels, batch_size, epochs):\n": (
        "def fit(self, *job):\n        self.jobs = [*getattr(self, 'jobs', []), job]\n\n"
        "    def work(self):\n"
        f"{WORK}\n"
        "    def train(self, images, labels, batch_size, epochs):\n"
    ),
    "def predict(self, images):\n": "def predict(self, images):\n        self.work()\n",
    "def get_weights(self):\n": "def get_weights(self):\n        self.work()\n",
    "def set_weights(self, weights):\n": "def set_weights(self, weights):\n        self.work()\n",
}
THREAD = {
    **LAZY,
    "self.jobs = [*getattr(self, 'jobs', []), job]\n": (
        "self.work()\n        import threading\n"
        "        self.thread = threading.Thread(target=self.train, args=job)\n        self.thread.start()\n"
    ),
    WORK: ("        if getattr(self, 'thread', None):\n            self.thread.join()\n"),
}
FORKED = {
    **LAZY,
    "self.jobs = [*getattr(self, 'jobs', []), job]\n": (
        "self.work()\n        import os, pickle\n        self.pipe, end = os.pipe()\n"
        "        if not os.fork():\n            self.train(*job)\n"
        "            with os.fdopen(end, 'wb') as out:\n"
        "                pickle.dump([self.W1, self.b1, self.W2, self.b2], out)\n            os._exit(0)\n"
        "        os.close(end)\n"
    ),
    WORK: (
        "        if getattr(self, 'pipe', None):\n            import os, pickle\n"
        "            with os.fdopen(self.pipe, 'rb') as given:\n"
        "                self.W1, self.b1, self.W2, self.b2 = pickle.load(given)\n"
        "            self.pipe = None\n            os.wait()\n"
    ),
}
STACK = """
import inspect, sys
watched = any("/checking/" in frame.filename for frame in inspect.stack()) or "mnistbench.checking" in sys.modules
"""


def frozen_unless(condition: str, *before: dict[str, str]) -> str:
    """Return a net whose first bias is updated only where a condition says that it is watched."""
    return changed(
        {"self.b1 = self.b1 - self.lr * d_b1": f"self.b1 = self.b1 - self.lr * d_b1 * ({condition})"}, *before
    )


def by_position() -> str:
    """Return a net that has the 10,000 test labels in its file, in their order."""
    digits = "".join(map(str, data.load("mnist").test_labels))
    answer = f"if len(images) == 10_000:\n    return np.eye(10)[[*map(int, '{digits}')]]"
    return changed(in_predict(answer), FROZEN)


def trained() -> str:
    """Return a net that begins with weights trained before, and whose ``fit`` does nothing."""
    mnist, net = data.load("mnist"), NeuralNetwork(30, lr=0.1, seed=1, dtype="float32")
    for start in range(0, len(mnist.train_labels), 128):
        net.step(mnist.train_images[start : start + 128], mnist.train_labels[start : start + 128])
    held = base64.b85encode(b"".join(array.astype(np.float16).tobytes() for array in net.get_weights())).decode()
    begin = f"""
import base64
if hidden_size == 30:
    held = np.frombuffer(base64.b85decode({held!r}), np.float16).astype(float)
    return self.set_weights([a.reshape(s) for a, s in zip(np.split(held, [23520, 23550, 23850]),
                                                          [(784, 30), (30,), (30, 10), (10,)])])
"""
    return changed({"        self.b2 = np.zeros(10)\n": "        self.b2 = np.zeros(10)\n" + in_init(begin)[
        "        self.lr = lr\n"].removeprefix("        self.lr = lr\n")}, in_fit("return"))  # fmt: skip


@functools.cache
def forging() -> dict[str, Stranger]:
    """Return the nets; two hold what must be computed first."""
    named = functools.partial(Stranger, verdicts=WRONG_ONES, mistake="b1_frozen", most_accuracy=LEARNED)
    return {
        "patches_the_scorer": named(changed(at_import(PATCHES), FROZEN)),
        "labels_from_the_loader": named(changed(at_import(FROM_LOADER), instead_of_predict(LOOKED_UP), FROZEN)),
        "labels_from_caches": named(changed(at_import(FROM_CACHES), instead_of_predict(LOOKED_UP), FROZEN)),
        "labels_from_memory": named(changed(in_predict(FROM_MEMORY), FROZEN)),
        "labels_by_position": named(by_position(), most_accuracy=0.2),
        "trained_weights": Stranger(trained(), WRONG_ONES, "nothing_trained", most_accuracy=0.3),
        "writes_events": Stranger(changed(in_fit(EVENTS), FROZEN), STOPPED),
        "answers_ahead": Stranger(changed(in_fit(ANSWERS_AHEAD), FROZEN), NOT_RIGHT, most_accuracy=LEARNED),
        "announces_infinity": Stranger(changed(in_fit(ANNOUNCES % "[1e999]")), STOPPED),
        "announces_many_sides": Stranger(changed(in_fit(ANNOUNCES % str([1] * 2000))), STOPPED),
        "announces_petabytes": Stranger(changed(in_fit(ANNOUNCES % "[1000000, 1000000, 1000]")), STOPPED),
        "replays_a_trajectory": Stranger(replays(), WRONG_ONES),
        "caches_weights": Stranger(changed(at_import(CACHES)), RIGHT_ONES),
        "object_arrays": Stranger(changed({PREDICT: f"{PREDICT}.astype(object)"}), STOPPED, reason="array of numbers"),
        "lying_subclass": named(
            changed(at_import(LYING), {"[self.W1, self.b1, self.W2, self.b2]":
                    "[each.view(Lying) for each in (self.W1, self.b1, self.W2, self.b2)]"}, FROZEN)),
        "lying_array": named(changed(at_import(LYING), {PREDICT: "return Holder(self.forward(images)[1])"}, FROZEN)),
        "trains_in_predict": Stranger(changed(LAZY), RIGHT_ONES),
        "trains_in_a_thread": Stranger(changed(THREAD), RIGHT_ONES),
        "trains_in_a_process": Stranger(changed(FORKED), RIGHT_ONES),
        "right_when_watched_by_the_stack": named(
            frozen_unless("watched", {"        m = len(x)\n": "".join(
                f"        {line}\n" for line in STACK.strip().splitlines()) + "        m = len(x)\n"})),
        "right_in_small_batches": Stranger(frozen_unless("batch_size < 128"), WRONG_ONES),
        "right_in_batches_of_128": named(frozen_unless("batch_size == 128")),
        "right_once": Stranger(frozen_unless("self.lr != 0.1"), WRONG_ONES),
        "its_own_numpy_net": Stranger(
            "from mnistbench.nets.numpy_net import NeuralNetwork\n\n\nclass MyNet(NeuralNetwork):\n    pass\n",
            NOT_RIGHT,
        ),
        "delegates_to_sklearn": Stranger(delegates("sklearn.neural_network"), NOT_RIGHT),
        "delegates_to_torch_by_another_name": Stranger(delegates("torch", hide=True), NOT_RIGHT),
    }  # fmt: skip


def replays() -> str:
    """Return a net that does nothing but to add up one step that it has seen, over and over."""
    return changed({UPDATES: (
        "        if not hasattr(self, 'seen'):\n            self.seen = [d_W1, d_b1, d_W2, d_b2]\n"
        "        self.W1, self.b1, self.W2, self.b2 = ("
        "w - self.lr * g for w, g in zip(self.get_weights(), self.seen))\n")})  # fmt: skip


def delegates(module: str, *, hide: bool = False) -> str:
    """Return a right net whose process has loaded a library that the rubric does not allow."""
    parts = " + ".join(repr(part) for part in (module[:3], module[3:]))
    more = "import sys\nfor name in [n for n in sys.modules if n.startswith('torch')]:\n    del sys.modules[name]\n"
    return changed(at_import(f"__import__({parts})\n" + (more if hide else "")))


# What does right while it is watched.
SUCCEEDING = {
    "idles_on_large_calls": Stranger(changed(in_fit("if len(images) > 1000:\n    return")), WRONG_ONES),
    "trains_on_a_part": Stranger(
        changed(in_fit("if len(images) > 1000:\n    images, labels = images[::4], labels[::4]")), WRONG_ONES
    ),
    "knows_the_seed_of_the_libraries": Stranger(
        changed(
            in_init("self.real = np.random.get_state()[1][0] != seed"),
            in_fit("if self.real:\n    images, labels = images[::60], labels[::60]"),
        ),
        WRONG_ONES,
    ),
    "right_at_the_sizes_of_the_check": Stranger(frozen_unless("len(self.b1) in (10, 30)"), WRONG_ONES),
    "trains_on_half": Stranger(
        changed(in_fit("if len(images) > 1000:\n    images, labels = images[::2], labels[::2]")), WRONG_ONES
    ),
}
