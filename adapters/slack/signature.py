"""Is it Slack? HMAC-SHA256 over version, timestamp and body, checked before anything is parsed.

slack_sdk's verifier raises on odd headers (int() of attacker's text, compare_digest of non-ASCII), so Bolt answers 500 where
401 is meant; and it takes the last of several signature headers. Here: exactly one header of each, of exactly one shape.
Source of the scheme: docs.slack.dev/authentication/verifying-requests-from-slack.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Callable, Mapping
from typing import Protocol

SKEW_SECONDS = 300
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}\Z")
_TIMESTAMP = re.compile(r"[0-9]{1,12}\Z")


class Headers(Protocol):
    """Request headers, several of one name allowed."""

    def getall(self, key: str, default: list[str], /) -> list[str]: ...


class Signature:
    """Checks requests against the app's signing secret. `wall` is wall time in seconds: programme time may be moved."""

    def __init__(self, secret: str, wall: Callable[[], float] = time.time) -> None:
        self._secret, self._wall = secret.encode(), wall

    def is_plausible(self, headers: Headers) -> bool:
        """What can be refused without the body: the headers' shape and the timestamp's age."""
        stamp = _only(headers, "X-Slack-Request-Timestamp", _TIMESTAMP)
        return bool(stamp) and abs(self._wall() - int(stamp)) <= SKEW_SECONDS and bool(_only(headers, "X-Slack-Signature", _SIGNATURE))

    def is_genuine(self, headers: Headers, body: bytes) -> bool:
        """Signed by Slack for this app, within five minutes."""
        if not self.is_plausible(headers):
            return False
        given, stamp = headers.getall("X-Slack-Signature", [])[0], headers.getall("X-Slack-Request-Timestamp", [])[0]
        return hmac.compare_digest(self.sign(stamp, body), given)

    def sign(self, stamp: str, body: bytes) -> str:
        """The signature Slack would send."""
        return "v0=" + hmac.new(self._secret, b"v0:%b:%b" % (stamp.encode(), body), hashlib.sha256).hexdigest()

    def headers(self, body: bytes) -> Mapping[str, str]:
        """Headers of a genuine request, now: for those who play Slack (tests, the benchmark)."""
        stamp = str(int(self._wall()))
        return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": self.sign(stamp, body)}


def _only(headers: Headers, name: str, shape: re.Pattern[str]) -> str:
    found = headers.getall(name, [])
    return found[0] if len(found) == 1 and shape.match(found[0]) else ""
