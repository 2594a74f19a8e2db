"""What trains a net, one file a library: :mod:`~mnistbench.nets.base` says what all of them look like."""
