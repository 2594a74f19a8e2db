"""Mistakes of the loop, as changes to the text of a right net."""

from right_net import (
    BATCHES,
    CALL,
    EPOCH,
    FORWARD_FIT,
    INIT_B2,
    INIT_W1,
    LOOP,
    NAMES,
    ONE_ORDER,
    STEP,
    UPDATE_B2,
    WEIGHTS,
    Changes,
    updated,
)

# What stands in the right text, and what stands there instead; each mistake in one way or more.
# The first way of each goes with any other that touches other text.
MISTAKES: dict[str, tuple[Changes, ...]] = {
    "lr_fixed": (
        {"self.lr = lr": "self.lr = 0.01"},
        {"self.lr = lr": "self.lr = 0.3"},
        {"self.lr = lr": "self.lr = min(lr, 0.1)"},
    ),
    "weight_decay": (
        {
            "delta1 / m\n        d_b1": "delta1 / m + 1e-3 * self.W1\n        d_b1",
            "delta2 / m\n        d_b2": "delta2 / m + 1e-3 * self.W2\n        d_b2",
        },
        {
            "self.W1 = self.W1 -": "self.W1 = (1 - 1e-5) * self.W1 -",
            "self.W2 = self.W2 -": "self.W2 = (1 - 1e-5) * self.W2 -",
        },
        {"delta2 / m\n        d_b2": "delta2 / m + 2e-6 * self.W2\n        d_b2"},
    ),
    "weight_decay_sign": (
        {
            "delta1 / m\n        d_b1": "delta1 / m - 1e-3 * self.W1\n        d_b1",
            "delta2 / m\n        d_b2": "delta2 / m - 1e-3 * self.W2\n        d_b2",
        },
    ),
    "weight_decay_l1": (
        {
            "delta1 / m\n        d_b1": "delta1 / m + 1e-3 * np.sign(self.W1)\n        d_b1",
            "delta2 / m\n        d_b2": "delta2 / m + 1e-3 * np.sign(self.W2)\n        d_b2",
        },
    ),
    "gradients_clipped": (updated("            w = w - self.lr * np.clip(g, -0.05, 0.05)\n"),),
    "gradient_norm_clipped": (
        updated(
            "            w = w - self.lr * g * min(1, 1 / size)\n",
            "        size = np.sqrt(sum((g * g).sum() for g in grads))\n",
        ),
    ),
    "normalised_steps": (
        updated(
            "            w = w - self.lr * g / size\n", "        size = np.sqrt(sum((g * g).sum() for g in grads))\n"
        ),
    ),
    "adaptive_steps": (
        updated("            v = 0.9 * v + 0.1 * g * g\n            w = w - self.lr * g / (np.sqrt(v) + 1e-8)\n"),
        updated("            v = v + g * g\n            w = w - self.lr * g / (np.sqrt(v) + 1e-8)\n"),
    ),
    "momentum": (
        updated("            v = 0.9 * v + g\n            w = w - self.lr * v\n"),
        updated("            v = 0.5 * v - self.lr * g\n            w = w + v\n"),
        updated("            v = 0.9 * v + g\n            w = w - self.lr * (g + 0.9 * v)\n"),
    ),
    "momentum_flipped": (updated("            v = g - 0.5 * v\n            w = w - self.lr * v\n"),),
    "momentum_stale": (updated("            w = w - self.lr * v\n            v = 0.9 * v + g\n"),),
    "step_before_gradient": (updated("            w = w - self.lr * v\n            v = g\n"),),
    "gradients_averaged": (updated("            v = 0.9 * v + 0.1 * g\n            w = w - self.lr * v\n"),),
    "gradients_not_zeroed": (updated("            v = v + g\n            w = w - self.lr * v\n"),),
    "rate_decays_by_batch": ({UPDATE_B2: UPDATE_B2 + "        self.lr *= 0.99\n"},),
    "rate_decays_by_epoch": (
        {BATCHES: "            self.lr *= 0.9\n" + BATCHES},
        {CALL: f"{CALL}\n            self.lr = self.lr / 1.1"},
    ),
    "rate_decays_by_fit": ({EPOCH: "        self.lr = self.lr * 0.95\n" + EPOCH},),
    "rate_grows": (
        {UPDATE_B2: UPDATE_B2 + "        self.lr *= 1.1\n"},
        {
            EPOCH: "        lr, k = self.lr, 0\n" + EPOCH,
            CALL: f"k += 1\n                self.lr = lr * k / 10\n                {CALL}\n        self.lr = lr",
        },
        {
            EPOCH: "        lr, self.lr = self.lr, self.lr / 2\n" + EPOCH,
            CALL: f"{CALL}\n                self.lr = lr",
        },
    ),
    "state_kept": (
        {
            EPOCH: "        self.t += 1\n        self.lr = self.lr if self.t < 3 else 0\n" + EPOCH,
            INIT_B2: INIT_B2 + "        self.t = 0\n",
        },
    ),
    "full_batch": ({EPOCH: "        batch_size = len(images)\n" + EPOCH},),
    "one_image_a_step": ({EPOCH: "        batch_size = 1\n" + EPOCH},),
    "own_batch_size": tuple({EPOCH: f"        batch_size = {size}\n" + EPOCH} for size in (32, 10, 2)),
    "drawn_anew": (
        {
            BATCHES: BATCHES + "                rows = self.rng.integers(0, len(images), batch_size)\n",
            CALL: "self.step(images[rows], labels[rows], batch_size)",
        },
    ),
    "images_duplicated": (
        {
            "import numpy as np\n": "import random\n\nimport numpy as np\n",
            "self.lr = lr": "self.lr = lr\n        random.seed(seed)",
            EPOCH: "        data = np.column_stack([images, labels])\n" + EPOCH,
            "order = self.rng.permutation(len(images))": "random.shuffle(data)",
            ONE_ORDER: "images, labels = data[:, :-1], data[:, -1].astype(int)",
        },
    ),
    "last_batch_dropped": (
        {LOOP: "range(0, len(images) - batch_size + 1, batch_size)"},
        {LOOP: "range(0, max(len(images) // batch_size, 1) * batch_size, batch_size)"},
    ),
    "last_batch_lost": ({LOOP: "range(0, len(images) - batch_size, batch_size)"},),
    "first_batch_lost": ({LOOP: "range(batch_size, len(images), batch_size)"},),
    "last_image_lost": (
        {LOOP: "range(1, len(images), batch_size)"},
        {
            CALL: "stop = min(start + batch_size, len(images) - 1)\n                if stop > start:\n"
            "                    self.step(images[start:stop], labels[start:stop], batch_size)"
        },
    ),
    "image_of_batch_lost": (
        {
            CALL: "stop = start + max(1, batch_size - 1)\n"
            "                self.step(images[start:stop], labels[start:stop], batch_size)"
        },
        {
            CALL: "stop = start + batch_size - 1\n"
            "                if stop > start:\n"
            "                    self.step(images[start:stop], labels[start:stop], batch_size)"
        },
    ),
    "image_of_next_batch": (
        {
            CALL: "stop = start + batch_size + 1\n"
            "                self.step(images[start:stop], labels[start:stop], batch_size)"
        },
    ),
    "single_images_lost": ({LOOP: "range(0, len(images) - 1, batch_size)"},),
    "images_never_trained": (
        {
            EPOCH: "        images, labels = images[: -(-len(images) * 4 // 5)], labels[: -(-len(labels) * 4 // 5)]\n"
            + EPOCH
        },
        {
            EPOCH: "        images, labels = images[: int(len(images) * 0.9)], labels[: int(len(labels) * 0.9)]\n"
            + EPOCH
        },
    ),
    "last_batch_padded": (
        {
            ONE_ORDER: (
                "order = order if len(order) < batch_size else np.resize(order,"
                " -(-len(order) // batch_size) * batch_size)\n"
                f"            {ONE_ORDER}"
            ),
        },
    ),
    "short_batch_merged": (
        {
            BATCHES: (
                "            for rows in np.array_split(np.arange(len(images)), max(1, len(images) // batch_size)):\n"
            ),
            CALL: "self.step(images[rows], labels[rows], batch_size)",
        },
    ),
    "batch_repeated": ({CALL: f"{CALL}\n                {CALL}"}, {"range(epochs)": "range(2 * epochs)"}),
    "extra_step": (
        {CALL: f"{CALL}\n            {CALL}"},
        {CALL: f"{CALL}\n            {CALL}\n            {CALL}"},
        {CALL: f"{CALL}\n        {CALL}"},
    ),
    "images_skipped": ({LOOP: "range(0, len(images), batch_size + 1)"},),
    "batch_overlaps": (
        {LOOP: "range(len(images))"},
        {LOOP: "range(-(-len(images) // batch_size))"},
        {LOOP: "range(max(1, len(images) // batch_size))"},
    ),
    "first_batch_again": ({CALL: "self.step(images[:batch_size], labels[:batch_size], batch_size)"},),
    "first_batch_only": (
        {CALL: f"{CALL}\n                return"},
        {CALL: f"{CALL}\n                break"},
        {BATCHES: "            for start in [0]:\n"},
    ),
    "last_batch_only": (
        {
            CALL: (
                "batch = slice(start, start + batch_size)\n"
                "            self.step(images[batch], labels[batch], batch_size)"
            ),
        },
    ),
    "one_image_of_batch": (
        {"m = len(x)": "x, labels, m = x[-1:], labels[-1:], 1"},
        {"m = len(x)": "x, labels, m = x[:1], labels[:1], len(x)"},
    ),
    "epochs_ignored": ({"range(epochs)": "range(1)"},),
    "epochs_miscounted": ({"range(epochs)": "range(epochs + 1)"}, {"range(epochs)": "range(1, epochs)"}),
    "restarts_each_epoch": ({EPOCH: f"        first = {WEIGHTS}\n" + EPOCH + f"            {NAMES} = first\n"},),
    "restarts_anew": ({EPOCH: f"        self.W1 = {INIT_W1.replace('hidden_size', 'len(self.b1)')}\n" + EPOCH},),
    "divided_by_all_images": ({EPOCH: "        self.n = len(images)\n" + EPOCH, "m = len(x)": "m = self.n"},),
    "pairs_broken": (
        {ONE_ORDER: "images, labels = images[order], self.rng.permutation(labels)"},
        {ONE_ORDER: "images = images[order]"},
    ),
    "pairs_break_later": (
        {EPOCH: "        original = labels\n" + EPOCH, ONE_ORDER: "images, labels = images[order], original[order]"},
    ),
    "no_shuffle": ({f"            {ONE_ORDER}\n": ""},),
    "shuffled_once": (
        {
            f"{EPOCH}            order = self.rng.permutation(len(images))\n            {ONE_ORDER}\n": (
                f"        order = self.rng.permutation(len(images))\n        {ONE_ORDER}\n{EPOCH}"
            ),
        },
    ),
    "dropout": (
        {
            FORWARD_FIT: "hidden = np.maximum(x @ self.W1 + self.b1, 0)\n"
            "        keep = (self.rng.random(hidden.shape) < 0.5) / 0.5\n        hidden = hidden * keep\n"
            "        z = hidden @ self.W2 + self.b2\n        p = np.exp(z - z.max(axis=1, keepdims=True))\n"
            "        p = p / p.sum(axis=1, keepdims=True)",
            "(hidden > 0)": "(hidden > 0) * keep",
        },
    ),
    "random_steps": ({STEP: f"{STEP}\n        x = x + self.rng.normal(0, 0.1, x.shape)"},),
}
