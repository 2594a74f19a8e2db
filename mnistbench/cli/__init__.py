"""Typer: parse, call the public functions, render, exit. What a command does lives below."""
