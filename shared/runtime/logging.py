"""Structured logs on standard error: a constant `action`, dotted and past tense, and fields.

    log = logger()
    log.info("run.accepted", run=run_id)

ERROR means that a person must act. Prompts, outputs and secrets are never logged. Records of
libraries that use the standard `logging` arrive as `library.logged`.
"""

import logging
import sys
from typing import TYPE_CHECKING, cast

import structlog

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger, Processor

    from shared.runtime.settings import Settings

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def logger() -> "FilteringBoundLogger":
    """A logger that obeys the settings given to `set_up`, whenever it was made."""
    return cast("FilteringBoundLogger", structlog.get_logger())


def set_up(settings: "Settings") -> None:
    """Logs as the settings say from now on, every line with its service and instance."""
    structlog.configure(
        processors=_processors(settings.log_format),
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[settings.log_level]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(service=settings.service, instance=settings.instance)
    logging.basicConfig(handlers=[_Bridge()], level=logging.WARNING, force=True)


def _processors(form: str) -> "list[Processor]":
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.format_exc_info,
    ]
    if form == "console":
        return [
            *shared,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), timestamp_key="time"),
        ]
    return [
        *shared,
        structlog.processors.EventRenamer("action"),
        structlog.processors.JSONRenderer(default=str),
    ]


class _Bridge(logging.Handler):
    """Passes records of the standard library's logging on to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        logger().log(
            record.levelno,
            "library.logged",
            library=record.name,
            text=record.getMessage(),
            exc_info=record.exc_info,
        )
