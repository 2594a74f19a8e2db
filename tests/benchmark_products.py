"""What a product of the net's own shape can reach: NumPy's BLAS, and oneDNN's by its wheel ``onednn-cpu-gomp``.

The products of a step are (m, 784) · (784, n) and alike, with m = 128 images and n columns of one process's block.
"""

import ctypes
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import typer
from threadpoolctl import threadpool_limits

M, K = 128, 784
COLUMNS = (15, 16, 32, 64, 128, 150, 300)
Product = Callable[[np.ndarray, np.ndarray, np.ndarray], object]


def onednn() -> Product | None:
    """Return oneDNN's ``dnnl_sgemm`` of two arrays into a third, or ``None`` where its library is not installed."""
    file = Path(sys.prefix, "lib", "libdnnl.so")
    if not file.exists():
        return None
    sgemm = ctypes.CDLL(str(file)).dnnl_sgemm
    size, real, place = ctypes.c_int64, ctypes.c_float, ctypes.c_void_p
    flag = ctypes.c_char
    sgemm.argtypes = [flag, flag, size, size, size, real, place, size, place, size, real, place, size]

    def product(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
        (m, k), n = a.shape, b.shape[1]
        done = sgemm(b"N", b"N", m, n, k, 1.0, a.ctypes.data, k, b.ctypes.data, n, 0.0, out.ctypes.data, n)
        if done:
            raise RuntimeError(f"dnnl_sgemm gave {done}")

    return product


def seconds(product: Product, n: int, budget: float) -> float:
    """Return the least seconds of one product among as many as there is time for."""
    rng = np.random.default_rng(0)
    a, b = rng.random((M, K), np.float32), rng.random((K, n), np.float32)
    out = np.empty((M, n), np.float32)
    product(a, b, out)
    np.testing.assert_allclose(out, a @ b, rtol=1e-4)
    least, end = float("inf"), time.perf_counter() + budget
    while (begin := time.perf_counter()) < end:
        product(a, b, out)
        least = min(least, time.perf_counter() - begin)
    return least


def products(rounds: int = 5, budget: float = 0.2) -> None:
    """Show the rate of (128, 784) · (784, n) on one core, GFLOP/s, the libraries in turn; the best of the rounds."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    threadpool_limits(1)  # NumPy's have been started before
    known = {"NumPy": lambda a, b, out: np.matmul(a, b, out=out), "oneDNN": onednn()}
    libraries = {name: product for name, product in known.items() if product}
    for n in COLUMNS:
        least = dict.fromkeys(libraries, float("inf"))
        for _ in range(rounds):
            for name, product in libraries.items():
                least[name] = min(least[name], seconds(product, n, budget))
        rates = (f"{name} {2 * M * K * n / taken / 1e9:.0f}" for name, taken in least.items())
        typer.echo(f"n = {n}: {', '.join(rates)}")
