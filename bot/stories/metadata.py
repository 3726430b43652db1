"""What programs write into PNG and WebP files beside the picture (where it was taken, by whom, with what) is taken out, by chunks."""

from __future__ import annotations

import struct

_PNG_WORDS = (b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME")
_WEBP_WORDS = (b"EXIF", b"XMP ")
_WEBP_FLAGS = 0x08 | 0x04  # of VP8X: there is EXIF, there is XMP


def png_alone(content: bytes) -> bytes:
    """The PNG without its words, and without whatever lies behind its end (https://www.w3.org/TR/png-3/#11Chunks)."""
    kept, at = bytearray(content[:8]), 8
    while at + 12 <= len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        kind, end = content[at + 4 : at + 8], at + 12 + length
        if kind not in _PNG_WORDS:
            kept += content[at:end]
        at = end
        if kind == b"IEND":
            break
    return bytes(kept)


def webp_alone(content: bytes) -> bytes:
    """The WebP without EXIF and XMP, and with a head that says so (https://developers.google.com/speed/webp/docs/riff_container)."""
    kept, at = bytearray(), 12
    while at + 8 <= len(content):
        (length,) = struct.unpack("<I", content[at + 4 : at + 8])
        kind, end = content[at : at + 4], at + 8 + length + length % 2
        if kind not in _WEBP_WORDS:
            begins = len(kept)
            kept += content[at:end]
            if kind == b"VP8X" and length:
                kept[begins + 8] &= 0xFF ^ _WEBP_FLAGS
        at = end
    return b"RIFF" + struct.pack("<I", 4 + len(kept)) + b"WEBP" + bytes(kept)
