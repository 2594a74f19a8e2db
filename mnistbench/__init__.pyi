from . import errors as errors
from .api import check as check
from .api import compare as compare
from .api import diff as diff
from .api import grade as grade
from .api import load_mnist as load_mnist
from .api import report as report
from .api import sweep as sweep
from .api import train as train
from .api import verify as verify

__version__: str
