"""What is trained: the net from scratch, a file a library, a user's own. No config and no clock is known here.

:mod:`~mnistbench.nets.base` says what all of them look like; the mathematics is :mod:`~mnistbench.nets.numpy_net`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
