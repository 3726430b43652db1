"""The privacy notice that a candidate reads before they confirm: its parts, its version, and the hashes of its words.

The words live in content/<locale>/referrals.toml under `candidate.notice`. bot/ cannot read them, so each version's hashes stand
here; a test in tests/content fails when the words change without a new version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType

VERSION = "1"
# In the order of the page. Articles 13 and 14 of the GDPR name what must be said.
PARTS = ("controller", "purpose", "data", "source", "basis", "recipients", "retention", "rights", "automated")
HASHES: Mapping[str, Mapping[str, str]] = MappingProxyType({"1": {
    "en": "1b653c2a5db3b835b972659f1f3e8cb1507d971e554afef5393e9d6e54e8ba12",
    "fi": "6e4a09e99fdd8d7f389b56c426f980695b0d659ac156f6dd756a00cce2095208",
    "sv": "20eaf630ebec729cd3d9be990b52a585c50cab976785d2df903882607148c708",
}})  # fmt: skip


def hash_of(words: Mapping[str, str]) -> str:
    """The hash of a notice's words: its parts in order, by heading and text, as they stand in content (placeholders unfilled)."""
    whole = "\n".join(f"{words[f'{part}.title']}\n{words[f'{part}.text']}" for part in PARTS)
    return hashlib.sha256(whole.encode()).hexdigest()
