"""The technical log of a process that runs: lines for whoever operates it; never evidence, never a secret."""

import sys

import structlog
from structlog.tracebacks import ExceptionDictTransformer


def log_as_json() -> None:
    """One JSON object a line, on stderr."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # Never with local variables: among them are session tokens and what people wrote.
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
