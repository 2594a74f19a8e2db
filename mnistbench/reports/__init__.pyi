from . import answers as answers
from . import terminal as terminal
from .report import Report as Report
from .report import build as build
from .writing import write as write
