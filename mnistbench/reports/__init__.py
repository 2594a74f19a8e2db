"""What people read, made from rows: the model of a report here, its media in the rooms below. No statistics.

:mod:`~mnistbench.reports.report` builds it from tables, columns and sentences; ``terminal/``, ``page/``, ``pictures/``
and a short file for each other format show it.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
