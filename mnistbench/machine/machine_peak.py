"""How fast the machine multiplies matrices: the yardstick of ``percent_of_peak``, and what stands beside it.

Standard library only above, since the parent imports it.

A command measures the rate once for each number of threads and dtype of its runs, each time in a process of its own
(``python -m mnistbench.machine.machine_peak DTYPE CORE…``) with the threads and cores of a run: NumPy's product of two
2048 × 2048 matrices, which is large enough for BLAS to reach its best and small enough to take a fraction of a second.
Where a library is installed that is quicker with the net's own small products, the rates of those are measured too.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

SIDE = 2048
SECONDS = 0.3  # to go on for, after a first product that wakes the threads


def training_gflop(hidden_size: int, images: int) -> float:
    """Return the billions of floating-point operations of one pass of SGD over so many images.

    A product of (m, k) with (k, n) counts 2·m·k·n. An image takes 2·784·H forward and as many for the gradient of
    W1, and 2·H·10 each for the logits, the gradient of W2 and the error of the hidden layer. No derivative with
    respect to the images is needed. What is done element by element is not counted.
    """
    return images * (2 * 2 * 784 + 3 * 2 * 10) * hidden_size / 1e9


def percent_of_peak(gflop: float | None, seconds: float | None, peak_gflops: float | None) -> float | None:
    """Return the rate of a training in percent of the machine's; ``None`` where something is not known."""
    return 100 * gflop / seconds / peak_gflops if gflop and seconds and peak_gflops else None


def measure(dtype: str, cores: Sequence[int], variables: Mapping[str, str]) -> dict[str, float]:
    """Return rates in billions of operations a second, measured in a fresh process; none where that fails.

    ``peak_gflops`` is that of the large product; where oneDNN is installed, ``numpy_product_gflops`` and
    ``onednn_product_gflops`` are those of float32 products (128, 784) · (784, 128) on one core.

    Args:
        dtype: of the matrices.
        cores: to run on; empty leaves the choice to the system.
        variables: the whole environment of the process, which sets the threads.
    """
    done = subprocess.run(
        [sys.executable, "-P", "-m", "mnistbench.machine.machine_peak", dtype, *map(str, cores)],
        env=dict(variables), capture_output=True, text=True, check=False,
    )  # fmt: skip
    rates: dict[str, float] = json.loads(done.stdout) if done.returncode == 0 else {}
    return rates


def _rate(dtype: str) -> float:
    import numpy as np

    a = np.random.default_rng(0).random((SIDE, SIDE)).astype(dtype)
    product = a @ a
    best, end = float("inf"), time.perf_counter() + SECONDS
    while (started := time.perf_counter()) < end:
        np.matmul(a, a, out=product)
        best = min(best, time.perf_counter() - started)
    return 2 * SIDE**3 / best / 1e9


def _small_rates() -> dict[str, float]:
    """Return the rates of small products on one core, where there are several libraries to choose from."""
    from threadpoolctl import threadpool_limits

    from mnistbench.machine import products

    libraries = products.libraries()
    if len(libraries) < 2:
        return {}
    with threadpool_limits(1):
        return {f"{name}_product_gflops": round(products.gflops(each), 1) for name, each in libraries.items()}


if __name__ == "__main__":
    if len(sys.argv) > 2:
        os.sched_setaffinity(0, map(int, sys.argv[2:]))
    measured = {"peak_gflops": round(_rate(sys.argv[1]), 1)}
    sys.stdout.write(json.dumps(measured | (_small_rates() if sys.argv[1] == "float32" else {})))
