"""What is asked: YAML, ranges and specs, and the files of users' own nets. Nothing is run here and no data is read."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
