"""Specs become rows: runner, executors, the child and its worker, the one timed loop. No mathematics, no formats."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
