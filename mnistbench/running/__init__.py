"""Specs become rows: runner, executors, the child and its worker, the one timed loop. No mathematics, no formats."""
