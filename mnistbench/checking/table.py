"""The table of known mistakes: a stable name, and what a student is told: cause, effect, and the line to change.

What makes one visible stands with the question that asks for it. Nothing is imported here but the three parts of the
table, so that a reader of the table pays for nothing else.
"""

from mnistbench.checking.sentences_of_gradients import GRADIENTS
from mnistbench.checking.sentences_of_loops import LOOPS
from mnistbench.checking.sentences_of_networks import NETWORKS

UNKNOWN = "unknown"
SENTENCES: dict[str, str] = NETWORKS | GRADIENTS | LOOPS


def mistakes_table() -> list[tuple[str, str]]:
    """Return each mistake's name and sentence, in the order of the questions."""
    return list(SENTENCES.items())
