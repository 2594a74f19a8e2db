from . import answer as answer
from .book import GradeBook as GradeBook
from .grading import grade as grade
from .rubric import load_rubric as load_rubric
from .rubric import new_rubric as new_rubric
from .writing import write as write
