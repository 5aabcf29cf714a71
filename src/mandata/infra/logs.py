"""Structured logs without personal data: one JSON object a line on standard error.

What is logged are ids, counts, codes and times. As a second net, anything that looks like an e-mail address, the token
in the path of a page, what PostgreSQL tells of the values of a row, and the values of keys that name personal things
are cut before a line is written.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_ADDRESS = re.compile(r"[^\s<>\"',;:()\[\]]+(?:[@\uff20]|%40|=40|&#64;)[^\s<>\"',;:()\[\]]+")
_AT = ("@", "\uff20", "%40", "=40", "&#64;")
"""An at sign as it is written, and as encodings write it."""
_TOKEN = re.compile(r"(?<=/)[A-Za-z0-9_-]{40,}(?=\.ics\b|(?![A-Za-z0-9_.-]))")
"""Longer than an id: whoever reads it in a log could use the page, or the calendar, as who it was given to."""
_VALUES = re.compile(r"^(DETAIL|CONTEXT|QUERY): .*?(?=\n\n|\Z)", re.MULTILINE | re.DOTALL)
_PERSONAL = frozenset(
    {"email", "address", "name", "phone", "recipient", "password", "token", "secret", "authorization", "cookie"}
)


def cut(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Return the event with addresses and named personal values cut."""
    for key, value in event.items():
        if key in _PERSONAL:
            event[key] = "…"
        elif isinstance(value, str):
            event[key] = _without_values(value)
    return event


def _without_values(text: str) -> str:
    if any(at in text for at in _AT):
        text = _ADDRESS.sub("…@…", text)
    return _VALUES.sub(r"\1: …", _TOKEN.sub("…", text))


class _ToStandardError:
    """Writes to standard error as it is at that moment, which may be another file than when logging was set up."""

    def msg(self, message: str) -> None:
        """Write one line."""
        print(message, file=sys.stderr, flush=True)  # noqa: T201 - this is what logging ends in

    debug = info = warning = error = critical = exception = fatal = log = msg


def configure(level: str = "info") -> None:
    """Send structlog and the standard library's logging through the same renderer.

    What libraries tell below `info` is left out at every level: it is their inside, and with it what goes through them
    (the lines of a mail, the values of a page), which no net knows for personal.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        cut,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper(), logging.INFO)),
        logger_factory=lambda *_names: _ToStandardError(),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            cut,
            structlog.processors.JSONRenderer(),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    least = max(getattr(logging, level.upper(), logging.INFO), logging.INFO)
    logging.basicConfig(handlers=[handler], level=least, force=True)


def log(area: str) -> Any:
    """Return the logger of an area."""
    return structlog.get_logger(area=area)
