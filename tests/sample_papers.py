"""Small CVs of the three kinds, and what can be wrong with them."""

from __future__ import annotations

import io
import zipfile

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
ODT = "application/vnd.oasis.opendocument.text"


def pdf(more: bytes = b"", trailer: bytes = b"") -> bytes:
    """A page with nothing on it; `more` are objects, `trailer` entries of the trailer."""
    page = b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj 3 0 obj<</Type/Page/Parent 2 0 R>>endobj "
    return b"%PDF-1.7\n" + page + more + b"\ntrailer<</Root 1 0 R" + trailer + b">>\nstartxref\n0\n%%EOF\n"


def zipped(parts: dict[str, str], stored: str = "") -> bytes:
    """A package; the part `stored` is not packed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in parts.items():
            package.writestr(name, text, zipfile.ZIP_STORED if name == stored else zipfile.ZIP_DEFLATED)
    return out.getvalue()


def docx(more: dict[str, str] | None = None, content_type: str = WORD) -> bytes:
    """A Word document with one line and a link."""
    types = f'<?xml version="1.0"?><Types><Override PartName="/word/document.xml" ContentType="{content_type}"/></Types>'
    link = '<Relationships><Relationship Id="r1" Type="x/hyperlink" Target="https://home.example" TargetMode="External"/></Relationships>'
    document = "<w:document><w:t>Ida Lund, hull designer</w:t></w:document>"
    return zipped({"[Content_Types].xml": types, "word/document.xml": document, "word/_rels/document.xml.rels": link, **(more or {})})


def odt(more: dict[str, str] | None = None, manifest: str = "") -> bytes:
    """An OpenDocument text with one line."""
    content = "<office:document-content><text:p>Ida Lund</text:p></office:document-content>"
    return zipped({"mimetype": ODT, "content.xml": content, "META-INF/manifest.xml": f"<m>{manifest}</m>", **(more or {})}, stored="mimetype")
