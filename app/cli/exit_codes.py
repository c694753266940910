"""Exit codes of the commands: their help, and the errors that lead to them."""

import contextlib
from collections.abc import Iterator, Mapping

import click
import structlog

from app.bulk.source import SourceError, SourceRejected
from app.errors import ServiceError
from app.graph.embedded.errors import EmbeddedError

# Click's own exit codes: 1 for an error, 2 for wrong usage.
SOME_REJECTED = 1
UNFINISHED = 3

log = structlog.get_logger()


class Unfinished(click.ClickException):
    """The command ended before its work was complete. The user can run it again."""

    exit_code = UNFINISHED


def exit_codes(meanings: Mapping[int, str]) -> str:
    """The last part of a command's help: its exit codes, each on a line with its meaning."""
    lines = [f"  {code}  {meaning}" for code, meaning in meanings.items()]
    return "\n".join(["\b", "Exit codes:", *lines])  # \b: click must not wrap these lines


@contextlib.contextmanager
def exit_on_errors() -> Iterator[None]:
    """Turns errors of the service into a message on standard error and exit code 1."""
    try:
        yield
    except (EmbeddedError, ServiceError) as error:
        raise click.ClickException(str(error)) from error


@contextlib.contextmanager
def exit_unfinished_on_errors() -> Iterator[None]:
    """Turns an error that ends a command early into exit code 3, wrong usage into 2."""
    try:
        yield
    except SourceRejected as error:
        raise click.UsageError(str(error)) from error
    except (EmbeddedError, OSError, ServiceError, SourceError) as error:
        raise Unfinished(str(error)) from error
    except KeyboardInterrupt as error:
        raise Unfinished("interrupted: run the command again") from error
    except (click.Abort, click.ClickException):
        raise
    except Exception as error:  # Python would exit with 1, which means something else here
        log.exception("command_failed")
        raise Unfinished(f"internal error {type(error).__name__}: {error} (see the log)") from error
