"""Nets of users with one known mistake each, made from one right net by changing its text."""

import planted_gradients
import planted_loops
import planted_networks
from right_net import RIGHT, TAKE_OVER, Changes, write

__all__ = ["MISTAKES", "RIGHT", "STYLES", "Changes", "write"]

MISTAKES: dict[str, tuple[Changes, ...]] = (
    planted_gradients.MISTAKES | planted_loops.MISTAKES | planted_networks.MISTAKES
)

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
        "(784, hidden_size))": "(hidden_size, 784))",
        "(hidden_size, 10))": "(10, hidden_size))",
        "self.b1 = np.zeros(hidden_size)": "self.b1 = np.zeros((hidden_size, 1))",
        "self.b2 = np.zeros(10)": "self.b2 = np.zeros((10, 1))",
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
