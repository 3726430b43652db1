from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path

import aiohttp
import psutil
import pytest

ROOT = Path(__file__).parents[2]
KEY = "a-test-key-that-is-long-enough-000"
HEAVY = ("slack_bolt", "slack_sdk", "botbuilder", "botframework", "msrest", "numpy", "pandas", "matplotlib")
ALL = {
    "VINKKI_SLACK_BOT_TOKEN": "xoxb-1234567890-abcdefghij",
    "VINKKI_SLACK_SIGNING_SECRET": "0123456789abcdef0123456789abcdef",
    "VINKKI_SLACK_API_URL": "http://127.0.0.1:9/",
    "VINKKI_TEAMS_ANONYMOUS_ON_LOOPBACK": "true",
    "VINKKI_SMTP_URL": "smtp://127.0.0.1:9",
    "VINKKI_MAIL_FROM": "vinkki@meri.example",
}


async def _serve(folder: Path, *args: str, **env: str) -> tuple[asyncio.subprocess.Process, int]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("VINKKI_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-X", "importtime", "-m", "adapters.main", "serve", "--port", "0", *args, cwd=folder,
        env={**clean, "PYTHONPATH": str(ROOT), "VINKKI_SECRET_KEY": KEY, **env}, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    loaded: set[str] = set()
    async with asyncio.timeout(30):
        while line := (await process.stderr.readline()).decode():
            if line.startswith("import time:"):
                loaded.add(line.rsplit("|", 1)[1].strip().partition(".")[0])
            if "listening on" in line:
                process.loaded = loaded  # type: ignore[attr-defined]
                return process, int(line.rsplit(":", 1)[1].rstrip(")\n"))
    raise AssertionError("it ended")


async def _get(port: int, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as answer:
        return answer.status, await answer.text()


async def _stop(process: asyncio.subprocess.Process) -> tuple[int, str]:
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(20):
        _, err = await process.communicate()
    return process.returncode or 0, err.decode()


async def test_without_slack_and_teams_their_sdks_are_not_imported(tmp_path: Path) -> None:
    process, port = await _serve(tmp_path)
    try:
        status, body = await _get(port, "/readyz")
        assert status == 200 and json.loads(body)["database"]
        assert not process.loaded & set(HEAVY)  # type: ignore[attr-defined]
        assert (await _get(port, "/s/nosuchtokennosuchtoken"))[0] == 404
        assert (await _get(port, "/slack/events"))[0] == 404
    finally:
        code, err = await _stop(process)
    assert code == 0 and '"stopped"' in err and "Traceback" not in err


@pytest.mark.timeout(60)
async def test_all_platforms_together_start_answer_and_stop_within_their_memory(tmp_path: Path) -> None:
    process, port = await _serve(tmp_path, **ALL)
    try:
        assert (await _get(port, "/healthz"))[0] == 200
        async with aiohttp.ClientSession() as session:
            for path in ("/slack/events", "/api/messages"):
                async with session.post(f"http://127.0.0.1:{port}{path}", data=b"[1]", headers={"Content-Type": "application/json"}) as answer:
                    assert 400 <= answer.status < 500, path
        assert psutil.Process(process.pid).memory_full_info().pss < 120 * 2**20
    finally:
        code, err = await _stop(process)
    assert code == 0 and "Traceback" not in err


async def test_a_server_that_was_killed_starts_again(tmp_path: Path) -> None:
    process, _ = await _serve(tmp_path)
    process.kill()
    await process.communicate()
    began = time.monotonic()
    process, port = await _serve(tmp_path)
    assert (await _get(port, "/readyz"))[0] == 200 and time.monotonic() - began < 15
    assert (await _stop(process))[0] == 0
