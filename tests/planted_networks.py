"""Mistakes of the network, its start and its outputs, as changes to the text of a right net."""

from right_net import FORWARD_FIT, HIDDEN, INIT_B2, INIT_W1, INIT_W2, PREDICT, SHIFTED, TAKE_OVER, WEIGHTS, Changes

# What stands in the right text, and what stands there instead; each mistake in one way or more.
# The first way of each goes with any other that touches other text.
MISTAKES: dict[str, tuple[Changes, ...]] = {
    "shape_grows": (
        {"sum(axis=0)": "sum(axis=1, keepdims=True)"},
        {"d_b1 = delta1.sum(axis=0) / m": "d_b1 = delta1 / m"},
    ),
    "bias_becomes_row": ({"d_b1 = delta1.sum(axis=0)": "d_b1 = delta1.sum(axis=0, keepdims=True)"},),
    "half_precision": (
        {
            TAKE_OVER: f"{TAKE_OVER.partition(' = ')[0]} = (np.float16(array) for array in weights)",
            "self.W1 - self.lr * d_W1": "(self.W1 - self.lr * d_W1).astype(np.float16)",
            "self.b1 - self.lr * d_b1": "(self.b1 - self.lr * d_b1).astype(np.float16)",
            "self.W2 - self.lr * d_W2": "(self.W2 - self.lr * d_W2).astype(np.float16)",
            "self.b2 - self.lr * d_b2": "(self.b2 - self.lr * d_b2).astype(np.float16)",
        },
    ),
    "one_hot_by_largest": ({"np.eye(10)[labels]": "np.eye(labels.max() + 1)[labels]"},),
    "labels_want_one_hot": ({"y = np.eye(10)[labels]": "y = labels\n        digits = np.argmax(labels, axis=1)"},),
    "softmax_unshifted": (
        {SHIFTED: "np.exp(logits)"},
        {SHIFTED: "np.exp(np.clip(logits, -500, 500))"},
    ),
    "softmax_batch_maximum": ({SHIFTED: "np.exp(logits - logits.max())"},),
    "divides_by_p": ({"delta2 = p - y": "e = -y / p\n        delta2 = p * (e - (p * e).sum(axis=1, keepdims=True))"},),
    "predict_differs": (
        {PREDICT: "return self.forward(images**2)[1]"},
        {
            FORWARD_FIT: "hidden = x @ self.W1 + self.b1\n        z = hidden @ self.W2 + self.b2\n"
            "        p = np.exp(z - z.max(axis=1, keepdims=True))\n        p = p / p.sum(axis=1, keepdims=True)",
            " * (hidden > 0)": "",
        },
        {
            FORWARD_FIT: "hidden = np.maximum(x @ self.W1 + self.b1, 0)\n        z = hidden @ self.W2 + self.b2\n"
            "        z0 = np.maximum(z, 0)\n        e = np.exp(z0 - z0.max(axis=1, keepdims=True))\n"
            "        p = e / e.sum(axis=1, keepdims=True)",
            "delta2 = p - y": "delta2 = (p - y) * (z > 0)",
        },
        {
            PREDICT: "z = (images @ self.W1 + self.b1) @ self.W2 + self.b2\n"
            "        e = np.exp(z - z.max(axis=1, keepdims=True))\n        return e / e.sum(axis=1, keepdims=True)"
        },
    ),
    "predict_columns": ({PREDICT: f"{PREDICT}.T"},),
    "predict_one_hot": ({PREDICT: "return np.eye(10)[self.forward(images)[1].argmax(axis=1)]"},),
    "predict_classes": ({PREDICT: f"{PREDICT}.argmax(axis=1)"},),
    "predict_logits": ({PREDICT: "return self.forward(images)[0] @ self.W2 + self.b2"},),
    "predict_random": ({PREDICT: "return self.forward(images + self.rng.normal(0, 0.1, images.shape))[1]"},),
    "predict_nan": ({PREDICT: "return self.forward(images)[1] * np.nan"},),
    "predict_ignores_images": ({PREDICT: "return self.forward(images * 0)[1]"},),
    "not_probabilities": ({PREDICT: "return self.forward(images)[1] * 2"},),
    "softmax_over_images": (
        {SHIFTED: "np.exp(logits - logits.max())", "e / e.sum(axis=1, keepdims=True)": "e / e.sum(axis=0)"},
    ),
    "batch_dependent": (
        {
            "hidden @ self.W2 + self.b2\n        e": (
                "hidden @ self.W2 + self.b2\n        logits = logits - logits.mean(axis=0)\n        e"
            ),
        },
    ),
    "softmax_twice": (
        {
            "return hidden, e / e.sum(axis=1, keepdims=True)": (
                "p = e / e.sum(axis=1, keepdims=True)\n"
                "        q = np.exp(p)\n"
                "        return hidden, q / q.sum(axis=1, keepdims=True)"
            ),
        },
    ),
    "relu_on_logits": ({"logits = hidden @ self.W2 + self.b2": "logits = np.maximum(hidden @ self.W2 + self.b2, 0)"},),
    "logits_squashed": (
        {"logits = hidden @ self.W2 + self.b2": "logits = 1 / (1 + np.exp(-(hidden @ self.W2 + self.b2)))"},
    ),
    "other_network": (
        {HIDDEN: "hidden = 1 / (1 + np.exp(-(x @ self.W1 + self.b1)))", "(hidden > 0)": "hidden * (1 - hidden)"},
        {HIDDEN: "hidden = np.tanh(x @ self.W1 + self.b1)", "(hidden > 0)": "(1 - hidden**2)"},
    ),
    "one_image_alone": ({"logits = hidden @ self.W2 + self.b2": "logits = np.squeeze(hidden @ self.W2 + self.b2)"},),
    "short_batch_fails": ({"m = len(x)": "m = len(x)\n        x = x.reshape(batch_size, 784)"},),
    "set_weights_unseen": (
        {
            INIT_B2: INIT_B2 + f"        self.params = {WEIGHTS}\n",
            f"return {WEIGHTS}": "return self.params",
            TAKE_OVER: "self.params = list(weights)",
        },
    ),
    "weights_in_part": (
        {
            "@ self.W1 + self.b1": "@ (self.W1 + self.V) + self.b1",
            INIT_B2: INIT_B2 + "        self.V = self.rng.normal(0, 0.1, self.W1.shape)\n",
        },
    ),
    "get_weights_stale": (
        {
            INIT_B2: INIT_B2 + f"        self.params = {WEIGHTS}\n",
            f"return {WEIGHTS}": "return self.params",
            TAKE_OVER: f"{TAKE_OVER}\n        self.params = weights",
        },
    ),
    "hidden_size_ignored": (
        {"self.lr = lr\n": "self.lr = lr\n        hidden_size = 64\n"},
        {"self.lr = lr\n": "self.lr = lr\n        hidden_size = hidden_size + 1\n"},
    ),
    "bias_not_in_forward": (
        {"x @ self.W1 + self.b1": "x @ self.W1"},
        {"hidden @ self.W2 + self.b2": "hidden @ self.W2"},
    ),
    "array_not_used": (
        {
            "@ self.W1 + self.b1": "@ self.V + self.b1",
            INIT_B2: INIT_B2 + "        self.V = np.random.default_rng(0).normal(0, 0.1, self.W1.shape)\n",
        },
    ),
    "start_zero": ({INIT_W1: "np.zeros((784, hidden_size))", INIT_W2: "np.zeros((hidden_size, 10))"},),
    "start_alike": ({INIT_W1: "np.full((784, hidden_size), 0.01)", INIT_W2: "np.full((hidden_size, 10), 0.01)"},),
    "start_one_sign": (
        {INIT_W1: "self.rng.random((784, hidden_size))", INIT_W2: "self.rng.random((hidden_size, 10))"},
    ),
    "start_too_large": (
        {INIT_W1: "self.rng.normal(0, 1, (784, hidden_size))", INIT_W2: "self.rng.normal(0, 1, (hidden_size, 10))"},
    ),
    "start_too_small": (
        {
            INIT_W1: "self.rng.normal(0, 1e-6, (784, hidden_size))",
            INIT_W2: "self.rng.normal(0, 1e-6, (hidden_size, 10))",
        },
    ),
    "start_dead": ({"self.b1 = np.zeros(hidden_size)": "self.b1 = np.full(hidden_size, -100.0)"},),
    "start_nan": ({INIT_W1: "np.full((784, hidden_size), np.nan)"},),
}
