"""Logs: one JSON object per record, or readable lines on a terminal."""

import logging
import sys

import structlog
from structlog.types import Processor


def configure() -> None:
    """Writes every record, including those of libraries, to standard error in one format."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder(allow=[])],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    # The driver logs each lost connection. The log event of a retry already covers those.
    logging.getLogger("neo4j").setLevel(logging.CRITICAL)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    logging.getLogger("mcp").setLevel(logging.WARNING)
    # It logs the URL of a webhook, which may have a secret.
    logging.getLogger("httpx2").setLevel(logging.WARNING)


def _renderers() -> list[Processor]:
    if sys.stderr.isatty():
        return [
            structlog.dev.ConsoleRenderer(
                exception_formatter=structlog.dev.plain_traceback,
                repr_native_str=True,  # no value may move the cursor or colour the screen
            )
        ]
    # Local variables would carry API keys and events into the logs.
    traceback = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [
        structlog.processors.ExceptionRenderer(traceback),
        structlog.processors.JSONRenderer(),
    ]
