"""What runs left, on disk: the row, an experiment's folder, atomic writing, locks, weights. Not what a row means."""
