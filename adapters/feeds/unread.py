"""Something of the open web that could not be read, and why, in words that name no inside."""

from __future__ import annotations

from bot.errors import VinkkiError
from bot.messages import say
from content import Words


class Unread(VinkkiError):
    """`key` names the words (`intake.unread.<key>`), `params` fill them. `retry_after` is how many seconds the server asked for."""

    def __init__(self, key: str, *, retry_after: int = 0, **params: int | str) -> None:
        self.key, self.params, self.retry_after = key, params, retry_after
        self.reason = say(f"intake.unread.{key}", **params)
        super().__init__(Words("en")(self.reason))
