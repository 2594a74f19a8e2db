"""An experiment done whole: from what a caller asks to the report of what was run. What a run is, is known below."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
