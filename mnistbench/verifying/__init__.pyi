from .comparison import Comparison as Comparison
from .comparison import compared as compared
from .rerun import verified as verified
from .side import read as read
from .writing import write as write
