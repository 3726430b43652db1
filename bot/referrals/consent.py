"""The privacy notice that a candidate reads before they confirm: its parts, its version, and the hashes of its words.

The words live in content/<locale>/candidate.toml under `candidate.notice`. bot/ cannot read them, so each version's hashes stand
here; a test in tests/content fails when the words change without a new version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType

VERSION, BY_MAIL = "3", "3-mail"  # what is read behind a link, and by somebody who was invited by e-mail
# In the order of the page. Articles 13 and 14 of the GDPR name what must be said.
PARTS = ("controller", "purpose", "data", "source", "basis", "recipients", "retention", "rights", "automated")
OTHERWISE = frozenset({"data", "source", "basis", "retention"})  # said otherwise to those who were invited: `candidate.notice.invited`
HASHES: Mapping[str, Mapping[str, str]] = MappingProxyType({VERSION: {
    "en": "949e10810bc1d236ca1ffab507f4d764a279e8e7c3c3aae5d5542eef8b06adbe",
    "fi": "81347ef4a04ff2f6cf4b370271bccf752d8f5f49a4b75fe1378ab6e0ca8c1220",
    "sv": "032962e31a8a63570279fd94eee67c82de447b1dab2e417243d813749bb04f07",
}, BY_MAIL: {
    "en": "fd2ab60cd419660a3cfb04b1d326f632963f90a73be637d35650e5018d8b1949",
    "fi": "3c6a73f1bba5513ee249474d97fd00f321548691cbcdedc5d9a46644601631ce",
    "sv": "e011c3967afba7206476209cb351d9cf2f7944131689ae5af2c39c3ac7b98d9a",
}})  # fmt: skip


def key_of(part: str, *, by_mail: bool = False) -> str:
    """Where a part's words stand beneath `candidate.notice`."""
    return f"invited.{part}" if by_mail and part in OTHERWISE else part


def hash_of(words: Mapping[str, str], *, by_mail: bool = False) -> str:
    """The hash of a notice's words: its parts in order, by heading and text, as they stand in content (placeholders unfilled)."""
    keys = [key_of(part, by_mail=by_mail) for part in PARTS]
    whole = "\n".join(f"{words[f'{key}.title']}\n{words[f'{key}.text']}" for key in keys)
    return hashlib.sha256(whole.encode()).hexdigest()
