"""What a product of the net's own shape can reach: NumPy's BLAS, and oneDNN's by its wheel ``onednn-cpu-gomp``."""

import os

import typer
from threadpoolctl import threadpool_limits

from mnistbench.machine import products as rates

COLUMNS = (15, 16, 32, 64, 128, 150, 300)


def products(rounds: int = 5, budget: float = 0.2) -> None:
    """Show the rate of (128, 784) · (784, n) on one core, GFLOP/s, the libraries in turn; the best of the rounds."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    known = rates.libraries()
    with threadpool_limits(1):  # theirs have been started before
        for n in COLUMNS:
            best = dict.fromkeys(known, 0.0)
            for _ in range(rounds):
                for name, product in known.items():
                    best[name] = max(best[name], rates.gflops(product, n, budget))
            typer.echo(f"n = {n}: {', '.join(f'{name} {rate:.0f}' for name, rate in best.items())}")
