"""Images and labels as arrays: files, checksums, orders, and a picture of a digit made into one. No net is known."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
