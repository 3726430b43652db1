"""Text and addresses that people and feeds hand in, made safe to keep."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from bot.errors import FieldRefusal

LOCALES = ("en", "fi", "sv")
NEW_LINE = "\n"


def clean(text: str, limit: int, *, lines: bool = False) -> str:
    """The text in NFC without control characters, trimmed, at most `limit` characters; line breaks stay if `lines`.

    PostgreSQL refuses NUL, and direction overrides (U+202E) make a link look like another.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", NEW_LINE).replace("\r", NEW_LINE).replace("\t", " "))
    kept = "".join(c if (c == NEW_LINE or unicodedata.category(c) not in _UNWANTED or c == "\u200d") else " " for c in text)
    kept = kept if lines else " ".join(kept.split())
    return kept.strip()[:limit].rstrip()


_AS_IT_IS = "%/:=&?~#+!$,;'@()*[]|"  # a Location header takes ASCII; what is encoded already stays so
_UNWANTED = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def checked_link(url: str, field: str = "link") -> str:
    """The address in its plain form: http or https, a host, nothing before `@`, no control characters, ≤ 2,000 characters.

    A host with letters beyond ASCII is kept as punycode and only when all of them are Latin: the cheapest defence against
    look-alikes. Raises FieldRefusal(field, `stories.refused.link`).
    """
    try:
        return _plain_link(url.strip())
    except (ValueError, UnicodeError):
        raise FieldRefusal(field, "stories.refused.link") from None


_PASSED_ON = re.compile(r"utm_\w+|fbclid|gclid|dclid|msclkid|mc_[ce]id|igshid|igsh|li_fat_id|trk|s_cid|_hs\w+", re.IGNORECASE)


def link_key(link: str) -> str:
    """A checked link without what makes it look different though it leads to the same page: scheme, www., what campaigns and
    networks append, the fragment, a slash at the end. Two stories with the same key are about the same page."""
    parts = urlsplit(link)
    query = urlencode(sorted((k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _PASSED_ON.fullmatch(k)))
    return f"{parts.netloc.lower().removeprefix('www.')}{parts.path.rstrip('/')}{'?' if query else ''}{query}"


def _plain_link(url: str) -> str:
    if len(url) > 2000 or any(c.isspace() or c == "\\" or unicodedata.category(c) in _UNWANTED for c in url):
        raise ValueError("characters")
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme.lower() not in ("http", "https") or not host or "@" in parts.netloc or "%" in parts.netloc:
        raise ValueError("shape")
    netloc = _host(host) + (f":{parts.port}" if parts.port else "")
    path, query, fragment = (quote(part, safe=_AS_IT_IS) for part in (parts.path, parts.query, parts.fragment))
    return urlunsplit((parts.scheme.lower(), netloc, path, query, fragment))


def _host(host: str) -> str:
    if ":" in host:
        return f"[{host}]"
    if not host.isascii() and any(c.isalpha() and not unicodedata.name(c, "").startswith("LATIN") for c in host):
        raise ValueError("script")
    return host.rstrip(".").encode("idna").decode()
