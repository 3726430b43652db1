"""Everything with a network or a clock: the chat platforms, the portal, feeds, mail, the command line."""

import sys

# structlog brings rich along to colour tracebacks, which a log of JSON lines never does: five megabytes of every server. A name that
# stands in sys.modules as None cannot be imported (docs.python.org/3/reference/import.html#the-module-cache), and is free again below.
if "rich" not in sys.modules:
    sys.modules["rich"] = None  # type: ignore[assignment]
    import structlog.dev  # noqa: F401

    del sys.modules["rich"]
