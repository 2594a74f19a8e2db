"""What is asked: YAML, ranges and specs, and the files of users' own nets. Nothing is run here and no data is read."""
