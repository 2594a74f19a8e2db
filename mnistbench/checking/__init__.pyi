from .checking import check as check
from .examination import FACTS as FACTS
from .examination import Diagnosis as Diagnosis
from .findings import Findings as Findings
from .ordinary import OWN as OWN
from .ordinary import beside_reference as beside_reference
from .ordinary import own_fraction as own_fraction
from .witnesses import witnessed as witnessed
