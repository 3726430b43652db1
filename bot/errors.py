"""What can go wrong, and what each failure tells the one who meets it."""

from __future__ import annotations


class VinkkiError(Exception):
    """Every error of this program that somebody is meant to read."""


class ConfigError(VinkkiError):
    """A setting is missing or unusable. Names the variable, never its value; the process exits with 78 (EX_CONFIG)."""


class Refusal(VinkkiError):
    """A person may not, or cannot, do this. `key` names the words in content/, `params` fill them."""

    def __init__(self, key: str, **params: object) -> None:
        super().__init__(key)
        self.key = key
        self.params = params


class FieldRefusal(Refusal):
    """One field of a form is wrong; the form stays open and shows the words beside that field."""

    def __init__(self, field: str, key: str, **params: object) -> None:
        super().__init__(key, **params)
        self.field = field


class Stale(Refusal):
    """Somebody was quicker, or the card is old: the row was not in the state the button was drawn for."""


class DeliveryError(VinkkiError):
    """A message was not taken.

    permanent: never going to work for this recipient (gone, blocked): park it, say why.
    retry_after: seconds the platform asks us to wait; the whole lane waits when `lane` is true.
    unknown: the platform may have taken it (the connection broke after the request was sent).
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool = False,
        retry_after: float | None = None,
        lane: bool = False,
        unknown: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after
        self.lane = lane
        self.unknown = unknown
