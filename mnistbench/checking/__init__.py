"""One net read back from its steps: what it computes, and the mistake that explains it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
