"""The child process that judges a CV by its content: bytes on stdin, JSON on stdout, within limits on time, memory and output.

Run as a file, alone: it imports nothing of Vinkki. `judging.py <ending of the name>` says `{"kind": "pdf"|"docx"|"odt"}` or
`{"unfit": reason}`. Nothing is drawn or run: what a reader would run (macros, scripts, attachments, templates from elsewhere) is refused.
"""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
import zlib
from typing import Any

CPU_SECONDS = 4
MEMORY_BYTES = 256 * 1024 * 1024
MOST_FILES = 1000
MOST_UNPACKED = 60 * 1024 * 1024
MOST_RATIO = 200  # unpacked to packed, of the whole; a text of one letter reaches 1,000
WORD = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
ODT = b"application/vnd.oasis.opendocument.text"
ENDINGS = {"pdf": "pdf", "docx": "docx", "odt": "odt"}
_ACTIVE = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA|ImportData|SubmitForm)(?![A-Za-z0-9])")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")  # PDF 32000-1, 7.3.5: any character of a name may be written so
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_FILTER = re.compile(rb"/([A-Za-z0-9]+Decode|Crypt)(?![A-Za-z0-9])")
_PARAMETERS = re.compile(rb"/DecodeParms(?!\s*\[?\s*null)")
_MACROS = re.compile(r"(?i)(^|/)(vbaproject|vbadata|activex\d*)[^/]*\.(bin|xml)$|^(Basic|Scripts)/.")
_OUTSIDE = re.compile(rb"<Relationship\b[^>]*>", re.DOTALL)


class Wrong(Exception):
    """Why it is not taken, in one word."""


