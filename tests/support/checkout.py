"""The folder of the checkout, with its docs and its files for the build."""

from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
