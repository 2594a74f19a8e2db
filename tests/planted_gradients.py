"""Mistakes of the gradient, as changes to the text of a right net."""

from right_net import (
    FORWARD_FIT,
    GRADIENT_W2,
    GRADS,
    HIDDEN,
    JACOBIAN,
    NAMES,
    STEP,
    UPDATE_B1,
    UPDATE_B2,
    UPDATE_W1,
    UPDATE_W2,
    UPDATES,
    WEIGHTS,
    Changes,
)

ALONG_IMAGES = "z = hidden @ self.W2 + self.b2\n        p = np.exp(z - z.max(axis=0))\n        p = p / p.sum(axis=0)"

# What stands in the right text, and what stands there instead; each mistake in one way or more.
# The first way of each goes with any other that touches other text.
MISTAKES: dict[str, tuple[Changes, ...]] = {
    "sum_over_batch": ({"m = len(x)": "m = 1"},),
    "asked_batch_size": ({"m = len(x)": "m = batch_size"},),
    "divided_twice": ({"delta2 = p - y": "delta2 = (p - y) / m"},),
    "divided_by_constant": ({"m = len(x)": "m = 128"}, {"m = len(x)": "m = 0.5"}),
    "mean_over_classes": ({"m = len(x)": "m = len(x) * 10"},),
    "sign_flipped": ({"self.lr * d_": "-self.lr * d_"}, {"delta2 = p - y": "delta2 = y - p"}),
    "sign_flipped_output": ({"self.W2 - self": "self.W2 + self", "self.b2 - self": "self.b2 + self"},),
    "sign_flipped_hidden": (
        {"self.W1 - self": "self.W1 + self", "self.b1 - self": "self.b1 + self"},
        {"(delta2 @ self.W2.T)": "((y - p) @ self.W2.T)"},
    ),
    "sign_flipped_biases": ({"self.b1 - self": "self.b1 + self", "self.b2 - self": "self.b2 + self"},),
    "lr_twice": ({"self.lr * d_": "self.lr * self.lr * d_"},),
    "lr_missing": ({"self.lr * d_": "d_"},),
    "lr_missing_biases": ({"self.lr * d_b": "d_b"},),
    "nothing_trained": (
        {"        self.step(": "        continue\n                self.step("},
        {
            UPDATES: (
                f"        W1, b1, W2, b2 = {NAMES}\n        W1 = W1 - self.lr * d_W1\n"
                "        b1 = b1 - self.lr * d_b1\n"
            ),
        },
        {UPDATES: f"        for w, g in zip({WEIGHTS}, {GRADS}):\n            w = w - self.lr * g\n"},
    ),
    "only_output_layer": ({UPDATE_W1: "", UPDATE_B1: ""},),
    "only_hidden_layer": ({UPDATE_W2: "", UPDATE_B2: ""},),
    "biases_frozen": ({UPDATE_B1: "", UPDATE_B2: ""},),
    "w1_frozen": ({UPDATE_W1: ""},),
    "b1_frozen": ({UPDATE_B1: ""}, {"delta1.sum(axis=0)": "delta2.sum()"}),
    "w2_frozen": ({UPDATE_W2: ""},),
    "b2_frozen": ({UPDATE_B2: ""},),
    "bias_wrong_axis": (
        {"sum(axis=0)": "sum()"},
        {"sum(axis=0) / m": "mean()"},
        {"delta1.sum(axis=0)": "delta1.sum()"},
    ),
    "bias_sum_over_batch": ({"sum(axis=0) / m": "sum(axis=0)"},),
    "bias_divided_twice": ({"sum(axis=0) / m": "mean(axis=0) / m"},),
    "array_divided_twice": (
        {"x.T @ delta1 / m": "x.T @ delta1 / m / m"},
        {"delta1.sum(axis=0) / m": "delta1.mean(axis=0) / m"},
    ),
    "array_sum_over_batch": ({"x.T @ delta1 / m": "x.T @ delta1"}, {"delta2.sum(axis=0) / m": "delta2.sum(axis=0)"}),
    "hidden_divided_twice": ({"(delta2 @ self.W2.T)": "(delta2 / m @ self.W2.T)"},),
    "output_divided_twice": (
        {"hidden.T @ delta2 / m": "hidden.T @ delta2 / m / m", "delta2.sum(axis=0) / m": "delta2.mean(axis=0) / m"},
    ),
    "hidden_sum_over_batch": ({"(delta2 @ self.W2.T)": "(m * delta2 @ self.W2.T)"},),
    "output_sum_over_batch": (
        {"hidden.T @ delta2 / m": "hidden.T @ delta2", "delta2.sum(axis=0) / m": "delta2.sum(axis=0)"},
    ),
    "absolute_error": ({"delta2 = p - y": "delta2 = np.sign(p - y)"},),
    "weights_sum_over_batch": (
        {"delta1 / m\n        d_b1": "delta1\n        d_b1", "delta2 / m\n        d_b2": "delta2\n        d_b2"},
    ),
    "relu_derivative_missing": ({" * (hidden > 0)": ""},),
    "relu_derivative_at_zero": ({"hidden > 0": "hidden >= 0"},),
    "relu_derivative_of_another": (
        {"np.maximum(x @ self.W1 + self.b1, 0)": "np.tanh(x @ self.W1 + self.b1)"},
        {"np.maximum(x @ self.W1 + self.b1, 0)": "x @ self.W1 + self.b1"},
    ),
    "relu_derivative_is_hidden": ({"(hidden > 0)": "hidden"},),
    "relu_derivative_of_error": (
        {"delta1 = (delta2 @ self.W2.T) * (hidden > 0)": "delta1 = np.maximum(delta2 @ self.W2.T, 0)"},
    ),
    "relu_derivative_flipped": ({"hidden > 0": "hidden <= 0"},),
    "relu_derivative_on_output": ({"delta2 = p - y": "delta2 = (p - y) * (hidden @ self.W2 + self.b2 > 0)"},),
    "relu_derivative_leaky": ({"(hidden > 0)": "np.where(hidden > 0, 1, 0.01)"},),
    "sigmoid_derivative": ({"(hidden > 0)": "hidden * (1 - hidden)"},),
    "derivative_of_sums": (
        {
            HIDDEN: "v = x @ self.W1 + self.b1\n        hidden = 1 / (1 + np.exp(-v))",
            "delta1 = (delta2": "v = x @ self.W1 + self.b1\n        delta1 = (delta2",
            "(hidden > 0)": "v * (1 - v)",
        },
    ),
    "derivative_of_value_twice": (
        {
            HIDDEN: "hidden = 1 / (1 + np.exp(-(x @ self.W1 + self.b1)))",
            "(hidden > 0)": "(1 / (1 + np.exp(-hidden))) * (1 - 1 / (1 + np.exp(-hidden)))",
        },
    ),
    "tanh_derivative": ({"(hidden > 0)": "(1 - hidden**2)"},),
    "mask_for_hidden": ({"hidden.T @ delta2": "(hidden > 0).T @ delta2"},),
    "sums_for_hidden": ({"hidden.T @ delta2": "(x @ self.W1 + self.b1).T @ delta2"},),
    "softmax_derivative_on_top": (
        {"delta2 = p - y": "delta2 = (p - y) * p * (1 - p)"},
        {"delta2 = p - y": f"delta2 = {JACOBIAN}"},
    ),
    "softmax_twice_in_fit": (
        {
            "delta2 = p - y": "q = np.exp(p) / np.exp(p).sum(axis=1, keepdims=True)\n"
            "        delta2 = p * ((q - y) - (p * (q - y)).sum(axis=1, keepdims=True))"
        },
    ),
    "softmax_over_images_in_fit": (
        {"delta2 = p - y": f"{ALONG_IMAGES}\n        delta2 = p - y"},
        {"delta2 = p - y": f"{ALONG_IMAGES}\n        delta2 = p * y.sum(axis=0) - y"},
    ),
    "logits_in_logarithm": (
        {
            "delta2 = p - y": "z = hidden @ self.W2 + self.b2\n        c = np.clip(z, 1e-7, 1 - 1e-7)\n"
            "        delta2 = (1 / c.sum(axis=1, keepdims=True) - y / c) * (c == z)"
        },
        {
            "delta2 = p - y": "z = hidden @ self.W2 + self.b2\n        q = z / z.sum(axis=1, keepdims=True)\n"
            "        q_y = (q * y).sum(axis=1, keepdims=True)\n"
            "        delta2 = (q / z - y / z) * ((q_y >= 1e-7) & (q_y <= 1 - 1e-7))"
        },
    ),
    "logarithm_missing": ({"delta2 = p - y": "delta2 = (p - y) * (p * y).sum(axis=1, keepdims=True)"},),
    "softmax_diagonal": ({"delta2 = p - y": "delta2 = -y / (p + 1e-12) * p * (1 - p)"},),
    "softmax_derivative_missing": ({"delta2 = p - y": "delta2 = -y / (p + 1e-12)"},),
    "probability_for_error": ({"delta2 = p - y": "delta2 = p"},),
    "targets_for_error": ({"delta2 = p - y": "delta2 = -y"},),
    "logits_for_probabilities": ({"delta2 = p - y": "delta2 = hidden @ self.W2 + self.b2 - y"},),
    "squared_error": (
        {"delta2 = p - y": f"delta2 = {JACOBIAN}"},
        {"delta2 = p - y": f"delta2 = 2 * {JACOBIAN}"},
        {"delta2 = p - y": "delta2 = 2 * (p - y) * p * (1 - p)"},
        {"delta2 = p - y": "delta2 = 2 * (p - y)"},
        {"delta2 = p - y": "delta2 = hidden @ self.W2 + self.b2 - y"},
        {"delta2 = p - y": "delta2 = 0.2 * (hidden @ self.W2 + self.b2 - y)"},
    ),
    "binary_cross_entropy": (
        {"delta2 = p - y": "delta2 = 1 / (1 + np.exp(-(hidden @ self.W2 + self.b2))) - y"},
        {"delta2 = p - y": "delta2 = (1 / (1 + np.exp(-(hidden @ self.W2 + self.b2))) - y) / 10"},
        {
            "delta2 = p - y": (
                "e = (p - y) / (p * (1 - p) + 1e-12)\n        delta2 = p * (e - (p * e).sum(1, keepdims=True))"
            ),
        },
    ),
    "error_of_rounded_output": ({"delta2 = p - y": "delta2 = np.eye(10)[p.argmax(axis=1)] - y"},),
    "only_misclassified": ({"delta2 = p - y": "delta2 = (p - y) * (p.argmax(axis=1) != labels)[:, None]"},),
    "gradients_rounded": ({"/ m\n": "// m\n"},),
    "step_nan": ({STEP: f"{STEP}\n        x = (x - x.mean(axis=0)) / x.std(axis=0)"},),
    "labels_of_all_rows": (
        {"delta2 = p - y": "delta2 = p.copy()\n        delta2[:, labels] -= 1"},
        {"y = np.eye(10)[labels]": "y = np.zeros((m, 10))\n        y[np.arange(m), labels.reshape(-1, 1)] = 1"},
    ),
    "labels_not_one_hot": (
        {"delta2 = p - y": "delta2 = p - labels"},
        {"delta2 = p - y": "delta2 = p - labels[:, None]"},
    ),
    "labels_shifted": (
        {"[labels]": "[labels - 1]"},
        {"[labels]": "[(labels + 1) % 10]"},
        {"y = np.eye(10)[labels]": "y = np.eye(11)[labels][:, 1:]"},
        {"y = np.eye(10)[labels]": "y = np.eye(11)[labels + 1][:, :10]"},
    ),
    "labels_reversed": ({"[labels]": "[9 - labels]"},),
    "labels_reshaped": ({"y = np.eye(10)[labels]": "y = np.eye(10)[labels].reshape(10, -1).T"},),
    "labels_smoothed": ({"[labels]": "[labels] * 0.9 + 0.01"},),
    "w2_updated_first": ({UPDATE_W2: "", "        delta1 =": GRADIENT_W2 + UPDATE_W2 + "        delta1 ="},),
    "w2_not_transposed": (
        {"self.W2.T": "self.W2"},
        {"self.W2.T": "self.W2.reshape(10, -1)"},
    ),
    "gradient_reshaped": (
        {"x.T @ delta1": "(delta1.T @ x).reshape(self.W1.shape)"},
        {"hidden.T @ delta2": "(delta2.T @ hidden).reshape(self.W2.shape)"},
    ),
    "layers_swapped": (
        {"        d_W1 = ": "        delta1, delta2 = delta2, delta1\n        d_W1 = "},
        {UPDATE_W1: "        d_b1, d_b2 = d_b2, d_b1\n" + UPDATE_W1},
    ),
    "images_not_divided": ({STEP: f"{STEP}\n        x = x * 255"},),
    "images_divided_twice": (
        {STEP: f"{STEP}\n        x = x / 255"},
        {"    def forward(self, x):\n": "    def forward(self, x):\n        x = x / 255\n", "x.T @": "(x / 255).T @"},
    ),
    "images_cast_to_whole_numbers": (
        {STEP: f"{STEP}\n        x = x.astype(int)"},
        {STEP: f"{STEP}\n        x = x // 1"},
    ),
    "images_reshaped": (
        {STEP: f"{STEP}\n        x = x.reshape(784, -1).T"},
        {"    def forward(self, x):\n": "    def forward(self, x):\n        x = x.reshape(784, -1).T\n"},
    ),
    "images_scaled_in_fit": (
        {STEP: f"{STEP}\n        x = (x - 0.5) / 0.5"},
        {STEP: f"{STEP}\n        x = (x - x.mean()) / x.std()"},
        {STEP: f"{STEP}\n        x = 1 - x"},
    ),
    "bias_left_out_in_fit": (
        {
            FORWARD_FIT: "hidden = np.maximum(x @ self.W1, 0)\n        z = hidden @ self.W2\n"
            "        p = np.exp(z - z.max(axis=1, keepdims=True))\n        p = p / p.sum(axis=1, keepdims=True)"
        },
    ),
    "factor": ({"self.lr * d_": "0.5 * self.lr * d_"}, {"m = len(x)": "m = len(x) * 1000"}),
    "factor_of_arrays": ({"self.lr * d_W1": "self.lr * 0.25 * d_W1", "self.lr * d_b1": "self.lr * 0.25 * d_b1"},),
}
