"""The settings of a command, from the environment."""

import os

import click

from app import settings
from app.settings import Settings, SettingsError


def load_settings() -> Settings:
    """The settings in the environment. Raises ClickException, which names each invalid one."""
    try:
        return settings.load(os.environ)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
