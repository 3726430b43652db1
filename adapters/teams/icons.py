"""The app's two icons, drawn by arithmetic: no image file, no image library.

Teams wants a full-colour icon of 192 pixels and a white outline of 32 pixels on nothing.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Callable

Shape = Callable[[float, float], float]  # distance to the edge in units of the drawing, negative inside

# The drawing is 40 units wide: the same check of two strokes and a dot as the portal's mark.
_STROKES = ((12.5, 11.5, 20.0, 22.5), (20.0, 22.5, 27.5, 11.5))
_DOT = (27.5, 11.5, 3.2)
_DEEP, _SEA, _WHITE, _SUN = (0x0B, 0x4A, 0x55), (0x7C, 0xC6, 0xC4), (255, 255, 255), (0xF2, 0xA0, 0x4B)


def color_icon() -> bytes:
    """192 × 192 pixels, full colour to the edge (Teams rounds it)."""
    return _png(192, [(_ground, _DEEP), (_wave, _SEA), (_check(1.7), _WHITE), (_dot(0.0), _SUN)], 1.0, (0.0, 0.0))


def outline_icon() -> bytes:
    """32 × 32 pixels, white on transparent."""
    return _png(32, [(_check(1.5), _WHITE), (_dot(0.0), _WHITE)], 0.62, (7.6, 4.6))


def _ground(x: float, y: float) -> float:
    return -1.0


def _check(half: float) -> Shape:
    return lambda x, y: min(_segment(x, y, *stroke) for stroke in _STROKES) - half


def _segment(x: float, y: float, x1: float, y1: float, x2: float, y2: float) -> float:
    dx, dy = x2 - x1, y2 - y1
    t = min(1.0, max(0.0, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy)))
    return math.hypot(x - x1 - t * dx, y - y1 - t * dy)


def _dot(wider: float) -> Shape:
    cx, cy, radius = _DOT
    return lambda x, y: math.hypot(x - cx, y - cy) - radius - wider


def _wave(x: float, y: float) -> float:
    height = 27.5 + 1.5 * math.sin((x - 7.5) * 2 * math.pi / 16.5)
    return max(abs(y - height) - 0.9, abs(x - 20) - 12.5)


def _png(size: int, layers: list[tuple[Shape, tuple[int, int, int]]], zoom: float, shift: tuple[float, float]) -> bytes:
    """An 8-bit RGBA image. `zoom` is how much of the drawing's 40 units fits, from `shift` on."""
    unit = 40.0 * zoom / size
    rows = bytearray()
    for j in range(size):
        rows.append(0)  # no filter
        for i in range(size):
            rows += _pixel(shift[0] + (i + 0.5) * unit, shift[1] + (j + 0.5) * unit, unit, layers)
    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(bytes(rows), 9)) + _chunk(b"IEND", b"")


def _pixel(x: float, y: float, unit: float, layers: list[tuple[Shape, tuple[int, int, int]]]) -> bytes:
    """Layers over each other; an edge covers as much of the pixel as lies inside it."""
    red = green = blue = alpha = 0.0
    for shape, color in layers:
        cover = min(1.0, max(0.0, 0.5 - shape(x, y) / unit))
        rest = alpha * (1 - cover)
        red, green, blue = (c * cover + old * rest for c, old in zip(color, (red, green, blue), strict=True))
        alpha = cover + rest
        if alpha:
            red, green, blue = red / alpha, green / alpha, blue / alpha
    return bytes((round(red), round(green), round(blue), round(alpha * 255)))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
