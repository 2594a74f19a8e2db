"""The process in which a user's net lives, ``python -m mnistbench.nets.apart``: its code is run here, and nowhere else.

This is its entry. Nothing numerical is imported before the fence stands: NumPy starts threads, and a fence that a
process puts up around itself holds the thread that does so, and those that come after.
"""

import os

from mnistbench.machine import be_killed_with_parent, fence


def main() -> None:
    """Be bounded, then answer until nobody asks."""
    be_killed_with_parent()
    fence.limit()
    from mnistbench.nets import host

    host.answer_all()
    os._exit(0)


if __name__ == "__main__":
    main()
