from . import answer as answer
from .book import GradeBook as GradeBook
from .grading import GradeOptions as GradeOptions
from .grading import grade_class as grade_class
from .rubric import new_rubric as new_rubric
from .writing import write as write
