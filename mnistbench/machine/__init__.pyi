from . import cores as cores
from . import environment as environment
from . import machine_peak as machine_peak
from .environment import Facts as Facts
from .environment import now as now
from .environment import usable_cores as usable_cores
from .lifeline import die_with_parent as die_with_parent
from .neighbours import Neighbours as Neighbours
