"""The networks: what each one's share dialog takes, at which address, and how long a text may be there."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from bot.errors import FieldRefusal

URL_LENGTH = 23  # X and Mastodon count every address as 23 characters (X: t.co length; Mastodon: characters_reserved_per_url)
_ADDRESS = re.compile(r"https?://\S+")
_HOST = re.compile(r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]\Z")


def characters(text: str) -> int:
    """Code points."""
    return len(text)


def graphemes(text: str) -> int:
    """What a reader sees as characters: marks, joiners, skin tones and the second half of a flag add nothing (close to UAX 29)."""
    count, joined, flags = 0, False, 0
    for c in text:
        is_flag = "\U0001f1e6" <= c <= "\U0001f1ff"
        flags = flags + 1 if is_flag else 0
        extends = unicodedata.category(c) in ("Mn", "Me", "Mc") or c == "\u200d" or "\U0001f3fb" <= c <= "\U0001f3ff" or (is_flag and flags % 2 == 0)
        count += not extends and not joined
        joined = c == "\u200d"
    return count


def x_weight(text: str) -> int:
    """Length as X counts it: NFC, an address is 23, Latin and its neighbours 1, everything else 2 (twitter-text configuration v3)."""
    bare, addresses = _ADDRESS.subn("", unicodedata.normalize("NFC", text))
    return addresses * URL_LENGTH + sum(1 if _is_light(ord(c)) else 2 for c in bare)


def _is_light(c: int) -> bool:
    return c <= 4351 or 8192 <= c <= 8205 or 8208 <= c <= 8223 or 8242 <= c <= 8247


def mastodon_length(text: str) -> int:
    """Length as Mastodon counts it: graphemes, an address is 23."""
    bare, addresses = _ADDRESS.subn("", text)
    return addresses * URL_LENGTH + graphemes(bare)


@dataclass(frozen=True)
class Network:
    """A place to share. `takes_text`: its dialog can be filled with the caption. `limit` counts with `length`, link included."""

    name: str
    takes_text: bool = True
    limit: int = 3000
    length: Callable[[str], int] = characters


# LinkedIn: learn.microsoft.com/linkedin "Share on LinkedIn" (url only). Facebook: developers.facebook.com sharer (u only).
# X: docs.x.com/x-for-websites/post-button/guides/web-intent. Bluesky: docs.bsky.app action intent links (300 graphemes).
# Threads: developers.facebook.com/documentation/threads/threads-web-intents. WhatsApp: faq.whatsapp.com click to chat.
# Mastodon: /share?text= on the person's own server.
NETWORKS: dict[str, Network] = {n.name: n for n in (
    Network("linkedin", takes_text=False), Network("x", limit=280, length=x_weight), Network("facebook", takes_text=False), Network("whatsapp"),
    Network("bluesky", limit=300, length=graphemes), Network("mastodon", limit=500, length=mastodon_length), Network("threads", limit=500),
    Network("email"), Network("copy", takes_text=False),
)}  # fmt: skip


def dialog_url(network: str, link: str, caption: str = "", instance: str = "", subject: str = "") -> str:
    """The exact address of a network's share dialog, filled in; the empty text for `copy`. Raises KeyError for another network."""
    both = f"{caption}\n{link}" if caption else link
    match network:
        case "linkedin":
            return f"https://www.linkedin.com/sharing/share-offsite/?url={_q(link)}"
        case "facebook":
            return f"https://www.facebook.com/sharer/sharer.php?u={_q(link)}"
        case "x":
            return f"https://x.com/intent/tweet?text={_q(caption)}&url={_q(link)}"
        case "whatsapp":
            return f"https://wa.me/?text={_q(both)}"
        case "bluesky":
            return f"https://bsky.app/intent/compose?text={_q(both)}"
        case "mastodon":
            return f"https://{instance}/share?text={_q(both)}"
        case "threads":
            return f"https://www.threads.com/intent/post?text={_q(caption)}&url={_q(link)}"
        case "email":
            return f"mailto:?subject={_q(subject)}&body={_q(both)}"
        case "copy":
            return ""
    raise KeyError(network)


def _q(text: str) -> str:
    return quote(text, safe="")


def require_fits(network: str, caption: str, link: str) -> None:
    """Raises FieldRefusal `text` when the caption with the link is longer than the network takes."""
    where = NETWORKS[network]
    length = where.length(f"{caption} {link}")
    if length > where.limit:
        raise FieldRefusal("text", "shares.refused.long", count=length - where.limit, limit=where.limit)


def checked_instance(typed: str) -> str:
    """A Mastodon server's host name from what was typed ("mastodon.social", "https://mastodon.social/@aino", "@aino@mastodon.social").

    Raises FieldRefusal `instance`: an address that is not a public host name never gets into a link.
    """
    host = typed.strip().lower().removeprefix("https://").removeprefix("http://").split("/")[0].rsplit("@", 1)[-1].rstrip(".")
    try:
        host = host.encode("idna").decode()
    except UnicodeError:
        host = ""
    if not _HOST.match(host) or host.endswith((".localhost", ".local", ".internal")):
        raise FieldRefusal("instance", "shares.refused.instance")
    return host
