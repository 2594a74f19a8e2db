"""Typer: parse, call the public functions, render, exit. What a command does lives below."""

from mnistbench.cli import experiments as experiments  # each registers its commands, in the order of --help
from mnistbench.cli import grading as grading
from mnistbench.cli import nets as nets
from mnistbench.cli import verifying as verifying
from mnistbench.cli.app import main as main
