"""Nets of users with one known mistake each, made from one right net by changing its text."""

from pathlib import Path

RIGHT = """\
import numpy as np


class MyNet:
    def __init__(self, hidden_size, lr, seed):
        self.lr = lr
        self.rng = np.random.default_rng(seed)
        self.W1 = self.rng.normal(0, 2 / np.sqrt(784 + hidden_size), (784, hidden_size))
        self.b1 = np.zeros(hidden_size)
        self.W2 = self.rng.normal(0, 2 / np.sqrt(hidden_size + 10), (hidden_size, 10))
        self.b2 = np.zeros(10)

    def forward(self, x):
        hidden = np.maximum(x @ self.W1 + self.b1, 0)
        logits = hidden @ self.W2 + self.b2
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        return hidden, e / e.sum(axis=1, keepdims=True)

    def fit(self, images, labels, batch_size, epochs):
        for _ in range(epochs):
            order = self.rng.permutation(len(images))
            images, labels = images[order], labels[order]
            for start in range(0, len(images), batch_size):
                self.step(images[start : start + batch_size], labels[start : start + batch_size], batch_size)

    def step(self, x, labels, batch_size):
        m = len(x)
        y = np.eye(10)[labels]
        hidden, p = self.forward(x)
        delta2 = p - y
        delta1 = (delta2 @ self.W2.T) * (hidden > 0)
        d_W1 = x.T @ delta1 / m
        d_b1 = delta1.sum(axis=0) / m
        d_W2 = hidden.T @ delta2 / m
        d_b2 = delta2.sum(axis=0) / m
        self.W1 = self.W1 - self.lr * d_W1
        self.b1 = self.b1 - self.lr * d_b1
        self.W2 = self.W2 - self.lr * d_W2
        self.b2 = self.b2 - self.lr * d_b2

    def predict(self, images):
        return self.forward(images)[1]

    def get_weights(self):
        return [self.W1, self.b1, self.W2, self.b2]

    def set_weights(self, weights):
        self.W1, self.b1, self.W2, self.b2 = weights
"""

Changes = dict[str, str]

GRADIENT_W2 = "        d_W2 = hidden.T @ delta2 / m\n"
UPDATE_W1 = "        self.W1 = self.W1 - self.lr * d_W1\n"
UPDATE_B1 = "        self.b1 = self.b1 - self.lr * d_b1\n"
UPDATE_W2 = "        self.W2 = self.W2 - self.lr * d_W2\n"
UPDATE_B2 = "        self.b2 = self.b2 - self.lr * d_b2\n"
ONE_ORDER = "images, labels = images[order], labels[order]"
STEP = "def step(self, x, labels, batch_size):"
LOOP = "range(0, len(images), batch_size)"
SHIFTED = "np.exp(logits - logits.max(axis=1, keepdims=True))"
JACOBIAN = "p * ((p - y) - (p * (p - y)).sum(axis=1, keepdims=True))"
TAKE_OVER = "self.W1, self.b1, self.W2, self.b2 = weights"

