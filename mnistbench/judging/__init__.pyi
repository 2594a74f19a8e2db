from . import certificate as certificate
from . import forecast as forecast
from . import noise as noise
from . import stats as stats
from .certificate import Certificate as Certificate
from .cold_start import cold_starts as cold_starts
