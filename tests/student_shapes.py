"""Right networks in the five shapes that students write them in, as the adapters of the page for students call them."""

FUNCTIONS = """
import numpy as np

def initialize(n_in, n_hidden, n_out):
    W1 = np.random.randn(n_in, n_hidden) * 2 / np.sqrt(n_in + n_hidden)
    W2 = np.random.randn(n_hidden, n_out) * 2 / np.sqrt(n_hidden + n_out)
    return {"W1": W1, "b1": np.zeros(n_hidden), "W2": W2, "b2": np.zeros(n_out)}

def hidden_layer(X, p):
    return np.maximum(X @ p["W1"] + p["b1"], 0)

def forward(X, p):
    z = hidden_layer(X, p) @ p["W2"] + p["b2"]
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

def backward(X, labels, p):
    h = hidden_layer(X, p)
    d2 = (forward(X, p) - np.eye(10)[labels]) / len(X)
    d1 = d2 @ p["W2"].T * (h > 0)
    return {"W1": X.T @ d1, "b1": d1.sum(axis=0), "W2": h.T @ d2, "b2": d2.sum(axis=0)}

def update(p, gradients, lr):
    return {name: p[name] - lr * gradients[name] for name in p}
"""

NIELSEN = """
import random
import numpy as np

class Network:
    def __init__(self, sizes):
        self.biases = [np.random.randn(y, 1) for y in sizes[1:]]
        self.weights = [np.random.randn(y, x) / np.sqrt(x) for x, y in zip(sizes[:-1], sizes[1:])]

    def feedforward(self, a):
        z = self.weights[1] @ np.maximum(self.weights[0] @ a + self.biases[0], 0) + self.biases[1]
        e = np.exp(z - z.max(axis=0))
        return e / e.sum(axis=0)

    def SGD(self, training_data, epochs, mini_batch_size, eta):
        for _ in range(epochs):
            random.shuffle(training_data)
            for k in range(0, len(training_data), mini_batch_size):
                self.update_mini_batch(training_data[k : k + mini_batch_size], eta)

    def update_mini_batch(self, mini_batch, eta):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        for x, y in mini_batch:
            delta_b, delta_w = self.backprop(x, y)
            nabla_b = [nb + db for nb, db in zip(nabla_b, delta_b)]
            nabla_w = [nw + dw for nw, dw in zip(nabla_w, delta_w)]
        self.weights = [w - eta / len(mini_batch) * nw for w, nw in zip(self.weights, nabla_w)]
        self.biases = [b - eta / len(mini_batch) * nb for b, nb in zip(self.biases, nabla_b)]

    def backprop(self, x, y):
        hidden = np.maximum(self.weights[0] @ x + self.biases[0], 0)
        delta2 = self.feedforward(x) - y
        delta1 = self.weights[1].T @ delta2 * (hidden > 0)
        return [delta1, delta2], [delta1 @ x.T, delta2 @ hidden.T]
"""

COLUMNS = """
import numpy as np

class ColumnNet:
    def __init__(self, n_in, n_hidden, n_out):
        self.W1 = np.random.randn(n_hidden, n_in) * 2 / np.sqrt(n_in + n_hidden)
        self.W2 = np.random.randn(n_out, n_hidden) * 2 / np.sqrt(n_hidden + n_out)
        self.b1, self.b2 = np.zeros((n_hidden, 1)), np.zeros((n_out, 1))

    def forward(self, X):
        self.A1 = np.maximum(self.W1 @ X + self.b1, 0)
        Z2 = self.W2 @ self.A1 + self.b2
        e = np.exp(Z2 - Z2.max(axis=0))
        return e / e.sum(axis=0)

    def step(self, X, Y, lr):
        dZ2 = (self.forward(X) - Y) / X.shape[1]
        dZ1 = self.W2.T @ dZ2 * (self.A1 > 0)
        self.W2 = self.W2 - lr * dZ2 @ self.A1.T
        self.b2 = self.b2 - lr * dZ2.sum(axis=1, keepdims=True)
        self.W1 = self.W1 - lr * dZ1 @ X.T
        self.b1 = self.b1 - lr * dZ1.sum(axis=1, keepdims=True)
"""

FULL_BATCH = """
import numpy as np

def init_params(n_hidden, rng):
    W1 = rng.normal(0, 2 / np.sqrt(784 + n_hidden), (n_hidden, 784))
    W2 = rng.normal(0, 2 / np.sqrt(n_hidden + 10), (10, n_hidden))
    return W1, np.zeros((n_hidden, 1)), W2, np.zeros((10, 1))

def ReLU(Z):
    return np.maximum(Z, 0)

def forward_prop(X, weights):
    W1, b1, W2, b2 = weights
    Z2 = W2.dot(ReLU(W1.dot(X) + b1)) + b2
    e = np.exp(Z2 - np.max(Z2, axis=0))
    return e / sum(e)

def gradient_descent(X, labels, weights, alpha, iterations):
    m = X.shape[1]
    for i in range(iterations):
        W1, b1, W2, b2 = weights
        Z1 = W1.dot(X) + b1
        dZ2 = forward_prop(X, weights) - np.eye(10)[labels].T
        dZ1 = W2.T.dot(dZ2) * (Z1 > 0)
        dW2, db2 = dZ2.dot(ReLU(Z1).T) / m, np.sum(dZ2, 1, keepdims=True) / m
        dW1, db1 = dZ1.dot(X.T) / m, np.sum(dZ1, 1, keepdims=True) / m
        weights = W1 - alpha * dW1, b1 - alpha * db1, W2 - alpha * dW2, b2 - alpha * db2
    return weights
"""

TORCH = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, n_hidden):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(784, n_hidden), nn.ReLU(), nn.Linear(n_hidden, 10))

    def forward(self, x):
        return self.layers(x)

def train_epoch(model, loader, optimizer):
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
"""

SHAPES = {
    "Functions and a dictionary": FUNCTIONS,
    "`SGD(training_data, epochs, mini_batch_size, eta)`": NIELSEN,
    "Columns": COLUMNS,
    "Full-batch `gradient_descent`": FULL_BATCH,
    "PyTorch": TORCH,
}
