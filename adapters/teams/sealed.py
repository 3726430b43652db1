"""A form travels with its own submit button, sealed: on Teams nothing else remembers which questions a dialog asked.

When an answer is wrong the form is drawn again with what was typed, without asking the desk twice. Sealing means that only
we can have written it; small forms take about one kilobyte.
"""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass

from pydantic import TypeAdapter

from bot.desks import Deployment
from bot.errors import VinkkiError
from bot.messages import Form

_FORM: TypeAdapter[Form] = TypeAdapter(Form)
_LONGEST = 40_000
_LARGEST = 200_000


@dataclass(frozen=True)
class Sealer:
    """Seals forms with the deployment's key."""

    deployment: Deployment

    def seal(self, form: Form) -> str:
        """The form as opaque text."""
        return self.deployment.vault.seal(base64.b85encode(zlib.compress(_FORM.dump_json(form), 9)).decode())

    def open(self, sealed: str) -> Form | None:
        """The form again, or None when we did not write it (or our key has changed since)."""
        if len(sealed) > _LONGEST or not sealed.isascii():
            return None
        try:
            raw = base64.b85decode(self.deployment.vault.open(sealed))
        except (VinkkiError, ValueError):
            return None
        return _FORM.validate_json(zlib.decompressobj().decompress(raw, _LARGEST))
