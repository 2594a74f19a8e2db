from . import answers as answers
from . import terminal as terminal
from .report import build as build
from .run_report import RunReport as RunReport
from .writing import write as write
