"""The machine a run is on: cores, peak, versions, the environment of a process. Nets and rows are not known here."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
