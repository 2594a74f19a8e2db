"""``python -m mnistbench`` is the command ``mnistbench``."""

from mnistbench.cli import main

main()
