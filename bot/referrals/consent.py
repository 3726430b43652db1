"""The privacy notice that a candidate reads before they confirm: its parts, its version, and the hashes of its words.

The words live in content/<locale>/candidate.toml under `candidate.notice`. bot/ cannot read them, so each version's hashes stand
here; a test in tests/content fails when the words change without a new version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType

VERSION, BY_MAIL = "4", "4-mail"  # what is read behind a link, and by somebody who was invited by e-mail
# In the order of the page. Articles 13 and 14 of the GDPR name what must be said.
PARTS = ("controller", "purpose", "data", "source", "basis", "recipients", "retention", "rights", "automated")
OTHERWISE = frozenset({"data", "source", "basis", "retention"})  # said otherwise to those who were invited: `candidate.notice.invited`
HASHES: Mapping[str, Mapping[str, str]] = MappingProxyType({VERSION: {
    "en": "53163e834baa8a0111d46d062a8dd2e6cdebe0519cf7601d71f4dbce6f82b792",
    "fi": "1b074dba1309a1f90ee6ea12547c747f7e36b3ba052e311b153f40dbb34fc20f",
    "sv": "48c1beff8dcc92205db5d8aa0a1fd7f7a3437557446df03af085c165815411e5",
}, BY_MAIL: {
    "en": "d98824f031c12f92a6a883eba8049657dfa5be1142101920a76efed9b08e1b35",
    "fi": "92b0e79a0f4eb4ff47a626e277f69b59ba8758b59630f953136452d9403118f4",
    "sv": "2cba4779153baa6fc6c3f6fb88f097ba3a89e81e4ad232730f12c2d9453b4d89",
}})  # fmt: skip


def key_of(part: str, *, by_mail: bool = False) -> str:
    """Where a part's words stand beneath `candidate.notice`."""
    return f"invited.{part}" if by_mail and part in OTHERWISE else part


def hash_of(words: Mapping[str, str], *, by_mail: bool = False) -> str:
    """The hash of a notice's words: its parts in order, by heading and text, as they stand in content (placeholders unfilled)."""
    keys = [key_of(part, by_mail=by_mail) for part in PARTS]
    whole = "\n".join(f"{words[f'{key}.title']}\n{words[f'{key}.text']}" for key in keys)
    return hashlib.sha256(whole.encode()).hexdigest()
