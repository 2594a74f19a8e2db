from .checking import check as check
from .findings import Findings as Findings
