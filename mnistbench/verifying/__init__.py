"""Two experiments side by side, claim by claim: which of an older report's claims a newer one bears out.

A side is read from the files of a results folder, with or without a ledger; an experiment is run anew through
conducting.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
