from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from aiohttp.http_exceptions import BadStatusLine

from adapters import logs
from bot.errors import DeliveryError

CANARIES = (
    "xoxb-1234-abcdefSECRET", "xapp-1-A1-SECRET", "eyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl", "aino.salo@meri.example", "gAAAAABkSECRET==", "hunter2SECRET",
    "tokenSECRETtokenSECRET",
)  # fmt: skip


@pytest.fixture
def restored() -> Iterator[None]:
    """Each test configures the logs itself: pytest changes the root's handlers between its phases."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = before, level
    structlog.reset_defaults()


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.split("\n") if line]


def test_no_canary_gets_through(restored: None, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("DEBUG")
    log = structlog.get_logger("vinkki.test")
    for canary in CANARIES:
        log.info("something happened", token=canary, smtp_password=canary, body=canary, detail=f"/s/{canary}", person={"name": canary})
        logging.getLogger("slack_bolt.App").warning(f"Unhandled request ({{'token': '{canary}'}})")
        logging.getLogger("slack_bolt.App").warning("Invalid body: %s", canary)
        logging.getLogger("httpx").info("GET https://x.example/r/%s", canary)
        try:
            raise ValueError(f"cannot read {canary}")
        except ValueError:
            log.exception("failed")
            logging.getLogger("aiohttp.server").exception("Error handling request")
    out = capsys.readouterr().err
    assert len(out.splitlines()) == 5 * len(CANARIES)
    assert not [c for c in CANARIES if c in out] and "SECRET" not in out


def test_a_line_can_not_be_forged(restored: None, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("DEBUG")
    structlog.get_logger("vinkki").info("heard\n{}\x1b[31m", reason="one\r\ntwo\u2028three")
    (line,) = _lines(capsys)
    assert "\n" not in str(line["event"]) and "\x1b" not in str(line["event"]) and line["reason"] == "one  two three"


def test_what_scanners_send_is_no_error_of_ours(restored: None, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO")
    for error, level in ((BadStatusLine("canary"), "info"), (RuntimeError("canary"), "error")):
        try:
            raise error
        except Exception:
            logging.getLogger("aiohttp.server").exception("Error handling request from %s", "canary")
        (line,) = _lines(capsys)
        assert line["level"] == level and ("error" in line) == (level == "error") and "canary" not in str(line)


def test_our_own_errors_say_what_happened_and_where(restored: None, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("DEBUG")
    try:
        raise DeliveryError("the mail server refuses the address (550)")
    except DeliveryError:
        structlog.get_logger("vinkki").exception("not delivered", lane="mail")
    (line,) = _lines(capsys)
    assert "refuses the address (550)" in line["error"][0] and "test_logs.py" in line["error"][1] and line["lane"] == "mail"
