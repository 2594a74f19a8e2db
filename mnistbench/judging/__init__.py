"""Rows to summaries, intervals, flags and certificates: pure functions. No file format is known here."""
