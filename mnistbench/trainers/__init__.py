"""What trains a net, one file a library: :mod:`~mnistbench.trainers.base` says what all of them look like."""
