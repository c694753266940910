"""Exit codes: how the commands end on errors."""

import contextlib
from collections.abc import Iterator

import click
import structlog

from app.bulk.source import SourceError, SourceRejected
from app.errors import ServiceError
from app.graph.embedded.errors import EmbeddedError

SOME_REJECTED = 1
UNFINISHED = 3

log = structlog.get_logger()


class Unfinished(click.ClickException):
    """The command ended early; if you run it again, it resumes."""

    exit_code = UNFINISHED


@contextlib.contextmanager
def exit_on_errors() -> Iterator[None]:
    """Turns errors of the service into a sentence on standard error and exit code 1."""
    try:
        yield
    except (EmbeddedError, ServiceError) as error:
        raise click.ClickException(str(error)) from error


@contextlib.contextmanager
def exit_unfinished_on_errors() -> Iterator[None]:
    """Turns what ends a resumable command into a sentence and exit code 3, wrong usage into 2."""
    try:
        yield
    except SourceRejected as error:
        raise click.UsageError(str(error)) from error
    except (EmbeddedError, OSError, ServiceError, SourceError) as error:
        raise Unfinished(str(error)) from error
    except KeyboardInterrupt as error:
        raise Unfinished("interrupted") from error
    except (click.Abort, click.ClickException):
        raise
    except Exception as error:  # Python's own exit code, 1, has another meaning here
        log.exception("command_failed")
        raise Unfinished(f"{type(error).__name__}: {error}") from error
