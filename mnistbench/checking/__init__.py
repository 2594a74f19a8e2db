"""One net read back from its steps: what it computes, and the mistake that explains it."""
