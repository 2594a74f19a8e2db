from . import data as data
from . import dataset_files as dataset_files
from . import digits as digits
from . import likeness as likeness
from .data import IMAGE_SHAPE as IMAGE_SHAPE
from .data import N_CLASSES as N_CLASSES
from .data import N_PIXELS as N_PIXELS
from .data import Dataset as Dataset
