"""What a caller asks, done whole: an experiment from its config to its report, a picture to its digit."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
