"""The referee between a neural network written from scratch and the frameworks.

The functions here do what the commands do and return objects; they are :mod:`mnistbench.api`'s. To follow the line
through the code, start at ``docs/architecture.md``; the network itself is :mod:`mnistbench.nets.numpy_net`.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
