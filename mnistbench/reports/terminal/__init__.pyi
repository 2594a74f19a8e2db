from .checked import findings as findings
from .compared import comparison as comparison
from .console import after_training as after_training
from .console import closing as closing
from .console import plan as plan
from .console_pictures import prediction as prediction
from .fitting import Fitted as Fitted
from .live import Live as Live
