from .checking import check as check
from .examination import Diagnosis as Diagnosis
from .findings import Findings as Findings
from .ordinary import beside_reference as beside_reference
