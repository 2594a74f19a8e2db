from . import metrics as metrics
from .base import Trainer as Trainer
from .base import trainer_class as trainer_class
from .custom import UserNet as UserNet
from .custom import place_of as place_of
from .numpy_net import Floats as Floats
from .numpy_net import NeuralNetwork as NeuralNetwork
from .numpy_net import softmax as softmax
