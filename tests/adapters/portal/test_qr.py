"""The QR code of a referral link: a picture that says no more than the link, and nothing for what is no link."""

from __future__ import annotations

import struct
import zlib

from conftest import START, add_person
from contracts.drivers.portal import Portal

from adapters.portal.qr import png
from bot import referrals


def squares(content: bytes) -> list[list[bool]]:
    """A PNG of one bit a pixel, as rows of dark or light."""
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    width, height, depth = struct.unpack(">IIB", content[16:25])
    at, data = 8, b""
    while at < len(content):
        (length,), kind = struct.unpack(">I", content[at : at + 4]), content[at + 4 : at + 8]
        data += content[at + 8 : at + 8 + length] if kind == b"IDAT" else b""
        at += 12 + length
    assert depth == 1
    raw, line = zlib.decompress(data), (width + 7) // 8 + 1
    return [[not raw[y * line + 1 + x // 8] >> (7 - x % 8) & 1 for x in range(width)] for y in range(height)]


def test_a_code_is_square_with_a_quiet_zone_and_three_eyes() -> None:
    dots = squares(png("https://vinkki.example/r/" + "a" * 22))
    size = len(dots)
    assert all(len(row) == size for row in dots) and not any(dots[y][x] for y in range(32) for x in range(size))
    near, far = 32 + 4, size - 32 - 4
    assert dots[near][near] and dots[near][far] and dots[far][near]
    assert png("https://a.example/1") != png("https://a.example/2")


async def test_the_code_of_a_live_link_is_served_to_whoever_knows_it_and_nothing_else(portal: Portal) -> None:
    db, deployment = portal.world.db, portal.world.deployment
    aino = add_person(db, "Aino Salo")
    link = db.write_now(referrals.link_for, START, aino.id, None, lambda: "a-token-for-a-qr-code-1")
    answer = await portal.client.get(f"/q/{link.token}.png")
    assert (answer.status, answer.content_type) == (200, "image/png") and await answer.read() == png(deployment.link(f"r/{link.token}"))
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and "sandbox" in answer.headers["Content-Security-Policy"]
    for wrong in ("a-token-for-a-qr-code-2", "x", "../../etc/passwd", "%00" * 20):
        assert (await portal.client.get(f"/q/{wrong}.png")).status in (400, 404)
