"""``python -m mnistbench`` is the command ``mnistbench``."""

from mnistbench.cli import main

if __name__ == "__main__":  # and not in the workers of Dask, which import this file again
    main()