# Each mistake's name, and ways to make it: what stands in the right text, and what stands there instead.
# The first way of each goes with any other that touches other text.
MISTAKES: dict[str, tuple[Changes, ...]] = {
    "sum_over_batch": ({"m = len(x)": "m = 1"},),
    "asked_batch_size": ({"m = len(x)": "m = batch_size"},),
    "divided_twice": ({"delta2 = p - y": "delta2 = (p - y) / m"},),
    "mean_over_classes": ({"m = len(x)": "m = len(x) * 10"},),
    "sign_flipped": ({"self.lr * d_": "-self.lr * d_"}, {"delta2 = p - y": "delta2 = y - p"}),
    "lr_twice": ({"self.lr * d_": "self.lr * self.lr * d_"},),
    "lr_missing": ({"self.lr * d_": "d_"},),
    "nothing_trained": ({"        self.step(": "        continue\n                self.step("},),
    "only_output_layer": ({UPDATE_W1: "", UPDATE_B1: ""},),
    "only_hidden_layer": ({UPDATE_W2: "", UPDATE_B2: ""},),
    "w1_frozen": ({UPDATE_W1: ""},),
    "b1_frozen": ({UPDATE_B1: ""},),
    "w2_frozen": ({UPDATE_W2: ""},),
    "b2_frozen": ({UPDATE_B2: ""},),
    "bias_wrong_axis": (
        {"sum(axis=0)": "sum(axis=1)"},
        {"sum(axis=0)": "mean(axis=1)"},
        {"sum(axis=0)": "sum()"},
        {"sum(axis=0) / m": "mean()"},
        {"delta1.sum(axis=0)": "delta1.sum(axis=1)"},
        {"delta1.sum(axis=0)": "delta1.sum()"},
    ),
    "bias_sum_over_batch": ({"sum(axis=0) / m": "sum(axis=0)"},),
    "relu_derivative_missing": ({" * (hidden > 0)": ""},),
    "relu_derivative_at_zero": ({"hidden > 0": "hidden >= 0"},),
    "sigmoid_derivative": ({"(hidden > 0)": "hidden * (1 - hidden)"},),
    "softmax_derivative_on_top": (
        {"delta2 = p - y": "delta2 = (p - y) * p * (1 - p)"},
        {"delta2 = p - y": f"delta2 = {JACOBIAN}"},
    ),
    "squared_error": (
        {"delta2 = p - y": f"delta2 = {JACOBIAN}"},
        {"delta2 = p - y": f"delta2 = 2 * {JACOBIAN}"},
        {"delta2 = p - y": "delta2 = 2 * (p - y) * p * (1 - p)"},
        {"delta2 = p - y": "delta2 = 2 * (p - y)"},
        {"delta2 = p - y": "delta2 = hidden @ self.W2 + self.b2 - y"},
    ),
    "labels_of_all_rows": ({"delta2 = p - y": "delta2 = p.copy()\n        delta2[:, labels] -= 1"},),
    "w2_updated_first": (
        {UPDATE_W2: "", "        delta1 =": GRADIENT_W2 + UPDATE_W2 + "        delta1 ="},
    ),
    "w2_not_transposed": (
        {"self.W2.T": "self.W2"},
        {"self.W2.T": "self.W2.reshape(10, -1)"},
    ),
    "layers_swapped": (
        {"        d_W1 = ": "        delta1, delta2 = delta2, delta1\n        d_W1 = "},
        {UPDATE_W1: "        d_b1, d_b2 = d_b2, d_b1\n" + UPDATE_W1},
    ),
    "images_not_divided": ({STEP: f"{STEP}\n        x = x * 255"},),
    "images_divided_twice": ({STEP: f"{STEP}\n        x = x / 255"},),
    "labels_shifted": (
        {"[labels]": "[labels - 1]"},
        {"[labels]": "[(labels + 1) % 10]"},
        {"[labels]": "[labels + 1]"},
    ),
    "softmax_unshifted": (
        {SHIFTED: "np.exp(logits)"},
        {SHIFTED: "np.exp(np.clip(logits, -500, 500))"},
    ),
    "pairs_broken": ({ONE_ORDER: "images, labels = images[order], self.rng.permutation(labels)"},),
    "no_shuffle": ({f"            {ONE_ORDER}\n": ""},),
    "last_batch_dropped": (
        {LOOP: "range(0, len(images) - batch_size + 1, batch_size)"},
        {LOOP: "range(0, max(len(images) // batch_size, 1) * batch_size, batch_size)"},
    ),
    "epochs_ignored": ({"range(epochs)": "range(1)"},),
    "predict_differs": ({"return self.forward(images)[1]": "return self.forward(images / 2)[1]"},),
}  # fmt: skip

# Right nets in other styles.
STYLES: dict[str, Changes] = {
    "as_it_is": {},
    "float32": {
        "y = np.eye(10)[labels]": "y = np.eye(10, dtype=np.float32)[labels]",
        TAKE_OVER: f"{TAKE_OVER.partition(' = ')[0]} = (np.float32(array) for array in weights)",
    },
    "column_major": {
        "hidden = np.maximum(x @ self.W1 + self.b1, 0)": "hidden = np.maximum(self.W1 @ x.T + self.b1, 0)",
        "logits = hidden @ self.W2 + self.b2": "logits = (self.W2 @ hidden + self.b2).T",
        "y = np.eye(10)[labels]": "y = np.eye(10)[labels].T",
        "hidden, p = self.forward(x)": "hidden, p = self.forward(x)\n        x, p = x.T, p.T",
        "delta2 @ self.W2.T": "self.W2.T @ delta2",
        "x.T @ delta1": "delta1 @ x.T",
        "hidden.T @ delta2": "delta2 @ hidden.T",
        "sum(axis=0)": "sum(axis=1, keepdims=True)",
        "[self.W1, self.b1, self.W2, self.b2]": "[self.W1.T, self.b1.ravel(), self.W2.T, self.b2.ravel()]",
        TAKE_OVER: "W1, b1, W2, b2 = weights\n"
        "        self.W1, self.b1, self.W2, self.b2 = W1.T, b1[:, None], W2.T, b2[:, None]",
    },
    "in_place": {"self.W1 = self.W1 -": "self.W1 -=", "self.b1 = self.b1 -": "self.b1 -=",
                 "self.W2 = self.W2 -": "self.W2 -=", "self.b2 = self.b2 -": "self.b2 -="},
    "one_image_at_a_time": {
        "x.T @ delta1": "sum(np.outer(a, b) for a, b in zip(x, delta1))",
        "hidden.T @ delta2": "sum(np.outer(a, b) for a, b in zip(hidden, delta2))",
    },
    "even_batches": {
        "for start in range(0, len(images), batch_size):":
            "for rows in np.array_split(np.arange(len(images)), -(-len(images) // batch_size)):",
        "start : start + batch_size": "rows",
    },
    "the_same_shuffle_for_every_seed": {"default_rng(seed)": "default_rng(0)"},
}  # fmt: skip


def write(folder: Path, *changes: Changes) -> str:
    """Write the right net with these changes and return it as a net, ``FILE.py:CLASS``.

    Raises:
        ValueError: a text to change is not there.
    """
    text = RIGHT
    for old, new in (change for some in changes for change in some.items()):
        if old not in text:
            raise ValueError(f"{old!r} is not in the text")
        text = text.replace(old, new)
    file = folder / "my_net.py"
    file.write_text(text)
    return f"{file}:MyNet"
