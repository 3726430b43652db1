"""Encryption at rest: one key per person, itself locked by the deployment's key. Erasing the key erases the person."""

from __future__ import annotations

import base64
import hashlib
import hmac
import zlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import delete, text
from sqlmodel import Field, Session, SQLModel, col

from bot.config import Config
from bot.errors import VinkkiError

_PRESSED = b"x"  # how zlib begins (RFC 1950: 32 kB window); JSON cannot
ANSWERS = "answers"  # owner of the key that seals the answers kept in receipts: they may show anybody's data, so one erasure takes them all


class VaultKey(SQLModel, table=True):
    """The locked key of one owner, such as `candidate:17`. Deleting the row makes everything sealed with it unreadable."""

    owner: str = Field(primary_key=True)
    locked: str


class Vault:
    """Seals text with keys derived from SECRET_KEY; SECRET_KEYS_OLD can still open."""

    def __init__(self, secret_key: str, old: tuple[str, ...] = ()) -> None:
        self._fernet = MultiFernet([Fernet(_derive(k)) for k in (secret_key, *old)])
        self._hash_keys = tuple(hashlib.sha256(b"vinkki hash\0" + key.encode()).digest() for key in (secret_key, *old))

    @classmethod
    def of(cls, config: Config) -> Vault:
        """The vault of a deployment."""
        old = tuple(k.strip() for k in config.secret_keys_old.get_secret_value().split(",") if k.strip())
        return cls(config.secret_key.get_secret_value(), old)

    def seal(self, plain: str) -> str:
        """Encrypt text with the deployment's key."""
        return self._fernet.encrypt(plain.encode()).decode()

    def open(self, sealed: str) -> str:
        """Decrypt; raises VinkkiError when neither the key nor an old one fits."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except (InvalidToken, UnicodeEncodeError):  # a header or a posted form may hold halves of characters
            raise VinkkiError("sealed with a key that VINKKI_SECRET_KEY and VINKKI_SECRET_KEYS_OLD do not hold") from None

    def seal_for(self, session: Session, owner: str, plain: str) -> str:
        """Encrypt with the owner's own key, which is made at first use. Pressed together before: an answer of 2.5 kB is kept in
        0.6, so that an event writes half the pages."""
        return self.seal_bytes_for(session, owner, zlib.compress(plain.encode(), level=1)).decode()

    def seal_bytes_for(self, session: Session, owner: str, plain: bytes) -> bytes:
        """As `seal_for`, for a file."""
        locked = _locked(session, owner)
        if locked is None:
            key = Fernet.generate_key()
            session.add(VaultKey(owner=owner, locked=self._fernet.encrypt(key).decode()))
            session.flush()
        else:
            key = self._fernet.decrypt(locked.encode())
        return Fernet(key).encrypt(plain)

    def open_for(self, session: Session, owner: str, sealed: str) -> str | None:
        """Decrypt with the owner's key; None once that key was erased, also where a new one took its place."""
        plain = self.open_bytes_for(session, owner, sealed.encode())
        if plain is None:
            return None
        return (zlib.decompress(plain) if plain[:1] == _PRESSED else plain).decode()  # what was sealed unpressed once is JSON, or no text of ours

    def open_bytes_for(self, session: Session, owner: str, sealed: bytes) -> bytes | None:
        """As `open_for`, for a file."""
        locked = _locked(session, owner)
        if locked is None or not sealed:
            return None
        key = Fernet(self._fernet.decrypt(locked.encode()))
        try:
            return key.decrypt(sealed)
        except InvalidToken:
            return None

    def keyed_hash(self, text: str) -> str:
        """A hash that only this deployment can compute: to recognise a text again without keeping it."""
        return self.keyed_hashes(text)[0]

    def keyed_hashes(self, text: str) -> tuple[str, ...]:
        """The hash under the present key, then those under the old ones: what was kept before a rotation is still recognised."""
        return tuple(hmac.new(key, text.encode(), hashlib.sha256).hexdigest() for key in self._hash_keys)


_LOCKED = text("SELECT locked FROM vaultkey WHERE owner = :owner")  # plain SQL: every event that is heard seals its answer


def _locked(session: Session, owner: str) -> str | None:
    found: str | None = session.connection().execute(_LOCKED, {"owner": owner}).scalar()
    return found


def erase_key(session: Session, owner: str) -> None:
    """Forget an owner's key: everything sealed for them is unreadable from now on, backups included."""
    session.execute(delete(VaultKey).where(col(VaultKey.owner) == owner))


def token_hash(token: str) -> str:
    """The form in which sign-in tokens are stored: SHA-256, since the tokens have 128 random bits."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _derive(secret: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(b"vinkki vault\0" + secret.encode()).digest())
