"""Images and labels as arrays: files, checksums, orders, and a picture of a digit made into one. No net is known."""
