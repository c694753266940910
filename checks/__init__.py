"""The checks of `make check` that are specific to this project."""