def limit() -> None:
    """Take time, memory, output and children away from this process; not available on every system."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))


def judge(body: bytes, ending: str) -> str:
    """What it is, by content. Raises Wrong: kind, ending, macros, active, encrypted, mixed, heavy or broken."""
    if body.startswith(b"\xd0\xcf\x11\xe0"):  # an OLE file: Word before 2007, and an encrypted document of today
        raise Wrong("encrypted" if b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e" in body else "kind")
    if body.startswith(b"%PDF-"):
        kind = _pdf(body)
    elif body.startswith(b"PK\x03\x04"):
        kind = _package(body)
    else:
        raise Wrong("kind")
    if ENDINGS.get(ending) != kind:
        raise Wrong("macros" if ending in ("docm", "dotm") else "ending")
    return kind


def _pdf(body: bytes) -> str:
    end = body.rfind(b"%%EOF")
    if end < 0 or len(body) - end > 1024:
        raise Wrong("broken")
    if body[end + 5 :].strip(b"\0\r\n\t ") or zipfile.is_zipfile(io.BytesIO(body)):
        raise Wrong("mixed")  # something else is hung on to it
    said = _plain(_STREAM.sub(b"", body))
    if re.search(rb"/Encrypt(?![A-Za-z])", said):
        raise Wrong("encrypted")
    packed = _object_streams(body)
    if _ACTIVE.search(said) or any(_ACTIVE.search(_plain(objects)) for objects in packed):
        raise Wrong("active")
    if said.count(b"/ObjStm") > len(packed):  # some that are not written as streams are: a reader may find their way all the same
        raise Wrong("broken")
    return "pdf"


def _plain(text: bytes) -> bytes:
    return _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), text)


def _object_streams(body: bytes) -> list[bytes]:
    """Objects that are packed into streams: there scripts could hide. Pictures and pages are no objects, and are left alone."""
    found, left = [], MOST_UNPACKED
    for stream in _STREAM.finditer(body):
        start = body.rfind(b"obj", 0, stream.start())
        said = _plain(body[max(start, 0) : stream.start()])
        if b"ObjStm" in said:
            found.append(_unpacked(said, stream[1], left))
            left -= len(found[-1])
    return found


def _unpacked(said: bytes, packed: bytes, most: int) -> bytes:
    """The objects of a stream, whose dictionary is `said`. Writers use no filter or Flate alone; anything else would hide from us what a
    reader finds. A sum that is wrong stops no reader either."""
    if b"/Filter" not in said:
        return packed
    if _FILTER.findall(said) != [b"FlateDecode"] or _PARAMETERS.search(said):
        raise Wrong("active")
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(packed, most)
    except zlib.error:
        raise Wrong("broken") from None
    if unpacker.unconsumed_tail or len(plain) >= most:
        raise Wrong("heavy")
    return plain


def _package(body: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as package:
            infos = package.infolist()
            _check_shape(body, package, infos)
            parts = {i.filename: b"" for i in infos}
            for info in infos:
                whole = package.read(info)  # all of it: the sum at its end tells whether it is what it says
                if info.filename.lower().endswith((".xml", ".rels")) or info.filename == "mimetype":
                    parts[info.filename] = whole
            return _document(parts, infos)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, RuntimeError, KeyError):
        raise Wrong("broken") from None


def _check_shape(body: bytes, package: zipfile.ZipFile, infos: list[zipfile.ZipInfo]) -> None:
    if any(i.flag_bits & 1 for i in infos):
        raise Wrong("encrypted")
    unpacked, packed = sum(i.file_size for i in infos), sum(i.compress_size for i in infos)
    if len(infos) > MOST_FILES or unpacked > MOST_UNPACKED or packed > len(body) or unpacked > MOST_RATIO * max(packed, 1024):
        raise Wrong("heavy")
    if not infos or min(i.header_offset for i in infos) != 0 or package.comment or body[-22:-18] != b"PK\x05\x06":
        raise Wrong("mixed")  # something stands before or behind it
    names = [i.filename.lower() for i in infos]
    if len(set(names)) != len(names) or any(n.startswith(("/", "\\")) or ".." in n.split("/") for n in names):
        raise Wrong("broken")


def _document(parts: dict[str, bytes], infos: list[zipfile.ZipInfo]) -> str:
    if any(_MACROS.search(name) for name in parts) or b"macroEnabled" in parts.get("[Content_Types].xml", b""):
        raise Wrong("macros")
    if any(b"<!DOCTYPE" in text or b"<!ENTITY" in text for text in parts.values()):
        raise Wrong("active")
    if WORD in parts.get("[Content_Types].xml", b"") and parts.get("word/document.xml"):
        return _word(parts)
    if infos[0].filename == "mimetype" and parts["mimetype"].strip() == ODT and parts.get("content.xml"):
        if b"encryption-data" in parts.get("META-INF/manifest.xml", b""):
            raise Wrong("encrypted")
        if b"script:event-listener" in parts["content.xml"] or b"<script:" in parts["content.xml"]:
            raise Wrong("active")
        return "odt"
    raise Wrong("kind")


def _word(parts: dict[str, bytes]) -> str:
    """What Word would fetch or run by itself: a template from elsewhere, an embedded object, a field that calls a program."""
    if any(name.lower().startswith("word/embeddings/") for name in parts):
        raise Wrong("active")
    for name, text in parts.items():
        links = _OUTSIDE.findall(text) if name.endswith(".rels") else []
        if any(b'"External"' in link.replace(b"'", b'"') and b"/hyperlink" not in link for link in links):
            raise Wrong("active")
        if re.search(rb"\bDDE(AUTO)?\b", text):
            raise Wrong("active")
    return "docx"


def main(ending: str, _rest: str = "") -> None:
    """Read stdin, write the judgement."""
    limit()
    body = sys.stdin.buffer.read()
    try:
        said: dict[str, Any] = {"kind": judge(body, ending)}
    except Wrong as e:
        said = {"unfit": str(e)}
    except MemoryError:
        said = {"unfit": "heavy"}
    sys.stdout.buffer.write(json.dumps(said).encode())


if __name__ == "__main__":
    main(*sys.argv[1:3])
