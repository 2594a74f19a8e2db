from . import answer as answer
from . import formats as formats
from .book import GradeBook as GradeBook
from .checked import checked as checked
from .grading import GradeOptions as GradeOptions
from .grading import grade_class as grade_class
from .rubric import new_rubric as new_rubric
from .writing import write as write
