"""The referee between a neural network written from scratch and the frameworks.

Start reading at :mod:`mnistbench.cli.app`; the network itself is :mod:`mnistbench.nets.numpy_net`.
Importing this package imports nothing else: each run's child decides for itself what it needs.
"""

__version__ = "0.1.0"
