"""What is read in a browser: one file that opens offline."""
