"""Runs the command line: `python -m app`."""

from app.cli.group import cli

cli(prog_name="python -m app")
