"""What products of the net's own shapes can reach on one core: by NumPy's BLAS, and by oneDNN where it is installed.

A step multiplies (128, 784) by (784, n) and alike, which is small: no library comes near its rate for large matrices
with every n. oneDNN's wheel is ``onednn-cpu-gomp``, which the extra ``peers`` brings.
"""

import ctypes
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Product = Callable[[Floats, Floats, Floats], object]

M, K, N = 128, 784, 128  # images of a batch, pixels, and the columns that a report tells the rate for
BUDGET = 0.1  # seconds of products to take the quickest of


def onednn() -> Product | None:
    """Return oneDNN's ``dnnl_sgemm`` of two arrays into a third, or ``None`` where its library is not installed."""
    file = Path(sys.prefix, "lib", "libdnnl.so")
    if not file.exists():
        return None
    sgemm = ctypes.CDLL(str(file)).dnnl_sgemm
    size, real, place = ctypes.c_int64, ctypes.c_float, ctypes.c_void_p
    flag = ctypes.c_char
    sgemm.argtypes = [flag, flag, size, size, size, real, place, size, place, size, real, place, size]

    def product(a: Floats, b: Floats, out: Floats) -> None:
        (m, k), n = a.shape, b.shape[1]
        done = sgemm(b"N", b"N", m, n, k, 1.0, a.ctypes.data, k, b.ctypes.data, n, 0.0, out.ctypes.data, n)
        if done:
            raise RuntimeError(f"dnnl_sgemm gave {done}")

    return product


def libraries() -> dict[str, Product]:
    """Return the product of NumPy, and of oneDNN where it is installed."""
    other = onednn()
    return {"numpy": lambda a, b, out: np.matmul(a, b, out=out)} | ({"onednn": other} if other else {})


def gflops(product: Product, n: int = N, budget: float = BUDGET) -> float:
    """Return the billions of operations a second of the quickest of many products (128, 784) · (784, n).

    Raises:
        AssertionError: the product is not NumPy's.
    """
    rng = np.random.default_rng(0)
    a, b = rng.random((M, K), np.float32), rng.random((K, n), np.float32)
    out = np.empty((M, n), np.float32)
    product(a, b, out)
    np.testing.assert_allclose(out, a @ b, rtol=1e-4)
    least, end = float("inf"), time.perf_counter() + budget
    while (begin := time.perf_counter()) < end:
        product(a, b, out)
        least = min(least, time.perf_counter() - begin)
    return 2 * M * K * n / least / 1e9
