"""Logs: one JSON line an event on stderr, with ids and kinds; never a body, a token, a name or an address.

Other libraries' log lines are cut before anything they quote (Bolt writes whole request bodies into its warnings), and an
exception is its type and the places it passed: its message may hold what somebody typed.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

from bot.errors import Refusal, VinkkiError

_SECRET_NAMES = re.compile(r"(?i)token|secret|password|authorization|signature|cookie|api_?key|body|payload|email|address|caption|text|name$")
_SECRET_VALUES = re.compile(
    r"xox[a-z]-[\w-]+|xapp-[\w-]+|eyJ[\w-]+\.[\w-]+\.[\w-]*|(?i:bearer|basic) [\w.~+/=-]+|(?<=/s/)[\w-]+|(?<=/r/)[\w-]+|gAAAA[\w=-]+"
    r"|[\w.+-]+@[\w-]+\.[\w.-]+|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"
)
_QUIET = ("slack_bolt", "slack_sdk", "aiohttp", "httpx", "httpcore", "urllib3", "requests", "botbuilder", "botframework", "msrest", "msal", "apscheduler",
          "alembic", "asyncio", "sqlalchemy")  # fmt: skip
_QUOTED = re.compile(r"[({\[<%\n\r\"'].*", re.DOTALL)
Event = MutableMapping[str, Any]


def configure(level: str = "INFO") -> None:
    """Send structlog's and the standard library's logs to stderr, redacted, as JSON."""
    ours = [structlog.contextvars.merge_contextvars, structlog.stdlib.add_logger_name, structlog.stdlib.add_log_level, _timestamp, redact]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *ours, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, structlog.stdlib.add_log_level, _timestamp, _cut, redact],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer()],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def redact(_logger: Any, _method: str, event: Event) -> Event:
    """Blank out whatever has a secret's name or look; turn an exception into its type and places."""
    if error := event.pop("exc_info", None):
        event["error"] = _safely(error)
    for key, value in event.items():
        if key in ("event", "logger", "level", "at"):
            event[key] = _clean(str(value))
        elif _SECRET_NAMES.search(key):
            event[key] = "[redacted]"
        elif isinstance(value, str):
            event[key] = _clean(value)
        elif not isinstance(value, int | float | bool | type(None) | list):
            event[key] = type(value).__name__
    return event


def _clean(value: str) -> str:
    """Without secrets, and on one line: nothing typed by somebody can forge a log line."""
    return _SECRET_VALUES.sub("[redacted]", "".join(c if c.isprintable() else " " for c in value))[:2000]


def _safely(error: Any) -> list[str]:
    exception = error[1] if isinstance(error, tuple) else error if isinstance(error, BaseException) else sys.exc_info()[1]
    lines: list[str] = []
    while exception is not None and len(lines) < 40:
        told = f": {_clean(str(exception))}" if isinstance(exception, VinkkiError) and not isinstance(exception, Refusal) else ""
        lines.append(f"{type(exception).__module__}.{type(exception).__qualname__}{told}")
        lines += [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(exception.__traceback__)[-12:]]
        exception = exception.__cause__ or (None if exception.__suppress_context__ else exception.__context__)
    return lines


def _cut(_logger: Any, _method: str, event: Event) -> Event:
    """Another library's line, up to where it begins to quote. Our own through the standard library stay whole."""
    record = event.get("_record")
    if record is not None and not record.name.startswith("vinkki"):
        event["event"] = _QUOTED.sub("", str(record.msg))[:120].strip()
        if record.exc_info and _is_the_senders(record.exc_info[0]):
            event["level"], event["event"] = "info", "a request that is none of HTTP"
            event.pop("exc_info", None)
    return event


def _is_the_senders(kind: type[BaseException] | None) -> bool:
    """aiohttp calls what scanners send (half a header, bytes of another protocol) an error of the server's."""
    return any(base.__module__ == "aiohttp.http_exceptions" for base in (kind.__mro__ if kind else ()))


def _timestamp(_logger: Any, _method: str, event: Event) -> Event:
    stamped: Event = structlog.processors.TimeStamper(fmt="iso", utc=True, key="at")(None, "", event)
    return stamped
