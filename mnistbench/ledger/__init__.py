"""What runs left, on disk: the row, an experiment's folder, atomic writing, locks, weights. Not what a row means."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
