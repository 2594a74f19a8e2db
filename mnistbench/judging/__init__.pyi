from . import certificate as certificate
from . import claims as claims
from . import noise as noise
from . import standing as standing
from . import stats as stats
from .certificate import Certificate as Certificate
from .claims import Claim as Claim
from .cold_start import cold_starts as cold_starts
